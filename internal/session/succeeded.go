package session

import (
	"context"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/engine"
)

// mostSucceeded is how many of an account's newest successes are looked at: one page, whatever the account's age.
const mostSucceeded = 100

// succeeder is an engine whose list tells cheaply what has succeeded lately.
type succeeder interface {
	Succeeded(ctx context.Context, most int) ([]engine.Run, error)
}

// Succeeded is what has succeeded lately in an account.
type Succeeded struct{ byKey map[string][]engine.Run }

// With gives the runs that carry the key, newest first.
func (s *Succeeded) With(key string) []engine.Run { return s.byKey[key] }

// Succeeded looks which runs with a token have succeeded lately in an account, once for all who ask, with two requests at most. A run
// that no state knows may have ended before anybody looked for it: Live does not show it, and the job would be done twice. Of an
// engine that cannot tell there is none.
func (s *Session) Succeeded(ctx context.Context, account ServiceAccount) (*Succeeded, error) {
	return s.successes.get(ctx, account.key(), func(ctx context.Context) (*Succeeded, error) {
		e, err := s.Engine(account)
		if err != nil {
			return nil, err
		}
		out := &Succeeded{byKey: map[string][]engine.Run{}}
		listed, ok := e.(succeeder)
		if !ok {
			return out, nil
		}
		runs, err := listed.Succeeded(ctx, mostSucceeded)
		if err != nil {
			return nil, err
		}
		for _, run := range runs {
			if run.Key != "" {
				out.byKey[run.Key] = append(out.byKey[run.Key], run)
			}
		}
		return out, nil
	})
}
