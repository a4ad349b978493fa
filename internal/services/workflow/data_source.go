// Package workflow is the data sources genomics_workflow and genomics_workflows.
package workflow

import (
	"context"
	"time"

	"github.com/hashicorp/terraform-plugin-framework-timeouts/datasource/timeouts"
	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/azure"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/diagnostics"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/msgenomics"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/region"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/services"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/session"
)

const defaultReadTimeout = 5 * time.Minute

// cloud is what this package needs of the run's session.
type cloud interface {
	Gate(location string) *region.Gate
	ServiceURL(location string) (string, error)
	Account(ctx context.Context, id string) (azure.Account, error)
	Service(account session.ServiceAccount) (*msgenomics.Client, error)
}

var _ cloud = (*session.Session)(nil)

// source is what the two data sources do alike.
type source struct{ cloud cloud }

// Configure takes the run's session.
func (s *source) Configure(_ context.Context, req datasource.ConfigureRequest, resp *datasource.ConfigureResponse) {
	run, diags := services.Session(req.ProviderData)
	resp.Diagnostics.Append(diags...)
	if run != nil {
		s.cloud = run
	}
}

func (s *source) timeouts(ctx context.Context) map[string]schema.Block {
	return map[string]schema.Block{
		"timeouts": timeouts.BlockWithOpts(ctx, timeouts.Opts{ReadDescription: "How long reading may take, as a duration. Default `5m`."}),
	}
}

// service finds the account's region and the client for it. The location is set
// as soon as it is known.
func (s *source) service(ctx context.Context, accountID types.String, location *types.String) (*msgenomics.Client, error) {
	if location.IsNull() || location.IsUnknown() {
		*location = types.StringNull()
		account, err := s.cloud.Account(ctx, accountID.ValueString())
		if err != nil {
			return nil, err
		}
		*location = types.StringValue(region.Normalize(account.Location))
	}
	return s.cloud.Service(session.ServiceAccount{ID: accountID.ValueString(), Location: location.ValueString()})
}

// DataSource implements genomics_workflow.
type DataSource struct{ source }

// ListDataSource implements genomics_workflows.
type ListDataSource struct{ source }

var (
	_ datasource.DataSourceWithConfigure = (*DataSource)(nil)
	_ datasource.DataSourceWithConfigure = (*ListDataSource)(nil)
)

// NewDataSource makes the data source for one workflow.
func NewDataSource() datasource.DataSource { return &DataSource{} }

// NewListDataSource makes the data source for many.
func NewListDataSource() datasource.DataSource { return &ListDataSource{} }

// Metadata names the data source.
func (d *DataSource) Metadata(_ context.Context, req datasource.MetadataRequest, resp *datasource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_workflow"
}

// Schema describes the data source.
func (d *DataSource) Schema(ctx context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	resp.Schema = oneSchema()
	resp.Schema.Blocks = d.timeouts(ctx)
}

// Read asks the region for the workflow.
func (d *DataSource) Read(ctx context.Context, req datasource.ReadRequest, resp *datasource.ReadResponse) {
	var data oneModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &data)...)
	timeout, found := data.Timeouts.Read(ctx, defaultReadTimeout)
	resp.Diagnostics.Append(found...)
	if resp.Diagnostics.HasError() {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()

	var workflow msgenomics.Workflow
	client, err := d.service(ctx, data.AccountID, &data.Location)
	if err == nil {
		workflow, err = client.Get(ctx, data.WorkflowID.ValueInt64())
	}
	switch {
	case err == nil:
		data.facts, data.Reachable = factsFromAPI(workflow), types.BoolValue(true)
	case diagnostics.IsUnreachable(err):
		resp.Diagnostics.Append(diagnostics.Unreachable(err, d.cloud)...)
		data.facts, data.Reachable = nothingKnown(data.WorkflowID), types.BoolValue(false)
	default:
		about := diagnostics.Context{Resource: data.AccountID.ValueString() + "/workflows/" + data.WorkflowID.String(), Region: data.Location.ValueString()}
		summary := "The workflow cannot be read"
		if msgenomics.IsNotFound(err) {
			summary, about.NextStep = "The workflow does not exist", "Check workflow_id and account_id: each account counts its workflows by itself."
		}
		resp.Diagnostics.Append(diagnostics.Error(summary, err, about))
		return
	}
	resp.Diagnostics.Append(resp.State.Set(ctx, &data)...)
}

// Metadata names the data source.
func (d *ListDataSource) Metadata(_ context.Context, req datasource.MetadataRequest, resp *datasource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_workflows"
}

// Schema describes the data source.
func (d *ListDataSource) Schema(ctx context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	resp.Schema = manySchema()
	resp.Schema.Blocks = d.timeouts(ctx)
}

// Read asks the region for the account's workflows. It does not use the run's
// shared listing, which may be older than what this run has submitted.
func (d *ListDataSource) Read(ctx context.Context, req datasource.ReadRequest, resp *datasource.ReadResponse) {
	var data manyModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &data)...)
	timeout, found := data.Timeouts.Read(ctx, defaultReadTimeout)
	resp.Diagnostics.Append(found...)
	if resp.Diagnostics.HasError() {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()

	about := diagnostics.Context{Resource: data.AccountID.ValueString()}
	workflows, err := d.list(ctx, &data)
	about.Region = data.Location.ValueString()
	data.Workflows, data.Reachable = workflows, types.BoolValue(err == nil)
	switch {
	case err == nil:
	case diagnostics.IsUnreachable(err):
		resp.Diagnostics.Append(diagnostics.Unreachable(err, d.cloud)...)
		data.Workflows = []facts{}
	case azure.IsNotFound(err):
		// The account's ID is known before the account is: a plan may come here
		// before anything was created.
		about.NextStep = "None if this run creates the account. Otherwise check account_id."
		resp.Diagnostics.Append(diagnostics.Warning("The account does not exist, so that it has no workflows", err, about))
		data.Workflows = []facts{}
	default:
		resp.Diagnostics.Append(diagnostics.Error("The account's workflows cannot be read", err, about))
		return
	}
	resp.Diagnostics.Append(resp.State.Set(ctx, &data)...)
}

func (d *ListDataSource) list(ctx context.Context, data *manyModel) ([]facts, error) {
	client, err := d.service(ctx, data.AccountID, &data.Location)
	if err != nil {
		return nil, err
	}
	workflows := []facts{}
	for w, err := range client.List(ctx, data.query()) {
		if err != nil {
			return nil, err
		}
		if f := factsFromAPI(w); data.matches(f) {
			workflows = append(workflows, f)
		}
	}
	return workflows, nil
}
