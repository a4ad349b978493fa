// Package engine is what a region's workflow service is to the rest of the
// provider: one narrow interface, whatever protocol is spoken behind it, and the
// one way to submit. It knows no engine by name.
package engine

import (
	"context"
	"strings"
	"time"
)

// Engine is one region's service, with the right to use it. It is safe for
// concurrent use. Every error of a region that does not answer wraps a
// *region.UnreachableError.
type Engine interface {
	// Capabilities tells what the service can and cannot do by its protocol.
	Capabilities() Capabilities
	// Health asks for the least that shows that the service takes requests, with the
	// credentials that a submission has.
	Health(ctx context.Context) (Info, error)
	// Submit sends a job exactly once, whatever happens: none of the protocols knows
	// an idempotency key. The error is *NotAcceptedError when there is certainly no
	// run, and else *OutcomeUnknownError. Only SubmitOnce calls it.
	Submit(ctx context.Context, token Token, job Job) (Run, error)
	// Get reads one run. errors.Is(err, ErrNotFound) says that the service itself
	// knows of none.
	Get(ctx context.Context, id string) (Run, error)
	// Find gives every run that carries a token of the submission, of whatever key
	// and in whatever state, each once. It is complete, or an error.
	Find(ctx context.Context, submission string) ([]Run, error)
	// Live gives every run that carries a token of whatever submission and was alive
	// when it was asked.
	Live(ctx context.Context) ([]Run, error)
	// Cancel asks the service to stop a run. It may answer before it has. To cancel
	// one that has ended is no error.
	Cancel(ctx context.Context, id string) error
}

// Directory is the runs of an engine whose list tells cheaply how many of them
// are, finished ones included. Not every engine has one.
type Directory interface {
	// Find gives a run as it was when its page of the list was read. It is false,
	// without an error, only when the whole list was read.
	Find(ctx context.Context, id string) (Run, bool, error)
}

// Listed is an engine that has a directory. Each call begins a new one.
type Listed interface {
	Engine
	Directory() Directory
}

// Capabilities are what a protocol promises, and what has to be made up for.
type Capabilities struct {
	// Kind is the engine's name in configurations, such as tes.
	Kind string
	// Noun is what a person calls one run, such as task.
	Noun string
	// FindsByToken says that the service itself finds runs by their token. Where it
	// is false, each run has to be looked at.
	FindsByToken bool
	// RestartsByItself says that the service runs what failed in an outage again when
	// it is over.
	RestartsByItself bool
}

// Info is what a service says of itself.
type Info struct {
	// Name and Version are empty where the protocol has none.
	Name    string
	Version string
	// Protocols are the versions of the protocol that it speaks, as far as it says.
	Protocols []string
	// Workflows are the types of workflow that it runs, each with its versions; nil
	// where the protocol has none.
	Workflows map[string][]string
}

// Token marks a run as one of ours. It travels with the run in whatever its
// protocol has for such a thing.
type Token struct {
	// Submission is what all runs of a submission share: the beginning of each of
	// their keys.
	Submission string
	// Key names the revision as well: two live runs with one key are one too many.
	Key string
	// Mark names the failover that submits the run; empty for what none submits. It is
	// no part of what a run is known by.
	Mark string
}

// KeyLength is how many characters a key has; all of them are a-z and 0-9.
const KeyLength = 26

const keyAlphabet = "abcdefghijklmnopqrstuvwxyz0123456789"

// ValidKey reports whether a text that a service sent is a key. What is none was
// put there by somebody else.
func ValidKey(key string) bool {
	return len(key) == KeyLength && strings.Trim(key, keyAlphabet) == ""
}

// Valid reports whether a token can be found again.
func (t Token) Valid() bool {
	return ValidKey(t.Key) && t.Submission != "" && strings.HasPrefix(t.Key, t.Submission) && (t.Mark == "" || ValidMark(t.Mark))
}

// Job is what an engine is to run. Each engine takes its own type only.
type Job any

// Run is one run as a service describes it.
type Run struct {
	// ID is unique in its service only.
	ID string
	// Key is that of the token which the run carries; empty if it carries none.
	Key string
	// Mark is that of the failover which submitted the run; empty if none did.
	Mark string
	// State is the service's word in the words that all engines share.
	State State
	// Word is the service's own, for people to read.
	Word string
	// CreatedAt is when the service took the run, or the nearest to that which it
	// tells; zero if it tells nothing.
	CreatedAt time.Time
	// StartedAt is when it began to run; nil if it has not or the service does not
	// tell.
	StartedAt *time.Time
	// EndedAt is nil while the run has not ended.
	EndedAt *time.Time
	// Code is the service's failure code, or the exit code of the tool that failed;
	// zero unless the run failed.
	Code int
	// Message is the service's own text, masked.
	Message string
	// Detail is the run as the engine's own client describes it.
	Detail any
}
