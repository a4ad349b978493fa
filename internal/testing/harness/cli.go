package harness

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// CLIsVariable names the command-line interfaces to test with, as a list of
// paths separated as PATH is.
const CLIsVariable = "GENOMICS_TEST_CLIS"

// CLI is a command-line interface: Terraform or OpenTofu.
type CLI struct {
	Name string // "terraform" or "tofu"
	Path string
}

// FindCLIs returns the command-line interfaces to test with: those that
// GENOMICS_TEST_CLIS lists, or else what is installed and what make has built.
func FindCLIs() ([]CLI, error) {
	var clis []CLI
	if list := os.Getenv(CLIsVariable); list != "" {
		for _, path := range filepath.SplitList(list) {
			if _, err := os.Stat(path); err != nil {
				return nil, fmt.Errorf("%s: %w", CLIsVariable, err)
			}
			clis = append(clis, CLI{Name: filepath.Base(path), Path: path})
		}
		return clis, nil
	}
	root, err := Root()
	if err != nil {
		return nil, err
	}
	for _, candidate := range []CLI{
		{Name: "terraform", Path: "terraform"},
		{Name: "tofu", Path: "tofu"},
		{Name: "tofu", Path: filepath.Join(root, ".cache", "bin", "tofu")},
	} {
		if len(clis) > 0 && clis[len(clis)-1].Name == candidate.Name {
			continue
		}
		if path, err := exec.LookPath(candidate.Path); err == nil {
			clis = append(clis, CLI{Name: candidate.Name, Path: path})
		}
	}
	if len(clis) == 0 {
		return nil, errors.New("neither terraform nor tofu is installed, and make has not built OpenTofu yet")
	}
	return clis, nil
}

// Workspace is a folder with a configuration and its state, and the
// command-line interface that works on them.
type Workspace struct {
	CLI CLI
	Dir string
	// Env is what the provider finds in its environment, as NAME=value.
	Env []string
	// Trace writes the CLI's and the provider's trace log to TracePath. It
	// slows every run down.
	Trace bool
	// Watch, when set, is called with each message while a command runs.
	Watch func(Message)

	provider string // the provider's binary
}

// NewWorkspace makes a workspace in dir, which must exist, and builds the
// provider that runs in it. Nothing in it is installed or looked up: the CLI
// is pointed at the binary, and no init is needed.
func NewWorkspace(ctx context.Context, cli CLI, dir string, env []string) (*Workspace, error) {
	folder, err := BuildProvider(ctx)
	if err != nil {
		return nil, err
	}
	return workspaceWith(folder, cli, dir, env)
}

func workspaceWith(folder string, cli CLI, dir string, env []string) (*Workspace, error) {
	w := &Workspace{CLI: cli, Dir: dir, Env: env, provider: filepath.Join(folder, providerBinary)}
	if err := w.point(""); err != nil {
		return nil, err
	}
	return w, nil
}

// point points the CLI at the provider, and at others that stand in for published
// ones. A short address means the CLI's own default registry, whichever that is.
func (w *Workspace) point(others string) error {
	rc := fmt.Sprintf("provider_installation {\n  dev_overrides {\n    \"genomics-continuity/genomics\" = %q\n%s  }\n  direct {}\n}\n", filepath.Dir(w.provider), others)
	return os.WriteFile(w.rcPath(), []byte(rc), 0o600)
}

// WithAzurerm lets the configuration have azurerm's resources, as far as examples
// use them: a program stands in for that provider, which cannot be run here.
func (w *Workspace) WithAzurerm(ctx context.Context) error {
	path, err := Build(ctx, "./internal/testing/azurerm", "azurerm", "terraform-provider-azurerm")
	if err != nil {
		return err
	}
	return w.point(fmt.Sprintf("    \"hashicorp/azurerm\" = %q\n", filepath.Dir(path)))
}

func (w *Workspace) rcPath() string { return filepath.Join(w.Dir, "cli.tfrc") }

// TracePath is the file that receives the trace log.
func (w *Workspace) TracePath() string { return filepath.Join(w.Dir, "trace.log") }

