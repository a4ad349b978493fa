// Package inputstore is the resource genomics_replicated_input_store: one set of
// input blobs, in both regions of a pair.
package inputstore

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/azure"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/blobstore"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/diagnostics"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/failover"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/replication"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/services"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/session"
)

const (
	defaultChangeTimeout = 24 * time.Hour
	defaultReadTimeout   = 30 * time.Minute
)

// Resource implements genomics_replicated_input_store.
type Resource struct {
	session *session.Session
	now     func() time.Time
	// progress is told each second how far a replication is; nil if nobody listens
	// but the log.
	progress func(line string)
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
	resp.TypeName = req.ProviderTypeName + "_replicated_input_store"
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

// ModifyPlan makes everything known that can be known, and proposes to copy
// what Read found behind.
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
	silent, d := services.ReadSilent(ctx, req.Private)
	resp.Diagnostics.Append(d...)
	uncopiable, d := readUncopiable(ctx, req.Private)
	resp.Diagnostics.Append(d...)
	if resp.Diagnostics.HasError() {
		return
	}
	var known memory
	var rules ruleMemory
	if state != nil {
		known, d = recall(ctx, req.Private, state)
		resp.Diagnostics.Append(d...)
		rules, d = recallRules(ctx, req.Private)
		resp.Diagnostics.Append(d...)
	}
	resp.Diagnostics.Append(r.complete(ctx, &plan, state, silent, known, rules)...)
	if uncopiable && plan.LastReplicatedAt.IsUnknown() && plan.InSync.ValueBool() {
		plan.InSync = types.BoolValue(false)
	}
	if !resp.Diagnostics.HasError() {
		resp.Diagnostics.Append(resp.Plan.Set(ctx, &plan)...)
	}
}

// Create makes missing containers and replicates for the first time.
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

	resp.Diagnostics.Append(r.complete(ctx, &plan, nil, nil, memory{}, ruleMemory{})...)
	resp.Diagnostics.Append(r.resolve(ctx, &plan, false)...)
	if resp.Diagnostics.HasError() {
		return
	}
	resp.Diagnostics.Append(resp.Identity.Set(ctx, identityModel{Name: plan.Name})...)
	var known memory
	if plan.byAzure() {
		var rules ruleMemory
		resp.Diagnostics.Append(r.applyByAzure(ctx, &plan, &known, &rules, nil)...)
		resp.Diagnostics.Append(rules.save(ctx, resp.Private)...)
	} else {
		_, d = r.replicate(ctx, &plan, &known, false)
		resp.Diagnostics.Append(d...)
	}
	resp.Diagnostics.Append(known.save(ctx, resp.Private)...)
	resp.Diagnostics.Append(resp.State.Set(ctx, &plan)...)
}

// Read compares the listings of both sides. A region that does not answer
// leaves every figure as it was last known.
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

	resp.Diagnostics.Append(resp.Identity.Set(ctx, identityModel{Name: state.Name})...)
	known, d := recall(ctx, req.Private, &state)
	resp.Diagnostics.Append(d...)
	at := r.now()
	rules, d := recallRules(ctx, req.Private)
	resp.Diagnostics.Append(d...)
	inventory, d := r.survey(ctx, &state, &rules)
	resp.Diagnostics.Append(d...)
	active, _, _ := roleFrom(ctx, state.Active)
	if inventory != nil {
		resp.Diagnostics.Append(saveUncopiable(ctx, resp.Private, inventory.UnsupportedCount > 0)...)
		known.surveyed(*inventory, at)
	} else if !state.byAzure() {
		r.inspect(ctx, &state, &known)
	}
	if state.byAzure() {
		resp.Diagnostics.Append(r.refreshByAzure(ctx, &state, &known, &rules, inventory != nil && state.InSync.ValueBool(), at)...)
		resp.Diagnostics.Append(rules.save(ctx, resp.Private)...)
	}
	resp.Diagnostics.Append(known.save(ctx, resp.Private)...)
	standby, _, _ := roleFrom(ctx, state.Standby)
	resp.Diagnostics.Append(services.SaveSilent(ctx, resp.Private, r.session.Answers, active.Location.ValueString(), standby.Location.ValueString())...)
	resp.Diagnostics.Append(resp.State.Set(ctx, &state)...)
}

