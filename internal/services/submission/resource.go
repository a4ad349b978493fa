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

// Resource implements genomics_workflow_submission.
type Resource struct {
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

// New makes the resource.
func New() resource.Resource { return &Resource{now: time.Now} }

// Metadata names the resource. Its identity moves with the run that counts.
func (r *Resource) Metadata(_ context.Context, _ resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = TypeName
	resp.ResourceBehavior.MutableIdentity = true
}

// Schema describes the resource.
func (r *Resource) Schema(ctx context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	resp.Schema = resourceSchema(ctx)
}

// IdentitySchema describes the resource's identity.
func (r *Resource) IdentitySchema(_ context.Context, _ resource.IdentitySchemaRequest, resp *resource.IdentitySchemaResponse) {
	resp.IdentitySchema = identitySchema()
}

// Configure takes the run's session.
func (r *Resource) Configure(_ context.Context, req resource.ConfigureRequest, resp *resource.ConfigureResponse) {
	var d diag.Diagnostics
	r.session, d = services.Session(req.ProviderData)
	resp.Diagnostics.Append(d...)
}

// ValidateConfig checks the rules between attributes, offline.
func (r *Resource) ValidateConfig(ctx context.Context, req resource.ValidateConfigRequest, resp *resource.ValidateConfigResponse) {
	var config model
	resp.Diagnostics.Append(req.Config.Get(ctx, &config)...)
	if !resp.Diagnostics.HasError() {
		resp.Diagnostics.Append(validate(ctx, &config)...)
	}
}

// ModifyPlan decides, and shows the decision with everything known that can be.
func (r *Resource) ModifyPlan(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	if req.Plan.Raw.IsNull() || r.session == nil {
		return
	}
	var plan model
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	var state *model
	var silent services.Silent
	if !req.State.Raw.IsNull() {
		state = &model{}
		resp.Diagnostics.Append(req.State.Get(ctx, state)...)
		var d diag.Diagnostics
		silent, d = services.ReadSilent(ctx, req.Private)
		resp.Diagnostics.Append(d...)
	}
	if resp.Diagnostics.HasError() {
		return
	}
	f, d := foresee(ctx, &plan, state, silent, req.Plan.Raw.Equal(req.State.Raw))
	resp.Diagnostics.Append(d...)
	if resp.Diagnostics.HasError() || f.settled {
		return
	}
	resp.Diagnostics.Append(resp.Plan.Set(ctx, &plan)...)
	if f.identity != nil {
		resp.Diagnostics.Append(resp.Identity.Set(ctx, *f.identity)...)
	}
}

// Create takes up a run with the submission's key, or submits one.
func (r *Resource) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	var plan model
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
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
	job := launch{session: r.session, plan: &plan, region: region, identity: plan.identity(region), content: content, now: r.now}
	attempt, workflow, d := job.run(ctx)
	resp.Diagnostics.Append(d...)
	if attempt == nil {
		return
	}
	// With create_before_destroy it may be the run of the resource that is replaced.
	r.session.TakeUp(attempt.where().Resource)
	plan.Generation = types.Int64Value(job.generation)
	plan.observe(*attempt, workflow)
	save := func(attempts []attemptModel) {
		resp.Diagnostics.Append(plan.setAttempts(ctx, attempts)...)
		resp.Diagnostics.Append(resp.State.Set(ctx, &plan)...)
		resp.Diagnostics.Append(resp.Identity.Set(ctx, plan.identityNow(attempts))...)
	}
	attempts := slices.Concat(job.surplus, []attemptModel{*attempt})
	// Saved before any wait: whatever happens from here on, the run is known.
	save(attempts)
	// An apply that was killed may have left a run in the other region. It is stopped
	// now that another has taken its place.
	strays, d := r.stopStrays(ctx, &plan, attempts)
	resp.Diagnostics.Append(d...)
	if len(strays) > 0 {
		attempts = slices.Concat(strays, attempts)
		save(attempts)
	}
	if plan.WaitForCompletion.ValueBool() && !resp.Diagnostics.HasError() {
		resp.Diagnostics.Append(r.await(ctx, &plan, attempts, true)...)
		save(attempts)
	}
}

