package inputstore

import (
	"context"
	"fmt"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/failover"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/region"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/services"
)

// complete fills in what can be known while planning. state is nil on create;
// silent are the regions that did not answer the refresh.
func (r *Resource) complete(ctx context.Context, plan, state *model, silent services.Silent, known memory, rules ruleMemory) diag.Diagnostics {
	plan.ID = plan.Name
	plan.ObjectReplication = types.ObjectNull(replicationTypes)
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
	diags.Append(r.expect(ctx, plan, state, silent, known)...)
	if plan.byPolicy() {
		diags.Append(r.expectPolicy(ctx, plan, state, silent, rules)...)
	}
	return diags
}

// expect says what the figures will be.
func (r *Resource) expect(ctx context.Context, plan, state *model, silent services.Silent, known memory) diag.Diagnostics {
	if state == nil || state.Active.IsNull() {
		plan.open()
		return nil
	}
	o, diags := r.observe(ctx, plan, state, silent, known)
	flip := o.From != o.To
	if flip && !plan.Mode.Equal(state.Mode) {
		diags.AddAttributeError(path.Root("mode"), "The mode changes together with the active region",
			"Change active_region first, with the mode as it is, and the mode in an apply of its own: else nobody could tell what the region to go to holds.")
	}
	if flip && !plan.settings() {
		// How the failover is to be carried out comes with the apply, which plans once more.
		plan.open()
		return diags
	}
	decision := failover.DecideStore(o)
	switch {
	case decision.Action == failover.StoreReplicateThenFlip, decision.Action == failover.StoreReplicate && !changed(plan, state):
		plan.open()
		plan.PendingBlobs, plan.PendingBytes, plan.InSync = types.Int64Value(0), types.Int64Value(0), types.BoolValue(true)
	case !flip && changed(plan, state):
		plan.open()
	default:
		// A failover that is not planned only changes the roles: it must not wait for a copy.
		plan.figures(state)
	}
	diags.Append(tell(o, decision)...)
	return diags
}

// expectPolicy says whether an apply would change the policy of object replication.
func (r *Resource) expectPolicy(ctx context.Context, plan, state *model, silent services.Silent, rules ruleMemory) diag.Diagnostics {
	if state != nil && !state.Active.IsNull() {
		plan.ObjectReplication = state.ObjectReplication
		switch {
		case flips(ctx, plan, state):
			// It is taken down, as far as anybody answers.
			plan.ObjectReplication = types.ObjectUnknown(replicationTypes)
			return nil
		case !plan.BlobCount.IsUnknown() && !rules.mends(ctx, plan, silent):
			return nil
		}
	}
	plan.ObjectReplication = types.ObjectUnknown(replicationTypes)
	if !plan.flows(ctx) {
		return nil
	}
	if rules.Behind {
		plan.ManifestSHA256 = types.StringUnknown()
	}
	return foresee(ctx, r.session, plan)
}

// settings reports whether everything is known that says how to fail over.
func (m *model) settings() bool {
	if m.Failover.IsUnknown() || !services.AllKnown(m.Accept) {
		return false
	}
	for _, v := range m.Failover.Attributes() {
		if v.IsUnknown() {
			return false
		}
	}
	return true
}

// flips reports whether the roles change places between state and plan.
func flips(ctx context.Context, plan, state *model) bool {
	was, ok, _ := roleFrom(ctx, state.Active)
	other, _, _ := roleFrom(ctx, state.Standby)
	will, _, _ := roleFrom(ctx, plan.Active)
	left, _, _ := roleFrom(ctx, plan.Standby)
	return ok && was.Location.Equal(left.Location) && !was.Location.Equal(will.Location) && other.Location.Equal(will.Location)
}

