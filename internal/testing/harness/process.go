// Package harness runs the provider as its users do: with a real
// command-line interface, against a Blob store and an emulator that run beside
// it. Tests and the demo share it, so it reports errors and knows nothing of
// package testing.
package harness

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"time"
)

// shutdownPatience is how long a process may take to end after it was asked to.
const shutdownPatience = 5 * time.Second

// process is a server that runs beside the tests, in a process group of its own.
type process struct {
	name   string
	cmd    *exec.Cmd
	output *tail
	done   chan struct{} // closed when the process has ended and its output is read
	err    error         // how it ended; valid once done is closed
}

// startProcess starts a server and returns once ready has accepted one of the
// lines on its standard output. log, which may be nil, receives all its output.
func startProcess(ctx context.Context, name string, cmd *exec.Cmd, log io.Writer, ready func(line string) bool) (*process, error) {
	p := &process{name: name, cmd: cmd, output: &tail{log: log}, done: make(chan struct{})}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return nil, fmt.Errorf("start %s: %w", name, err)
	}
	cmd.Stderr = p.output
	cmd.SysProcAttr = ownGroup()
	if err := startOnThread(cmd, func() {
		p.read(stdout, ready)
		p.err = cmd.Wait()
		close(p.done)
	}); err != nil {
		return nil, fmt.Errorf("start %s: %w", name, err)
	}
	select {
	case <-p.output.readiness():
		return p, nil
	case <-p.done:
		return nil, fmt.Errorf("%s ended before it was ready (%w):\n%s", name, p.ended(), p.output)
	case <-ctx.Done():
		p.stop()
		return nil, fmt.Errorf("%s was not ready in time: %w\n%s", name, context.Cause(ctx), p.output)
	}
}

// startOnThread starts cmd and then runs wait, both on one thread that lives
// as long as the process: Linux ends the process with the thread that started
// it, and so no server outlives a test binary that is killed.
func startOnThread(cmd *exec.Cmd, wait func()) error {
	started := make(chan error, 1)
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := cmd.Start()
		started <- err
		if err == nil {
			wait()
		}
	}()
	return <-started
}

func (p *process) read(stdout io.Reader, ready func(string) bool) {
	lines := bufio.NewReader(stdout)
	waiting := true
	for {
		line, err := lines.ReadString('\n')
		_, _ = io.WriteString(p.output, line) // the tail never fails
		if waiting && ready(strings.TrimSpace(line)) {
			waiting = false
			p.output.markReady()
		}
		if err != nil {
			return
		}
	}
}

func (p *process) ended() error {
	if p.err == nil {
		return errors.New("exit status 0")
	}
	return p.err
}

// stop ends the process and everything it started, and waits until it is gone.
func (p *process) stop() {
	p.signal(syscall.SIGTERM)
	patience := time.NewTimer(shutdownPatience)
	defer patience.Stop()
	select {
	case <-p.done:
	case <-patience.C:
	}
	p.signal(syscall.SIGKILL)
	<-p.done
}

// kill ends the process without giving it a chance to tidy up.
func (p *process) kill() {
	p.signal(syscall.SIGKILL)
	<-p.done
}

// signal reaches the whole group. A group that is gone already is no error.
func (p *process) signal(s syscall.Signal) { _ = syscall.Kill(-p.cmd.Process.Pid, s) }

// tail keeps the last output of a process for error messages.
type tail struct {
	mu    sync.Mutex
	text  []byte
	log   io.Writer
	ready chan struct{}
}

// tailSize is enough for a stack trace.
const tailSize = 8 << 10

// Write implements io.Writer.
func (t *tail) Write(b []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.text = append(t.text, b...)
	if len(t.text) > tailSize {
		t.text = append(t.text[:0], t.text[len(t.text)-tailSize:]...)
	}
	if t.log != nil {
		return t.log.Write(b)
	}
	return len(b), nil
}

// String returns the last output.
func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return string(t.text)
}

func (t *tail) readiness() chan struct{} {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.ready == nil {
		t.ready = make(chan struct{})
	}
	return t.ready
}

func (t *tail) markReady() { close(t.readiness()) }

// cleanEnv is this process's environment without what would change the
// behaviour of a command-line interface or of the provider.
func cleanEnv() []string {
	var env []string
	for _, entry := range os.Environ() {
		name, _, _ := strings.Cut(entry, "=")
		switch {
		case strings.HasPrefix(name, "TF_"), strings.HasPrefix(name, "ARM_"), strings.HasPrefix(name, "GENOMICS_"),
			strings.HasPrefix(name, "AZURE_"), strings.HasPrefix(name, "IDENTITY_"), strings.HasPrefix(name, "MSI_"):
		default:
			env = append(env, entry)
		}
	}
	return env
}
