package workflow

import (
	"context"
	"fmt"
	"time"

	"github.com/hashicorp/terraform-plugin-framework-timeouts/action/timeouts"
	"github.com/hashicorp/terraform-plugin-framework-validators/int64validator"
	"github.com/hashicorp/terraform-plugin-framework/action"
	"github.com/hashicorp/terraform-plugin-framework/action/schema"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/diagnostics"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/msgenomics"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/services"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/services/check"
)

const (
	defaultInvokeTimeout = 30 * time.Minute
	// A cancellation is looked after quickly first, and slower the longer it takes.
	firstLook = 250 * time.Millisecond
	lastLook  = 15 * time.Second
)

// Cancel implements the action genomics_cancel_workflow.
type Cancel struct{ source source }

var _ action.ActionWithConfigure = (*Cancel)(nil)

// NewCancel makes the action.
func NewCancel() action.Action { return &Cancel{} }

type cancelModel struct {
	AccountID  types.String   `tfsdk:"account_id"`
	WorkflowID types.Int64    `tfsdk:"workflow_id"`
	Location   types.String   `tfsdk:"location"`
	Timeouts   timeouts.Value `tfsdk:"timeouts"`
}

// Metadata names the action.
func (c *Cancel) Metadata(_ context.Context, req action.MetadataRequest, resp *action.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_cancel_workflow"
}

// Schema describes the action.
func (c *Cancel) Schema(ctx context.Context, _ action.SchemaRequest, resp *action.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "Cancels one workflow of an account, whoever submitted it, and waits until it has ended. A workflow that has ended already is left as it is, and one that is being cancelled is only waited for: " +
			"invoking it twice does no more than once. One that does not exist, or whose region does not answer, is an error. " +
			"A `genomics_workflow_submission` whose run is cancelled shows that with its next refresh, and does not run again by itself: change its `triggers` for that.",
		Attributes: map[string]schema.Attribute{
			"account_id": schema.StringAttribute{Required: true, MarkdownDescription: "Resource ID of the account.", Validators: []validator.String{check.AccountID()}},
			"workflow_id": schema.Int64Attribute{
				Required: true, MarkdownDescription: "Number of the workflow in the account, such as `workflow_id` of a `genomics_workflow_submission`.", Validators: []validator.Int64{int64validator.AtLeast(1)},
			},
			"location": schema.StringAttribute{
				Optional: true, Validators: []validator.String{check.Location()}, MarkdownDescription: locationDescription,
			},
		},
		Blocks: map[string]schema.Block{
			"timeouts": timeouts.BlockWithOpts(ctx, timeouts.Opts{InvokeDescription: "How long the workflow may take to end, as a duration. Default `30m`. The cancellation is not taken back then."}),
		},
	}
}

// Configure takes the run's session.
func (c *Cancel) Configure(_ context.Context, req action.ConfigureRequest, resp *action.ConfigureResponse) {
	run, diags := services.Session(req.ProviderData)
	resp.Diagnostics.Append(diags...)
	if run != nil {
		c.source.cloud = run
	}
}

// Invoke cancels the workflow.
func (c *Cancel) Invoke(ctx context.Context, req action.InvokeRequest, resp *action.InvokeResponse) {
	var config cancelModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &config)...)
	timeout, found := config.Timeouts.Invoke(ctx, defaultInvokeTimeout)
	if resp.Diagnostics.Append(found...); resp.Diagnostics.HasError() {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	say := func(format string, args ...any) {
		resp.SendProgress(action.InvokeProgressEvent{Message: fmt.Sprintf(format, args...)})
	}

	client, err := c.source.service(ctx, config.AccountID, &config.Location)
	told := false
	if err == nil {
		told, err = stop(ctx, client, config.WorkflowID.ValueInt64(), say)
	}
	about := diagnostics.Context{Resource: config.AccountID.ValueString() + "/workflows/" + config.WorkflowID.String(), Region: config.Location.ValueString()}
	switch {
	case err == nil:
	case msgenomics.IsNotFound(err):
		about.NextStep = "Check workflow_id and account_id: each account counts its workflows by itself."
		resp.Diagnostics.Append(diagnostics.Error("The workflow does not exist", err, about))
	case told:
		about.NextStep = "The service was told to cancel it. Invoke the action again to wait for its end."
		resp.Diagnostics.Append(diagnostics.Error("The workflow has not ended yet", err, about))
	default:
		about.NextStep = "Invoke the action again when the region answers: it is not known to be cancelled."
		resp.Diagnostics.Append(diagnostics.Error("The workflow cannot be cancelled", err, about))
	}
}

// service is what stopping needs of a region's service.
type service interface {
	Get(ctx context.Context, id int64) (msgenomics.Workflow, error)
	Cancel(ctx context.Context, id int64) error
}

// stop cancels a workflow unless it has ended, and waits until it has. told says that
// the service knows that it should.
func stop(ctx context.Context, client service, id int64, say func(format string, args ...any)) (told bool, err error) {
	interval := firstLook
	var last msgenomics.Status
	for {
		workflow, err := client.Get(ctx, id)
		switch {
		case err != nil:
			return told, err
		case workflow.Status.Finished() && !told:
			say("Workflow %d has ended already: %s", id, workflow.Status)
			return true, nil
		case workflow.Status.Finished():
			say("Workflow %d has ended: %s", id, workflow.Status)
			return true, nil
		case workflow.Status != msgenomics.StatusCancelling && !told:
			say("Workflow %d is %s, and is cancelled", id, workflow.Status)
			if err := client.Cancel(ctx, id); err != nil {
				// What has ended meanwhile cannot be cancelled, and need not be.
				if workflow, look := client.Get(ctx, id); look == nil && workflow.Status.Finished() {
					continue
				}
				return false, err
			}
		case workflow.Status != last:
			say("Workflow %d is %s", id, workflow.Status)
		}
		told, last = true, workflow.Status
		timer := time.NewTimer(interval)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return told, ctx.Err()
		}
		interval = min(interval*3/2, lastLook)
	}
}
