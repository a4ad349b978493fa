package engine

import (
	"errors"
	"fmt"
	"time"
)

// ErrNotFound is what an error is, by errors.Is, that says in the service's own
// words that it knows of no such run. A proxy's 404 is none.
var ErrNotFound = errors.New("the service knows of no such run")

// NotAcceptedError says that a submission certainly did not become a run.
type NotAcceptedError struct {
	// Noun is what was submitted.
	Noun  string
	Cause error
}

// Error names the cause.
func (e *NotAcceptedError) Error() string {
	return fmt.Sprintf("the %s was not accepted: %v", e.Noun, e.Cause)
}

// Unwrap gives the cause.
func (e *NotAcceptedError) Unwrap() error { return e.Cause }

// OutcomeUnknownError says that a submission may or may not have become a run: it
// went out and no answer could be read. It must be looked up by its token.
type OutcomeUnknownError struct {
	// Noun is what was submitted.
	Noun  string
	Cause error
}

// Error names the cause.
func (e *OutcomeUnknownError) Error() string {
	return fmt.Sprintf("it is unknown whether the %s was accepted: %v", e.Noun, e.Cause)
}

// Unwrap gives the cause.
func (e *OutcomeUnknownError) Unwrap() error { return e.Cause }

// JobTypeError says that an engine was given another engine's job.
type JobTypeError struct {
	Kind string
	Job  Job
}

// Error names both.
func (e *JobTypeError) Error() string {
	return fmt.Sprintf("the engine %s cannot run a %T", e.Kind, e.Job)
}

// TooManyRunsError says that a service which cannot find runs by their token has
// more of them than are looked at one by one, so that nobody can tell whether one
// is there already. Nothing is submitted then.
type TooManyRunsError struct {
	Runs, Limit int
}

// Error says how many there are.
func (e *TooManyRunsError) Error() string {
	return fmt.Sprintf("the service lists %d runs without saying whose they are, and at most %d are looked at one by one", e.Runs, e.Limit)
}

// denied is an error of a service that tells whether it took the caller's credential.
type denied interface {
	error
	// Denied is true for a refusal of the credential, or of what it may do.
	Denied() bool
}

// Denied reports whether a service refused because of who asked.
func Denied(err error) bool {
	var d denied
	return errors.As(err, &d) && d.Denied()
}

// throttled is an error of a service that asks to be left alone for a while.
type throttled interface {
	error
	// Throttled tells for how long; zero if the service did not say. It is false for
	// every other error.
	Throttled() (time.Duration, bool)
}

// Throttled reports whether a service refused for now, and for how long it asked
// to be left alone.
func Throttled(err error) (time.Duration, bool) {
	var t throttled
	if !errors.As(err, &t) {
		return 0, false
	}
	return t.Throttled()
}
