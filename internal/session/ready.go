package session

import (
	"context"
	"strings"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/azure"
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

// Handed reports whether the key of an account was handed over in advance, and has
// not been refused.
func (s *Session) Handed(account string) bool {
	_, ok := s.cfg.AccessKeys[account]
	return ok
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
