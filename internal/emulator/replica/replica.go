// Package replica is what Azure Storage does by itself in the emulator: object replication between two accounts, and the readable
// replica of one account in the other region. Both catch up when somebody looks, unless a test holds them, so that no clock
// decides how far they are.
package replica

import (
	"context"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/emulator/arm"
)

// Suffix follows an account's name where its replica is meant.
const Suffix = "-secondary"

// Settings are what a test holds or breaks.
type Settings struct {
	// Held keeps object replication from going on.
	Held bool `json:"held"`
	// Fail names parts of the names of blobs that are not replicated but said to have failed.
	Fail []string `json:"fail"`
	// Backlog is what the metrics of every policy say; nothing is measured without it.
	Backlog *arm.Backlog `json:"backlog"`
}

// Engine replicates.
type Engine struct {
	Store     *arm.Store
	BlobStore *url.URL // nil when there is none
	// Dark reports whether a region's storage does not answer.
	Dark func(region string) bool
	Now  func() time.Time

	mu       sync.Mutex // one replication at a time
	settings Settings
	// states are by rule and name of the blob.
	states map[string]map[string]blobState
}

// blobState is what is known of one blob under one rule.
type blobState struct {
	etag   string // of the source's blob
	failed bool
}

// Settings returns what is held.
func (e *Engine) Settings() Settings {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.settings
}

// Change replaces what is held.
func (e *Engine) Change(s Settings) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.settings = s
}

// link is one rule whose policy both accounts hold.
type link struct {
	policy              string
	rule                arm.Rule
	source, destination arm.StorageAccount
}

// key names the rule as the status of a blob does.
func (l link) key() string { return l.policy + "_" + l.rule.ID }

// links are the rules in force that a container of an account takes part in.
func (e *Engine) links(account, container string) []link {
	var found []link
	for _, p := range e.Store.Policies(account) {
		source, okSource := e.Store.Storage(p.SourceName())
		destination, okDestination := e.Store.Storage(p.DestinationName())
		if !okSource || !okDestination || !e.halves(p) {
			continue
		}
		for _, rule := range p.Rules {
			from := p.SourceName() == account && rule.SourceContainer == container
			to := p.DestinationName() == account && rule.DestinationContainer == container
			if from || to {
				found = append(found, link{policy: p.ID, rule: rule, source: source, destination: destination})
			}
		}
	}
	return found
}

// halves reports whether both accounts hold a policy.
func (e *Engine) halves(p arm.Policy) bool {
	count := 0
	for _, account := range []string{p.SourceName(), p.DestinationName()} {
		for _, other := range e.Store.Policies(account) {
			if other.ID == p.ID {
				count++
			}
		}
	}
	return count == 2
}

// ReadOnly reports whether clients may not write to a container: it is the destination of a rule, even if the source's half of
// the policy is gone.
func (e *Engine) ReadOnly(account, container string) bool {
	for _, p := range e.Store.Policies(account) {
		for _, rule := range p.Rules {
			if p.DestinationName() == account && rule.DestinationContainer == container {
				return true
			}
		}
	}
	return false
}

// CatchUp replicates what a container takes part in, if nothing keeps it from that.
func (e *Engine) CatchUp(ctx context.Context, account, container string) error {
	links := e.links(account, container)
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.settings.Held || e.BlobStore == nil {
		return nil
	}
	for _, l := range links {
		if e.Dark(l.source.Location) || e.Dark(l.destination.Location) {
			continue
		}
		if err := e.replicate(ctx, l); err != nil {
			return err
		}
	}
	return nil
}

// statuses are those of a source container's blobs by rule, for blobs that are still what they were replicated as.
func (e *Engine) statuses(account, container, blob, etag string) map[string]string {
	links := e.links(account, container)
	e.mu.Lock()
	defer e.mu.Unlock()
	found := map[string]string{}
	for _, l := range links {
		known, ok := e.states[l.key()][blob]
		switch {
		case !ok || known.etag != etag || l.source.Name != account:
		case known.failed:
			found[l.key()] = "failed"
		default:
			found[l.key()] = "complete"
		}
	}
	return found
}

// policyOf is the policy that replicates into a container; empty if none does.
func (e *Engine) policyOf(account, container string) string {
	for _, l := range e.links(account, container) {
		if l.destination.Name == account {
			return l.policy
		}
	}
	return ""
}

// Primary is the account whose replica a name means.
func Primary(name string) (account string, replica bool) { return strings.CutSuffix(name, Suffix) }
