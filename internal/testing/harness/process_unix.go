//go:build unix && !linux

package harness

import (
	"errors"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
)

// ownGroup puts a process into a group of its own.
func ownGroup() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }

// running lists the processes of a group that run the given program.
func running(group int, program string) ([]int, error) {
	out, err := exec.Command("pgrep", "-g", strconv.Itoa(group), "-f", program).Output()
	var none *exec.ExitError
	if err != nil && !(errors.As(err, &none) && none.ExitCode() == 1) {
		return nil, err
	}
	var found []int
	for _, field := range strings.Fields(string(out)) {
		pid, err := strconv.Atoi(field)
		if err != nil {
			return nil, err
		}
		found = append(found, pid)
	}
	return found, nil
}

// usage is not to be had here.
func usage(int) (Usage, error) {
	return Usage{}, errors.New("only Linux tells what another process took")
}

// groupsBelow is not to be had here.
func groupsBelow(int) ([]int, error) {
	return nil, errors.New("only Linux tells what a process has started")
}
