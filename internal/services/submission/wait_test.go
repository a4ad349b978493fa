package submission

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/engine"
)

type script struct {
	answers []engine.State
	asked   int
	err     error
}

func (s *script) Get(_ context.Context, id string) (engine.Run, error) {
	if s.asked >= len(s.answers) {
		return engine.Run{}, s.err
	}
	s.asked++
	return engine.Run{ID: id, State: s.answers[s.asked-1]}, nil
}

func TestEnded(t *testing.T) {
	t.Run("polls until the run has ended, an unknown state included", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			s := &script{answers: []engine.State{engine.StateQueued, engine.StateUnknown, engine.StateRunning, engine.StateSucceeded}}
			w, err := ended(t.Context(), s, "7")
			if err != nil || w.State != engine.StateSucceeded || s.asked != 4 {
				t.Errorf("%v %v after %d", w, err, s.asked)
			}
		})
	})
	t.Run("a cancelled context ends it", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			many := make([]engine.State, 10_000)
			for i := range many {
				many[i] = engine.StateRunning
			}
			s := &script{answers: many}
			w, err := ended(ctx, s, "7")
			if !errors.Is(err, context.DeadlineExceeded) || w.ID != "7" {
				t.Errorf("%v %v", w, err)
			}
			if s.asked > 30 {
				t.Errorf("asked %d times in a minute", s.asked)
			}
		})
	})
	t.Run("a refusal ends it", func(t *testing.T) {
		s := &script{err: errors.New("no")}
		if _, err := ended(t.Context(), s, "7"); err == nil {
			t.Error("no error")
		}
	})
}
