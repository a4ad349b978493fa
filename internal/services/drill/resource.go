// Package drill is the resource genomics_failover_drill: a canary in the standby
// region, once for each drill_id.
package drill

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-log/tflog"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/blobstore"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/diagnostics"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/readiness"
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
	_ resource.ResourceWithConfigure      = (*Resource)(nil)
	_ resource.ResourceWithModifyPlan     = (*Resource)(nil)
	_ resource.ResourceWithValidateConfig = (*Resource)(nil)
	_ resource.ResourceWithImportState    = (*Resource)(nil)
	_ resource.ResourceWithIdentity       = (*Resource)(nil)
)

// New makes the resource.
func New() resource.Resource { return &Resource{now: time.Now} }

// Metadata names the resource. Its identity moves with the last drill.
func (r *Resource) Metadata(_ context.Context, req resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_failover_drill"
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
	run, diags := services.Session(req.ProviderData)
	resp.Diagnostics.Append(diags...)
	if run != nil {
		r.session = run
	}
}

// ValidateConfig checks the rules between attributes, offline.
func (r *Resource) ValidateConfig(ctx context.Context, req resource.ValidateConfigRequest, resp *resource.ValidateConfigResponse) {
	var config model
	if resp.Diagnostics.Append(req.Config.Get(ctx, &config)...); !resp.Diagnostics.HasError() {
		resp.Diagnostics.Append(config.Validate(ctx)...)
	}
}

// ModifyPlan keeps what the last drill found unless there is to be another one.
func (r *Resource) ModifyPlan(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	if req.Plan.Raw.IsNull() {
		return
	}
	var plan, state model
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	if !req.State.Raw.IsNull() {
		resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	}
	if resp.Diagnostics.HasError() {
		return
	}
	if plan.DrillID.Equal(state.DrillID) {
		plan.results(&state)
		resp.Diagnostics.Append(resp.Plan.Set(ctx, &plan)...)
		return
	}
	resp.Diagnostics.Append(plan.foresee(ctx)...)
}

// Create runs the first drill.
func (r *Resource) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	var plan model
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	if !resp.Diagnostics.HasError() {
		r.drill(ctx, &plan, plan.Timeouts.Create, &resp.State, resp.Identity, &resp.Diagnostics)
	}
}

// Read asks nobody: a drill is over, and its outputs are gone.
func (r *Resource) Read(ctx context.Context, req resource.ReadRequest, resp *resource.ReadResponse) {
	var id types.String
	resp.Diagnostics.Append(req.State.GetAttribute(ctx, path.Root("id"), &id)...)
	resp.Diagnostics.Append(name(ctx, id, resp.Identity)...)
}

// name gives the identity that belongs to an ID. A CLI that keeps no identities wants
// one all the same.
func name(ctx context.Context, id types.String, to *tfsdk.ResourceIdentity) diag.Diagnostics {
	identity, err := parseID(id.ValueString())
	if err != nil {
		return nil
	}
	return to.Set(ctx, identity)
}

// Update runs a drill when there is a new drill_id, and else takes over what changed.
func (r *Resource) Update(ctx context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	var plan, state model
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	switch {
	case resp.Diagnostics.HasError():
	case plan.DrillID.Equal(state.DrillID):
		resp.Diagnostics.Append(resp.State.Set(ctx, &plan)...)
		resp.Diagnostics.Append(name(ctx, plan.ID, resp.Identity)...)
	default:
		r.drill(ctx, &plan, plan.Timeouts.Update, &resp.State, resp.Identity, &resp.Diagnostics)
	}
}

// Delete forgets the drill: nothing is left of it but the record of one that
// succeeded, which stays true.
func (r *Resource) Delete(context.Context, resource.DeleteRequest, *resource.DeleteResponse) {}