// Read asks for the runs that can still change. A region that does not answer
// leaves what was last known of its runs.
func (r *Resource) Read(ctx context.Context, req resource.ReadRequest, resp *resource.ReadResponse) {
	var state model
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	if resp.Diagnostics.HasError() {
		return
	}
	seen, d := r.sight(ctx, &state)
	resp.Diagnostics.Append(d...)
	resp.Diagnostics.Append(resp.Identity.Set(ctx, seen.identity)...)
	if seen.gone {
		// A CLI that keeps no identities wants one all the same.
		resp.State.RemoveResource(ctx)
		return
	}
	resp.Diagnostics.Append(services.SaveSilent(ctx, resp.Private, r.session.Answers, seen.locations...)...)
	resp.Diagnostics.Append(resp.State.Set(ctx, &state)...)
}

// Update carries out the decision: it fences, fails over, runs anew, or keeps.
func (r *Resource) Update(ctx context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	var plan, state model
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	silent, d := services.ReadSilent(ctx, req.Private)
	resp.Diagnostics.Append(d...)
	if resp.Diagnostics.HasError() {
		return
	}
	// What the refresh found silent is not asked: it would cost a timeout, and a
	// failover needs nothing from there.
	c, d := decide(ctx, &plan, &state, silent.Answers)
	resp.Diagnostics.Append(d...)
	timeout, d := plan.Timeouts.Update(ctx, c.limit(plan.WaitForCompletion.ValueBool()))
	resp.Diagnostics.Append(d...)
	if resp.Diagnostics.HasError() {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()

	w := &change{resource: r, plan: &plan, state: &state, course: c, attempts: append([]attemptModel(nil), c.attempts...)}
	w.save = func(ctx context.Context) diag.Diagnostics {
		diags := plan.setAttempts(ctx, w.attempts)
		diags.Append(resp.State.Set(ctx, &plan)...)
		diags.Append(resp.Identity.Set(ctx, plan.identityNow(w.attempts))...)
		return diags
	}
	resp.Diagnostics.Append(w.carryOut(ctx)...)
}

// Delete cancels what has not ended, or leaves it, and names what is left. It
// ends within a bound also when a region does not answer.
func (r *Resource) Delete(ctx context.Context, req resource.DeleteRequest, resp *resource.DeleteResponse) {
	var state model
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	if resp.Diagnostics.HasError() {
		return
	}
	timeout, d := state.Timeouts.Delete(ctx, defaultDeleteTimeout)
	resp.Diagnostics.Append(d...)
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	resp.Diagnostics.Append(r.remove(ctx, &state)...)
}

// ImportState takes the ID of a run: the account's resource ID, /workflows/ and
// the run's number.
func (r *Resource) ImportState(ctx context.Context, req resource.ImportStateRequest, resp *resource.ImportStateResponse) {
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
	return identityModel{AccountID: c.attempts[i].AccountID, WorkflowID: c.attempts[i].WorkflowID}
}

// identityNow is the identity of the run that counts.
func (m *model) identityNow(attempts []attemptModel) identityModel {
	if i := failover.Current(toCore(attempts)); i >= 0 {
		return identityModel{AccountID: attempts[i].AccountID, WorkflowID: attempts[i].WorkflowID}
	}
	accountID, workflowID, err := parseWorkflowResourceID(m.ID.ValueString())
	if err != nil {
		return identityModel{AccountID: types.StringNull(), WorkflowID: types.StringNull()}
	}
	return identityModel{AccountID: types.StringValue(accountID), WorkflowID: types.StringValue(strconv.FormatInt(workflowID, 10))}
}
