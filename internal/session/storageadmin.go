package session

import (
	"context"
	"strings"
	"sync"
	"time"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/azure"
)

// StorageAdmin is Resource Manager's client for the storage accounts of a subscription.
func (s *Session) StorageAdmin(subscriptionID string) (*azure.StorageClient, error) {
	return azure.NewStorageClient(subscriptionID, s.credential, s.pipelines)
}

// Policies are the object replication policies that an account takes part in.
func (s *Session) Policies(ctx context.Context, id azure.StorageAccountID) ([]azure.ReplicationPolicy, error) {
	client, err := s.StorageAdmin(id.SubscriptionID)
	if err != nil {
		return nil, err
	}
	return client.Policies(ctx, id)
}

// BlobService reads what an account's blob service offers.
func (s *Session) BlobService(ctx context.Context, id azure.StorageAccountID) (azure.BlobService, error) {
	client, err := s.StorageAdmin(id.SubscriptionID)
	if err != nil {
		return azure.BlobService{}, err
	}
	return client.BlobService(ctx, id)
}

// Backlog is what Azure Monitor says that a policy has still to replicate.
func (s *Session) Backlog(ctx context.Context, id azure.StorageAccountID, policy string, now time.Time) (azure.Backlog, error) {
	client, err := azure.NewMonitorClient(id.SubscriptionID, s.credential, s.pipelines)
	if err != nil {
		return azure.Backlog{}, err
	}
	return client.Backlog(ctx, id, policy, now)
}

// PutPolicy writes an object replication policy into an account.
func (s *Session) PutPolicy(ctx context.Context, id azure.StorageAccountID, p azure.ReplicationPolicy) (azure.ReplicationPolicy, error) {
	client, err := s.StorageAdmin(id.SubscriptionID)
	if err != nil {
		return azure.ReplicationPolicy{}, err
	}
	return client.PutPolicy(ctx, id, p)
}

// DeletePolicy takes an object replication policy out of an account.
func (s *Session) DeletePolicy(ctx context.Context, id azure.StorageAccountID, policy string) error {
	client, err := s.StorageAdmin(id.SubscriptionID)
	if err != nil {
		return err
	}
	return client.DeletePolicy(ctx, id, policy)
}

// policyTurn is the process's, for the accounts are.
var policyTurn sync.Mutex

// ChangePolicies runs what changes object replication policies, one change after another: there is one policy for each pair of
// accounts, and the stores that share them read it and write it back with a rule more or less.
func (s *Session) ChangePolicies(change func() error) error {
	policyTurn.Lock()
	defer policyTurn.Unlock()
	return change()
}

// AccountAnywhere is StorageAccount without a look at where the account is.
func (s *Session) AccountAnywhere(ctx context.Context, id azure.StorageAccountID) (azure.StorageAccount, error) {
	return s.storage.get(ctx, strings.ToLower(id.String()), func(ctx context.Context) (azure.StorageAccount, error) {
		client, err := s.StorageAdmin(id.SubscriptionID)
		if err != nil {
			return azure.StorageAccount{}, err
		}
		return client.Get(ctx, id)
	})
}
