// Package submission is the resource genomics_workflow_submission: one workflow,
// wherever the active region is.
package submission

import (
	"context"
	"slices"
	"strconv"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/failover"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/services"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/session"
)

const (
	defaultCreateTimeout = 48 * time.Hour
	defaultReadTimeout   = 5 * time.Minute
	defaultUpdateTimeout = 30 * time.Minute
	defaultDeleteTimeout = 15 * time.Minute
)

// TypeName is the resource's.
const TypeName = "genomics_workflow_submission"

// Resource implements genomics_workflow_submission, and with other kinds the
// submissions to other engines.
type Resource struct {
	kind    *kind
	session *session.Session
	now     func() time.Time
}

var (
	_ resource.ResourceWithConfigure      = (*Resource)(nil)
	_ resource.ResourceWithModifyPlan     = (*Resource)(nil)
	_ resource.ResourceWithValidateConfig = (*Resource)(nil)
	_ resource.ResourceWithImportState    = (*Resource)(nil)
	_ resource.ResourceWithIdentity       = (*Resource)(nil)
)

// New makes the resource of workflows on Microsoft Genomics.
func New() resource.Resource { return &Resource{kind: workflows, now: time.Now} }

// NewTask makes the resource of tasks on TES.
func NewTask() resource.Resource { return &Resource{kind: tasks, now: time.Now} }

// NewRun makes the resource of runs on WES.
func NewRun() resource.Resource { return &Resource{kind: runs, now: time.Now} }

// Metadata names the resource. Its identity moves with the run that counts.
func (r *Resource) Metadata(_ context.Context, _ resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = r.kind.typeName
	resp.ResourceBehavior.MutableIdentity = true
}

// Schema describes the resource.
func (r *Resource) Schema(ctx context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	resp.Schema = r.kind.schema(ctx)
}

// IdentitySchema describes the resource's identity.
func (r *Resource) IdentitySchema(_ context.Context, _ resource.IdentitySchemaRequest, resp *resource.IdentitySchemaResponse) {
	resp.IdentitySchema = r.kind.identity()
}

// Configure takes the run's session.
func (r *Resource) Configure(_ context.Context, req resource.ConfigureRequest, resp *resource.ConfigureResponse) {
	var d diag.Diagnostics
	r.session, d = services.Session(req.ProviderData)
	resp.Diagnostics.Append(d...)
}

// ValidateConfig checks the rules between attributes, offline.
func (r *Resource) ValidateConfig(ctx context.Context, req resource.ValidateConfigRequest, resp *resource.ValidateConfigResponse) {
	config, d := r.kind.read(ctx, req.Config)
	resp.Diagnostics.Append(d...)
	if !resp.Diagnostics.HasError() {
		resp.Diagnostics.Append(config.job().validate(ctx)...)
	}
}

// ModifyPlan decides, and shows the decision with everything known that can be.
func (r *Resource) ModifyPlan(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	if req.Plan.Raw.IsNull() || r.session == nil {
		return
	}
	plan, d := r.kind.read(ctx, req.Plan)
	resp.Diagnostics.Append(d...)
	var state *model
	var silent services.Silent
	if !req.State.Raw.IsNull() {
		state, d = r.kind.read(ctx, req.State)
		resp.Diagnostics.Append(d...)
		silent, d = services.ReadSilent(ctx, req.Private)
		resp.Diagnostics.Append(d...)
	}
	if resp.Diagnostics.HasError() {
		return
	}
	f, d := foresee(ctx, plan, state, silent, req.Plan.Raw.Equal(req.State.Raw))
	resp.Diagnostics.Append(d...)
	if resp.Diagnostics.HasError() || f.settled {
		return
	}
	resp.Diagnostics.Append(r.kind.write(ctx, &resp.Plan, plan)...)
	if f.identity != nil {
		resp.Diagnostics.Append(r.kind.name(ctx, resp.Identity, *f.identity)...)
	}
}

