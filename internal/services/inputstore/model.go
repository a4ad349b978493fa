package inputstore

import (
	"context"
	"time"

	"github.com/hashicorp/terraform-plugin-framework-timeouts/resource/timeouts"
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-framework/types/basetypes"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/azure"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/failover"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/region"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/replication"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/services"
)

type model struct {
	ID                  types.String   `tfsdk:"id"`
	Name                types.String   `tfsdk:"name"`
	ActiveRegion        types.String   `tfsdk:"active_region"`
	Primary             types.Object   `tfsdk:"primary"`
	Secondary           types.Object   `tfsdk:"secondary"`
	Prefix              types.String   `tfsdk:"prefix"`
	Include             types.List     `tfsdk:"include"`
	Exclude             types.List     `tfsdk:"exclude"`
	Mode                types.String   `tfsdk:"mode"`
	Transfer            types.String   `tfsdk:"transfer"`
	Concurrency         types.Int64    `tfsdk:"concurrency"`
	Verify              types.String   `tfsdk:"verify"`
	OnConflict          types.String   `tfsdk:"on_conflict"`
	FailbackReplication types.Bool     `tfsdk:"failback_replication"`
	Failover            types.Object   `tfsdk:"failover"`
	Accept              types.Set      `tfsdk:"accept"`
	Active              types.Object   `tfsdk:"active"`
	Standby             types.Object   `tfsdk:"standby"`
	BlobCount           types.Int64    `tfsdk:"blob_count"`
	TotalBytes          types.Int64    `tfsdk:"total_bytes"`
	PendingBlobs        types.Int64    `tfsdk:"pending_blobs"`
	PendingBytes        types.Int64    `tfsdk:"pending_bytes"`
	InSync              types.Bool     `tfsdk:"in_sync"`
	ManifestSHA256      types.String   `tfsdk:"manifest_sha256"`
	RecoveryPoint       types.String   `tfsdk:"recovery_point"`
	LastReplicatedAt    types.String   `tfsdk:"last_replicated_at"`
	ObjectReplication   types.Object   `tfsdk:"object_replication"`
	Timeouts            timeouts.Value `tfsdk:"timeouts"`
}

type identityModel struct {
	Name types.String `tfsdk:"name"`
}

type sideModel struct {
	Location         types.String `tfsdk:"location"`
	StorageAccountID types.String `tfsdk:"storage_account_id"`
	ContainerName    types.String `tfsdk:"container_name"`
}

type failoverModel struct {
	Mode        types.String `tfsdk:"mode"`
	MaxDataLoss types.String `tfsdk:"max_data_loss"`
}

// failover is how a change of the active region is carried out. What is not known
// yet, the plan during apply knows.
func (m *model) failover(ctx context.Context) (mode string, limit *failover.DataLoss, diags diag.Diagnostics) {
	f := failoverModel{}
	if services.Known(m.Failover) {
		diags = m.Failover.As(ctx, &f, basetypes.ObjectAsOptions{})
	}
	if services.Known(f.MaxDataLoss) {
		if loss, err := failover.ParseDataLoss(f.MaxDataLoss.ValueString()); err == nil {
			limit = &loss
		}
	}
	return f.Mode.ValueString(), limit, diags
}

// roleModel is one side as submissions see it.
type roleModel struct {
	StoreName          types.String `tfsdk:"store_name"`
	Prefix             types.String `tfsdk:"prefix"`
	Location           types.String `tfsdk:"location"`
	StorageAccountID   types.String `tfsdk:"storage_account_id"`
	StorageAccountName types.String `tfsdk:"storage_account_name"`
	ContainerName      types.String `tfsdk:"container_name"`
	ContainerURL       types.String `tfsdk:"container_url"`
}

var roleTypes = map[string]attr.Type{
	"store_name":           types.StringType,
	"prefix":               types.StringType,
	"location":             types.StringType,
	"storage_account_id":   types.StringType,
	"storage_account_name": types.StringType,
	"container_name":       types.StringType,
	"container_url":        types.StringType,
}

func (m *model) side(ctx context.Context, object types.Object) (sideModel, diag.Diagnostics) {
	s := sideModel{Location: types.StringUnknown(), StorageAccountID: types.StringUnknown(), ContainerName: types.StringUnknown()}
	if object.IsNull() || object.IsUnknown() {
		return s, nil
	}
	diags := object.As(ctx, &s, basetypes.ObjectAsOptions{})
	return s, diags
}

// sides are the active and the standby side; known is false while it is not
// known yet which is which.
func (m *model) sides(ctx context.Context) (active, standby sideModel, decided bool, diags diag.Diagnostics) {
	primary, diags := m.side(ctx, m.Primary)
	secondary, d := m.side(ctx, m.Secondary)
	diags.Append(d...)
	if m.ActiveRegion.IsUnknown() || primary.Location.IsUnknown() || secondary.Location.IsUnknown() {
		return primary, secondary, false, diags
	}
	if m.onSecondary(secondary) {
		return secondary, primary, true, diags
	}
	return primary, secondary, true, diags
}

