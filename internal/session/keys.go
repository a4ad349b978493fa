package session

import (
	"context"
	"fmt"
	"strings"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/azure"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/msgenomics"
)

// accountKey is the account's access key: the one handed over in advance, or
// Resource Manager's. A key that the service has refused is given up, for good,
// for what Resource Manager says now, for it may have been regenerated: a
// submission is sent once, and must not try a key that is known to be refused.
func (s *Session) accountKey(ctx context.Context, id azure.AccountID) (string, error) {
	name := strings.ToLower(id.String())
	refused := msgenomics.RefusedKey(ctx)
	handed, ok := s.cfg.AccessKeys[id.Name]
	if ok && !s.isOutdated(name, handed == refused) {
		return handed, nil
	}
	if refused != "" {
		s.accountKeys.forgetValue(name, refused)
	}
	key, err := s.accountKeys.get(ctx, name, func(ctx context.Context) (string, error) {
		client, err := s.accounts(id.SubscriptionID)
		if err != nil {
			return "", err
		}
		keys, err := client.ListKeys(ctx, id)
		if err != nil {
			return "", fmt.Errorf("asking Resource Manager for the keys of account %s: %w", id.Name, err)
		}
		s.pipelines.Secret(keys.Key1)
		s.pipelines.Secret(keys.Key2)
		return keys.Key1, nil
	})
	if err != nil && ok && ctx.Err() == nil {
		// A gateway in trouble may refuse a good key, and a failover with keys handed
		// over must not come to need Resource Manager by that.
		return handed, nil
	}
	return key, err
}

// isOutdated reports whether the key handed over for an account is known not to
// work, and remembers that it was refused just now.
func (s *Session) isOutdated(account string, refused bool) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if refused {
		s.outdated[account] = true
	}
	return s.outdated[account]
}

// Rotated says that keys of an account were regenerated, or may have been.
// Whoever needs one from now on asks Resource Manager.
func (s *Session) Rotated(id azure.AccountID) {
	name := strings.ToLower(id.String())
	s.isOutdated(name, true)
	s.accountKeys.forget(name)
}
