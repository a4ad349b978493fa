// Package regionpair is the resource genomics_region_pair: two regions, and
// which of them is active.
package regionpair

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/azure"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/diagnostics"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/services"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/session"
)

const (
	defaultChangeTimeout = 10 * time.Minute
	defaultReadTimeout   = 5 * time.Minute
)

// Resource implements genomics_region_pair.
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

// Metadata names the resource.
func (r *Resource) Metadata(_ context.Context, req resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_region_pair"
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
		resp.Diagnostics.Append(validate(ctx, config)...)
	}
}

// ModifyPlan makes everything known that can be known.
func (r *Resource) ModifyPlan(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	if req.Plan.Raw.IsNull() || r.session == nil {
		return
	}
	var plan model
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	var state *model
	if !req.State.Raw.IsNull() {
		state = new(model)
		resp.Diagnostics.Append(req.State.Get(ctx, state)...)
	}
	if resp.Diagnostics.HasError() {
		return
	}
	resp.Diagnostics.Append(r.complete(ctx, &plan, state)...)
	if !resp.Diagnostics.HasError() {
		resp.Diagnostics.Append(resp.Plan.Set(ctx, &plan)...)
	}
}

// Create makes the output containers of both regions. A standby that does not
// answer is left for a later apply.
func (r *Resource) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	var plan model
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	if resp.Diagnostics.HasError() {
		return
	}
	timeout, d := plan.Timeouts.Create(ctx, defaultChangeTimeout)
	resp.Diagnostics.Append(d...)
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()

	resp.Diagnostics.Append(r.complete(ctx, &plan, nil)...)
	resp.Diagnostics.Append(r.resolve(ctx, &plan, false)...)
	if resp.Diagnostics.HasError() {
		return
	}
	resp.Diagnostics.Append(r.ensureContainers(ctx, &plan, nil)...)
	if resp.Diagnostics.HasError() {
		return
	}
	resp.Diagnostics.Append(resp.State.Set(ctx, &plan)...)
	resp.Diagnostics.Append(resp.Identity.Set(ctx, identityModel{Name: plan.Name})...)
}

// Read looks whether the output containers are still there. A region that does
// not answer leaves everything as it was last known.
func (r *Resource) Read(ctx context.Context, req resource.ReadRequest, resp *resource.ReadResponse) {
	var state model
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	if resp.Diagnostics.HasError() {
		return
	}
	timeout, d := state.Timeouts.Read(ctx, defaultReadTimeout)
	resp.Diagnostics.Append(d...)
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()

	// Both sides at once, so that a dead region holds up nobody else.
	objects := []*types.Object{&state.Active, &state.Standby}
	found := make([]diag.Diagnostics, len(objects))
	var wg sync.WaitGroup
	for i, object := range objects {
		wg.Go(func() { found[i] = r.look(ctx, object) })
	}
	wg.Wait()
	for _, d := range found {
		resp.Diagnostics.Append(d...)
	}
	resp.Diagnostics.Append(resp.State.Set(ctx, &state)...)
	resp.Diagnostics.Append(resp.Identity.Set(ctx, identityModel{Name: state.Name})...)
}

// Update fails over, or takes up a changed configuration. A failover makes no
// call to the region that is left, unless it is a planned one.
func (r *Resource) Update(ctx context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	var plan, state model
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	if resp.Diagnostics.HasError() {
		return
	}
	timeout, d := plan.Timeouts.Update(ctx, defaultChangeTimeout)
	resp.Diagnostics.Append(d...)
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()

	resp.Diagnostics.Append(r.complete(ctx, &plan, &state)...)
	flip := plan.LastFailoverAt.IsUnknown()
	resp.Diagnostics.Append(r.resolve(ctx, &plan, flip)...)
	if resp.Diagnostics.HasError() {
		return
	}
	if flip {
		resp.Diagnostics.Append(r.confirm(ctx, &plan)...)
		plan.LastFailoverAt = timestamp(r.now())
	}
	resp.Diagnostics.Append(r.ensureContainers(ctx, &plan, &state)...)
	if resp.Diagnostics.HasError() {
		return
	}
	resp.Diagnostics.Append(resp.State.Set(ctx, &plan)...)
	resp.Diagnostics.Append(resp.Identity.Set(ctx, identityModel{Name: plan.Name})...)
}

