package main

import (
	"syscall"

	"golang.org/x/sys/unix"
)

// dieWithParent asks for a SIGTERM when the process that started this one ends:
// `go run` does not pass on the one that ends it, and the servers of the demo
// must not outlive it.
func dieWithParent() {
	// It always succeeds with a signal that exists.
	_ = unix.Prctl(unix.PR_SET_PDEATHSIG, uintptr(syscall.SIGTERM), 0, 0, 0)
}
