package session

import (
	"context"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/engine"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/failover"
)

// NoteFailover notes how the last failover of a pair went, as far as its state knows,
// for whoever reports in this run: what reads a pair takes only what is known while
// planning, which this is not in a failover.
func (s *Session) NoteFailover(pair string, last failover.Last) { s.failovers.Store(pair, last) }

// LastFailover is what was noted in this run; false if nothing was.
func (s *Session) LastFailover(pair string) (failover.Last, bool) {
	noted, ok := s.failovers.Load(pair)
	last, _ := noted.(failover.Last)
	return last, ok
}

// Moved looks for the runs that a failover submitted, by its mark. can is false for an
// engine that does not find them.
func (s *Session) Moved(ctx context.Context, account ServiceAccount, mark string) (runs []failover.Moved, can bool, err error) {
	e, err := s.Engine(account)
	if err != nil {
		return nil, true, err
	}
	finder, can := e.(engine.Marked)
	if !can {
		return nil, false, nil
	}
	found, err := finder.Marked(ctx, mark)
	for _, run := range found {
		moved := failover.Moved{AcceptedAt: run.CreatedAt, Ended: run.State.Finished()}
		if run.EndedAt != nil {
			moved.EndedAt = *run.EndedAt
		}
		runs = append(runs, moved)
	}
	return runs, true, err
}