// observe is what a decision about the store rests on.
func (r *Resource) observe(ctx context.Context, plan, state *model, silent services.Silent, known memory) (failover.StoreObservation, diag.Diagnostics) {
	from, _, diags := roleFrom(ctx, state.Active)
	standby, _, d := roleFrom(ctx, state.Standby)
	diags.Append(d...)
	secondary, d := plan.side(ctx, plan.Secondary)
	diags.Append(d...)
	o := failover.StoreObservation{
		From: from.Location.ValueString(), To: from.Location.ValueString(), Standby: standby.Location.ValueString(),
		Silent: silent,
		Known:  services.Known(state.PendingBlobs), PendingBlobs: state.PendingBlobs.ValueInt64(), PendingBytes: state.PendingBytes.ValueInt64(),
		// What was never looked at is neither in sync nor behind.
		InSync: state.InSync.IsNull() || state.InSync.ValueBool(), InSyncAt: known.InSyncAt, Now: r.now(),
		Left: known.Left, Recorded: failover.ManifestFacts{SHA256: state.ManifestSHA256.ValueString()},
		Manifest: known.Manifest, Seen: failover.ManifestFacts{SHA256: known.SHA256, RecoveryPoint: known.RecoveryPoint},
	}
	o.Recorded.RecoveryPoint, _ = time.Parse(time.RFC3339, state.RecoveryPoint.ValueString())
	if flips(ctx, plan, state) {
		o.To = o.Standby
	}
	o.ByAzure = plan.byAzure()
	o.Flows = o.From != region.Normalize(secondary.Location.ValueString()) || plan.FailbackReplication.ValueBool()
	o.Mode, o.Limit, d = plan.failover(ctx)
	diags.Append(d...)
	o.Accept, d = services.Strings(ctx, plan.Accept)
	diags.Append(d...)
	return o, diags
}

// tell says what a decision refuses, lifts, or goes without.
func tell(o failover.StoreObservation, decision failover.StoreDecision) diag.Diagnostics {
	var diags diag.Diagnostics
	at := path.Root("active_region")
	for _, refusal := range decision.Refusals {
		diags.AddAttributeError(at, refusal.Summary, refusal.Detail()+"\n\n"+fmt.Sprintf(
			"Also look at the submissions that read this store: they are planned only when this is settled. One with a superseded run alive in %s (unfenced_attempts) refuses too. "+
				"Apply with active_region unchanged to fence it, or set accept = [\"stale_runs\"] on that submission to take the run up.", o.To))
	}
	for _, lifted := range decision.Lifted {
		diags.AddAttributeWarning(at, fmt.Sprintf("The guard %s is lifted", lifted.Accept), fmt.Sprintf("%s: %s", lifted.Summary, lifted.Reason))
	}
	if decision.Loss != "" {
		diags.AddAttributeWarning(at, "Failing over without all the data", decision.Loss)
	}
	return diags
}

// changed reports whether the configuration asks for another set of copies.
func changed(plan, state *model) bool {
	return !plan.Primary.Equal(state.Primary) || !plan.Secondary.Equal(state.Secondary) ||
		!plan.Prefix.Equal(state.Prefix) || !plan.Include.Equal(state.Include) || !plan.Exclude.Equal(state.Exclude) ||
		!plan.Mode.Equal(state.Mode) || !plan.Verify.Equal(state.Verify) || !plan.Active.Equal(state.Active) || !plan.Standby.Equal(state.Standby)
}

func (r *Resource) describe(ctx context.Context, plan *model, s sideModel, prior []roleModel) (types.Object, diag.Diagnostics) {
	var diags diag.Diagnostics
	known := make([]services.KnownURL, 0, len(prior))
	for _, p := range prior {
		known = append(known, services.KnownURL{Location: p.Location, StorageAccountID: p.StorageAccountID, URL: p.ContainerURL})
	}
	var url types.String
	var d diag.Diagnostics
	if plan.Mode.ValueString() == modeGeoRedundant {
		url, d = r.plannedReplicatedURL(ctx, plan, s, known)
	} else {
		url, d = s.container().PlannedURL(ctx, r.session, path.Root("active_region"), known)
	}
	diags.Append(d...)
	role := s.role(plan.Name, plan.Prefix, url)
	if plan.replica(ctx, s) && services.Known(role.StorageAccountName) {
		role.StorageAccountName = types.StringValue(role.StorageAccountName.ValueString() + replicaSuffix)
	}
	object, d := role.object(ctx)
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
		side := sideModel{Location: role.Location, StorageAccountID: role.StorageAccountID, ContainerName: role.ContainerName}
		if plan.Mode.ValueString() == modeGeoRedundant {
			role.ContainerURL, d = r.resolveReplicated(ctx, plan, side, flip && i > 0)
		} else {
			role.ContainerURL, d = side.container().URL(ctx, r.session, flip && i > 0)
		}
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
	if !diags.HasError() {
		diags.Append(validateMode(config, primary, secondary)...)
	}
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
