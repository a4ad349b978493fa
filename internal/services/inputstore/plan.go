package inputstore

import (
	"context"
	"fmt"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/region"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/services"
)

// complete fills in what can be known while planning. state is nil on create;
// silent are the regions that did not answer the refresh.
func (r *Resource) complete(ctx context.Context, plan, state *model, silent services.Silent) diag.Diagnostics {
	plan.ID = plan.Name
	active, standby, decided, diags := plan.sides(ctx)
	if diags.HasError() {
		return diags
	}
	if !decided {
		plan.Active, plan.Standby = types.ObjectUnknown(roleTypes), types.ObjectUnknown(roleTypes)
		plan.open()
		return diags
	}
	var prior []roleModel
	if state != nil {
		for _, object := range []types.Object{state.Active, state.Standby} {
			role, ok, d := roleFrom(ctx, object)
			diags.Append(d...)
			if ok {
				prior = append(prior, role)
			}
		}
	}
	var d diag.Diagnostics
	plan.Active, d = r.describe(ctx, plan, active, prior)
	diags.Append(d...)
	plan.Standby, d = r.describe(ctx, plan, standby, prior)
	diags.Append(d...)
	diags.Append(r.expect(ctx, plan, state, active, standby, silent)...)
	return diags
}

// expect says what the figures will be.
func (r *Resource) expect(ctx context.Context, plan, state *model, active, standby sideModel, silent services.Silent) diag.Diagnostics {
	if state == nil || state.Active.IsNull() {
		plan.open()
		return nil
	}
	before, _, diags := roleFrom(ctx, state.Active)
	switch {
	case before.Location.ValueString() != region.Normalize(active.Location.ValueString()) && before.Location.ValueString() == region.Normalize(standby.Location.ValueString()):
		// A failover only changes the roles: it must not wait for a copy.
		plan.figures(state)
		diags.Append(guard(ctx, plan, state, before, active, silent)...)
	case changed(plan, state):
		plan.open()
	case behind(ctx, plan, state, silent):
		plan.open()
		plan.PendingBlobs, plan.PendingBytes, plan.InSync = types.Int64Value(0), types.Int64Value(0), types.BoolValue(true)
	default:
		plan.figures(state)
	}
	return diags
}

// changed reports whether the configuration asks for another set of copies.
func changed(plan, state *model) bool {
	return !plan.Primary.Equal(state.Primary) || !plan.Secondary.Equal(state.Secondary) ||
		!plan.Prefix.Equal(state.Prefix) || !plan.Include.Equal(state.Include) || !plan.Exclude.Equal(state.Exclude) ||
		!plan.Verify.Equal(state.Verify) || !plan.Active.Equal(state.Active) || !plan.Standby.Equal(state.Standby)
}

// behind reports whether there is something to copy that can be copied now.
func behind(ctx context.Context, plan, state *model, silent services.Silent) bool {
	if !plan.flows(ctx) || state.InSync.IsNull() || state.InSync.ValueBool() {
		return false
	}
	// Nothing is pending, and yet they are not in sync: what is left cannot be copied.
	if services.Known(state.PendingBlobs) && state.PendingBlobs.ValueInt64() == 0 {
		return false
	}
	active, _, _ := roleFrom(ctx, plan.Active)
	standby, _, _ := roleFrom(ctx, plan.Standby)
	return silent.Answers(active.Location.ValueString()) && silent.Answers(standby.Location.ValueString())
}

// guard refuses to leave a region that answers and holds what the other lacks:
// those blobs would silently be missing, and could be copied first. Leaving a
// region in the dark is what this provider is for: it only warns.
func guard(ctx context.Context, plan, state *model, from roleModel, to sideModel, silent services.Silent) diag.Diagnostics {
	var diags diag.Diagnostics
	// What accept says may come with the apply, which plans once more.
	if state.PendingBlobs.ValueInt64() == 0 || !services.AllKnown(plan.Accept) {
		return diags
	}
	lacking := fmt.Sprintf("%s lacks %d blobs (%d bytes) that %s holds.", to.Location.ValueString(), state.PendingBlobs.ValueInt64(),
		state.PendingBytes.ValueInt64(), from.Location.ValueString())
	accepted, d := services.Strings(ctx, plan.Accept)
	diags.Append(d...)
	if slices.Contains(accepted, acceptDataLoss) || !silent.Answers(from.Location.ValueString()) {
		diags.AddAttributeWarning(path.Root("active_region"), "Failing over without all the data", lacking)
		return diags
	}
	remedy := "apply with active_region unchanged first, which copies them"
	secondary, _ := state.side(ctx, state.Secondary)
	if state.onSecondary(secondary) && !state.FailbackReplication.ValueBool() {
		remedy = "set failback_replication = true and apply with active_region unchanged first, which copies them"
	}
	diags.AddAttributeError(path.Root("active_region"), "Failing over would lose data",
		fmt.Sprintf("%s\n\nNext step: %s; or set accept = [%q] to go without them.", lacking, remedy, acceptDataLoss))
	return diags
}

func (r *Resource) describe(ctx context.Context, plan *model, s sideModel, prior []roleModel) (types.Object, diag.Diagnostics) {
	var diags diag.Diagnostics
	known := make([]services.KnownURL, 0, len(prior))
	for _, p := range prior {
		known = append(known, services.KnownURL{Location: p.Location, StorageAccountID: p.StorageAccountID, URL: p.ContainerURL})
	}
	url, d := s.container().PlannedURL(ctx, r.session, path.Root("active_region"), known)
	diags.Append(d...)
	object, d := s.role(plan.Name, plan.Prefix, url).object(ctx)
	diags.Append(d...)
	return object, diags
}

func (s sideModel) container() services.Container {
	return services.Container{Location: s.Location, StorageAccountID: s.StorageAccountID, Name: s.ContainerName}
}

// resolve fills in the container URLs that planning had to leave open. A failover
// goes without that of the side it leaves, if nobody can tell it.
func (r *Resource) resolve(ctx context.Context, plan *model, flip bool) diag.Diagnostics {
	var diags diag.Diagnostics
	for i, object := range []*types.Object{&plan.Active, &plan.Standby} {
		role, ok, d := roleFrom(ctx, *object)
		diags.Append(d...)
		if !ok || !role.ContainerURL.IsUnknown() {
			continue
		}
		role.ContainerURL, d = sideModel{Location: role.Location, StorageAccountID: role.StorageAccountID, ContainerName: role.ContainerName}.container().URL(ctx, r.session, flip && i > 0)
		diags.Append(d...)
		*object, d = role.object(ctx)
		diags.Append(d...)
	}
	return diags
}

func validate(ctx context.Context, config *model) diag.Diagnostics {
	primary, diags := config.side(ctx, config.Primary)
	secondary, d := config.side(ctx, config.Secondary)
	diags.Append(d...)
	if diags.HasError() || !services.Known(primary.Location) || !services.Known(secondary.Location) {
		return diags
	}
	p, s := region.Normalize(primary.Location.ValueString()), region.Normalize(secondary.Location.ValueString())
	if p == s {
		diags.AddAttributeError(path.Root("secondary").AtName("location"), "Both sides are in the same region",
			fmt.Sprintf("An outage of %s would take both copies. Choose another region for one side.", p))
	}
	if a := config.ActiveRegion; services.Known(a) && region.Normalize(a.ValueString()) != p && region.Normalize(a.ValueString()) != s {
		diags.AddAttributeError(path.Root("active_region"), "The active region is not one of the store's",
			fmt.Sprintf("%q is neither the primary's location %s nor the secondary's location %s.", a.ValueString(), p, s))
	}
	return diags
}
