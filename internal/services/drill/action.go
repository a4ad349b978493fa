package drill

import (
	"context"
	"fmt"
	"time"

	"github.com/hashicorp/terraform-plugin-framework-timeouts/action/timeouts"
	"github.com/hashicorp/terraform-plugin-framework/action"
	"github.com/hashicorp/terraform-plugin-framework/action/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/services"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/session"
)

// Action implements the action genomics_failover_drill: the same canary, whenever
// somebody asks for it.
type Action struct {
	session *session.Session
	now     func() time.Time
}

var (
	_ action.ActionWithConfigure      = (*Action)(nil)
	_ action.ActionWithModifyPlan     = (*Action)(nil)
	_ action.ActionWithValidateConfig = (*Action)(nil)
)

// NewAction makes the action.
func NewAction() action.Action { return &Action{now: time.Now} }

type actionModel struct {
	arguments

	Timeouts timeouts.Value `tfsdk:"timeouts"`
}

// Metadata names the action.
func (a *Action) Metadata(_ context.Context, req action.MetadataRequest, resp *action.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_failover_drill"
}

// Schema describes the action.
func (a *Action) Schema(ctx context.Context, _ action.SchemaRequest, resp *action.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "A rehearsal of a failover: " + whatADrillIs + "Each time it is invoked one drill is run, and what it does is told as it goes. " +
			"A canary that fails is an error; one that succeeds leaves a small record beside the outputs, which `genomics_readiness` goes by. Interrupted, it cancels its canary. Nothing is kept in the state.",
		Attributes: map[string]schema.Attribute{},
		Blocks: map[string]schema.Block{
			"timeouts": timeouts.BlockWithOpts(ctx, timeouts.Opts{InvokeDescription: "How long a drill may take, as a duration. Default `6h`. The canary is cancelled then."}),
		},
	}
	for name, attribute := range argumentAttributes() {
		resp.Schema.Attributes[name] = attribute
	}
	resp.Schema.Attributes["drill_id"] = optional("Any text of 1 to 64 characters. A canary of the same drill that is there already is taken up, and one that has succeeded is not run again. Default: the time of the invocation, which makes every one a drill of its own.",
		validDrillID())
}

// Configure takes the run's session.
func (a *Action) Configure(_ context.Context, req action.ConfigureRequest, resp *action.ConfigureResponse) {
	run, diags := services.Session(req.ProviderData)
	resp.Diagnostics.Append(diags...)
	if run != nil {
		a.session = run
	}
}

// ValidateConfig checks the rules between attributes, offline.
func (a *Action) ValidateConfig(ctx context.Context, req action.ValidateConfigRequest, resp *action.ValidateConfigResponse) {
	var config actionModel
	if resp.Diagnostics.Append(req.Config.Get(ctx, &config)...); !resp.Diagnostics.HasError() {
		resp.Diagnostics.Append(config.Validate(ctx)...)
	}
}

// ModifyPlan says while planning what is known to be wrong.
func (a *Action) ModifyPlan(ctx context.Context, req action.ModifyPlanRequest, resp *action.ModifyPlanResponse) {
	var config actionModel
	if resp.Diagnostics.Append(req.Config.Get(ctx, &config)...); !resp.Diagnostics.HasError() {
		resp.Diagnostics.Append(config.foresee(ctx)...)
	}
}

// Invoke runs one drill.
func (a *Action) Invoke(ctx context.Context, req action.InvokeRequest, resp *action.InvokeResponse) {
	var config actionModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &config)...)
	timeout, d := config.Timeouts.Invoke(ctx, defaultTimeout)
	if resp.Diagnostics.Append(d...); resp.Diagnostics.HasError() {
		return
	}
	if config.DrillID.IsNull() {
		config.DrillID = types.StringValue(a.now().UTC().Format("2006-01-02T15:04:05.000Z"))
	}
	c, d := config.canary(ctx)
	if resp.Diagnostics.Append(d...); resp.Diagnostics.HasError() {
		return
	}
	c.session, c.now, c.limit = a.session, a.now, timeout
	c.say = func(format string, args ...any) {
		resp.SendProgress(action.InvokeProgressEvent{Message: fmt.Sprintf(format, args...)})
	}
	// There is no state that could tell of a canary that failed.
	c.strict = true
	_, d = c.run(ctx)
	resp.Diagnostics.Append(d...)
}
