package harness

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"syscall"
	"time"
)

// interruptPatience is how long a command may take to end after an interrupt,
// in which the CLI lets the provider finish or cancel what it is doing.
const interruptPatience = time.Minute

// Running is a command that has been started.
type Running struct {
	workspace *Workspace
	cmd       *exec.Cmd
	started   time.Time
	done      chan struct{}
	run       Run
	err       error
}

// Done is closed when the command has ended.
func (r *Running) Done() <-chan struct{} { return r.done }

// Interrupt asks the CLI to stop, as Ctrl-C does.
func (r *Running) Interrupt() error { return r.cmd.Process.Signal(syscall.SIGINT) }

// InterruptAll asks the CLI and the provider to stop, as Ctrl-C in a terminal does.
func (r *Running) InterruptAll() error { return r.signalAll(syscall.SIGINT) }

// Terminate asks the CLI to stop, as a service manager does.
func (r *Running) Terminate() error { return r.cmd.Process.Signal(syscall.SIGTERM) }

// TerminateAll asks the CLI and the provider to stop, as the end of a CI job does.
func (r *Running) TerminateAll() error { return r.signalAll(syscall.SIGTERM) }

// KillCLI ends the CLI alone. The provider is left without anybody to work for.
func (r *Running) KillCLI() error { return r.cmd.Process.Kill() }

// Kill ends the CLI and the provider at once, as a crash of the machine would.
func (r *Running) Kill() error { return r.signalAll(syscall.SIGKILL) }

func (r *Running) signalAll(signal syscall.Signal) error {
	err := syscall.Kill(-r.cmd.Process.Pid, signal)
	if errors.Is(err, syscall.ESRCH) {
		return nil // it has ended by itself
	}
	return err
}

// KillProvider ends the provider alone, as a crash of the provider would. The
// CLI lives on and writes the state it knows.
func (r *Running) KillProvider() error {
	pids, err := running(r.cmd.Process.Pid, r.workspace.provider)
	if err != nil {
		return fmt.Errorf("find the provider's process: %w", err)
	}
	if len(pids) == 0 {
		return errors.New("the provider is not running")
	}
	for _, pid := range pids {
		if err := syscall.Kill(pid, syscall.SIGKILL); err != nil && !errors.Is(err, syscall.ESRCH) {
			return err
		}
	}
	return nil
}

// Wait waits for the command to end. One that failed, or that a signal ended,
// is a *FailedError; its Run is returned all the same.
func (r *Running) Wait() (*Run, error) {
	<-r.done
	switch {
	case r.err != nil:
		return &r.run, r.err
	case r.run.ExitCode == 0, r.run.ExitCode == planHasChanges && r.run.detailed():
		return &r.run, nil
	default:
		return &r.run, &FailedError{Run: &r.run}
	}
}

// watch ends a command whose context has ended.
func (r *Running) watch(ctx context.Context) {
	select {
	case <-r.done:
		return
	case <-ctx.Done():
	}
	_ = r.Interrupt() // it may have ended in between
	patience := time.NewTimer(interruptPatience)
	defer patience.Stop()
	select {
	case <-r.done:
	case <-patience.C:
		_ = r.Kill()
	}
}
