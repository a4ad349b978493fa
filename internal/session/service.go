package session

import (
	"context"
	"errors"
	"sync"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/region"
)

// serving is the accounts whose workflow service is known to be used in a region,
// and whether it answered. A region may be half dead: its service down, its
// storage up. Who has to know asks through a gate of its own, so that the region's
// storage stays open to those who copy from it.
type serving struct {
	mu       sync.Mutex
	accounts map[string]ServiceAccount
	answered memo[bool]
}

// Serves tells the session of an account that runs workflows in its region.
func (s *Session) Serves(account ServiceAccount) {
	s.serving.mu.Lock()
	defer s.serving.mu.Unlock()
	if s.serving.accounts == nil {
		s.serving.accounts = map[string]ServiceAccount{}
	}
	s.serving.accounts[region.Normalize(account.Location)] = account
}

// ServiceAnswers reports whether the workflow service in a region answers. It is
// asked once a run, with one small request. Where nobody has told of an account
// it is taken to answer.
func (s *Session) ServiceAnswers(ctx context.Context, location string) bool {
	location = region.Normalize(location)
	if s.Gate(location).Err() != nil {
		return false
	}
	s.serving.mu.Lock()
	account, told := s.serving.accounts[location]
	s.serving.mu.Unlock()
	if !told {
		return true
	}
	answers, err := s.serving.answered.get(ctx, location, func(ctx context.Context) (bool, error) {
		client, err := s.serviceThrough(account, s.gates.For(location+"/service"))
		if err == nil {
			err = client.Ping(ctx)
		}
		var dark *region.UnreachableError
		return !errors.As(err, &dark), ctx.Err()
	})
	return answers || err != nil
}
