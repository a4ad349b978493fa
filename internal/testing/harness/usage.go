package harness

import "time"

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
