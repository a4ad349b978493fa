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
	created time.Time
	err     error
}

func (s *script) Get(_ context.Context, id string) (engine.Run, error) {
	if s.asked >= len(s.answers) {
		return engine.Run{}, s.err
	}
	s.asked++
	return engine.Run{ID: id, State: s.answers[s.asked-1], CreatedAt: s.created}, nil
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

// A run that its server says for ever to be running is not waited for for ever, and
// one that it does not is.
func TestImpatience(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		many := make([]engine.State, 10_000)
		for i := range many {
			many[i] = engine.StateRunning
		}
		s := &script{answers: many, created: time.Now()}
		run, err := ended(t.Context(), impatient{s, engine.Limits{Stalled: time.Hour}}, "7")
		var stalled *stalledError
		if !errors.As(err, &stalled) || run.ID != "7" || time.Since(s.created) > 2*time.Hour {
			t.Errorf("%+v, %v after %s", run, err, time.Since(s.created))
		}
		s = &script{answers: append(many[:100:100], engine.StateSucceeded), created: time.Now()}
		if run, err := ended(t.Context(), impatient{s, engine.Limits{Initializing: time.Second}}, "7"); err != nil || run.State != engine.StateSucceeded {
			t.Errorf("%+v, %v", run, err)
		}
	})
}
