package azure

import (
	"context"
	"errors"
	"fmt"

	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/storage/armstorage/v2"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/region"
)

const (
	// newPolicy stands for the ID of a policy that the destination account is to give one.
	newPolicy = "default"
	// everything is the creation time from which on blobs are replicated when those that exist already are to be, too.
	everything = "1601-01-01T00:00:00Z"
)

// BlobService is what of an account's blob service object replication rests on.
type BlobService struct{ Versioning, ChangeFeed bool }

// ReplicationPolicy is an object replication policy. It lies in the destination account, which gives it its ID, and under the
// same ID in the source account. An account has one at most for each pair of source and destination.
type ReplicationPolicy struct {
	ID string
	// Source and Destination are the accounts' resource IDs, or their mere names, as policies from before 2021 have them.
	Source, Destination string
	Rules               []ReplicationRule
}

// ReplicationRule is one pair of containers of a policy.
type ReplicationRule struct {
	// ID is given by the destination account; empty for a rule that has none yet.
	ID string
	// SourceContainer and DestinationContainer take part in this rule alone.
	SourceContainer, DestinationContainer string
	// Prefix limits the rule to blobs whose names begin so; empty is all.
	Prefix string

	// as is the rule as an account had it: somebody else's may have filters that are unknown here, and keeps them.
	as *armstorage.ObjectReplicationPolicyRule
}

// BlobService reads the properties of an account's blob service.
func (c *StorageClient) BlobService(ctx context.Context, id StorageAccountID) (BlobService, error) {
	resp, err := c.services.GetServiceProperties(ctx, id.ResourceGroup, id.Name, nil)
	if err != nil || resp.BlobServiceProperties.BlobServiceProperties == nil {
		return BlobService{}, err
	}
	properties := resp.BlobServiceProperties.BlobServiceProperties
	return BlobService{
		Versioning: deref(properties.IsVersioningEnabled),
		ChangeFeed: properties.ChangeFeed != nil && deref(properties.ChangeFeed.Enabled),
	}, nil
}

// Policies lists the object replication policies that an account takes part in, on either end.
func (c *StorageClient) Policies(ctx context.Context, id StorageAccountID) ([]ReplicationPolicy, error) {
	var policies []ReplicationPolicy
	pager := c.policies.NewListPager(id.ResourceGroup, id.Name, nil)
	for pager.More() {
		page, err := pager.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		for _, p := range page.Value {
			if p != nil {
				policies = append(policies, policyFrom(*p))
			}
		}
	}
	return policies, nil
}

// PutPolicy writes a policy into an account and returns it as that has it. A policy without an ID is made, which only the
// destination account does; blobs that exist already are replicated as well.
func (c *StorageClient) PutPolicy(ctx context.Context, id StorageAccountID, p ReplicationPolicy) (ReplicationPolicy, error) {
	name := p.ID
	if name == "" {
		name = newPolicy
	}
	resp, err := c.policies.CreateOrUpdate(region.WithPatience(ctx, writePatience), id.ResourceGroup, id.Name, name, p.body(), nil)
	if err != nil {
		return ReplicationPolicy{}, err
	}
	made := policyFrom(resp.ObjectReplicationPolicy)
	if made.ID == "" || made.ID == newPolicy {
		return ReplicationPolicy{}, fmt.Errorf("storage account %s gave the object replication policy no ID", id.Name)
	}
	for _, rule := range made.Rules {
		if rule.ID == "" {
			return ReplicationPolicy{}, errors.New("an object replication rule was given no ID")
		}
	}
	return made, nil
}

// DeletePolicy takes a policy out of an account. One that is not there is taken out.
func (c *StorageClient) DeletePolicy(ctx context.Context, id StorageAccountID, policy string) error {
	_, err := c.policies.Delete(region.WithPatience(ctx, writePatience), id.ResourceGroup, id.Name, policy, nil)
	if IsNotFound(err) {
		return nil
	}
	return err
}

func (p ReplicationPolicy) body() armstorage.ObjectReplicationPolicy {
	on, since := true, everything
	rules := make([]*armstorage.ObjectReplicationPolicyRule, len(p.Rules))
	for i, r := range p.Rules {
		if r.as != nil {
			rules[i] = r.as
			continue
		}
		rule := &armstorage.ObjectReplicationPolicyRule{
			SourceContainer: &r.SourceContainer, DestinationContainer: &r.DestinationContainer,
			Filters: &armstorage.ObjectReplicationPolicyFilter{MinCreationTime: &since},
		}
		if r.ID != "" {
			rule.RuleID = &r.ID
		}
		if r.Prefix != "" {
			rule.Filters.PrefixMatch = []*string{&r.Prefix}
		}
		rules[i] = rule
	}
	return armstorage.ObjectReplicationPolicy{Properties: &armstorage.ObjectReplicationPolicyProperties{
		SourceAccount: &p.Source, DestinationAccount: &p.Destination, Rules: rules,
		// Operations and bytes that wait become metrics of the source account.
		Metrics: &armstorage.ObjectReplicationPolicyPropertiesMetrics{Enabled: &on},
	}}
}

func policyFrom(from armstorage.ObjectReplicationPolicy) ReplicationPolicy {
	var p ReplicationPolicy
	properties := from.Properties
	if properties == nil {
		return p
	}
	p.ID, p.Source, p.Destination = deref(properties.PolicyID), deref(properties.SourceAccount), deref(properties.DestinationAccount)
	if p.ID == "" {
		p.ID = deref(from.Name)
	}
	for _, r := range properties.Rules {
		if r == nil {
			continue
		}
		rule := ReplicationRule{ID: deref(r.RuleID), SourceContainer: deref(r.SourceContainer), DestinationContainer: deref(r.DestinationContainer), as: r}
		if r.Filters != nil && len(r.Filters.PrefixMatch) > 0 {
			rule.Prefix = deref(r.Filters.PrefixMatch[0])
		}
		p.Rules = append(p.Rules, rule)
	}
	return p
}
