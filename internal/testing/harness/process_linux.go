package harness

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// ownGroup puts a process into a group of its own, and lets it end with us.
func ownGroup() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}

// running lists the processes of a group that run the given program.
func running(group int, program string) ([]int, error) {
	entries, err := filepath.Glob("/proc/[0-9]*")
	if err != nil {
		return nil, err
	}
	var found []int
	for _, entry := range entries {
		pid, err := strconv.Atoi(filepath.Base(entry))
		if err != nil {
			continue
		}
		// Processes come and go while the list is read: one that cannot be read is gone.
		exe, err := os.Readlink(filepath.Join(entry, "exe"))
		if err != nil || strings.TrimSuffix(exe, " (deleted)") != program {
			continue
		}
		if pgid, err := syscall.Getpgid(pid); err == nil && pgid == group {
			found = append(found, pid)
		}
	}
	return found, nil
}
