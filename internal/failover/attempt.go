// Package failover decides what happens to a submission's runs. It is pure: it
// does no I/O, knows no engine and no Terraform, and takes what was observed as
// arguments, so that every decision can be tested as a table row.
package failover

import "time"

// Status is what is known of a run, in the words of the user's contract.
type Status string

// The states of a run. StatusUnknown stands for anything a service says that
// this provider does not know: never finished, never a reason to fail.
const (
	StatusQueued     Status = "queued"
	StatusWorking    Status = "working"
	StatusSuccess    Status = "success"
	StatusFailed     Status = "failed"
	StatusCancelling Status = "cancelling"
	StatusCancelled  Status = "cancelled"
	StatusUnknown    Status = "unknown"
	// StatusStalled is a run that has been in a state that tells little for longer
	// than its user gives it. Its service has failed it, as far as one can tell, but
	// it may yet come to life, and is fenced like one that works.
	StatusStalled Status = "stalled"
)

// Live reports whether a run in this state may still compute and write output.
func (s Status) Live() bool {
	switch s {
	case StatusSuccess, StatusFailed, StatusCancelled:
		return false
	default:
		return true
	}
}

// Stopping reports whether a run in this state was told to stop, and has or will.
func (s Status) Stopping() bool { return s == StatusCancelling || s == StatusCancelled }

// Attempt is one run of a submission in one region. A submission has at most
// one attempt that counts; every other one is superseded.
type Attempt struct {
	Location    string
	AccountID   string
	WorkflowID  string
	Key         string
	Status      Status
	SubmittedAt time.Time
	Superseded  bool
	// InputFailure says that the run failed for its input's fault: it would fail
	// in any region, and its service does not restart it after an outage.
	InputFailure bool
	// Stray says that the run was found in its account under the submission's key
	// without ever having been known: an apply died between the service's yes and
	// its state. It is superseded like any other that does not count, but where it
	// runs in the active region and none counts in its place it is taken up.
	Stray bool
}

// Settled reports whether nothing can change this attempt any more. A run that
// failed for the service's fault is not settled: the service restarts such runs
// by itself when its region returns.
func (a Attempt) Settled() bool {
	switch a.Status {
	case StatusSuccess, StatusCancelled:
		return true
	case StatusFailed:
		return a.InputFailure
	default:
		return false
	}
}

// Current is the index of the attempt that counts, or -1.
func Current(attempts []Attempt) int {
	for i := len(attempts) - 1; i >= 0; i-- {
		if !attempts[i].Superseded {
			return i
		}
	}
	return -1
}

// HandedOver reports whether a run that counted and is stopping or stopped now was
// stopped by this provider to make way for another run that never came to be
// known: noted says that the note which is written before such a run is stopped
// lies beside it. Then no run counts, and the submission is submitted again.
// Without a note somebody wanted the run gone.
func HandedOver(now Status, noted bool) bool {
	return noted && now.Stopping()
}

// Unfenced counts the superseded attempts not yet known to be stopped.
func Unfenced(attempts []Attempt) int64 {
	var n int64
	for _, a := range attempts {
		if a.Superseded && a.Status.Live() {
			n++
		}
	}
	return n
}
