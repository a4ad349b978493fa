package regionpair

import (
	"context"
	"fmt"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/diagnostics"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/failover"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/region"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/replication"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/services"
)

// known is what a plan goes by besides configuration and state.
type known struct {
	book   ledger
	silent services.Silent
}

// complete fills in everything computed that can be known while planning, so
// that whatever stands behind the pair plans with known values, a failover in
// the dark included. state is nil on create.
func (r *Resource) complete(ctx context.Context, plan, state *model, k known) (failover.PairDecision, diag.Diagnostics) {
	var decision failover.PairDecision
	primary, diags := plan.side(ctx, rolePrimary)
	secondary, d := plan.side(ctx, roleSecondary)
	diags.Append(d...)
	settings, d := plan.failover(ctx)
	diags.Append(d...)
	var prior []roleModel
	if state != nil {
		prior, d = state.roles(ctx)
		diags.Append(d...)
	}
	if diags.HasError() {
		return decision, diags
	}
	plan.ID = plan.Name
	active, standby, decided := activeSide(plan.ActiveRegion, primary, secondary)
	if !decided {
		plan.open()
		return decision, diags
	}
	for _, s := range []*side{&active, &standby} {
		diags.Append(r.locate(ctx, s, prior)...)
	}
	if diags.HasError() {
		return decision, diags
	}
	if len(prior) == 0 {
		// Without state only the records know whether the pair exists.
		diags.Append(r.look(ctx, []roleModel{plan.describe(active, standby, settings), plan.describe(standby, active, settings)}, k.book)...)
	}
	locations := [2]string{region.Normalize(active.location.ValueString()), region.Normalize(standby.location.ValueString())}
	observation, d := r.observe(ctx, plan, state, locations, settings, k)
	diags.Append(d...)
	decision = failover.DecidePair(observation)
	diags.Append(tell(plan, decision, observation)...)
	diags.Append(plan.follow(ctx, state, decision, settings)...)
	plan.Active, d = plan.describe(active, standby, settings).object(ctx)
	diags.Append(d...)
	plan.Standby, d = plan.describe(standby, active, settings).object(ctx)
	diags.Append(d...)
	return decision, diags
}

// open leaves everything to the apply: it is not known yet which side is active.
func (m *model) open() {
	m.Active, m.Standby, m.Phase = types.ObjectUnknown(roleTypes), types.ObjectUnknown(roleTypes), types.StringUnknown()
	// A record may tell the apply that the pair is older than its state.
	m.Generation, m.LastFailoverAt, m.LastFailover = types.Int64Unknown(), types.StringUnknown(), types.ObjectUnknown(lastTypes)
}

// follow takes what was decided into the model.
func (m *model) follow(ctx context.Context, state *model, d failover.PairDecision, settings failoverModel) (diags diag.Diagnostics) {
	m.Phase = types.StringValue(string(failover.PhaseActive))
	m.Generation, m.LastFailoverAt = types.Int64Value(d.Generation), types.StringNull()
	m.LastFailover = types.ObjectNull(lastTypes)
	if state != nil && services.Known(state.Generation) {
		m.LastFailoverAt, m.LastFailover = state.LastFailoverAt, state.LastFailover
		if d.Action == failover.PairKeep && services.Known(state.Phase) {
			m.Phase = state.Phase
		}
		if d.Generation == state.Generation.ValueInt64() {
			return nil
		}
	}
	switch {
	case d.Action == failover.PairFlip:
		m.LastFailoverAt = types.StringUnknown()
		m.LastFailover, diags = lastPromised(ctx, d, normalized(m.ActiveRegion), settings.Mode)
	case d.Record != nil && d.Record.From != "" && (d.Action == failover.PairJoin || d.Action == failover.PairResume):
		m.LastFailoverAt = timestamp(d.Record.At)
		last, _ := failover.LastOf(*d.Record)
		m.LastFailover, diags = lastObject(ctx, last)
	}
	return diags
}

// keeps checks that an apply comes to what its plan has promised. Regions and other
// configurations go on between the two, and the CLI would call a difference a fault
// of the provider.
func (m *model) keeps(promised model) diag.Diagnostics {
	var diags diag.Diagnostics
	for _, one := range []struct {
		what         string
		promise, now attr.Value
	}{
		{"generation", promised.Generation, m.Generation},
		{"phase", promised.Phase, m.Phase},
	} {
		if !one.promise.IsUnknown() && !one.promise.Equal(one.now) {
			diags.AddError("The pair changed after the plan", fmt.Sprintf(
				"The plan took its %s to be %s, and by now it would be %s: another configuration changed the pair, or a region came or went. Nothing was changed.\n\nNext step: plan again.",
				one.what, one.promise, one.now))
			return diags
		}
	}
	return diags
}

