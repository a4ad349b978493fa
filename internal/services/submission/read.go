package submission

import (
	"context"
	"errors"
	"reflect"
	"slices"
	"strconv"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/azure"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/diagnostics"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/engine"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/engine/genomics"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/failover"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/msgenomics"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/region"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/session"
)

// sighting is what a refresh comes to, besides what the model says then.
type sighting struct {
	// gone says that there is no run left, nor any to fence: the submission is not
	// there any more.
	gone bool
	// changed says that the model is not as it was.
	changed bool
	// locations are the regions that the submission has to do with.
	locations []string
	// identity is that of the run that counts.
	identity identityModel
}

// sight asks for the runs that can still change, and takes what it hears into the
// model. A region that does not answer leaves what was last known of its runs.
func (r *Resource) sight(ctx context.Context, m *model) (sighting, diag.Diagnostics) {
	timeout, diags := m.Timeouts.Read(ctx, defaultReadTimeout)
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	before := *m
	known, d := m.attempts(ctx)
	diags.Append(d...)
	attempts, d := r.refresh(ctx, m, slices.Clone(known))
	diags.Append(d...)
	if len(attempts) == 0 && !diags.HasError() {
		return sighting{gone: true, identity: m.identityNow(nil)}, diags
	}
	s := sighting{identity: m.identityNow(attempts)}
	for _, a := range attempts {
		s.locations = append(s.locations, a.Location.ValueString())
	}
	if side, d := m.region(ctx); !m.Region.IsNull() && !d.HasError() {
		s.locations = append(s.locations, side.Location.ValueString(), side.PeerLocation.ValueString())
	}
	if !slices.Equal(known, attempts) || m.UnfencedAttempts.IsNull() {
		diags.Append(m.setAttempts(ctx, attempts)...)
	}
	s.changed = !reflect.DeepEqual(before, *m)
	return s, diags
}

// refresh updates the attempts that can still change, and the model from the
// one that counts, and returns what is left of the attempts: a run that counts
// is dropped only when the service that holds it answers that there is none.
func (r *Resource) refresh(ctx context.Context, m *model, attempts []attemptModel) (left []attemptModel, diags diag.Diagnostics) {
	core := toCore(attempts)
	current := failover.Current(core)
	gone := false
	for i := range attempts {
		a := &attempts[i]
		// What has ended for good is not asked for again: the service may forget
		// it, and that must not make it run once more.
		imported := i == current && m.Status.IsNull()
		if core[i].Settled() && !imported {
			continue
		}
		run, found, err := r.look(ctx, *a)
		switch {
		case err != nil && diagnostics.IsUnreachable(err):
			diags.Append(diagnostics.Unreachable(err, r.session)...)
		case err != nil:
			diags.Append(diagnostics.Error("The "+r.kind.noun+" cannot be read", err, a.where()))
		case !found && i == current:
			gone = true
		case !found:
			a.Status = types.StringValue(string(failover.StatusCancelled))
		case i == current && !imported && run.State.Stopping():
			diags.Append(r.cancelled(ctx, m, a, run)...)
		default:
			a.observe(run)
			if i == current {
				m.observe(*a, run)
			}
		}
	}
	strays, d := r.strays(ctx, m, attempts)
	diags.Append(d...)
	if !gone || diags.HasError() {
		return append(attempts, strays...), diags
	}
	left = append(slices.Delete(attempts, current, current+1), strays...)
	if failover.Unfenced(toCore(left)) == 0 {
		return nil, diags
	}
	// There are runs to fence still: the submission stays, without a run that
	// counts, and the next plan submits it.
	m.uncounted()
	return left, diags
}

// cancelled takes in that the run that counts is stopping or has stopped. If this
// provider meant it to, no run counts any more, and the next plan submits the
// submission again.
func (r *Resource) cancelled(ctx context.Context, m *model, a *attemptModel, run engine.Run) diag.Diagnostics {
	noted, err := r.noted(ctx, m, *a)
	if err != nil {
		// Until that is known the run stays as it was last seen.
		if diagnostics.IsUnreachable(err) {
			return diagnostics.Unreachable(err, r.session)
		}
		where := a.where()
		where.NextStep = "Plan again when the output container can be read: a note in it says whether the provider did."
		return diag.Diagnostics{diagnostics.Error("Nothing tells who cancelled the "+r.kind.noun, err, where)}
	}
	a.observe(run)
	if failover.HandedOver(a.status(), noted) {
		a.Superseded = types.BoolValue(true)
		m.uncounted()
		return nil
	}
	m.observe(*a, run)
	return nil
}

// look finds a run where it costs its service least, and believes that it is gone
// only when the service says so of itself, or Resource Manager of the whole account.
func (r *Resource) look(ctx context.Context, a attemptModel) (engine.Run, bool, error) {
	if _, _, err := r.client(a); err != nil {
		return engine.Run{}, false, err
	}
	run, err := r.session.Look(ctx, a.account(), a.WorkflowID.ValueString())
	if vanished(err) {
		return run, false, nil
	}
	return run, err == nil, err
}

