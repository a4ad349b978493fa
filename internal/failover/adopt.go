package failover

import (
	"slices"
	"time"
)

// Found is a run that a service reports under a submission's token.
type Found struct {
	WorkflowID  string
	Key         string
	Status      Status
	SubmittedAt time.Time
	// InputFailure as in Attempt.
	InputFailure bool
}

// Adoption says which of the found runs is the submission's run in a region.
type Adoption struct {
	// Adopt is the run to take up; nil means that one has to be sent.
	Adopt *Found
	// Cancel lists the surplus live runs under the same key: of two, the oldest
	// stays.
	Cancel []Found
}

// Adopt looks among the runs found in the target account for one that is this
// submission's already. A success wins over a live run, a live run over a
// failure. A cancelled run is never taken up: somebody wanted it gone; nor is one
// that has stalled, which is stopped. Superseded
// lists the workflow IDs of known superseded attempts: a failure among them is
// not gone back to, for that would lose the job, and neither is a success when
// the policy is to resubmit all.
func Adopt(key string, policy Policy, found []Found, superseded []string) Adoption {
	runs := slices.DeleteFunc(slices.Clone(found), func(f Found) bool { return f.Key != key })
	slices.SortStableFunc(runs, func(a, b Found) int { return a.SubmittedAt.Compare(b.SubmittedAt) })
	var out Adoption
	pick := func(match func(Found) bool) {
		if out.Adopt != nil {
			return
		}
		for i := range runs {
			if match(runs[i]) {
				out.Adopt = &runs[i]
				return
			}
		}
	}
	pick(func(f Found) bool {
		return f.Status == StatusSuccess && (policy != ResubmitAll || !slices.Contains(superseded, f.WorkflowID))
	})
	pick(func(f Found) bool {
		return f.Status.Live() && f.Status != StatusCancelling && f.Status != StatusStalled
	})
	pick(func(f Found) bool {
		return f.Status == StatusFailed && !slices.Contains(superseded, f.WorkflowID)
	})
	for _, f := range runs {
		if f.Status.Live() && f.Status != StatusCancelling && (out.Adopt == nil || f.WorkflowID != out.Adopt.WorkflowID) {
			out.Cancel = append(out.Cancel, f)
		}
	}
	return out
}
