package inputstore

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/failover"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/replication"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/services"
)

// memoryKey is where refreshes and replications leave, in the private state, what
// a failover is decided on and no attribute says.
const memoryKey = "replication"

// memory is that.
type memory struct {
	// Left is the location in which the last replication left its manifest.
	Left string `json:"left,omitempty"`
	// Manifest, SHA256 and RecoveryPoint are what the standby's manifest was when
	// last looked at.
	Manifest      failover.ManifestState `json:"manifest,omitempty"`
	SHA256        string                 `json:"sha256,omitempty"`
	RecoveryPoint time.Time              `json:"recovery_point,omitzero"`
	// InSyncAt is when a look last found nothing pending, with the roles as they are.
	InSyncAt time.Time `json:"in_sync_at,omitzero"`
}

type privateReader interface {
	GetKey(ctx context.Context, key string) ([]byte, diag.Diagnostics)
}

type privateWriter interface {
	SetKey(ctx context.Context, key string, value []byte) diag.Diagnostics
}

// recall reads the memory. A state that was written before there was one tells by
// itself where its manifest is as long as the primary is active.
func recall(ctx context.Context, private privateReader, state *model) (memory, diag.Diagnostics) {
	var m memory
	data, diags := private.GetKey(ctx, memoryKey)
	if diags.HasError() {
		return m, diags
	}
	if len(data) > 0 {
		if err := json.Unmarshal(data, &m); err != nil {
			diags.AddError("The resource's private state cannot be read", err.Error())
		}
		return m, diags
	}
	secondary, _ := state.side(ctx, state.Secondary)
	if standby, ok, _ := roleFrom(ctx, state.Standby); ok && services.Known(state.ManifestSHA256) && !state.onSecondary(secondary) {
		m.Left = standby.Location.ValueString()
	}
	return m, diags
}

func (m memory) save(ctx context.Context, private privateWriter) diag.Diagnostics {
	// Texts and times always marshal.
	data, _ := json.Marshal(m)
	return private.SetKey(ctx, memoryKey, data)
}

// replicated notes what a replication to a location left there.
func (m *memory) replicated(to string, from *model) {
	if !services.Known(from.ManifestSHA256) {
		return
	}
	m.Left, m.Manifest, m.SHA256 = to, failover.ManifestFound, from.ManifestSHA256.ValueString()
	m.RecoveryPoint, _ = time.Parse(time.RFC3339, from.RecoveryPoint.ValueString())
}

// turned is the memory after a failover: all but where the manifest lies was said
// of the other direction.
func (m memory) turned() memory { return memory{Left: m.Left} }

// surveyed notes what a comparison found.
func (m *memory) surveyed(i replication.Inventory, at time.Time) {
	m.Manifest, m.SHA256, m.RecoveryPoint = failover.ManifestFound, i.ManifestSHA256, i.RecoveryPoint
	if i.ManifestSHA256 == "" {
		m.Manifest = failover.ManifestMissing
	}
	if i.InSync() {
		m.InSyncAt = at.UTC().Truncate(time.Second)
	}
}

// inspect looks at the standby's manifest alone: the one thing that can still be
// known while the source is dark.
func (r *Resource) inspect(ctx context.Context, state *model, m *memory) {
	m.Manifest, m.SHA256, m.RecoveryPoint = failover.ManifestUnseen, "", time.Time{}
	role, ok, _ := roleFrom(ctx, state.Standby)
	if !ok || !r.session.Answers(role.Location.ValueString()) {
		return
	}
	if role.ContainerURL.IsNull() {
		m.Manifest = failover.ManifestMissing
		return
	}
	container, err := r.container(ctx, role)
	if err != nil {
		return
	}
	digest, point, err := replication.Inspect(ctx, container, state.Name.ValueString(), state.Prefix.ValueString())
	var damaged *replication.ManifestError
	switch {
	case err == nil:
		m.Manifest, m.SHA256, m.RecoveryPoint = failover.ManifestFound, digest, point
	case errors.Is(err, replication.ErrNoManifest):
		m.Manifest = failover.ManifestMissing
	case errors.As(err, &damaged):
		m.Manifest = failover.ManifestUnreadable
	}
}