// ImportState takes the last drill that succeeded from its record. What else there
// was is not known to anybody.
func (r *Resource) ImportState(ctx context.Context, req resource.ImportStateRequest, resp *resource.ImportStateResponse) {
	var identity identityModel
	var err error
	if req.ID == "" && req.Identity != nil {
		resp.Diagnostics.Append(req.Identity.Get(ctx, &identity)...)
		req.ID = identity.id()
	}
	// Either way it is one that an ID can be made of.
	if identity, err = parseID(req.ID); err != nil {
		resp.Diagnostics.AddError("Not a drill", err.Error())
	}
	if resp.Diagnostics.HasError() {
		return
	}
	record, err := r.recorded(ctx, identity)
	if err != nil {
		resp.Diagnostics.Append(diagnostics.Error("There is no such drill to import", err, diagnostics.Context{
			Resource: req.ID, Region: identity.Location.ValueString(),
			NextStep: "Only the last drill that succeeded leaves a record. Leave the import out, and apply: a drill with this drill_id is run, or taken up if its canary is still known.",
		}))
		return
	}
	found := model{arguments: arguments{DrillID: identity.DrillID}, ID: types.StringValue(identity.id())}
	found.tell(recorded(record))
	// Attribute by attribute: what only the configuration knows stays null.
	for name, value := range map[string]any{
		"id": found.ID, "drill_id": found.DrillID, "location": found.Location, "workflow_id": found.WorkflowID, "status": found.Status,
		"message": found.Message, "success": found.Success, "started_at": found.StartedAt, "ended_at": found.EndedAt, "duration": found.Duration,
		"time_to_accept": found.TimeToAccept, "time_to_first_output": found.TimeToFirstOutput, "outputs_deleted": found.OutputsDeleted,
	} {
		resp.Diagnostics.Append(resp.State.SetAttribute(ctx, path.Root(name), value)...)
	}
	resp.Diagnostics.Append(resp.Identity.Set(ctx, identity)...)
}

// recorded reads the record of a drill, which has to be that of this one.
func (r *Resource) recorded(ctx context.Context, i identityModel) (readiness.DrillRecord, error) {
	account, err := r.session.StorageAccount(ctx, i.StorageAccountID.ValueString(), i.Location.ValueString())
	if err != nil {
		return readiness.DrillRecord{}, err
	}
	output, err := r.session.Container(ctx, session.ContainerRef{
		Location: i.Location.ValueString(), StorageAccountID: i.StorageAccountID.ValueString(), URL: session.ContainerURL(account, i.ContainerName.ValueString()),
	})
	if err != nil {
		return readiness.DrillRecord{}, err
	}
	record, err := services.LastDrill(ctx, output, i.PairName.ValueString())
	switch {
	case err == nil && record.ID != i.DrillID.ValueString():
		return record, fmt.Errorf("the last drill of the pair that succeeded there is %q", record.ID)
	case blobstore.IsNotFound(err):
		return record, errors.New("no drill of the pair has succeeded there")
	}
	return record, err
}

// drill runs one and saves what it found.
func (r *Resource) drill(ctx context.Context, plan *model, limit func(context.Context, time.Duration) (time.Duration, diag.Diagnostics), state *tfsdk.State, identity *tfsdk.ResourceIdentity, diags *diag.Diagnostics) {
	timeout, d := limit(ctx, defaultTimeout)
	diags.Append(d...)
	c, d := plan.canary(ctx)
	if diags.Append(d...); diags.HasError() {
		return
	}
	c.session, c.now, c.limit = r.session, r.now, timeout
	c.say = func(format string, args ...any) { tflog.Info(ctx, fmt.Sprintf(format, args...)) }
	outcome, d := c.run(ctx)
	if diags.Append(d...); diags.HasError() {
		return
	}
	at := c.identity()
	plan.ID = types.StringValue(at.id())
	plan.tell(outcome)
	diags.Append(state.Set(ctx, plan)...)
	diags.Append(identity.Set(ctx, at)...)
}
