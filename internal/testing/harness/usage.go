package harness

import (
	"errors"
	"os/exec"
	"time"
)

// usageInterval is how often a process is looked at. The system keeps the peaks
// itself: only what happens in the last moments before its end is missed.
const usageInterval = 100 * time.Millisecond

// Usage is what the provider's processes took of the machine.
type Usage struct {
	// Memory is the most that any one of them has held, in bytes.
	Memory int64
	// CPU is what all of them have worked together.
	CPU time.Duration
}

// Usage waits for the command to end and returns what the provider took.
func (r *Running) Usage() (Usage, error) {
	ticker := time.NewTicker(usageInterval)
	defer ticker.Stop()
	byProcess := map[int]Usage{}
	for {
		pids, err := running(r.cmd.Process.Pid, r.workspace.provider)
		if err != nil {
			return Usage{}, err
		}
		for _, pid := range pids {
			used, err := usage(pid)
			if err != nil {
				return Usage{}, err
			}
			if used.Memory > 0 {
				byProcess[pid] = used
			}
		}
		select {
		case <-r.done:
			var all Usage
			for _, used := range byProcess {
				all.Memory = max(all.Memory, used.Memory)
				all.CPU += used.CPU
			}
			return all, nil
		case <-ticker.C:
		}
	}
}

// Measure runs a command of any kind and returns what it took, and for how long it ran.
func Measure(cmd *exec.Cmd) (used Usage, took time.Duration, err error) {
	began := time.Now()
	if err := cmd.Start(); err != nil {
		return used, 0, err
	}
	done := make(chan error, 1)
	go func() { done <- cmd.Wait() }()
	ticker := time.NewTicker(usageInterval / 5)
	defer ticker.Stop()
	for {
		select {
		case err := <-done:
			took = time.Since(began)
			used.CPU = cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
			return used, took, err
		case <-ticker.C:
		}
		now, err := usage(cmd.Process.Pid)
		if err != nil {
			return used, 0, errors.Join(err, cmd.Process.Kill(), <-done)
		}
		used.Memory = max(used.Memory, now.Memory)
	}
}
