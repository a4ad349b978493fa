package failover

import "time"

// Last is how the last change of a pair's active region went, as far as it was
// measured. A time that is not known, or not yet, is zero.
type Last struct {
	From, To   string
	Generation int64
	// Mode is forced or planned; empty when it is not known.
	Mode string
	// DetectedAt is when the region that was left was first seen not to answer; zero
	// when it did answer.
	DetectedAt time.Time
	// DecidedAt is when the failover was recorded.
	DecidedAt time.Time
	// AcceptedAt is when the other region's service had accepted the last of what was
	// resubmitted, and FinishedAt when the last of it had ended, by that service's clock.
	AcceptedAt, FinishedAt time.Time
	// Resubmitted is how many runs the failover submitted; nil while nobody has looked.
	Resubmitted *int64
}

// Moved is one run that a failover submitted.
type Moved struct {
	AcceptedAt time.Time
	// Ended says that it has ended, whether or not its service tells when.
	Ended   bool
	EndedAt time.Time
}

// Measured is a failover with what was seen of all the runs that it submitted. What
// one of them does not tell is not known of all of them.
func (l Last) Measured(runs []Moved) Last {
	n := int64(len(runs))
	l.Resubmitted, l.AcceptedAt, l.FinishedAt = &n, time.Time{}, time.Time{}
	accepted, finished := n > 0, n > 0
	var lastAccepted, lastEnded time.Time
	for _, run := range runs {
		accepted = accepted && !run.AcceptedAt.IsZero()
		finished = finished && run.Ended && !run.EndedAt.IsZero()
		lastAccepted, lastEnded = later(lastAccepted, run.AcceptedAt), later(lastEnded, run.EndedAt)
	}
	if accepted {
		l.AcceptedAt = lastAccepted
	}
	if finished {
		l.FinishedAt = lastEnded
	}
	return l
}

// Over reports whether nothing of a failover is left to be measured.
func (l Last) Over() bool {
	return l.Resubmitted != nil && (*l.Resubmitted == 0 || !l.AcceptedAt.IsZero() && !l.FinishedAt.IsZero())
}

// Began is from when on the recovery counts: when the region was seen not to answer,
// and else when it was decided to leave it.
func (l Last) Began() time.Time {
	if l.DetectedAt.IsZero() || l.DetectedAt.After(l.DecidedAt) {
		return l.DecidedAt
	}
	return l.DetectedAt
}

// Took is how long after its beginning a moment of a failover came; false while
// that is not known. Clocks of two machines may make it come before, which is no time.
func (l Last) Took(until time.Time) (time.Duration, bool) {
	if until.IsZero() || l.DecidedAt.IsZero() {
		return 0, false
	}
	return max(0, until.Sub(l.Began())), true
}

// LastOf is what a record tells of the failover that it was written for; false for
// the first generation, which none began.
func LastOf(r PairRecord) (Last, bool) {
	if r.From == "" {
		return Last{}, false
	}
	l := Last{From: r.From, To: r.Active, Generation: r.Generation, Mode: readable(r.Mode), DecidedAt: r.At}
	if r.DetectedAt != nil {
		l.DetectedAt = *r.DetectedAt
	}
	return l, true
}