// vanished reports whether an error says that a run is not there: in the words of its
// service, or because Resource Manager has no such account, whose runs went with
// it.
func vanished(err error) bool { return errors.Is(err, engine.ErrNotFound) || azure.IsNotFound(err) }

// imported makes the state of a run from its ID: what the service knows of it.
// Names, inputs and the rest come from the configuration with the next plan.
func (r *Resource) imported(ctx context.Context, id string) (model, diag.Diagnostics) {
	var m model
	var diags diag.Diagnostics
	accountID, workflowID, err := parseWorkflowResourceID(id)
	if err != nil {
		diags.AddError("Invalid import ID", err.Error())
		return m, diags
	}
	where := diagnostics.Context{Resource: id, NextStep: "Check the ID, and that the account's region answers."}
	account, err := r.session.Account(ctx, accountID)
	if err != nil {
		diags.Append(diagnostics.Error("The account of the workflow cannot be read", err, where))
		return m, diags
	}
	location := region.Normalize(account.Location)
	url, err := r.session.ServiceURL(location)
	if err != nil {
		diags.Append(diagnostics.Error("No service endpoint for the account's region", err, where))
		return m, diags
	}
	e, err := r.session.Engine(session.ServiceAccount{ID: accountID, Location: location, URL: url})
	var run engine.Run
	if err == nil {
		run, err = e.Get(ctx, strconv.FormatInt(workflowID, 10))
	}
	if err != nil {
		where.Region = location
		diags.Append(diagnostics.Error("The workflow cannot be imported", err, where))
		return m, diags
	}
	return found(ctx, attemptModel{Location: types.StringValue(location), AccountID: types.StringValue(accountID), APIURL: types.StringValue(url)}, run)
}

// found is the model of a run that was found where an attempt says: what the service
// knows of it.
func found(ctx context.Context, a attemptModel, run engine.Run) (model, diag.Diagnostics) {
	var m model
	workflow, _ := run.Detail.(msgenomics.Workflow)
	key, description, _ := genomics.ParseDescription(workflow.Description)
	a.WorkflowID, a.SubmissionKey = types.StringValue(run.ID), types.StringValue(key)
	a.Superseded, a.Stray = types.BoolValue(false), types.BoolValue(false)
	a.observe(run)
	m.observe(a, run)
	m.Process = types.StringValue(msgenomics.BaseProcess(workflow.Process))
	m.Description = types.StringNull()
	if description != "" {
		m.Description = types.StringValue(description)
	}
	diags := m.setAttempts(ctx, []attemptModel{a})
	return m, diags
}

// remove does what on_destroy says with every run that has not ended.
func (r *Resource) remove(ctx context.Context, m *model) diag.Diagnostics {
	attempts, diags := m.attempts(ctx)
	cancel := m.OnDestroy.ValueString() != onDestroyAbandon
	for i, a := range toCore(attempts) {
		if !a.Status.Live() {
			continue
		}
		at := attempts[i].where()
		if r.session.TakenUp(at.Resource) {
			at.NextStep = "Nothing: it goes on. To run the " + r.kind.noun + " again, change triggers; replacing the resource takes up the one that is there."
			diags.Append(diagnostics.Warning("The "+r.kind.noun+" is kept, for the resource in this one's place has taken it up", nil, at))
			continue
		}
		if !cancel {
			at.NextStep = "It goes on and writes its results. Cancel it with the service's own client if it is not wanted."
			diags.Append(diagnostics.Warning("A "+r.kind.noun+" is left running", nil, at))
			continue
		}
		err := r.stop(ctx, attempts[i])
		switch {
		case err == nil:
		case diagnostics.IsUnreachable(err):
			at.NextStep = r.kind.leftBehind
			diags.Append(diagnostics.Warning("A "+r.kind.noun+" is left behind in a region that does not answer", err, at))
		default:
			at.NextStep = "Destroy again, or set on_destroy = \"abandon\" and apply before destroying to leave it."
			diags.Append(diagnostics.Error("The "+r.kind.noun+" could not be cancelled", err, at))
		}
	}
	return diags
}

// stop cancels a run and waits until it has ended.
func (r *Resource) stop(ctx context.Context, a attemptModel) error {
	client, id, err := r.client(a)
	if err != nil {
		return err
	}
	run, err := client.Get(ctx, id)
	if vanished(err) {
		return nil
	}
	if err != nil || run.State.Finished() {
		return err
	}
	if run.State != engine.StateCancelling {
		if err := tell(ctx, client, id); err != nil && !vanished(err) {
			return err
		}
	}
	_, err = ended(ctx, client, id)
	if vanished(err) {
		return nil
	}
	return err
}
