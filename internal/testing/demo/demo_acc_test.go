//go:build acceptance && linux

package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/testing/harness"
)

// performance is a demo that runs as its own process, as make starts it.
type performance struct {
	*exec.Cmd
	out  watched
	mark string // stands in the environment of everything that it starts
}

func perform(t *testing.T, awaited string) *performance {
	t.Helper()
	program, err := harness.Build(t.Context(), "./internal/testing/demo", "demo", "demo")
	if err != nil {
		t.Fatal(err)
	}
	clis, err := harness.FindCLIs()
	if err != nil {
		t.Fatal(err)
	}
	p := &performance{Cmd: exec.CommandContext(context.WithoutCancel(t.Context()), program), mark: fmt.Sprintf("DEMO_TEST=%d-%s", os.Getpid(), t.Name())}
	p.out.awaited, p.out.seen = awaited, make(chan struct{})
	p.Env = append(os.Environ(), p.mark, "KEEP=", cliVariable+"="+clis[0].Path)
	p.Stdout, p.Stderr = &p.out, &p.out
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	return p
}

// ends asserts how the demo ends, and that nothing of it is left.
func (p *performance) ends(t *testing.T, code int) {
	t.Helper()
	err := p.Wait()
	var ended *exec.ExitError
	if err != nil && !errors.As(err, &ended) {
		t.Fatal(err)
	}
	if got := p.ProcessState.ExitCode(); got != code {
		t.Errorf("exit code %d, want %d:\n%s", got, code, p.out.text.String())
	}
	environments, err := filepath.Glob("/proc/[0-9]*/environ")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range environments {
		// A process that cannot be read is gone, or somebody else's.
		if environment, err := os.ReadFile(path); err == nil && bytes.Contains(environment, []byte(p.mark)) {
			command, _ := os.ReadFile(filepath.Join(filepath.Dir(path), "cmdline"))
			t.Errorf("still running: %s", bytes.ReplaceAll(command, []byte{0}, []byte(" ")))
		}
	}
	_, folder, _ := strings.Cut(p.out.text.String(), "folder    ")
	folder, _, _ = strings.Cut(folder, "\n")
	if _, err := os.Stat(folder); folder == "" || !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the folder %q is still there: %v", folder, err)
	}
}

// watched keeps what is written, and tells when a text is in it.
type watched struct {
	text    bytes.Buffer
	awaited string
	seen    chan struct{}
	told    bool
}

// Write implements io.Writer.
func (w *watched) Write(b []byte) (int, error) {
	w.text.Write(b)
	if !w.told && strings.Contains(w.text.String(), w.awaited) {
		w.told = true
		close(w.seen)
	}
	return len(b), nil
}

func TestAccDemoEndsGreenAndLeavesNothing(t *testing.T) {
	p := perform(t, "Everything was as promised.")
	p.ends(t, 0)
	if !p.out.told {
		t.Errorf("it does not say that it ended well:\n%s", p.out.text.String())
	}
}

func TestAccDemoStopsEverythingOnASignal(t *testing.T) {
	for _, signal := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM} {
		t.Run(signal.String(), func(t *testing.T) {
			// Servers and a command run then, and the command waits for a dark region.
			p := perform(t, "plan -var")
			select {
			case <-p.out.seen:
			case <-time.After(2 * time.Minute):
				t.Error("the failover was not reached")
			}
			if err := p.Process.Signal(signal); err != nil {
				t.Error(err)
			}
			p.ends(t, exitInterrupted)
		})
	}
}