// StatePath is the state file.
func (w *Workspace) StatePath() string { return filepath.Join(w.Dir, "terraform.tfstate") }

// Write writes files, named relative to the workspace.
func (w *Workspace) Write(files map[string]string) error {
	for name, content := range files {
		path := filepath.Join(w.Dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
			return err
		}
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			return err
		}
	}
	return nil
}

// Shell returns the commands with which a person goes on in this workspace.
func (w *Workspace) Shell() string {
	var text strings.Builder
	fmt.Fprintf(&text, "cd %q\n", w.Dir)
	for _, entry := range append(w.Env, "TF_CLI_CONFIG_FILE="+w.rcPath()) {
		name, value, _ := strings.Cut(entry, "=")
		fmt.Fprintf(&text, "export %s=%q\n", name, value)
	}
	fmt.Fprintf(&text, "%s plan\n", w.CLI.Path)
	return text.String()
}

// Run is a command that has ended.
type Run struct {
	Args     []string
	ExitCode int // -1 when a signal ended it
	Stdout   string
	Stderr   string
	Messages []Message
	Duration time.Duration
	// CPU is what the CLI and the providers that it started have worked.
	CPU time.Duration
}

// FailedError is a command that ended with an error.
type FailedError struct{ Run *Run }

// Error says which command failed, and everything the CLI said about it.
func (e *FailedError) Error() string {
	var text strings.Builder
	fmt.Fprintf(&text, "%s: exit code %d", strings.Join(e.Run.Args, " "), e.Run.ExitCode)
	for _, d := range e.Run.Errors() {
		fmt.Fprintf(&text, "\n%s", d)
	}
	if e.Run.Stderr != "" {
		fmt.Fprintf(&text, "\n%s", e.Run.Stderr)
	}
	return text.String()
}

// Exec runs a command to its end. A command that fails is a *FailedError, and
// its Run is returned all the same.
func (w *Workspace) Exec(ctx context.Context, args ...string) (*Run, error) {
	running, err := w.Start(ctx, args...)
	if err != nil {
		return nil, err
	}
	return running.Wait()
}

// Start starts a command, for a test that interrupts it. The caller waits for
// it. When ctx ends, the command is interrupted, and killed a minute later.
func (w *Workspace) Start(ctx context.Context, args ...string) (*Running, error) {
	// watch ends it, because that asks first.
	cmd := exec.CommandContext(context.WithoutCancel(ctx), w.CLI.Path, args...)
	cmd.Dir = w.Dir
	cmd.Env = append(cleanEnv(), w.Env...)
	cmd.Env = append(cmd.Env,
		"TF_CLI_CONFIG_FILE="+w.rcPath(), "TF_IN_AUTOMATION=1", "TF_INPUT=0", "CHECKPOINT_DISABLE=1", "NO_COLOR=1")
	if w.Trace {
		cmd.Env = append(cmd.Env, "TF_LOG=TRACE", "TF_LOG_PATH="+w.TracePath())
	}
	cmd.SysProcAttr = ownGroup()
	cmd.WaitDelay = shutdownPatience // for a provider that outlives a killed CLI and holds its output open

	r := &Running{workspace: w, cmd: cmd, started: time.Now(), done: make(chan struct{})}
	stream := &messages{watch: w.Watch}
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = io.MultiWriter(&stdout, stream), &stderr
	err := startOnThread(cmd, func() {
		err := cmd.Wait()
		r.run = Run{
			Args: append([]string{w.CLI.Name}, args...), ExitCode: cmd.ProcessState.ExitCode(),
			Stdout: stdout.String(), Stderr: stderr.String(), Messages: stream.all, Duration: time.Since(r.started),
			CPU: cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime(),
		}
		var ended *exec.ExitError
		if err != nil && !errors.As(err, &ended) && !errors.Is(err, exec.ErrWaitDelay) {
			r.err = fmt.Errorf("%s: %w", w.CLI.Path, err)
		}
		close(r.done)
	})
	if err != nil {
		return nil, fmt.Errorf("start %s: %w", w.CLI.Path, err)
	}
	go r.watch(ctx)
	return r, nil
}
