package failover

import (
	"fmt"
	"slices"
	"strings"
)

// Policy says which runs follow the active region.
type Policy string

// The policies of on_failover.
const (
	ResubmitUnfinished Policy = "resubmit_unfinished"
	ResubmitAll        Policy = "resubmit_all"
	KeepRuns           Policy = "keep"
)

// Action is what happens to the submission itself; fencing comes on top.
type Action string

// The actions a decision can name.
const (
	// Keep leaves the attempt that counts as it is.
	Keep Action = "keep"
	// Submit runs the submission in the target region, after looking for a run
	// that is there already.
	Submit Action = "submit"
	// Promote makes a superseded run that succeeded the one that counts.
	Promote Action = "promote"
	// Refuse changes nothing and says why.
	Refuse Action = "refuse"
)

// AcceptStaleRuns is the override that lifts the guard against failing back to
// a region where superseded runs are still alive.
const AcceptStaleRuns = "stale_runs"

// Observation is all a decision rests on. Nothing in it needs an answer from a
// region that is silent: attempts there are as they were last known.
type Observation struct {
	// Location and AccountID are where the submission belongs now.
	Location  string
	AccountID string
	// Key is the key of the wanted generation and content.
	Key      string
	Policy   Policy
	Attempts []Attempt
	// Answers tells whether a region can be asked to cancel a run.
	Answers func(location string) bool
	// Accept holds the names of the guards that the user lifts.
	Accept []string
}

// Decision is what to do, by index into the observed attempts.
type Decision struct {
	Action Action
	// Promote is the attempt that counts from now on; -1 unless promoting.
	Promote int
	// Supersede is the attempt that counts no longer; -1 if none.
	Supersede int
	// Fence lists attempts to cancel, in regions that answer.
	Fence []int
	// StopFirst lists the attempts that have to be seen stopped before anything is
	// submitted: they are stopping already, in the region to submit in.
	StopFirst []int
	// Unfenced is how many superseded attempts stay alive when all of this is
	// done, those being fenced not counted.
	Unfenced int64
	// TakesUp says that submitting is to take up a superseded run that was alive
	// when last seen. If it is not any more, it stays superseded: Unfenced does not
	// count it.
	TakesUp bool
	// Reason tells a person why.
	Reason string
}

// Decide tells what a submission needs. It is a pure function of what was
// observed.
func Decide(o Observation) Decision {
	d := Decision{Action: Keep, Promote: -1, Supersede: -1}
	current := Current(o.Attempts)
	switch {
	case o.finished(&d, current):
	case current < 0:
		d.Action, d.Reason = Submit, "no run of it counts"
	case o.Attempts[current].Key != o.Key:
		d.Action, d.Supersede = Submit, current
		d.Reason = "its content or triggers changed"
	default:
		o.follow(&d, current)
	}
	if d.Action == Submit {
		o.guard(&d)
	}
	if d.Action != Refuse {
		o.fence(&d)
	}
	return d
}

// finished looks for a superseded run of this content that succeeded while the
// one that counts, if any does, has not. It is the result, and nothing is run yet
// again.
func (o Observation) finished(d *Decision, current int) bool {
	counts := current >= 0 && o.Attempts[current].Key == o.Key
	changed := current >= 0 && !counts
	if o.Policy == ResubmitAll || changed || counts && o.Attempts[current].Status == StatusSuccess {
		return false
	}
	silent := -1
	for i, a := range o.Attempts {
		switch {
		case !a.Superseded || a.Key != o.Key || a.Status != StatusSuccess:
		case o.Answers(a.Location):
			d.Action, d.Promote, d.Supersede = Promote, i, current
			d.Reason = fmt.Sprintf("the run %s in %s finished successfully before any other did, so it is kept", a.WorkflowID, a.Location)
			return true
		default:
			silent = i
		}
	}
	if silent < 0 {
		return false
	}
	// Promoting reads the run once more. Until that can be done nothing moves: what
	// runs may finish, and nothing is run yet again.
	a := o.Attempts[silent]
	d.Reason = fmt.Sprintf("the run %s in %s finished successfully and counts as soon as its region answers", a.WorkflowID, a.Location)
	return true
}

// follow decides for a submission whose content stands: whether its run moves
// with the active region.
func (o Observation) follow(d *Decision, current int) {
	cur := o.Attempts[current]
	if cur.Location == o.Location && strings.EqualFold(cur.AccountID, o.AccountID) {
		d.Reason = "its run is in the active region"
		return
	}
	switch {
	case o.Policy == KeepRuns:
		d.Reason = "on_failover keeps runs where they are"
	case o.Policy == ResubmitAll:
		d.Action, d.Supersede, d.Reason = Submit, current, "the active region changed and on_failover resubmits all"
	case cur.Status == StatusSuccess:
		d.Reason = "it has finished"
	case cur.Status.Stopping():
		d.Reason = "it was cancelled"
	case cur.Status == StatusFailed && cur.InputFailure:
		d.Reason = "it failed for its input and would fail in any region"
	default:
		d.Action, d.Supersede, d.Reason = Submit, current, "the active region changed before it finished"
	}
}

// guard refuses to submit where a superseded run of this submission is alive:
// the two would compute and write side by side.
func (o Observation) guard(d *Decision) {
	for i, a := range o.Attempts {
		if !a.Superseded || i == d.Supersede || !a.Status.Live() || a.Location != o.Location || a.Key != o.Key || a.Stray {
			continue
		}
		// Where no run counts there is none to run beside: the stale one is taken up,
		// or seen to stop.
		if d.Supersede < 0 || slices.Contains(o.Accept, AcceptStaleRuns) {
			continue
		}
		*d = Decision{Action: Refuse, Promote: -1, Supersede: -1, Unfenced: Unfenced(o.Attempts), Reason: fmt.Sprintf(
			"the superseded run %s in %s is %s and has not been fenced", a.WorkflowID, a.Location, a.Status)}
		return
	}
}

// fence lists the runs to stop and counts those that cannot be stopped now.
func (o Observation) fence(d *Decision) {
	for i, a := range o.Attempts {
		superseded := (a.Superseded && i != d.Promote) || i == d.Supersede
		if !superseded || !a.Status.Live() {
			continue
		}
		if d.Action == Submit && a.Superseded && a.Location == o.Location && strings.EqualFold(a.AccountID, o.AccountID) && a.Key == o.Key {
			// A live run in the target region is taken up again rather than cancelled
			// and sent anew. One that is stopping has to be gone before.
			if a.Status != StatusCancelling {
				d.TakesUp = true
				continue
			}
			d.StopFirst = append(d.StopFirst, i)
		}
		if o.Answers(a.Location) {
			d.Fence = append(d.Fence, i)
		} else {
			d.Unfenced++
		}
	}
}
