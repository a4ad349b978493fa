package inputstore

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/azure"
)

// policies is what of Resource Manager object replication needs; the session is one.
type policies interface {
	AccountAnywhere(ctx context.Context, id azure.StorageAccountID) (azure.StorageAccount, error)
	BlobService(ctx context.Context, id azure.StorageAccountID) (azure.BlobService, error)
	Policies(ctx context.Context, id azure.StorageAccountID) ([]azure.ReplicationPolicy, error)
	PutPolicy(ctx context.Context, id azure.StorageAccountID, p azure.ReplicationPolicy) (azure.ReplicationPolicy, error)
	DeletePolicy(ctx context.Context, id azure.StorageAccountID, policy string) error
	ChangePolicies(change func() error) error
}

// end is one container of a rule.
type end struct {
	// Account is the storage account's resource ID.
	Account   string `json:"account"`
	Location  string `json:"location"`
	Container string `json:"container"`
}

func (e end) id() (azure.StorageAccountID, error) { return azure.ParseStorageAccountID(e.Account) }

// rule is one object replication rule, as far as this store has made it.
type rule struct {
	Policy      string `json:"policy,omitempty"`
	ID          string `json:"id,omitempty"`
	Source      end    `json:"source"`
	Destination end    `json:"destination"`
	Prefix      string `json:"prefix,omitempty"`
}

// key is the name under which blobs tell how the rule fared with them; listings are read in lower case.
func (r rule) key() string { return strings.ToLower(r.Policy + "_" + r.ID) }

// same reports whether both are about the same containers.
func (r rule) same(other rule) bool {
	return strings.EqualFold(r.Source.Account, other.Source.Account) && strings.EqualFold(r.Destination.Account, other.Destination.Account) &&
		r.Source.Container == other.Source.Container && r.Destination.Container == other.Destination.Container
}

// of finds the rule among an account's policies.
func (r rule) of(found []azure.ReplicationPolicy) (policy azure.ReplicationPolicy, at int, ok bool) {
	for _, p := range found {
		if !r.between(p) {
			continue
		}
		at := slices.IndexFunc(p.Rules, func(other azure.ReplicationRule) bool {
			return other.SourceContainer == r.Source.Container && other.DestinationContainer == r.Destination.Container
		})
		return p, at, true
	}
	return policy, -1, false
}

// between reports whether a policy leads from the rule's source account to its destination account.
func (r rule) between(p azure.ReplicationPolicy) bool {
	return sameAccount(p.Source, r.Source.Account) && sameAccount(p.Destination, r.Destination.Account)
}

// sameAccount compares what a policy calls an account, which may be its mere name, with a resource ID.
func sameAccount(named, id string) bool {
	if strings.Contains(named, "/") {
		return strings.EqualFold(strings.Trim(named, "/"), strings.Trim(id, "/"))
	}
	return strings.EqualFold(named, id[strings.LastIndex(id, "/")+1:])
}

// ensure makes both accounts hold the rule: the destination first, which gives it its IDs, then the source. Rules of others in
// the same policy stay. What holds already is left alone.
func (r rule) ensure(ctx context.Context, arm policies) (rule, error) {
	source, errSource := r.Source.id()
	destination, errDestination := r.Destination.id()
	if err := errors.Join(errSource, errDestination); err != nil {
		return r, err
	}
	err := arm.ChangePolicies(func() error {
		there, err := arm.Policies(ctx, destination)
		if err != nil {
			return fmt.Errorf("reading the object replication policies of storage account %s: %w", destination.Name, err)
		}
		policy, at, ok := r.of(there)
		if !ok {
			policy = azure.ReplicationPolicy{Source: source.String(), Destination: destination.String()}
		}
		if at < 0 || policy.Rules[at].Prefix != r.Prefix {
			wanted := azure.ReplicationRule{SourceContainer: r.Source.Container, DestinationContainer: r.Destination.Container, Prefix: r.Prefix}
			if at >= 0 {
				wanted.ID = policy.Rules[at].ID
				policy.Rules[at] = wanted
			} else {
				policy.Rules = append(policy.Rules, wanted)
			}
			if policy, err = arm.PutPolicy(ctx, destination, policy); err != nil {
				return fmt.Errorf("writing the object replication policy into storage account %s, the destination: %w", destination.Name, err)
			}
			if _, at, _ = r.of([]azure.ReplicationPolicy{policy}); at < 0 {
				return fmt.Errorf("storage account %s did not take the rule for container %s into its policy %s", destination.Name, r.Destination.Container, policy.ID)
			}
		}
		r.Policy, r.ID = policy.ID, policy.Rules[at].ID
		here, err := arm.Policies(ctx, source)
		if err != nil {
			return fmt.Errorf("reading the object replication policies of storage account %s: %w", source.Name, err)
		}
		// Rules that only the destination has do nothing; they are written with ours, for the source takes the policy as a whole.
		if known, at, ok := r.of(here); ok && known.ID == policy.ID && at >= 0 && known.Rules[at].ID == r.ID && known.Rules[at].Prefix == r.Prefix {
			return nil
		}
		if _, err := arm.PutPolicy(ctx, source, policy); err != nil {
			return fmt.Errorf("writing the object replication policy %s into storage account %s, the source: %w", policy.ID, source.Name, err)
		}
		return nil
	})
	return r, err
}

