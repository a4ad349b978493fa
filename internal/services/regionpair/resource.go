// Package regionpair is the resource genomics_region_pair: two regions, and
// which of them is active.
package regionpair

import (
	"context"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/failover"
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
		r.note(ctx, state)
	}
	k, d := readKnown(ctx, req.Private)
	resp.Diagnostics.Append(d...)
	if resp.Diagnostics.HasError() {
		return
	}
	_, d = r.complete(ctx, &plan, state, k)
	resp.Diagnostics.Append(d...)
	if !resp.Diagnostics.HasError() {
		resp.Diagnostics.Append(resp.Plan.Set(ctx, &plan)...)
	}
}

// Create makes the output containers of both regions, and a record in each. A
// standby that does not answer is left for a later apply.
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

	k := known{book: ledger{Seen: map[string]seen{}}}
	promised := plan
	decision, d := r.complete(ctx, &plan, nil, k)
	resp.Diagnostics.Append(d...)
	if !resp.Diagnostics.HasError() {
		resp.Diagnostics.Append(plan.keeps(promised)...)
	}
	if !resp.Diagnostics.HasError() {
		resp.Diagnostics.Append(r.resolve(ctx, &plan, false)...)
	}
	if resp.Diagnostics.HasError() {
		return
	}
	k.book.sign()
	_, d = r.carryOut(ctx, &plan, nil, decision, &k)
	resp.Diagnostics.Append(d...)
	if resp.Diagnostics.HasError() {
		return
	}
	resp.Diagnostics.Append(k.book.save(ctx, resp.Private)...)
	resp.Diagnostics.Append(resp.State.Set(ctx, &plan)...)
	resp.Diagnostics.Append(resp.Identity.Set(ctx, identityModel{Name: plan.Name})...)
}

// Read looks whether the output containers are still there, and what the records
// in them say. A region that does not answer leaves everything as it was last known.
func (r *Resource) Read(ctx context.Context, req resource.ReadRequest, resp *resource.ReadResponse) {
	var state model
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	k, d := readKnown(ctx, req.Private)
	resp.Diagnostics.Append(d...)
	if resp.Diagnostics.HasError() {
		return
	}
	timeout, d := state.Timeouts.Read(ctx, defaultReadTimeout)
	resp.Diagnostics.Append(d...)
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()

	resp.Diagnostics.Append(r.refresh(ctx, &state, k.book)...)
	roles, d := state.roles(ctx)
	resp.Diagnostics.Append(d...)
	var locations []string
	for _, role := range roles {
		locations = append(locations, role.Location.ValueString())
	}
	resp.Diagnostics.Append(services.SaveSilent(ctx, resp.Private, r.session.Answers, locations...)...)
	k.book.heed(r.now(), r.session.Answers, locations...)
	resp.Diagnostics.Append(k.book.save(ctx, resp.Private)...)
	resp.Diagnostics.Append(resp.State.Set(ctx, &state)...)
	resp.Diagnostics.Append(resp.Identity.Set(ctx, identityModel{Name: state.Name})...)
}

// Update fails over, or takes up a changed configuration. A failover needs no
// answer from the region that is left, unless it is a planned one.
func (r *Resource) Update(ctx context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	var plan, state model
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	k, d := readKnown(ctx, req.Private)
	resp.Diagnostics.Append(d...)
	if resp.Diagnostics.HasError() {
		return
	}
	timeout, d := plan.Timeouts.Update(ctx, defaultChangeTimeout)
	resp.Diagnostics.Append(d...)
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()

	promised := plan
	decision, d := r.complete(ctx, &plan, &state, k)
	resp.Diagnostics.Append(d...)
	if !resp.Diagnostics.HasError() {
		resp.Diagnostics.Append(plan.keeps(promised)...)
	}
	if !resp.Diagnostics.HasError() {
		resp.Diagnostics.Append(r.resolve(ctx, &plan, decision.Flips())...)
	}
	if resp.Diagnostics.HasError() {
		return
	}
	k.book.sign()
	begun, d := r.carryOut(ctx, &plan, &state, decision, &k)
	resp.Diagnostics.Append(d...)
	resp.Diagnostics.Append(k.book.save(ctx, resp.Private)...)
	if resp.Diagnostics.HasError() {
		if begun {
			// The record says so already; the next apply goes on from there.
			state.Phase = types.StringValue(string(failover.PhaseFailingOver))
			resp.Diagnostics.Append(resp.State.Set(ctx, &state)...)
		}
		return
	}
	r.note(ctx, &plan)
	resp.Diagnostics.Append(resp.State.Set(ctx, &plan)...)
	resp.Diagnostics.Append(resp.Identity.Set(ctx, identityModel{Name: plan.Name})...)
}

// Delete forgets the pair. It is made of nothing in Azure but containers, and
// what is in them is the user's, except for the record that this configuration wrote.
func (r *Resource) Delete(ctx context.Context, req resource.DeleteRequest, resp *resource.DeleteResponse) {
	var state model
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	k, d := readKnown(ctx, req.Private)
	resp.Diagnostics.Append(d...)
	if resp.Diagnostics.HasError() {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, defaultReadTimeout)
	defer cancel()
	resp.Diagnostics.Append(r.forget(ctx, &state, k)...)
}

// ImportState takes the pair's name; all the rest comes from the configuration.
func (r *Resource) ImportState(ctx context.Context, req resource.ImportStateRequest, resp *resource.ImportStateResponse) {
	services.ImportByName(ctx, req, resp)
}

func reference(role roleModel) session.ContainerRef {
	return session.ContainerRef{
		Location: role.Location.ValueString(), StorageAccountID: role.OutputStorageAccountID.ValueString(), URL: role.OutputContainerURL.ValueString(),
	}
}
