// Package drill is the resource genomics_failover_drill: a canary in the standby
// region, once for each drill_id.
package drill

import (
	"context"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-framework/types/basetypes"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/services"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/session"
)

const defaultTimeout = 6 * time.Hour

// Resource implements genomics_failover_drill.
type Resource struct {
	session *session.Session
	now     func() time.Time
}

var (
	_ resource.ResourceWithConfigure  = (*Resource)(nil)
	_ resource.ResourceWithModifyPlan = (*Resource)(nil)
)

// New makes the resource.
func New() resource.Resource { return &Resource{now: time.Now} }

// Metadata names the resource.
func (r *Resource) Metadata(_ context.Context, req resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_failover_drill"
}

// Schema describes the resource.
func (r *Resource) Schema(ctx context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	resp.Schema = resourceSchema(ctx)
}

// Configure takes the run's session.
func (r *Resource) Configure(_ context.Context, req resource.ConfigureRequest, resp *resource.ConfigureResponse) {
	run, diags := services.Session(req.ProviderData)
	resp.Diagnostics.Append(diags...)
	if run != nil {
		r.session = run
	}
}

// ModifyPlan keeps what the last drill found unless there is to be another one.
func (r *Resource) ModifyPlan(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	if req.Plan.Raw.IsNull() || req.State.Raw.IsNull() {
		return
	}
	var plan, state model
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	if resp.Diagnostics.HasError() || !plan.DrillID.Equal(state.DrillID) {
		return
	}
	plan.results(&state)
	resp.Diagnostics.Append(resp.Plan.Set(ctx, &plan)...)
}

// Create runs the first drill.
func (r *Resource) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	var plan model
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	if !resp.Diagnostics.HasError() {
		r.drill(ctx, &plan, plan.Timeouts.Create, &resp.State, &resp.Diagnostics)
	}
}

// Read asks nobody: a drill is over, and its outputs are gone.
func (r *Resource) Read(context.Context, resource.ReadRequest, *resource.ReadResponse) {}

// Update runs a drill when there is a new drill_id, and else takes over what changed.
func (r *Resource) Update(ctx context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	var plan, state model
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	switch {
	case resp.Diagnostics.HasError():
	case plan.DrillID.Equal(state.DrillID):
		resp.Diagnostics.Append(resp.State.Set(ctx, &plan)...)
	default:
		r.drill(ctx, &plan, plan.Timeouts.Update, &resp.State, &resp.Diagnostics)
	}
}

// Delete forgets the drill: nothing is left of it.
func (r *Resource) Delete(context.Context, resource.DeleteRequest, *resource.DeleteResponse) {}

// drill runs one and saves what it found.
func (r *Resource) drill(ctx context.Context, plan *model, limit func(context.Context, time.Duration) (time.Duration, diag.Diagnostics), state *tfsdk.State, diags *diag.Diagnostics) {
	timeout, d := limit(ctx, defaultTimeout)
	diags.Append(d...)
	c := canary{session: r.session, now: r.now, limit: timeout, id: plan.DrillID.ValueString(), process: plan.Process.ValueString(), args: plan.ProcessArgs.ValueString()}
	c.validFor, _ = time.ParseDuration(plan.SASDuration.ValueString())
	diags.Append(plan.Region.As(ctx, &c.region, basetypes.ObjectAsOptions{})...)
	diags.Append(plan.InputStore.As(ctx, &c.store, basetypes.ObjectAsOptions{})...)
	diags.Append(plan.Inputs.ElementsAs(ctx, &c.inputs, false)...)
	if diags.HasError() {
		return
	}
	outcome, d := c.run(ctx)
	if diags.Append(d...); diags.HasError() {
		return
	}
	plan.ID = types.StringValue(c.region.PairName.ValueString() + "/" + c.id)
	plan.tell(outcome)
	diags.Append(state.Set(ctx, plan)...)
}
