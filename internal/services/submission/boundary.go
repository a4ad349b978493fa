package submission

import (
	"context"
	"fmt"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/identityschema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/diagnostics"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/region"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/session"
)

// Terraform's values of each kind become the one model that everything is decided
// by here, and nowhere else.

type source interface {
	Get(ctx context.Context, target any) diag.Diagnostics
}

type sink interface {
	Set(ctx context.Context, value any) diag.Diagnostics
}

func (k *kind) schema(ctx context.Context) schema.Schema {
	switch k {
	case tasks:
		return taskSchema(ctx)
	case runs:
		return runSchema(ctx)
	default:
		return resourceSchema(ctx)
	}
}

func (k *kind) identity() identityschema.Schema {
	if k.fresh == nil {
		return identitySchema()
	}
	return endpointIdentity(k)
}

// read makes the model of a configuration, plan or state.
func (k *kind) read(ctx context.Context, from source) (*model, diag.Diagnostics) {
	if k.fresh == nil {
		m := &model{}
		diags := from.Get(ctx, m)
		return m, diags
	}
	own := k.fresh()
	if diags := from.Get(ctx, own); diags.HasError() {
		return &model{kind: k, own: own}, diags
	}
	return own.common().core(ctx, k, own), nil
}

// write takes the model into a plan or state.
func (k *kind) write(ctx context.Context, to sink, m *model) diag.Diagnostics {
	if k.fresh == nil {
		return to.Set(ctx, m)
	}
	m.own.common().take(m, k, m.own)
	return to.Set(ctx, m.own)
}

// name writes the identity of the run that counts.
func (k *kind) name(ctx context.Context, to *tfsdk.ResourceIdentity, id identityModel) diag.Diagnostics {
	if k.fresh == nil {
		return to.Set(ctx, id)
	}
	var diags diag.Diagnostics
	for name, value := range map[string]types.String{"location": id.location, "url": id.AccountID, k.names["workflow_id"]: id.WorkflowID} {
		diags.Append(to.SetAttribute(ctx, path.Root(name), value)...)
	}
	return diags
}

// importEndpoint takes a run at an endpoint. Everything that it was asked comes from
// the configuration with the next plan.
func (r *Resource) importEndpoint(ctx context.Context, req resource.ImportStateRequest, resp *resource.ImportStateResponse) {
	location, id, ok := strings.Cut(req.ID, "=")
	if req.ID == "" && req.Identity != nil {
		var place, run types.String
		var at types.String
		resp.Diagnostics.Append(req.Identity.GetAttribute(ctx, path.Root("location"), &at)...)
		resp.Diagnostics.Append(req.Identity.GetAttribute(ctx, path.Root("url"), &place)...)
		resp.Diagnostics.Append(req.Identity.GetAttribute(ctx, path.Root(r.kind.names["workflow_id"]), &run)...)
		location, id, ok = at.ValueString(), place.ValueString()+r.kind.segment+run.ValueString(), true
	}
	base, number, err := r.kind.parseRunID(id)
	if _, known := region.Lookup(location); err == nil && (!ok || !known) {
		err = fmt.Errorf("%q does not say which region it is in: write <region>=<base URL>%s<ID>", req.ID, r.kind.segment)
	}
	if err != nil {
		resp.Diagnostics.AddError("Invalid import ID", err.Error())
	}
	if resp.Diagnostics.HasError() {
		return
	}
	account := session.ServiceAccount{Kind: r.kind.engine, ID: base, Location: region.Normalize(location), URL: base}
	e, err := r.session.Engine(account)
	where := diagnostics.Context{Resource: id, Region: account.Location, NextStep: "Check the ID, and that its region answers."}
	if err != nil {
		resp.Diagnostics.Append(diagnostics.Error(fmt.Sprintf("The %s cannot be imported", r.kind.noun), err, where))
		return
	}
	run, err := e.Get(ctx, number)
	if err != nil {
		resp.Diagnostics.Append(diagnostics.Error(fmt.Sprintf("The %s cannot be imported", r.kind.noun), err, where))
		return
	}
	m := &model{kind: r.kind, own: r.kind.fresh()}
	a := newStray(r.kind, account, run.Key, run)
	a.Superseded, a.Stray = types.BoolValue(false), types.BoolValue(false)
	m.observe(a, run)
	resp.Diagnostics.Append(m.setAttempts(ctx, []attemptModel{a})...)
	for name, value := range map[string]any{
		"id": m.ID, r.kind.names["workflow_id"]: m.WorkflowID, "location": m.Location, "submission_key": m.SubmissionKey,
		"attempts": fromCoreAttempts(m.Attempts, r.kind), "unfenced_attempts": m.UnfencedAttempts,
	} {
		resp.Diagnostics.Append(resp.State.SetAttribute(ctx, path.Root(name), value)...)
	}
	resp.Diagnostics.Append(r.kind.name(ctx, resp.Identity, m.identityNow([]attemptModel{a}))...)
}