// remove takes the rule out of one account's policy, and the policy with it if it was the last one.
func (r rule) remove(ctx context.Context, arm policies, account string) error {
	id, err := azure.ParseStorageAccountID(account)
	if err != nil {
		return err
	}
	return arm.ChangePolicies(func() error {
		there, err := arm.Policies(ctx, id)
		if azure.IsNotFound(err) {
			return nil // the account is gone, and its policies with it
		}
		if err != nil {
			return fmt.Errorf("reading the object replication policies of storage account %s: %w", id.Name, err)
		}
		policy, at, ok := r.of(there)
		switch {
		case !ok || at < 0:
			return nil
		case len(policy.Rules) == 1:
			err = arm.DeletePolicy(ctx, id, policy.ID)
		default:
			policy.Rules = slices.Delete(slices.Clone(policy.Rules), at, at+1)
			_, err = arm.PutPolicy(ctx, id, policy)
		}
		if err != nil {
			return fmt.Errorf("taking the object replication policy %s out of storage account %s: %w", policy.ID, id.Name, err)
		}
		return nil
	})
}

// holds reports whether an account holds the rule.
func (r rule) holds(ctx context.Context, arm policies, account string) (bool, error) {
	id, err := azure.ParseStorageAccountID(account)
	if err != nil {
		return false, err
	}
	there, err := arm.Policies(ctx, id)
	if azure.IsNotFound(err) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	policy, at, ok := r.of(there)
	return ok && at >= 0 && (r.Policy == "" || policy.ID == r.Policy), nil
}

// lack is one thing that an account lacks for object replication. What can be switched on is not switched on silently: it
// costs, and keeps old versions.
type lack struct {
	account, what, remedy string
	// final is what no apply of another resource will change.
	final bool
}

func (l lack) Error() string {
	return fmt.Sprintf("Storage account %s %s. %s", l.account, l.what, l.remedy)
}

// lacks checks what object replication asks of the two accounts. The change feed is read at the source; when the flow may be
// turned around, both are one.
func (r rule) lacks(ctx context.Context, arm policies, bothWays bool) ([]lack, error) {
	var found []lack
	for i, e := range []end{r.Source, r.Destination} {
		id, err := e.id()
		if err != nil {
			return nil, err
		}
		account, err := arm.AccountAnywhere(ctx, id)
		if err != nil {
			return nil, fmt.Errorf("asking Resource Manager for storage account %s: %w", id.Name, err)
		}
		never := shortcomings(account)
		found = append(found, never...)
		if len(never) > 0 {
			continue
		}
		service, err := arm.BlobService(ctx, id)
		if err != nil {
			return nil, fmt.Errorf("asking Resource Manager for the blob service of storage account %s: %w", id.Name, err)
		}
		update := "az storage account blob-service-properties update --resource-group " + id.ResourceGroup + " --account-name " + id.Name
		if !service.Versioning {
			found = append(found, lack{account: id.Name, what: "has no blob versioning, which object replication needs on both accounts",
				remedy: "Switch it on with blob_properties { versioning_enabled = true } on the azurerm_storage_account, or by: " + update + " --enable-versioning true"})
		}
		if !service.ChangeFeed && (i == 0 || bothWays) {
			found = append(found, lack{account: id.Name, what: "has no change feed, which object replication reads at the source",
				remedy: "Switch it on with blob_properties { change_feed_enabled = true } on the azurerm_storage_account, or by: " + update + " --enable-change-feed true"})
		}
	}
	return found, nil
}

// shortcomings are what rules an account out for object replication for good.
func shortcomings(account azure.StorageAccount) []lack {
	no := func(what, remedy string) []lack { return []lack{{account.Name, what, remedy, true}} }
	switch {
	case account.Kind != "" && account.Kind != "StorageV2" && account.Kind != "BlockBlobStorage":
		return no("is of kind "+account.Kind+", and object replication takes general-purpose v2 and premium block blob accounts only",
			"Upgrade it by: az storage account update --name "+account.Name+" --set kind=StorageV2 --access-tier Hot")
	case account.Hierarchical:
		return no("has a hierarchical namespace, which object replication does not support", `Use mode = "copy", or an account without one.`)
	case account.FailoverInProgress:
		return no("is being failed over to its secondary region, and an account with object replication cannot be", `Wait for its end, and use mode = "copy" for it.`)
	case !account.LastFailover.IsZero():
		return no("was failed over by its owner on "+account.LastFailover.UTC().Format("2006-01-02")+": its change feed is not complete from before, and customer-managed failover is not supported together with object replication",
			`Use mode = "copy", or a new account.`)
	}
	return nil
}