// Delete forgets the pair. It is made of nothing in Azure but containers, and
// what is in them is the user's.
func (r *Resource) Delete(context.Context, resource.DeleteRequest, *resource.DeleteResponse) {}

// ImportState takes the pair's name; all the rest comes from the configuration.
func (r *Resource) ImportState(ctx context.Context, req resource.ImportStateRequest, resp *resource.ImportStateResponse) {
	services.ImportByName(ctx, req, resp)
}

// confirm asks the regions that a failover rests on whether they are there: the
// one to go to, and in a planned failover the one that is left.
func (r *Resource) confirm(ctx context.Context, plan *model) diag.Diagnostics {
	var diags diag.Diagnostics
	active, _, d := roleFrom(ctx, plan.Active)
	diags.Append(d...)
	standby, _, d := roleFrom(ctx, plan.Standby)
	diags.Append(d...)
	if diags.HasError() {
		return diags
	}
	ask := []roleModel{active}
	if active.FailoverMode.ValueString() == modePlanned {
		ask = append(ask, standby)
	}
	for _, role := range ask {
		client, err := r.session.Service(session.ServiceAccount{ID: role.AccountID.ValueString(), Location: role.Location.ValueString(), URL: role.APIURL.ValueString()})
		if err == nil {
			err = client.Ping(ctx)
		}
		if err != nil {
			diags.Append(diagnostics.Error(fmt.Sprintf("No failover to %s", active.Location.ValueString()),
				fmt.Errorf("the workflow service in %s did not take a request: %w", role.Location.ValueString(), err),
				diagnostics.Context{Resource: role.AccountID.ValueString(), Region: role.Location.ValueString()}))
		}
	}
	return diags
}

// ensureContainers creates output containers where the plan has one that the
// state has not: new, changed, or found missing.
func (r *Resource) ensureContainers(ctx context.Context, plan, state *model) diag.Diagnostics {
	var diags diag.Diagnostics
	have := map[string]bool{}
	if state != nil {
		prior, d := state.roles(ctx)
		diags.Append(d...)
		for _, p := range prior {
			have[p.OutputContainerURL.ValueString()] = services.Known(p.OutputContainerURL)
		}
	}
	roles, d := plan.roles(ctx)
	diags.Append(d...)
	for i, role := range roles {
		if role.OutputContainerURL.IsNull() || have[role.OutputContainerURL.ValueString()] {
			continue
		}
		standby := i > 0
		container, err := r.session.Container(ctx, reference(role))
		if err == nil {
			_, err = container.Ensure(ctx)
		}
		switch {
		case err == nil:
		case standby && diagnostics.IsUnreachable(err):
			diags.Append(diagnostics.Unreachable(err, r.session)...)
		default:
			diags.Append(diagnostics.Error("The output container cannot be made", err, diagnostics.Context{
				Resource: role.OutputContainerURL.ValueString(), Region: role.Location.ValueString(),
			}))
		}
	}
	return diags
}

// look reads one side: a container that is gone loses its URL in the state, so
// that the next plan shows it being made again.
func (r *Resource) look(ctx context.Context, object *types.Object) diag.Diagnostics {
	role, ok, diags := roleFrom(ctx, *object)
	if !ok || role.OutputContainerURL.IsNull() {
		return diags
	}
	container, err := r.session.Container(ctx, reference(role))
	exists := false
	if err == nil {
		exists, err = container.Exists(ctx)
	}
	if azure.IsNotFound(err) {
		// The storage account is gone, and its containers went with it.
		err = nil
	}
	switch {
	case err != nil && diagnostics.IsUnreachable(err):
		diags.Append(diagnostics.Unreachable(err, r.session)...)
	case err != nil:
		diags.Append(diagnostics.Error("The output container cannot be read", err, diagnostics.Context{
			Resource: role.OutputContainerURL.ValueString(), Region: role.Location.ValueString(),
		}))
	case !exists:
		role.OutputContainerURL = types.StringNull()
		var d diag.Diagnostics
		*object, d = role.object(ctx)
		diags.Append(d...)
	}
	return diags
}

func reference(role roleModel) session.ContainerRef {
	return session.ContainerRef{
		Location: role.Location.ValueString(), StorageAccountID: role.OutputStorageAccountID.ValueString(), URL: role.OutputContainerURL.ValueString(),
	}
}