// Update fails over, which changes the roles and asks nobody anything unless it
// is planned, or replicates what is behind.
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

	mode, _, d := plan.failover(ctx)
	resp.Diagnostics.Append(d...)
	known, d := recall(ctx, req.Private, &state)
	resp.Diagnostics.Append(d...)
	rules, d := recallRules(ctx, req.Private)
	resp.Diagnostics.Append(d...)
	silent, d := services.ReadSilent(ctx, req.Private)
	resp.Diagnostics.Append(d...)
	flip := flips(ctx, &plan, &state)
	planned := flip && !plan.byAzure() && mode == failover.ModePlanned && plan.LastReplicatedAt.IsUnknown()
	resp.Diagnostics.Append(r.resolve(ctx, &plan, flip && !planned)...)
	if resp.Diagnostics.HasError() {
		return
	}
	resp.Diagnostics.Append(resp.Identity.Set(ctx, identityModel{Name: plan.Name})...)
	switch {
	case planned:
		// The store as it is until all is there, and as it stays if that fails.
		before := plan
		before.ActiveRegion, before.Active, before.Standby = state.ActiveRegion, plan.Standby, plan.Active
		before.figures(&state)
		if !plan.InSync.IsUnknown() {
			before.InSync = plan.InSync
		}
		resp.Diagnostics.Append(r.drain(ctx, &before, &known)...)
		if resp.Diagnostics.HasError() {
			state.figures(&before)
			resp.Diagnostics.Append(known.save(ctx, resp.Private)...)
			resp.Diagnostics.Append(resp.State.Set(ctx, &state)...)
			return
		}
		plan.figures(&before)
		r.vouch(ctx, &plan, r.now())
		known = known.turned()
	case flip:
		plan.figures(&state)
		plan.settle()
		r.vouch(ctx, &plan, known.InSyncAt)
		known = known.turned()
		if plan.byPolicy() {
			resp.Diagnostics.Append(rules.takeDown(ctx, r.session, silent)...)
			resp.Diagnostics.Append(plan.settleReplication(ctx, &rules)...)
		}
	case plan.byAzure():
		if plan.LastReplicatedAt.IsUnknown() || plan.ObjectReplication.IsUnknown() {
			resp.Diagnostics.Append(r.applyByAzure(ctx, &plan, &known, &rules, silent)...)
		}
	case plan.LastReplicatedAt.IsUnknown():
		if state.byPolicy() {
			// As long as the policy is there nobody else can write the copies.
			resp.Diagnostics.Append(rules.takeDown(ctx, r.session, silent)...)
		}
		promised, inSync := !plan.PendingBlobs.IsUnknown(), plan.InSync
		plan.figures(&state)
		_, d := r.replicate(ctx, &plan, &known, promised)
		resp.Diagnostics.Append(d...)
		if promised && !resp.Diagnostics.HasError() {
			resp.Diagnostics.Append(plan.kept(inSync)...)
		}
	}
	resp.Diagnostics.Append(rules.save(ctx, resp.Private)...)
	resp.Diagnostics.Append(known.save(ctx, resp.Private)...)
	resp.Diagnostics.Append(resp.State.Set(ctx, &plan)...)
}

// vouch tells the submissions of this run until when the new active side is known
// to have held everything.
func (r *Resource) vouch(ctx context.Context, plan *model, until time.Time) {
	if active, ok, _ := roleFrom(ctx, plan.Active); ok {
		r.session.Vouch(active.ContainerURL.ValueString(), until)
	}
}

// Delete forgets the store. The blobs are the user's, on both sides; a policy that Azure replicates by is the store's.
func (r *Resource) Delete(ctx context.Context, req resource.DeleteRequest, resp *resource.DeleteResponse) {
	var state model
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	rules, d := recallRules(ctx, req.Private)
	resp.Diagnostics.Append(d...)
	if resp.Diagnostics.HasError() {
		return
	}
	// What stays behind keeps a container read-only, so that it has to be known.
	resp.Diagnostics.Append(rules.forget(ctx, r.session, state.Name.ValueString())...)
}

