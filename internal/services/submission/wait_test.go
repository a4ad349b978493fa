package submission

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/msgenomics"
)

type script struct {
	answers []msgenomics.Status
	asked   int
	err     error
}

func (s *script) Get(_ context.Context, id int64) (msgenomics.Workflow, error) {
	if s.asked >= len(s.answers) {
		return msgenomics.Workflow{}, s.err
	}
	s.asked++
	return msgenomics.Workflow{ID: id, Status: s.answers[s.asked-1]}, nil
}

func TestEnded(t *testing.T) {
	t.Run("polls until the run has ended, an unknown state included", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			s := &script{answers: []msgenomics.Status{msgenomics.StatusQueued, 12345, msgenomics.StatusInProgress, msgenomics.StatusSucceeded}}
			w, err := ended(t.Context(), s, 7)
			if err != nil || w.Status != msgenomics.StatusSucceeded || s.asked != 4 {
				t.Errorf("%v %v after %d", w, err, s.asked)
			}
		})
	})
	t.Run("a cancelled context ends it", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			many := make([]msgenomics.Status, 10_000)
			for i := range many {
				many[i] = msgenomics.StatusInProgress
			}
			s := &script{answers: many}
			w, err := ended(ctx, s, 7)
			if !errors.Is(err, context.DeadlineExceeded) || w.ID != 7 {
				t.Errorf("%v %v", w, err)
			}
			if s.asked > 30 {
				t.Errorf("asked %d times in a minute", s.asked)
			}
		})
	})
	t.Run("a refusal ends it", func(t *testing.T) {
		s := &script{err: errors.New("no")}
		if _, err := ended(t.Context(), s, 7); err == nil {
			t.Error("no error")
		}
	})
}
