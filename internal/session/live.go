package session

import (
	"context"
	"strings"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/failover"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/msgenomics"
)

// Live is every run of an account that carries a submission key and was queued or
// working when this run of the CLI first asked.
type Live struct {
	byID  map[int64]msgenomics.Workflow
	byKey map[string][]msgenomics.Workflow
}

// Find gives a run that was alive by its number.
func (l *Live) Find(id int64) (msgenomics.Workflow, bool) {
	w, ok := l.byID[id]
	return w, ok
}

// With gives the runs that were alive and carry the key.
func (l *Live) With(key string) []msgenomics.Workflow { return l.byKey[key] }

// Live looks what runs in an account, once for all who ask: with one request for
// each hundred queued runs and each hundred working ones, however many have ended.
func (s *Session) Live(ctx context.Context, account ServiceAccount) (*Live, error) {
	return s.lives.get(ctx, strings.ToLower(account.ID), func(ctx context.Context) (*Live, error) {
		client, err := s.Service(account)
		if err != nil {
			return nil, err
		}
		live := &Live{byID: map[int64]msgenomics.Workflow{}, byKey: map[string][]msgenomics.Workflow{}}
		// Queued first: a run that begins to work in between is seen in the second.
		for _, status := range []msgenomics.Status{msgenomics.StatusQueued, msgenomics.StatusInProgress} {
			for workflow, err := range client.List(ctx, msgenomics.Query{Description: failover.TokenMark, Status: status}) {
				if err != nil {
					return nil, err
				}
				live.add(workflow)
			}
		}
		return live, nil
	})
}

func (l *Live) add(workflow msgenomics.Workflow) {
	if _, twice := l.byID[workflow.ID]; !twice {
		if key, _, ok := failover.ParseDescription(workflow.Description); ok {
			l.byKey[key] = append(l.byKey[key], workflow)
		}
	}
	l.byID[workflow.ID] = workflow
}
