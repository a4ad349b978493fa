package harness

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
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

// clockTick is the unit in which the system counts a process's time. It is the
// same on every architecture that Go runs on.
const clockTick = 10 * time.Millisecond

// usage is what a process took so far; zero when it has ended.
func usage(pid int) (Usage, error) {
	status, err := procFile(pid, "status")
	if err != nil {
		return Usage{}, err
	}
	var u Usage
	for line := range strings.Lines(status) {
		if value, found := strings.CutPrefix(line, "VmHWM:"); found {
			kilobytes, err := strconv.ParseInt(strings.TrimSuffix(strings.TrimSpace(value), " kB"), 10, 64)
			if err != nil {
				return u, err
			}
			u.Memory = kilobytes << 10
		}
	}
	stat, err := procFile(pid, "stat")
	if err != nil {
		return u, err
	}
	// The name, in parentheses, may hold anything. Of what follows it, the twelfth
	// and thirteenth fields are the time in user and in system mode.
	fields := strings.Fields(stat[strings.LastIndexByte(stat, ')')+1:])
	for i := 11; i < 13 && i < len(fields); i++ {
		ticks, err := strconv.ParseInt(fields[i], 10, 64)
		if err != nil {
			return u, err
		}
		u.CPU += time.Duration(ticks) * clockTick
	}
	return u, nil
}

// groupsBelow lists the process groups, other than its own, of everything that
// a process has started, directly or not.
func groupsBelow(pid int) ([]int, error) {
	entries, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		return nil, err
	}
	children, groupOf := map[int][]int{}, map[int]int{}
	for _, entry := range entries {
		child, err := strconv.Atoi(filepath.Base(filepath.Dir(entry)))
		if err != nil {
			continue
		}
		stat, err := procFile(child, "stat")
		if err != nil {
			return nil, err
		}
		// After the name: the state, the parent, the group.
		fields := strings.Fields(stat[strings.LastIndexByte(stat, ')')+1:])
		if len(fields) < 3 {
			continue // it has ended
		}
		parent, parentErr := strconv.Atoi(fields[1])
		group, groupErr := strconv.Atoi(fields[2])
		if parentErr != nil || groupErr != nil {
			return nil, errors.Join(parentErr, groupErr)
		}
		children[parent], groupOf[child] = append(children[parent], child), group
	}
	var groups []int
	for below := []int{pid}; len(below) > 0; below = below[1:] {
		if group := groupOf[below[0]]; group != groupOf[pid] && !slices.Contains(groups, group) {
			groups = append(groups, group)
		}
		below = append(below, children[below[0]]...)
	}
	return groups, nil
}

// procFile reads what the system tells of a process; nothing when it has ended.
func procFile(pid int, name string) (string, error) {
	content, err := os.ReadFile(fmt.Sprintf("/proc/%d/%s", pid, name))
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ESRCH) {
		return "", nil
	}
	return string(content), err
}
