package regionpair

import (
	"context"
	"time"

	"github.com/hashicorp/terraform-plugin-framework-timeouts/resource/timeouts"
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-framework/types/basetypes"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/region"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/services/endpoint"
)

// The roles of a side. They belong to the configuration and never move; which
// side is active does.
const (
	rolePrimary   = "primary"
	roleSecondary = "secondary"
)

type model struct {
	ID             types.String   `tfsdk:"id"`
	Name           types.String   `tfsdk:"name"`
	ActiveRegion   types.String   `tfsdk:"active_region"`
	Primary        types.Object   `tfsdk:"primary"`
	Secondary      types.Object   `tfsdk:"secondary"`
	DataResidency  types.Object   `tfsdk:"data_residency"`
	Failover       types.Object   `tfsdk:"failover"`
	Accept         types.Set      `tfsdk:"accept"`
	Active         types.Object   `tfsdk:"active"`
	Standby        types.Object   `tfsdk:"standby"`
	Generation     types.Int64    `tfsdk:"generation"`
	Phase          types.String   `tfsdk:"phase"`
	LastFailoverAt types.String   `tfsdk:"last_failover_at"`
	LastFailover   types.Object   `tfsdk:"last_failover"`
	Timeouts       timeouts.Value `tfsdk:"timeouts"`
}

type identityModel struct {
	Name types.String `tfsdk:"name"`
}

type outputModel struct {
	StorageAccountID types.String `tfsdk:"storage_account_id"`
	ContainerName    types.String `tfsdk:"container_name"`
}

type residencyModel struct {
	AllowedGeographies types.Set `tfsdk:"allowed_geographies"`
}

type failoverModel struct {
	Mode         types.String `tfsdk:"mode"`
	MaxDataLoss  types.String `tfsdk:"max_data_loss"`
	CoolingTime  types.String `tfsdk:"cooling_time"`
	DrainTimeout types.String `tfsdk:"drain_timeout"`
}

// roleModel is one side as everything behind the pair sees it.
type roleModel struct {
	PairName               types.String `tfsdk:"pair_name"`
	Role                   types.String `tfsdk:"role"`
	Location               types.String `tfsdk:"location"`
	Engine                 types.String `tfsdk:"engine"`
	AccountID              types.String `tfsdk:"account_id"`
	AccountName            types.String `tfsdk:"account_name"`
	APIURL                 types.String `tfsdk:"api_url"`
	OutputStorageAccountID types.String `tfsdk:"output_storage_account_id"`
	OutputContainerURL     types.String `tfsdk:"output_container_url"`
	Generation             types.Int64  `tfsdk:"generation"`
	FailoverMode           types.String `tfsdk:"failover_mode"`
	MaxDataLoss            types.String `tfsdk:"max_data_loss"`
	DrainTimeout           types.String `tfsdk:"drain_timeout"`
	PeerLocation           types.String `tfsdk:"peer_location"`
	PeerAccountID          types.String `tfsdk:"peer_account_id"`
	PeerAPIURL             types.String `tfsdk:"peer_api_url"`
}

var roleTypes = map[string]attr.Type{
	"pair_name":                 types.StringType,
	"role":                      types.StringType,
	"location":                  types.StringType,
	"engine":                    types.StringType,
	"account_id":                types.StringType,
	"account_name":              types.StringType,
	"api_url":                   types.StringType,
	"output_storage_account_id": types.StringType,
	"output_container_url":      types.StringType,
	"generation":                types.Int64Type,
	"failover_mode":             types.StringType,
	"max_data_loss":             types.StringType,
	"drain_timeout":             types.StringType,
	"peer_location":             types.StringType,
	"peer_account_id":           types.StringType,
	"peer_api_url":              types.StringType,
}

// side is one side of the configuration, with its nested output unfolded.
// Anything in it may be unknown while planning.
type side struct {
	role      string
	location  types.String
	service   endpoint.Service
	storageID types.String
	container types.String
	// url, of the container, is no part of the configuration; it follows from it.
	url types.String
}

func (m *model) side(ctx context.Context, role string) (side, diag.Diagnostics) {
	object := m.Primary
	if role == roleSecondary {
		object = m.Secondary
	}
	out := side{role: role, location: types.StringUnknown(), service: endpoint.Unknown(), storageID: types.StringUnknown(), container: types.StringUnknown(), url: types.StringUnknown()}
	if object.IsUnknown() || object.IsNull() {
		return out, nil
	}
	attributes := object.Attributes()
	out.service = endpoint.Of(attributes)
	if location, ok := attributes["location"].(types.String); ok {
		out.location = location
	}
	output, ok := attributes["output"].(types.Object)
	if !ok || output.IsUnknown() || output.IsNull() {
		return out, nil
	}
	var o outputModel
	diags := output.As(ctx, &o, basetypes.ObjectAsOptions{})
	out.storageID, out.container = o.StorageAccountID, o.ContainerName
	return out, diags
}

// activeSide is the side that active_region names; known is false while either
// is not known yet.
func activeSide(activeRegion types.String, primary, secondary side) (active, standby side, known bool) {
	if activeRegion.IsUnknown() || primary.location.IsUnknown() || secondary.location.IsUnknown() {
		return primary, secondary, false
	}
	if region.Normalize(activeRegion.ValueString()) == region.Normalize(secondary.location.ValueString()) {
		return secondary, primary, true
	}
	return primary, secondary, true
}

// failover is how a failover is carried out, with its defaults.
func (m *model) failover(ctx context.Context) (failoverModel, diag.Diagnostics) {
	f := failoverModel{Mode: types.StringValue(modeForced), MaxDataLoss: types.StringNull(), CoolingTime: types.StringNull(), DrainTimeout: types.StringNull()}
	switch {
	case m.Failover.IsNull():
		return f, nil
	case m.Failover.IsUnknown():
		return failoverModel{Mode: types.StringUnknown(), MaxDataLoss: types.StringUnknown(), CoolingTime: types.StringUnknown(), DrainTimeout: types.StringUnknown()}, nil
	}
	diags := m.Failover.As(ctx, &f, basetypes.ObjectAsOptions{})
	if f.Mode.IsNull() {
		f.Mode = types.StringValue(modeForced)
	}
	return f, diags
}

// describe is a side in its role.
func (m *model) describe(s, peer side, f failoverModel) roleModel {
	return roleModel{
		PairName: m.Name, Role: types.StringValue(s.role),
		Location: normalized(s.location), Engine: s.service.Engine, AccountID: s.service.AccountID, AccountName: s.service.AccountName, APIURL: s.service.APIURL,
		OutputStorageAccountID: s.storageID, OutputContainerURL: s.url, Generation: m.Generation,
		FailoverMode: f.Mode, MaxDataLoss: f.MaxDataLoss, DrainTimeout: f.DrainTimeout,
		PeerLocation: normalized(peer.location), PeerAccountID: peer.service.AccountID, PeerAPIURL: peer.service.APIURL,
	}
}

func normalized(location types.String) types.String {
	if location.IsUnknown() {
		return location
	}
	return types.StringValue(region.Normalize(location.ValueString()))
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

// roles are both roles of a state, those that are there.
func (m *model) roles(ctx context.Context) ([]roleModel, diag.Diagnostics) {
	var out []roleModel
	var diags diag.Diagnostics
	for _, object := range []types.Object{m.Active, m.Standby} {
		r, ok, d := roleFrom(ctx, object)
		diags.Append(d...)
		if ok {
			out = append(out, r)
		}
	}
	return out, diags
}

func timestamp(t time.Time) types.String {
	return types.StringValue(t.UTC().Format(time.RFC3339))
}