// Create takes up a run with the submission's key, or submits one.
func (r *Resource) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	plan, d := r.kind.read(ctx, req.Plan)
	resp.Diagnostics.Append(d...)
	if resp.Diagnostics.HasError() {
		return
	}
	timeout, d := plan.Timeouts.Create(ctx, defaultCreateTimeout)
	resp.Diagnostics.Append(d...)
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()

	region, d := plan.region(ctx)
	resp.Diagnostics.Append(d...)
	content, d := plan.content(ctx)
	resp.Diagnostics.Append(d...)
	if resp.Diagnostics.HasError() {
		return
	}
	job := launch{session: r.session, plan: plan, region: region, identity: plan.identity(region), content: content, now: r.now}
	attempt, run, d := job.run(ctx)
	resp.Diagnostics.Append(d...)
	if attempt == nil {
		return
	}
	// With create_before_destroy it may be the run of the resource that is replaced.
	r.session.TakeUp(attempt.where().Resource)
	plan.Generation = types.Int64Value(job.generation)
	plan.observe(*attempt, run)
	save := func(attempts []attemptModel) {
		resp.Diagnostics.Append(plan.setAttempts(ctx, attempts)...)
		resp.Diagnostics.Append(r.kind.write(ctx, &resp.State, plan)...)
		resp.Diagnostics.Append(r.kind.name(ctx, resp.Identity, plan.identityNow(attempts))...)
	}
	attempts := slices.Concat(job.surplus, []attemptModel{*attempt})
	// Saved before any wait: whatever happens from here on, the run is known.
	save(attempts)
	// An apply that was killed may have left a run in the other region. It is stopped
	// now that another has taken its place.
	strays, d := r.stopStrays(ctx, plan, attempts)
	resp.Diagnostics.Append(d...)
	if len(strays) > 0 {
		attempts = slices.Concat(strays, attempts)
		save(attempts)
	}
	if plan.WaitForCompletion.ValueBool() && !resp.Diagnostics.HasError() {
		resp.Diagnostics.Append(r.await(ctx, plan, attempts, true)...)
		save(attempts)
	}
}

// Read asks for the runs that can still change. A region that does not answer
// leaves what was last known of its runs.
func (r *Resource) Read(ctx context.Context, req resource.ReadRequest, resp *resource.ReadResponse) {
	state, d := r.kind.read(ctx, req.State)
	resp.Diagnostics.Append(d...)
	if resp.Diagnostics.HasError() {
		return
	}
	seen, d := r.sight(ctx, state)
	resp.Diagnostics.Append(d...)
	resp.Diagnostics.Append(r.kind.name(ctx, resp.Identity, seen.identity)...)
	if seen.gone {
		// A CLI that keeps no identities wants one all the same.
		resp.State.RemoveResource(ctx)
		return
	}
	resp.Diagnostics.Append(services.SaveSilent(ctx, resp.Private, r.session.Answers, seen.locations...)...)
	resp.Diagnostics.Append(r.kind.write(ctx, &resp.State, state)...)
}

