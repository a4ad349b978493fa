package workflow

import (
	"context"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework-timeouts/list/timeouts"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/list"
	listschema "github.com/hashicorp/terraform-plugin-framework/list/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/azure"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/diagnostics"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/msgenomics"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/services"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/services/check"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/services/submission"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/session"
)

// List implements the list resource genomics_workflow_submission: the workflows of an
// account as submissions that could be imported.
type List struct{ source source }

var _ list.ListResourceWithConfigure = (*List)(nil)

// NewList makes the list resource.
func NewList() list.ListResource { return &List{} }

type listModel struct {
	AccountID types.String   `tfsdk:"account_id"`
	Location  types.String   `tfsdk:"location"`
	Status    types.String   `tfsdk:"status"`
	Name      types.String   `tfsdk:"name"`
	Process   types.String   `tfsdk:"process"`
	Timeouts  timeouts.Value `tfsdk:"timeouts"`
}

// Metadata names the resource that is listed.
func (l *List) Metadata(_ context.Context, _ resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = submission.TypeName
}

// ListResourceConfigSchema describes the list.
func (l *List) ListResourceConfigSchema(ctx context.Context, _ list.ListResourceSchemaRequest, resp *list.ListResourceSchemaResponse) {
	resp.Schema = listschema.Schema{
		MarkdownDescription: "The workflows of an account, whoever submitted them, newest first, for `terraform query`: what could be imported as a `genomics_workflow_submission`. 100 are read a request. " +
			"In a configuration that Terraform generates of them, name, inputs, output and the references to the pair and the store are for you to fill in: a run does not tell them.",
		Attributes: map[string]listschema.Attribute{
			"location": listschema.StringAttribute{
				Optional: true, Validators: []validator.String{check.Location()}, MarkdownDescription: locationDescription,
			},
		},
		Blocks: map[string]listschema.Block{
			"timeouts": timeouts.BlockWithOpts(ctx, timeouts.Opts{ListDescription: "How long listing may take, as a duration. Default `5m`."}),
		},
	}
	of := manySchema().Attributes
	for _, name := range []string{"account_id", "status", "name", "process"} {
		resp.Schema.Attributes[name] = of[name]
	}
}

// Configure takes the run's session.
func (l *List) Configure(_ context.Context, req resource.ConfigureRequest, resp *resource.ConfigureResponse) {
	run, diags := services.Session(req.ProviderData)
	resp.Diagnostics.Append(diags...)
	if run != nil {
		l.source.cloud = run
	}
}

// List asks the region for the account's workflows.
func (l *List) List(ctx context.Context, req list.ListRequest, stream *list.ListResultsStream) {
	var config listModel
	diags := req.Config.Get(ctx, &config)
	timeout, found := config.Timeouts.List(ctx, defaultReadTimeout)
	if diags.Append(found...); diags.HasError() {
		stream.Results = list.ListResultsStreamDiagnostics(diags)
		return
	}
	stream.Results = func(push func(list.ListResult) bool) {
		ctx, cancel := context.WithTimeout(ctx, timeout)
		defer cancel()
		if err := l.each(ctx, &config, req, push); err != nil {
			about := diagnostics.Context{Resource: config.AccountID.ValueString(), Region: config.Location.ValueString()}
			push(list.ListResult{Diagnostics: diag.Diagnostics{diagnostics.Error("The account's workflows cannot be listed", err, about)}})
		}
	}
}

// each pushes one workflow after another, as far as somebody wants them.
func (l *List) each(ctx context.Context, config *listModel, req list.ListRequest, push func(list.ListResult) bool) error {
	id, err := azure.ParseAccountID(config.AccountID.ValueString())
	if err != nil {
		return err
	}
	client, err := l.source.service(ctx, config.AccountID, &config.Location)
	if err != nil {
		return err
	}
	at := session.ServiceAccount{ID: id.String(), Location: config.Location.ValueString()}
	if at.URL, err = l.source.cloud.ServiceURL(at.Location); err != nil {
		return err
	}
	selected := manyModel{Status: config.Status, Name: config.Name, Process: config.Process}
	var given int64
	for w, err := range client.List(ctx, selected.query()) {
		if err != nil {
			return err
		}
		f := factsFromAPI(w)
		if !selected.matches(f) {
			continue
		}
		if !push(listed(ctx, req, at, w, f)) {
			return nil
		}
		if given++; given == req.Limit {
			return nil
		}
	}
	return nil
}

// listed is a workflow as a query shows it.
func listed(ctx context.Context, req list.ListRequest, at session.ServiceAccount, w msgenomics.Workflow, f facts) list.ListResult {
	result := req.NewListResult(ctx)
	what := f.Description.ValueString()
	if what == "" {
		what = w.Process
	}
	result.DisplayName = fmt.Sprintf("%d %s (%s)", w.ID, what, f.Status.ValueString())
	into := result.Resource
	if !req.IncludeResource {
		into = nil
	}
	result.Diagnostics.Append(submission.Listed(ctx, at, w, result.Identity, into)...)
	return result
}
