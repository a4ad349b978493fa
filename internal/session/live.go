package session

import (
	"context"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/engine"
)

// Live is every run of an account or endpoint that carries a token and was alive
// when this run of the CLI first asked.
type Live struct {
	byID  map[string]engine.Run
	byKey map[string][]engine.Run
}

// Find gives a run that was alive by its ID.
func (l *Live) Find(id string) (engine.Run, bool) {
	run, ok := l.byID[id]
	return run, ok
}

// With gives the runs that were alive and carry the key.
func (l *Live) With(key string) []engine.Run { return l.byKey[key] }

// Live looks what runs in an account or at an endpoint, once for all who ask.
func (s *Session) Live(ctx context.Context, account ServiceAccount) (*Live, error) {
	return s.lives.get(ctx, account.key(), func(ctx context.Context) (*Live, error) {
		e, err := s.Engine(account)
		if err != nil {
			return nil, err
		}
		runs, err := e.Live(ctx)
		if err != nil {
			return nil, err
		}
		live := &Live{byID: map[string]engine.Run{}, byKey: map[string][]engine.Run{}}
		for _, run := range runs {
			live.byID[run.ID] = run
			if run.Key != "" {
				live.byKey[run.Key] = append(live.byKey[run.Key], run)
			}
		}
		return live, nil
	})
}

// Look finds a run, alive or not, at the least cost to its service: among those
// that were alive, in a list that all who ask share where the engine has one, and
// else by itself.
func (s *Session) Look(ctx context.Context, account ServiceAccount, id string) (engine.Run, error) {
	live, err := s.Live(ctx, account)
	if err != nil {
		return engine.Run{}, err
	}
	if run, alive := live.Find(id); alive {
		return run, nil
	}
	e, err := s.Engine(account)
	if err != nil {
		return engine.Run{}, err
	}
	if listed, ok := e.(engine.Listed); ok {
		run, found, err := s.directory(account, listed).Find(ctx, id)
		if err != nil || found {
			return run, err
		}
	}
	return e.Get(ctx, id)
}

func (s *Session) directory(account ServiceAccount, e engine.Listed) engine.Directory {
	s.mu.Lock()
	defer s.mu.Unlock()
	at := account.key()
	if s.directories[at] == nil {
		s.directories[at] = e.Directory()
	}
	return s.directories[at]
}