// Update carries out the decision: it fences, fails over, runs anew, or keeps.
func (r *Resource) Update(ctx context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	plan, d := r.kind.read(ctx, req.Plan)
	resp.Diagnostics.Append(d...)
	state, d := r.kind.read(ctx, req.State)
	resp.Diagnostics.Append(d...)
	silent, d := services.ReadSilent(ctx, req.Private)
	resp.Diagnostics.Append(d...)
	if resp.Diagnostics.HasError() {
		return
	}
	// What the refresh found silent is not asked: it would cost a timeout, and a
	// failover needs nothing from there.
	c, d := decide(ctx, plan, state, silent.Answers)
	resp.Diagnostics.Append(d...)
	timeout, d := plan.Timeouts.Update(ctx, c.limit(plan.WaitForCompletion.ValueBool()))
	resp.Diagnostics.Append(d...)
	if resp.Diagnostics.HasError() {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()

	w := &change{resource: r, plan: plan, state: state, course: c, attempts: append([]attemptModel(nil), c.attempts...)}
	w.save = func(ctx context.Context) diag.Diagnostics {
		diags := plan.setAttempts(ctx, w.attempts)
		diags.Append(r.kind.write(ctx, &resp.State, plan)...)
		diags.Append(r.kind.name(ctx, resp.Identity, plan.identityNow(w.attempts))...)
		return diags
	}
	resp.Diagnostics.Append(w.carryOut(ctx)...)
}

// Delete cancels what has not ended, or leaves it, and names what is left. It
// ends within a bound also when a region does not answer.
func (r *Resource) Delete(ctx context.Context, req resource.DeleteRequest, resp *resource.DeleteResponse) {
	state, d := r.kind.read(ctx, req.State)
	resp.Diagnostics.Append(d...)
	if resp.Diagnostics.HasError() {
		return
	}
	timeout, d := state.Timeouts.Delete(ctx, defaultDeleteTimeout)
	resp.Diagnostics.Append(d...)
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	resp.Diagnostics.Append(r.remove(ctx, state)...)
}

// ImportState takes the ID of a run: the account's resource ID, /workflows/ and
// the run's number; of a run at an endpoint its region, = and its ID.
func (r *Resource) ImportState(ctx context.Context, req resource.ImportStateRequest, resp *resource.ImportStateResponse) {
	if r.kind.fresh != nil {
		r.importEndpoint(ctx, req, resp)
		return
	}
	id := req.ID
	if id == "" && req.Identity != nil {
		var identity identityModel
		resp.Diagnostics.Append(req.Identity.Get(ctx, &identity)...)
		id = workflowResourceID(identity.AccountID.ValueString(), identity.WorkflowID.ValueString())
	}
	state, d := r.imported(ctx, id)
	resp.Diagnostics.Append(d...)
	if resp.Diagnostics.HasError() {
		return
	}
	attempts, _ := state.attempts(ctx)
	// Attribute by attribute: what only the configuration knows stays null.
	for name, value := range map[string]any{
		"id": state.ID, "workflow_id": state.WorkflowID, "location": state.Location, "submission_key": state.SubmissionKey,
		"process": state.Process, "description": state.Description, "attempts": state.Attempts, "unfenced_attempts": state.UnfencedAttempts,
	} {
		resp.Diagnostics.Append(resp.State.SetAttribute(ctx, path.Root(name), value)...)
	}
	resp.Diagnostics.Append(resp.Identity.Set(ctx, state.identityNow(attempts))...)
}

func (c course) identityOf(i int) identityModel {
	a := c.attempts[i]
	return identityModel{AccountID: a.AccountID, WorkflowID: a.WorkflowID, location: a.Location}
}

// identityNow is the identity of the run that counts.
func (m *model) identityNow(attempts []attemptModel) identityModel {
	if i := failover.Current(toCore(attempts)); i >= 0 {
		return identityModel{AccountID: attempts[i].AccountID, WorkflowID: attempts[i].WorkflowID, location: attempts[i].Location}
	}
	if m.own != nil {
		place, run, err := m.kind.parseRunID(m.ID.ValueString())
		if err != nil {
			return identityModel{AccountID: types.StringNull(), WorkflowID: types.StringNull(), location: types.StringNull()}
		}
		return identityModel{AccountID: types.StringValue(place), WorkflowID: types.StringValue(run), location: m.Location}
	}
	accountID, workflowID, err := parseWorkflowResourceID(m.ID.ValueString())
	if err != nil {
		return identityModel{AccountID: types.StringNull(), WorkflowID: types.StringNull()}
	}
	return identityModel{AccountID: types.StringValue(accountID), WorkflowID: types.StringValue(strconv.FormatInt(workflowID, 10))}
}
