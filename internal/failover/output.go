package failover

import (
	"cmp"
	"fmt"
	"slices"
)

// MaxOutputSuffix is how many characters OutputBasename adds at most.
const MaxOutputSuffix = 40

// OutputBasename is what the names of a run's result blobs begin with: each run
// has its own, so that one that comes back to life after it was superseded never
// writes over the results of the one that counts. ordinal counts the runs of the
// submission in that region, from 1.
func OutputBasename(basename, location string, ordinal int) string {
	return fmt.Sprintf("%s-%s-%d", basename, location, ordinal)
}

// Ordinal tells the how-manieth of a submission's runs in its account a run is,
// by what the service lists of them. One that is not listed is the next.
func Ordinal(found []Found, workflowID string) int {
	runs := slices.Clone(found)
	slices.SortStableFunc(runs, func(a, b Found) int {
		// Numbers are given in order; as text, the longer is the greater.
		return cmp.Or(a.SubmittedAt.Compare(b.SubmittedAt), cmp.Compare(len(a.WorkflowID), len(b.WorkflowID)), cmp.Compare(a.WorkflowID, b.WorkflowID))
	})
	if i := slices.IndexFunc(runs, func(f Found) bool { return f.WorkflowID == workflowID }); i >= 0 {
		return i + 1
	}
	return len(runs) + 1
}