func (m *model) onSecondary(secondary sideModel) bool {
	return region.Normalize(m.ActiveRegion.ValueString()) == region.Normalize(secondary.Location.ValueString())
}

// flows reports whether data may flow from the active side to the standby: it
// does from primary to secondary, and the other way only when the user asks.
func (m *model) flows(ctx context.Context) bool {
	secondary, _ := m.side(ctx, m.Secondary)
	return !m.onSecondary(secondary) || m.FailbackReplication.ValueBool()
}

func (s sideModel) role(store, prefix, url types.String) roleModel {
	r := roleModel{
		StoreName: store, Prefix: prefix, Location: s.Location, StorageAccountID: s.StorageAccountID,
		StorageAccountName: types.StringUnknown(), ContainerName: s.ContainerName, ContainerURL: url,
	}
	if !s.Location.IsUnknown() {
		r.Location = types.StringValue(region.Normalize(s.Location.ValueString()))
	}
	if !s.StorageAccountID.IsUnknown() {
		if id, err := azure.ParseStorageAccountID(s.StorageAccountID.ValueString()); err == nil {
			r.StorageAccountName = types.StringValue(id.Name)
		}
	}
	return r
}

func (r roleModel) object(ctx context.Context) (types.Object, diag.Diagnostics) {
	return types.ObjectValueFrom(ctx, roleTypes, r)
}

func roleFrom(ctx context.Context, object types.Object) (roleModel, bool, diag.Diagnostics) {
	var r roleModel
	if object.IsNull() || object.IsUnknown() {
		return r, false, nil
	}
	diags := object.As(ctx, &r, basetypes.ObjectAsOptions{})
	return r, !diags.HasError(), diags
}

// options are the replication's settings.
func (m *model) options(ctx context.Context) (replication.Options, diag.Diagnostics) {
	o := replication.Options{
		Name: m.Name.ValueString(), Prefix: m.Prefix.ValueString(), Transfer: m.Transfer.ValueString(),
		Verify: m.Verify.ValueString(), OnConflict: m.OnConflict.ValueString(), Concurrency: int(m.Concurrency.ValueInt64()),
	}
	var diags diag.Diagnostics
	if !m.Include.IsNull() {
		diags.Append(m.Include.ElementsAs(ctx, &o.Include, false)...)
	}
	if !m.Exclude.IsNull() {
		diags.Append(m.Exclude.ElementsAs(ctx, &o.Exclude, false)...)
	}
	return o, diags
}

// observe takes the figures of a survey into the model. The recovery point and
// the times of replication are only moved by a replication itself.
func (m *model) observe(i replication.Inventory) {
	m.BlobCount, m.TotalBytes = types.Int64Value(i.BlobCount), types.Int64Value(i.TotalBytes)
	m.PendingBlobs, m.PendingBytes = types.Int64Value(i.PendingBlobs), types.Int64Value(i.PendingBytes)
	m.InSync = types.BoolValue(i.InSync() && i.UnsupportedCount == 0)
}

// replicated takes the outcome of a replication into the model.
func (m *model) replicated(r replication.Result, at time.Time) {
	m.observe(r.Inventory)
	m.ManifestSHA256 = types.StringNull()
	if r.ManifestSHA256 != "" {
		m.ManifestSHA256 = types.StringValue(r.ManifestSHA256)
	}
	m.RecoveryPoint = types.StringNull()
	if !r.RecoveryPoint.IsZero() {
		m.RecoveryPoint = types.StringValue(r.RecoveryPoint.UTC().Format(time.RFC3339))
	}
	m.LastReplicatedAt = types.StringValue(at.UTC().Format(time.RFC3339))
}

// figures copies what is known of the replication from another model.
func (m *model) figures(from *model) {
	m.BlobCount, m.TotalBytes = from.BlobCount, from.TotalBytes
	m.PendingBlobs, m.PendingBytes, m.InSync = from.PendingBlobs, from.PendingBytes, from.InSync
	m.ManifestSHA256, m.RecoveryPoint, m.LastReplicatedAt = from.ManifestSHA256, from.RecoveryPoint, from.LastReplicatedAt
}

// open marks the figures as told by the apply.
func (m *model) open() {
	m.BlobCount, m.TotalBytes = types.Int64Unknown(), types.Int64Unknown()
	m.PendingBlobs, m.PendingBytes, m.InSync = types.Int64Unknown(), types.Int64Unknown(), types.BoolUnknown()
	m.ManifestSHA256, m.RecoveryPoint, m.LastReplicatedAt = types.StringUnknown(), types.StringUnknown(), types.StringUnknown()
}
