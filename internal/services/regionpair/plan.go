package regionpair

import (
	"context"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/region"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/services"
)

// complete fills in everything computed that can be known while planning, so
// that whatever stands behind the pair plans with known values, a failover in
// the dark included. state is nil on create.
func (r *Resource) complete(ctx context.Context, plan *model, state *model) diag.Diagnostics {
	primary, diags := plan.side(ctx, rolePrimary)
	secondary, d := plan.side(ctx, roleSecondary)
	diags.Append(d...)
	settings, d := plan.failover(ctx)
	diags.Append(d...)
	if diags.HasError() {
		return diags
	}
	plan.ID = plan.Name
	active, standby, decided := activeSide(plan.ActiveRegion, primary, secondary)
	flip := r.generation(ctx, plan, state, active, decided)
	if flip {
		diags.Append(r.guard(ctx, settings, standby, active)...)
	}
	if !decided {
		plan.Active, plan.Standby = types.ObjectUnknown(roleTypes), types.ObjectUnknown(roleTypes)
		return diags
	}
	for _, s := range []*side{&active, &standby} {
		diags.Append(r.locate(s)...)
	}
	if diags.HasError() {
		return diags
	}
	var prior []roleModel
	if state != nil {
		prior, d = state.roles(ctx)
		diags.Append(d...)
	}
	plan.Active, d = r.describe(ctx, plan, active, standby, settings, prior)
	diags.Append(d...)
	plan.Standby, d = r.describe(ctx, plan, standby, active, settings, prior)
	diags.Append(d...)
	return diags
}

// generation sets what counts failovers, and tells whether this plan is one.
func (r *Resource) generation(ctx context.Context, plan, state *model, active side, decided bool) bool {
	plan.LastFailoverAt = types.StringNull()
	plan.Generation = types.Int64Value(1)
	if state == nil {
		return false
	}
	before, ok, _ := roleFrom(ctx, state.Active)
	if !ok {
		return false
	}
	plan.Generation, plan.LastFailoverAt = state.Generation, state.LastFailoverAt
	if !decided {
		plan.Generation, plan.LastFailoverAt = types.Int64Unknown(), types.StringUnknown()
		return false
	}
	if before.Location.ValueString() == region.Normalize(active.location.ValueString()) {
		return false
	}
	plan.Generation = types.Int64Value(state.Generation.ValueInt64() + 1)
	plan.LastFailoverAt = types.StringUnknown()
	return true
}

// guard refuses a failover that is known now to end badly. It goes by what this
// run has seen of the regions; it asks nothing.
func (r *Resource) guard(_ context.Context, settings failoverModel, from, to side) diag.Diagnostics {
	var diags diag.Diagnostics
	at := path.Root("active_region")
	if err := r.session.Gate(to.location.ValueString()).Err(); err != nil {
		diags.AddAttributeError(at, "The region to fail over to does not answer",
			fmt.Sprintf("%v\n\nNext step: leave active_region at %s until %s answers again.", err, from.location.ValueString(), to.location.ValueString()))
	}
	if settings.Mode.ValueString() != modePlanned {
		return diags
	}
	if err := r.session.Gate(from.location.ValueString()).Err(); err != nil {
		diags.AddAttributeError(at, "A planned failover needs both regions",
			fmt.Sprintf("%v\n\nNext step: set failover.mode to \"forced\" to fail over without %s.", err, from.location.ValueString()))
	}
	return diags
}

// locate fills in the base URL of the workflow service of a side.
func (r *Resource) locate(s *side) diag.Diagnostics {
	var diags diag.Diagnostics
	if !services.Known(s.location) {
		return diags
	}
	url, err := r.session.ServiceURL(s.location.ValueString())
	if err != nil {
		diags.AddAttributeError(path.Root(s.role).AtName("location"), "No service endpoint for this region", err.Error())
		return diags
	}
	s.apiURL = types.StringValue(url)
	return diags
}

// describe is a side in its role. Its container's URL comes from the state when
// it is there, so that a plan needs no answer from Resource Manager.
func (r *Resource) describe(ctx context.Context, plan *model, s, peer side, settings failoverModel, prior []roleModel) (types.Object, diag.Diagnostics) {
	var diags diag.Diagnostics
	known := make([]services.KnownURL, 0, len(prior))
	for _, p := range prior {
		known = append(known, services.KnownURL{Location: p.Location, StorageAccountID: p.OutputStorageAccountID, URL: p.OutputContainerURL})
	}
	url, d := s.output().PlannedURL(ctx, r.session, path.Root(s.role).AtName("output").AtName("storage_account_id"), known)
	diags.Append(d...)
	object, d := plan.describe(s, peer, url, settings).object(ctx)
	diags.Append(d...)
	return object, diags
}

func (s side) output() services.Container {
	return services.Container{Location: s.location, StorageAccountID: s.storageID, Name: s.container}
}

// resolve fills in the container URLs that planning had to leave open. A failover
// goes without that of the side it leaves, if nobody can tell it.
func (r *Resource) resolve(ctx context.Context, plan *model, flip bool) diag.Diagnostics {
	var diags diag.Diagnostics
	for i, object := range []*types.Object{&plan.Active, &plan.Standby} {
		role, ok, d := roleFrom(ctx, *object)
		diags.Append(d...)
		if !ok || !role.OutputContainerURL.IsUnknown() {
			continue
		}
		s, d := plan.side(ctx, role.Role.ValueString())
		diags.Append(d...)
		role.OutputContainerURL, d = s.output().URL(ctx, r.session, flip && i > 0)
		diags.Append(d...)
		*object, d = role.object(ctx)
		diags.Append(d...)
	}
	return diags
}
