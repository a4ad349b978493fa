package session

import (
	"context"
	"slices"
	"strings"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/azure"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/engine"
)

// ResourceGroup reads a resource group from Resource Manager, once a run.
func (s *Session) ResourceGroup(ctx context.Context, subscription, name string) (azure.Group, error) {
	return s.groups.get(ctx, strings.ToLower(subscription+"/"+name), func(ctx context.Context) (azure.Group, error) {
		client, err := azure.NewGroupsClient(s.credential, s.pipelines)
		if err != nil {
			return azure.Group{}, err
		}
		return client.Get(ctx, subscription, name)
	})
}

// Handed reports whether the key of an account was handed over in advance.
func (s *Session) Handed(account string) bool {
	_, ok := s.cfg.AccessKeys[account]
	return ok
}

// Outdated reports whether the service has refused the key that was handed over for
// an account.
func (s *Session) Outdated(id azure.AccountID) bool {
	return s.isOutdated(strings.ToLower(id.String()), false)
}

// StorageByIdentity reports whether storage is opened with the provider's identity
// instead of keys.
func (s *Session) StorageByIdentity() bool { return s.cfg.StorageUseAzureAD }

// AccountKey gets the access key of an account of the workflow service and forgets
// it again: the error tells whether and why it cannot be had.
func (s *Session) AccountKey(ctx context.Context, id string) error {
	parsed, err := azure.ParseAccountID(id)
	if err != nil {
		return err
	}
	_, err = s.accountKey(ctx, parsed)
	return err
}

// Walk goes through the runs of an account, the newest first, in the list that all
// readers of this run share. It is false for an engine that has no such list.
func (s *Session) Walk(ctx context.Context, account ServiceAccount, show func(engine.Run) (more bool)) (bool, error) {
	e, err := s.Engine(account)
	if err != nil {
		return true, err
	}
	listed, ok := e.(engine.Listed)
	if !ok {
		return false, nil
	}
	walker, ok := s.directory(account, listed).(engine.Walker)
	if !ok {
		return false, nil
	}
	return true, walker.Walk(ctx, show)
}

// Runs gives every run that was alive when this run of the CLI first asked.
func (l *Live) Runs() []engine.Run {
	out := make([]engine.Run, 0, len(l.byID))
	for _, run := range l.byID {
		out = append(out, run)
	}
	slices.SortFunc(out, func(a, b engine.Run) int { return strings.Compare(a.ID, b.ID) })
	return out
}
