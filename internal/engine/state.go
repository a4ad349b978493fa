package engine

import "time"

// State is how far a run is, in the words that all engines share.
type State string

// The states of a run. StateUnknown stands for anything that a service says and
// this provider does not know: it is never finished.
const (
	StateUnknown      State = "unknown"
	StateQueued       State = "queued"
	StateInitializing State = "initializing"
	StateRunning      State = "running"
	StatePaused       State = "paused"
	StateCancelling   State = "cancelling"
	StateCancelled    State = "cancelled"
	StateSucceeded    State = "succeeded"
	// StateFailedInput is a failure of the job itself, its input or its tool: it
	// would fail in any region.
	StateFailedInput State = "failed_input"
	// StateFailedSystem is the service's fault: elsewhere the job may succeed.
	StateFailedSystem State = "failed_system"
)

// States are all of them.
func States() []State {
	return []State{
		StateUnknown, StateQueued, StateInitializing, StateRunning, StatePaused,
		StateCancelling, StateCancelled, StateSucceeded, StateFailedInput, StateFailedSystem,
	}
}

// Finished reports whether a state is final.
func (s State) Finished() bool {
	switch s {
	case StateCancelled, StateSucceeded, StateFailedInput, StateFailedSystem:
		return true
	default:
		return false
	}
}

// Failed reports whether a run ended without a result and without having been told
// to.
func (s State) Failed() bool { return s == StateFailedInput || s == StateFailedSystem }

// Stopping reports whether a run was told to stop, and has or will.
func (s State) Stopping() bool { return s == StateCancelling || s == StateCancelled }

// words are the states as GA4GH's two protocols spell them. TES 1.0 has no
// CANCELING and no PREEMPTED, and WES 1.0 neither; that makes no difference to a
// reader.
var words = map[string]State{
	"QUEUED":         StateQueued,
	"INITIALIZING":   StateInitializing,
	"RUNNING":        StateRunning,
	"PAUSED":         StatePaused,
	"CANCELING":      StateCancelling,
	"CANCELED":       StateCancelled,
	"COMPLETE":       StateSucceeded,
	"EXECUTOR_ERROR": StateFailedInput,
	"SYSTEM_ERROR":   StateFailedSystem,
	"PREEMPTED":      StateFailedSystem,
}

// ParseState reads a state of GA4GH's TES or WES. Everything else, a missing one
// included, is unknown.
func ParseState(word string) State {
	if state, ok := words[word]; ok {
		return state
	}
	return StateUnknown
}

// Limits are how long a run may be in a state that tells little. A server that
// crashed leaves tasks RUNNING for ever, and one without quota INITIALIZING.
// Zero means for ever.
type Limits struct {
	// Stalled holds for running and paused, counted from the start of the run.
	Stalled time.Duration
	// Initializing holds for initializing, counted from when the run was taken.
	Initializing time.Duration
}

// Overdue reports whether a run has been in its state for longer than is allowed,
// and since when the time counts. It is the service's fault then, but the run may
// yet come to life: it has to be cancelled like one that works.
func (l Limits) Overdue(r Run, now time.Time) (since time.Time, overdue bool) {
	since = r.CreatedAt
	var limit time.Duration
	switch r.State {
	case StateRunning, StatePaused:
		limit = l.Stalled
		if r.StartedAt != nil {
			since = *r.StartedAt
		}
	case StateInitializing:
		limit = l.Initializing
	default:
		return since, false
	}
	return since, limit > 0 && !since.IsZero() && now.Sub(since) > limit
}