// observe is what a decision about the pair rests on.
func (r *Resource) observe(ctx context.Context, plan, state *model, locations [2]string, settings failoverModel, k known) (failover.PairObservation, diag.Diagnostics) {
	o := failover.PairObservation{
		To: locations[0], Mode: settings.Mode.ValueString(), Now: r.now(), Dark: map[string]string{},
		Writer: k.book.Writer, Records: k.book.records(),
	}
	var diags diag.Diagnostics
	if state != nil {
		before, ok, d := roleFrom(ctx, state.Active)
		diags.Append(d...)
		if ok {
			o.From, o.Generation = before.Location.ValueString(), state.Generation.ValueInt64()
			o.LastFailoverAt, _ = time.Parse(time.RFC3339, state.LastFailoverAt.ValueString())
		}
	}
	o.CoolingTime, _ = time.ParseDuration(settings.CoolingTime.ValueString())
	for _, l := range append(locations[:], o.From) {
		if l != "" && !k.silent.Answers(l) {
			o.Silent = append(o.Silent, l)
		}
		switch err := r.session.Gate(l).Err(); {
		case l == "":
		case err != nil:
			o.Dark[l] = err.Error()
		case !k.silent.Answers(l):
			o.Dark[l] = fmt.Sprintf("%s did not answer the refresh, or nobody gave out a key for it.", l)
		}
	}
	var d diag.Diagnostics
	o.Accept, d = services.Strings(ctx, plan.Accept)
	diags.Append(d...)
	if !services.AllKnown(plan.Accept) {
		// What accept says may come with the apply, which plans once more.
		o.Accept = []string{failover.AcceptStandbyUnreachable, failover.AcceptCoolingTime}
	}
	return o, diags
}

// tell says what a decision refuses, lifts, or leaves to others.
func tell(plan *model, d failover.PairDecision, o failover.PairObservation) diag.Diagnostics {
	var diags diag.Diagnostics
	at := path.Root("active_region")
	for _, refusal := range d.Refusals {
		detail := refusal.Detail()
		if o.From == "" && d.Record != nil {
			detail += fmt.Sprintf("\n\nIf no configuration uses this pair any more, delete the blob %s%s in its output containers.", replication.Reserved, failover.RecordName(plan.Name.ValueString()))
		}
		diags.AddAttributeError(at, refusal.Summary, detail)
	}
	for _, refusal := range d.Lifted {
		if services.AllKnown(plan.Accept) {
			diags.AddAttributeWarning(path.Root("accept"), fmt.Sprintf("The guard %s is lifted", refusal.Accept), refusal.Summary+". "+refusal.Reason)
		}
	}
	if d.Action == failover.PairKeep && d.Record != nil {
		diags.AddAttributeWarning(at, "Another configuration changed the active region of this pair", fmt.Sprintf(
			"%s This configuration stays in %s.\n\nNext step: set active_region to %s, which joins it and needs no override.", d.Record.Told(), o.To, d.Record.Active))
	}
	return diags
}

// look reads the records for a pair without state. Whoever cannot be read now is
// left to the apply.
func (r *Resource) look(ctx context.Context, roles []roleModel, book ledger) diag.Diagnostics {
	var diags diag.Diagnostics
	for _, role := range roles {
		if !services.Known(role.OutputContainerURL) {
			continue
		}
		found, _, err := r.fetch(ctx, role)
		if err == nil {
			book.Seen[role.OutputContainerURL.ValueString()] = found
		} else if diagnostics.IsUnreachable(err) {
			diags.Append(diagnostics.Unreachable(err, r.session)...)
		}
	}
	return diags
}

// locate fills in what follows from where a side is: the base URL of its workflow
// service, and that of its container. The latter comes from the state when it is
// there, so that a plan needs no answer from Resource Manager.
func (r *Resource) locate(ctx context.Context, s *side, prior []roleModel) diag.Diagnostics {
	var diags diag.Diagnostics
	at := path.Root(s.role)
	if diags.Append(s.service.Locate(r.session, s.location, at)...); diags.HasError() {
		return diags
	}
	urls := make([]services.KnownURL, 0, len(prior))
	checked := false
	for _, p := range prior {
		urls = append(urls, services.KnownURL{Location: p.Location, StorageAccountID: p.OutputStorageAccountID, URL: p.OutputContainerURL})
		checked = checked || s.service.Same(p.Engine, p.AccountID, p.APIURL) && p.Location.Equal(normalized(s.location))
	}
	if !checked {
		// It is asked once, when the service comes into the pair: a failover has to do
		// without Resource Manager.
		diags.Append(s.service.Place(ctx, r.session, s.location, at)...)
	}
	var d diag.Diagnostics
	s.url, d = s.output().PlannedURL(ctx, r.session, at.AtName("output").AtName("storage_account_id"), urls)
	diags.Append(d...)
	return diags
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
