// Package session is what one run of the CLI shares: the gates of the regions,
// the credential, and what was learned from Azure once and need not be asked
// again. It makes no network call by itself, and knows no Terraform.
package session

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/azure"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/engine"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/msgenomics"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/region"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/replication"
)

// Session belongs to one configured provider process, which is one run.
type Session struct {
	cfg        azure.Config
	cloud      azure.Cloud
	credential azcore.TokenCredential
	gates      *region.Gates
	pipelines  *azure.Pipelines

	accountKeys memo[string]
	lives       memo[*Live]
	successes   memo[*Succeeded]
	complete    sync.Map
	taken       sync.Map
	told        sync.Map
	failovers   sync.Map
	storageKeys memo[string]
	storage     memo[azure.StorageAccount]
	groups      memo[azure.Group]
	inputs      replication.Inputs

	mu      sync.Mutex
	engines map[string]engine.Engine
	// directories are the lists that all readers of an account share.
	directories map[string]engine.Directory
	// mute are regions that could not be asked for want of a key.
	mute map[string]bool
	// outdated are accounts whose handed-over key was refused, or replaced in this run.
	outdated map[string]bool
}

// New prepares a session. It is called by Configure and asks nobody anything.
func New(cfg azure.Config) (*Session, error) {
	cloud, err := azure.CloudFor(cfg)
	if err != nil {
		return nil, err
	}
	credential, err := azure.NewCredential(cfg)
	if err != nil {
		return nil, err
	}
	gates := region.NewGates(cfg.RegionTimeout)
	pipelines, err := azure.NewPipelines(cfg, gates)
	if err != nil {
		return nil, err
	}
	for _, key := range cfg.AccessKeys {
		pipelines.Secret(key)
	}
	return &Session{
		cfg: cfg, cloud: cloud, credential: credential, gates: gates, pipelines: pipelines,
		engines: make(map[string]engine.Engine), directories: make(map[string]engine.Directory), mute: make(map[string]bool), outdated: make(map[string]bool),
	}, nil
}

// SubscriptionID is the provider's default subscription; it may be empty.
func (s *Session) SubscriptionID() string { return s.cfg.SubscriptionID }

// Gate is the gate that every call to the region's service or storage passes.
func (s *Session) Gate(location string) *region.Gate {
	return s.gates.For(region.Normalize(location))
}

// Patience is how long one region may take to answer.
func (s *Session) Patience() time.Duration { return s.cfg.RegionTimeout }

// Answers reports whether a region may be asked: it has answered in this run,
// or nobody has tried yet.
func (s *Session) Answers(location string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.Gate(location).State() != region.Closed && !s.mute[region.Normalize(location)]
}

// unasked remembers a region that cannot be asked because nobody gives a key for it.
func (s *Session) unasked(location string, err error) {
	var dark *region.UnreachableError
	if errors.As(err, &dark) {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.mute[region.Normalize(location)] = true
	}
}

// Accounts is the Resource Manager client of the account's own subscription.
func (s *Session) accounts(subscriptionID string) (*azure.AccountsClient, error) {
	return azure.NewAccountsClient(subscriptionID, s.credential, s.pipelines)
}

// Accounts is the Resource Manager client for the provider's subscription.
func (s *Session) Accounts() (*azure.AccountsClient, error) {
	if s.cfg.SubscriptionID == "" {
		return nil, errors.New("no subscription is configured: set subscription_id in the provider configuration or ARM_SUBSCRIPTION_ID")
	}
	return s.accounts(s.cfg.SubscriptionID)
}

// ServiceURL is the base URL of the workflow service in a region.
func (s *Session) ServiceURL(location string) (string, error) {
	name := region.Normalize(location)
	if url, ok := s.cfg.ServiceEndpoints[name]; ok {
		return strings.TrimRight(url, "/"), nil
	}
	if _, ok := region.Lookup(name); !ok {
		return "", fmt.Errorf("%q is not an Azure region and service_endpoints names no URL for it", location)
	}
	return strings.TrimRight(strings.ReplaceAll(s.cfg.ServiceEndpointTemplate, "{location}", name), "/"), nil
}

// ServiceAccount is an account of the workflow service: where it is and who
// vouches for it.
type ServiceAccount struct {
	// Kind is the engine's; empty means Microsoft Genomics.
	Kind string
	// ID is the account's resource ID, or an endpoint's base URL.
	ID string
	// Location is its region.
	Location string
	// URL is its base URL; empty means the configured one for the region.
	URL string
}

// Service is the workflow service's client for an account. Its calls pass the
// region's gate; its key is asked for once a run, and only when a call is made.
func (s *Session) Service(account ServiceAccount) (*msgenomics.Client, error) {
	id, err := azure.ParseAccountID(account.ID)
	if err != nil {
		return nil, err
	}
	url := account.URL
	if url == "" {
		if url, err = s.ServiceURL(account.Location); err != nil {
			return nil, err
		}
	}
	gate := s.Gate(account.Location)
	key := func(ctx context.Context) (string, error) {
		// A key for a region that is closed would be asked for in vain.
		if err := gate.Err(); err != nil {
			return "", err
		}
		key, err := s.accountKey(ctx, id)
		s.unasked(account.Location, err)
		return key, err
	}
	return msgenomics.New(url, key, s.pipelines.New(gate)), nil
}

// Account reads an account from Resource Manager.
func (s *Session) Account(ctx context.Context, id string) (azure.Account, error) {
	parsed, err := azure.ParseAccountID(id)
	if err != nil {
		return azure.Account{}, err
	}
	client, err := s.accounts(parsed.SubscriptionID)
	if err != nil {
		return azure.Account{}, err
	}
	return client.Get(ctx, parsed)
}
