package workflow

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/msgenomics"
)

// job is a workflow whose service shows one status after another, and the last again.
type job struct {
	shows   []msgenomics.Status
	refuses error
	asked   int
	cancels int
}

func (j *job) Get(_ context.Context, id int64) (msgenomics.Workflow, error) {
	status := j.shows[min(j.asked, len(j.shows)-1)]
	j.asked++
	return msgenomics.Workflow{ID: id, Status: status}, nil
}

func (j *job) Cancel(context.Context, int64) error {
	j.cancels++
	return j.refuses
}

func TestStop(t *testing.T) {
	const working, cancelling, cancelled, success = msgenomics.StatusInProgress, msgenomics.StatusCancelling, msgenomics.StatusCancelled, msgenomics.StatusSucceeded
	refused := errors.New("refused")
	for name, tt := range map[string]struct {
		job     job
		cancels int
		told    bool
		says    string
		err     error
	}{
		"is working":             {job{shows: []msgenomics.Status{working, working, cancelling, cancelling, cancelled}}, 1, true, "is working, and is cancelled; is cancelling; has ended: cancelled", nil},
		"ends first":             {job{shows: []msgenomics.Status{working, success}}, 1, true, "is working, and is cancelled; has ended: success", nil},
		"has ended":              {job{shows: []msgenomics.Status{success}}, 0, true, "has ended already: success", nil},
		"is cancelled already":   {job{shows: []msgenomics.Status{cancelled}}, 0, true, "has ended already: cancelled", nil},
		"is cancelled right now": {job{shows: []msgenomics.Status{cancelling, cancelled}}, 0, true, "is cancelling; has ended: cancelled", nil},
		"is refused":             {job{shows: []msgenomics.Status{working}, refuses: refused}, 1, false, "is working, and is cancelled", refused},
		"ends, and is refused":   {job{shows: []msgenomics.Status{working, success}, refuses: refused}, 1, true, "is working, and is cancelled; has ended already: success", nil},
		"never ends":             {job{shows: []msgenomics.Status{working, cancelling}}, 1, true, "is working, and is cancelled; is cancelling", context.DeadlineExceeded},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithTimeout(t.Context(), defaultInvokeTimeout)
				defer cancel()
				var said []string
				told, err := stop(ctx, &tt.job, 7, func(format string, args ...any) {
					said = append(said, strings.TrimPrefix(fmt.Sprintf(format, args...), "Workflow 7 "))
				})
				if !errors.Is(err, tt.err) || told != tt.told || tt.job.cancels != tt.cancels || strings.Join(said, "; ") != tt.says {
					t.Errorf("told %v, %v, after %d cancellations, and said %q", told, err, tt.job.cancels, said)
				}
			})
		})
	}
}