// ImportState takes the store's name; all the rest comes from the configuration.
func (r *Resource) ImportState(ctx context.Context, req resource.ImportStateRequest, resp *resource.ImportStateResponse) {
	services.ImportByName(ctx, req, resp)
}

// open opens both containers of a model.
func (r *Resource) open(ctx context.Context, m *model) (src, dst replication.Side, err error) {
	active, _, _ := roleFrom(ctx, m.Active)
	standby, _, _ := roleFrom(ctx, m.Standby)
	source, errSource := r.container(ctx, active)
	target, errTarget := r.container(ctx, standby)
	if err := errors.Join(errSource, errTarget); err != nil {
		return src, dst, err
	}
	return replication.Side{Location: active.Location.ValueString(), Store: source},
		replication.Side{Location: standby.Location.ValueString(), Store: target}, nil
}

func (r *Resource) container(ctx context.Context, role roleModel) (*blobstore.Container, error) {
	return r.session.Container(ctx, session.ContainerRef{
		Location: role.Location.ValueString(), StorageAccountID: role.StorageAccountID.ValueString(), URL: role.ContainerURL.ValueString(),
	})
}

// survey updates the figures from the listings, and returns what it found; nil
// when it could not look.
func (r *Resource) survey(ctx context.Context, m *model, rules *ruleMemory) (*replication.Inventory, diag.Diagnostics) {
	var diags diag.Diagnostics
	if m.Active.IsNull() {
		// Just imported: what to look at comes with the configuration.
		return nil, diags
	}
	options, d := m.options(ctx)
	diags.Append(d...)
	if m.Mode.ValueString() == modeGeoRedundant {
		// Azure makes the replica's container, in its own time.
	} else if lost, d := r.missing(ctx, m); lost || d.HasError() || len(d) > 0 {
		diags.Append(d...)
		return nil, diags
	}
	src, dst, err := r.open(ctx, m)
	var inventory replication.Inventory
	if err == nil {
		inventory, err = r.compare(ctx, m, src, dst, options, rules)
	}
	var damaged *replication.ManifestError
	switch {
	case errors.As(err, &damaged):
		// A failover has to be possible all the same.
		diags.Append(diagnostics.Warning("The input store was not compared", err, diagnostics.Context{Resource: m.Name.ValueString(), NextStep: m.nextDamaged()}))
	case err != nil && diagnostics.IsUnreachable(err):
		diags.Append(diagnostics.Unreachable(err, r.session)...)
	case err != nil:
		diags.Append(diagnostics.Error("The input store cannot be read", err, diagnostics.Context{Resource: m.Name.ValueString(),
			NextStep: "Check that the provider's identity may list both containers."}))
	default:
		m.observe(inventory)
		return &inventory, diags
	}
	return nil, diags
}

// missing notes containers that are gone, so that the next plan makes them.
func (r *Resource) missing(ctx context.Context, m *model) (bool, diag.Diagnostics) {
	var diags diag.Diagnostics
	lost := false
	for _, object := range []*types.Object{&m.Active, &m.Standby} {
		role, ok, d := roleFrom(ctx, *object)
		diags.Append(d...)
		if !ok || role.ContainerURL.IsNull() {
			lost = true
			continue
		}
		container, err := r.container(ctx, role)
		exists := false
		if err == nil {
			exists, err = container.Exists(ctx)
		}
		if azure.IsNotFound(err) {
			// The storage account is gone, and its containers went with it.
			err = nil
		}
		switch {
		case diagnostics.IsUnreachable(err):
			diags.Append(diagnostics.Unreachable(err, r.session)...)
			return true, diags
		case err != nil:
			diags.Append(diagnostics.Error("The input container cannot be read", err, diagnostics.Context{
				Resource: role.ContainerURL.ValueString(), Region: role.Location.ValueString()}))
			return true, diags
		case !exists:
			lost = true
			role.ContainerURL = types.StringNull()
			*object, d = role.object(ctx)
			diags.Append(d...)
		}
	}
	return lost, diags
}

