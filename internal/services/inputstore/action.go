package inputstore

import (
	"context"
	"fmt"
	"time"

	"github.com/hashicorp/terraform-plugin-framework-timeouts/action/timeouts"
	"github.com/hashicorp/terraform-plugin-framework/action"
	actionschema "github.com/hashicorp/terraform-plugin-framework/action/schema"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/replication"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/services"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/services/check"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/session"
)

// Action implements the action genomics_replicate: what an apply of the store copies,
// whenever somebody asks for it.
type Action struct {
	session *session.Session
	now     func() time.Time
}

var (
	_ action.ActionWithConfigure      = (*Action)(nil)
	_ action.ActionWithValidateConfig = (*Action)(nil)
)

// NewAction makes the action.
func NewAction() action.Action { return &Action{now: time.Now} }

type actionModel struct {
	Name                types.String   `tfsdk:"name"`
	ActiveRegion        types.String   `tfsdk:"active_region"`
	Primary             types.Object   `tfsdk:"primary"`
	Secondary           types.Object   `tfsdk:"secondary"`
	Prefix              types.String   `tfsdk:"prefix"`
	Include             types.List     `tfsdk:"include"`
	Exclude             types.List     `tfsdk:"exclude"`
	Transfer            types.String   `tfsdk:"transfer"`
	Concurrency         types.Int64    `tfsdk:"concurrency"`
	Verify              types.String   `tfsdk:"verify"`
	OnConflict          types.String   `tfsdk:"on_conflict"`
	FailbackReplication types.Bool     `tfsdk:"failback_replication"`
	Timeouts            timeouts.Value `tfsdk:"timeouts"`
}

// store is the store that the action is about, before anything is known of it. What is
// not given is by default what it is for the resource.
func (m *actionModel) store() model {
	return model{
		Name: m.Name, ActiveRegion: m.ActiveRegion, Primary: m.Primary, Secondary: m.Secondary, Prefix: m.Prefix, Include: m.Include, Exclude: m.Exclude,
		Mode: types.StringValue(modeCopy), Transfer: m.Transfer, Concurrency: m.Concurrency, Verify: m.Verify, OnConflict: m.OnConflict, FailbackReplication: m.FailbackReplication,
	}
}

// Metadata names the action.
func (a *Action) Metadata(_ context.Context, req action.MetadataRequest, resp *action.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_replicate"
}

// Schema describes the action.
func (a *Action) Schema(ctx context.Context, _ action.SchemaRequest, resp *action.SchemaResponse) {
	resp.Schema = actionschema.Schema{
		MarkdownDescription: "Copies to the standby region what it lacks of a `genomics_replicated_input_store` with `mode = \"copy\"`, as an apply of the store does, and tells each second how far it is: " +
			"for uploads that should not wait for the next apply. Its arguments are those of the store; give them by reference. It never deletes a blob, and interrupted it goes on the next time where it was. " +
			"What cannot be copied because a region does not answer, or because the standby holds other blobs, is an error. The store's own figures follow with its next refresh.",
		Attributes: map[string]actionschema.Attribute{},
		Blocks: map[string]actionschema.Block{
			"timeouts": timeouts.BlockWithOpts(ctx, timeouts.Opts{InvokeDescription: "How long the replication may take, as a duration. Default `24h`."}),
		},
	}
	of := resourceSchema(ctx).Attributes
	for _, name := range []string{"name", "active_region", "primary", "secondary", "prefix", "include", "exclude", "transfer", "concurrency", "verify", "on_conflict", "failback_replication"} {
		resp.Schema.Attributes[name] = argument(of[name])
	}
	resp.Schema.Attributes["name"] = schema.StringAttribute{Required: true, Validators: []validator.String{check.StoreName()},
		MarkdownDescription: "Name of the store. The manifest is kept under it in the standby's container."}
	resp.Schema.Attributes["failback_replication"] = schema.BoolAttribute{Optional: true,
		MarkdownDescription: "Whether blobs flow back to the primary while the secondary is active. Default `false`: then nothing is copied, and a warning says so."}
}

// argument is a resource's attribute as an action has it: with neither a default nor a
// plan of its own.
func argument(of schema.Attribute) actionschema.Attribute {
	switch attribute := of.(type) {
	case schema.StringAttribute:
		attribute.Computed, attribute.Default, attribute.PlanModifiers = false, nil, nil
		return attribute
	case schema.Int64Attribute:
		attribute.Computed, attribute.Default, attribute.PlanModifiers = false, nil, nil
		return attribute
	default:
		return of
	}
}

// Configure takes the run's session.
func (a *Action) Configure(_ context.Context, req action.ConfigureRequest, resp *action.ConfigureResponse) {
	var d diag.Diagnostics
	a.session, d = services.Session(req.ProviderData)
	resp.Diagnostics.Append(d...)
}

// ValidateConfig checks the rules between attributes, offline.
func (a *Action) ValidateConfig(ctx context.Context, req action.ValidateConfigRequest, resp *action.ValidateConfigResponse) {
	var config actionModel
	if resp.Diagnostics.Append(req.Config.Get(ctx, &config)...); !resp.Diagnostics.HasError() {
		store := config.store()
		resp.Diagnostics.Append(validate(ctx, &store)...)
	}
}

// Invoke replicates once.
func (a *Action) Invoke(ctx context.Context, req action.InvokeRequest, resp *action.InvokeResponse) {
	var config actionModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &config)...)
	timeout, d := config.Timeouts.Invoke(ctx, defaultChangeTimeout)
	if resp.Diagnostics.Append(d...); resp.Diagnostics.HasError() {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	say := func(line string) { resp.SendProgress(action.InvokeProgressEvent{Message: line}) }

	r, store, known := &Resource{session: a.session, now: a.now, progress: say}, config.store(), memory{}
	resp.Diagnostics.Append(r.complete(ctx, &store, nil, nil, known, ruleMemory{})...)
	resp.Diagnostics.Append(r.resolve(ctx, &store, false)...)
	if resp.Diagnostics.HasError() {
		return
	}
	if !store.flows(ctx) {
		resp.Diagnostics.AddWarning("Nothing was replicated", fmt.Sprintf("The secondary side of store %q is active, and nothing flows back by itself. "+
			"Set failback_replication = true to copy to the primary what it lacks.", store.Name.ValueString()))
		return
	}
	active, standby, _, _ := store.sides(ctx)
	say(fmt.Sprintf("Comparing %s with %s", standby.Location.ValueString(), active.Location.ValueString()))
	began := a.now()
	result, d := r.replicate(ctx, &store, &known, true)
	if resp.Diagnostics.Append(d...); !resp.Diagnostics.HasError() {
		say(outcome(result, a.now().Sub(began)))
	}
}

// outcome sums a replication up.
func outcome(r replication.Result, took time.Duration) string {
	line := fmt.Sprintf("Replicated: %d blobs, %s, copied in %s; the standby now holds %d of %d blobs", r.Copied, size(r.CopiedBytes), took.Round(time.Second),
		r.BlobCount-r.PendingBlobs-r.UnsupportedCount, r.BlobCount)
	if !r.RecoveryPoint.IsZero() {
		line += ", as of " + r.RecoveryPoint.UTC().Format(time.RFC3339)
	}
	return line
}
