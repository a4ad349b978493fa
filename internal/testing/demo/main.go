// Command demo plays the whole story of the provider on this machine, without
// any cloud: two regions are prepared, one goes dark, everything moves with one
// variable, the region comes back, what it restarted is stopped, and everything
// moves back. It checks each step against what the provider promises, and ends
// with an error when anything differs.
//
// With KEEP=1 everything is left running afterwards, to look around. ENGINE
// says what runs in the regions: genomics, tes or wes.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"
)

// Exit codes.
const (
	exitBroken        = 1   // something differs from the promise
	exitPrerequisites = 2   // something that the demo needs is not there
	exitInterrupted   = 130 // as a shell says it of Ctrl-C
)

// patience bounds the whole demo, which takes a minute or two.
const patience = 15 * time.Minute

func main() {
	dieWithParent()
	os.Exit(run())
}

// run returns the exit code, so that everything that was deferred has happened
// by the time the process ends.
func run() int {
	// Signals stay caught to the end: a second Ctrl-C must not leave servers behind.
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	out := newConsole(os.Stdout)

	found, err := lookForPrerequisites()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return exitPrerequisites
	}
	keep := os.Getenv("KEEP") != "" && os.Getenv("KEEP") != "0"
	playing, cancel := context.WithTimeoutCause(ctx, patience, fmt.Errorf("the demo did not end within %s", patience))
	defer cancel()

	d, err := open(playing, out, found)
	if d != nil {
		defer d.close()
	}
	if err == nil {
		err = d.play(playing, keep)
	}
	if ctx.Err() != nil {
		out.say("\nInterrupted. Stopping everything.")
		d.discard()
		return exitInterrupted
	}
	if d != nil {
		d.conclude(err)
		if keep && d.lookAround() {
			<-ctx.Done()
			out.say("\nStopping everything. The folder stays.")
		}
	}
	switch {
	case err == nil:
		if !keep {
			d.discard()
		}
		return 0
	case d == nil, !errors.Is(err, errBroken):
		fmt.Fprintln(os.Stderr, "The demo could not be played:", err)
	}
	return exitBroken
}