// replicate brings the standby up to the active side. A region in the dark
// leaves it for a later apply, with the last known figures; that is an error
// where the plan promised the copies.
func (r *Resource) replicate(ctx context.Context, m *model, known *memory, promised bool) (replication.Result, diag.Diagnostics) {
	options, diags := m.options(ctx)
	active, _, _ := roleFrom(ctx, m.Active)
	standby, _, _ := roleFrom(ctx, m.Standby)
	err := errors.Join(r.ensure(ctx, active), r.ensure(ctx, standby))
	var src, dst replication.Side
	if err == nil {
		src, dst, err = r.open(ctx, m)
	}
	if err == nil && !m.flows(ctx) {
		inventory, err := replication.Survey(ctx, src, dst, options)
		if err == nil {
			m.observe(inventory)
		}
		m.settle()
		return replication.Result{}, append(diags, r.failed(m, err, promised)...)
	}
	var result replication.Result
	if err == nil {
		var remarks diag.Diagnostics
		result, remarks, err = r.copyOver(ctx, m.Name.ValueString(), src, dst, options)
		diags.Append(remarks...)
		if result.BlobCount > 0 || err == nil {
			m.replicated(result, r.now())
			known.replicated(standby.Location.ValueString(), m)
		}
	}
	m.settle()
	return result, append(diags, r.failed(m, err, promised)...)
}

func (r *Resource) ensure(ctx context.Context, role roleModel) error {
	container, err := r.container(ctx, role)
	if err == nil {
		_, err = container.Ensure(ctx)
	}
	return err
}

// failed turns what stopped a replication into diagnostics.
func (r *Resource) failed(m *model, err error, promised bool) diag.Diagnostics {
	var diags diag.Diagnostics
	var conflict *replication.ConflictError
	var damaged *replication.ManifestError
	switch {
	case err == nil:
	case errors.As(err, &damaged):
		diags.Append(diagnostics.Error("Replication did not begin", err, diagnostics.Context{Resource: m.Name.ValueString(), NextStep: m.nextDamaged()}))
	case errors.As(err, &conflict):
		diags.Append(diagnostics.Error("The standby holds other blobs than the ones copied there", err, diagnostics.Context{Resource: m.Name.ValueString(),
			NextStep: "Look at the blobs named. Remove or rename those that should not be there, or set on_conflict = \"overwrite\" to replace them."}))
	case diagnostics.IsUnreachable(err) && !promised:
		diags.Append(diagnostics.Warning("Nothing was replicated", err, diagnostics.Context{Resource: m.Name.ValueString(),
			NextStep: "Apply again when both regions answer."}))
	default:
		diags.Append(diagnostics.Error("Replication did not end", err, diagnostics.Context{Resource: m.Name.ValueString(),
			NextStep: "Apply again: it continues with what is still missing."}))
	}
	return diags
}

// nextDamaged says how to get rid of a manifest that cannot be read.
func (m *model) nextDamaged() string {
	return fmt.Sprintf("Delete the blob %s from the container that holds the damaged one and apply again: the blobs are compared anew, by their content. Until then the last known figures stay.",
		replication.ManifestName(m.Name.ValueString(), m.Prefix.ValueString()))
}

// settle replaces what is still not known by null: nobody could tell.
func (m *model) settle() {
	for _, v := range []*types.Int64{&m.BlobCount, &m.TotalBytes, &m.PendingBlobs, &m.PendingBytes} {
		if v.IsUnknown() {
			*v = types.Int64Null()
		}
	}
	for _, v := range []*types.String{&m.ManifestSHA256, &m.RecoveryPoint, &m.LastReplicatedAt} {
		if v.IsUnknown() {
			*v = types.StringNull()
		}
	}
	if m.InSync.IsUnknown() {
		m.InSync = types.BoolValue(false)
	}
}
