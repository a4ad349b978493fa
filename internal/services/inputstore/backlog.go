package inputstore

import (
	"context"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-log/tflog"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/azure"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/diagnostics"
)

// backlog is what Azure last said that it has still to replicate by the store's policy.
type backlog struct {
	Operations *int64    `json:"operations,omitempty"`
	Bytes      *int64    `json:"bytes,omitempty"`
	At         time.Time `json:"at,omitzero"`
}

// monitor reads metrics; the session is one.
type monitor interface {
	Backlog(ctx context.Context, id azure.StorageAccountID, policy string, now time.Time) (azure.Backlog, error)
}

// measure refreshes the backlog. The metrics are a preview that need not be offered, and may be read by fewer than the policies may:
// what comes of it is nobody's error or warning. While nobody answers, what was last known stays.
func (m *ruleMemory) measure(ctx context.Context, from monitor, answers func(location string) bool, now time.Time) {
	if m.Rule == nil || m.Missing {
		m.Backlog = nil
		return
	}
	if !answers(m.Rule.Source.Location) || !answers(azure.ResourceManagerGate) {
		return
	}
	id, err := m.Rule.Source.id()
	var found azure.Backlog
	if err == nil {
		found, err = from.Backlog(ctx, id, m.Rule.Policy, now)
	}
	switch {
	case err == nil && !found.At.IsZero():
		m.Backlog = &backlog{Operations: found.Operations, Bytes: found.Bytes, At: found.At}
		return
	case err != nil:
		tflog.Info(ctx, "The backlog of object replication cannot be read", map[string]any{"error": azure.Mask(err.Error()), "policy": m.Rule.Policy})
	}
	if !diagnostics.IsUnreachable(err) {
		m.Backlog = nil
	}
}

// tell gives the attribute the figures.
func (b *backlog) tell(r *replicationModel) {
	if b == nil {
		return
	}
	r.BacklogOperations, r.BacklogBytes = types.Int64PointerValue(b.Operations), types.Int64PointerValue(b.Bytes)
	r.BacklogAt = types.StringValue(b.At.UTC().Format(time.RFC3339))
}
