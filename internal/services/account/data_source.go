package account

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework-timeouts/datasource/timeouts"
	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/azure"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/diagnostics"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/region"
)

// DataSource implements the data source genomics_account.
type DataSource struct{ cloud cloud }

var _ datasource.DataSourceWithConfigure = (*DataSource)(nil)

// NewDataSource makes the data source.
func NewDataSource() datasource.DataSource { return &DataSource{} }

type dataModel struct {
	ID                types.String   `tfsdk:"id"`
	Name              types.String   `tfsdk:"name"`
	ResourceGroupName types.String   `tfsdk:"resource_group_name"`
	Location          types.String   `tfsdk:"location"`
	Tags              types.Map      `tfsdk:"tags"`
	APIURL            types.String   `tfsdk:"api_url"`
	ProvisioningState types.String   `tfsdk:"provisioning_state"`
	Timeouts          timeouts.Value `tfsdk:"timeouts"`
}

// Metadata names the data source.
func (d *DataSource) Metadata(_ context.Context, req datasource.MetadataRequest, resp *datasource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_account"
}

// Schema describes the data source.
func (d *DataSource) Schema(ctx context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "A Microsoft Genomics account that exists already. It asks Resource Manager, not the account's region; an account that does not exist is an error.",
		Attributes: map[string]schema.Attribute{
			"id":                  schema.StringAttribute{Computed: true, MarkdownDescription: "Resource ID of the account."},
			"name":                schema.StringAttribute{Required: true, MarkdownDescription: "Name of the account.", Validators: []validator.String{accountName()}},
			"resource_group_name": schema.StringAttribute{Required: true, MarkdownDescription: "Name of its resource group, in the provider's subscription.", Validators: []validator.String{resourceGroupName()}},
			"location":            schema.StringAttribute{Computed: true, MarkdownDescription: "Azure region that the account runs workflows in, such as `westus2`."},
			"tags":                schema.MapAttribute{Computed: true, ElementType: types.StringType, MarkdownDescription: "Tags of the account; empty if it has none."},
			"api_url":             schema.StringAttribute{Computed: true, MarkdownDescription: "Base URL of the workflow service in the account's region."},
			"provisioning_state":  schema.StringAttribute{Computed: true, MarkdownDescription: "What Resource Manager says of the account: `Succeeded` when it can be used."},
		},
		Blocks: map[string]schema.Block{
			"timeouts": timeouts.BlockWithOpts(ctx, timeouts.Opts{ReadDescription: "How long reading may take, as a duration. Default `5m`."}),
		},
	}
}

// Configure takes the run's session.
func (d *DataSource) Configure(_ context.Context, req datasource.ConfigureRequest, resp *datasource.ConfigureResponse) {
	var found diag.Diagnostics
	d.cloud, found = configured(req.ProviderData)
	resp.Diagnostics.Append(found...)
}

// Read asks Resource Manager for the account.
func (d *DataSource) Read(ctx context.Context, req datasource.ReadRequest, resp *datasource.ReadResponse) {
	var data dataModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &data)...)
	timeout, found := data.Timeouts.Read(ctx, defaultReadTimeout)
	resp.Diagnostics.Append(found...)
	if resp.Diagnostics.HasError() {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()

	id := azure.AccountID{SubscriptionID: d.cloud.SubscriptionID(), ResourceGroup: data.ResourceGroupName.ValueString(), Name: data.Name.ValueString()}
	about := diagnostics.Context{Resource: id.String()}
	var account azure.Account
	client, err := d.cloud.Accounts()
	if err == nil {
		account, err = client.Get(ctx, id)
	}
	if azure.IsNotFound(err) {
		about.NextStep = "Check name, resource_group_name and the provider's subscription."
		resp.Diagnostics.Append(diagnostics.Error("The account does not exist", err, about))
		return
	}
	if err != nil {
		resp.Diagnostics.Append(diagnostics.Error("The account cannot be read", err, about))
		return
	}
	about.Region = region.Normalize(account.Location)
	url, err := d.cloud.ServiceURL(account.Location)
	if err != nil {
		resp.Diagnostics.Append(diagnostics.Error("No service endpoint for the account's region", err, about))
		return
	}
	data.ID = types.StringValue(id.String())
	data.Location = types.StringValue(region.Normalize(account.Location))
	data.APIURL = types.StringValue(url)
	data.ProvisioningState = types.StringValue(account.ProvisioningState)
	data.Tags, found = tagsFromAPI(ctx, account.Tags)
	resp.Diagnostics.Append(found...)
	resp.Diagnostics.Append(resp.State.Set(ctx, &data)...)
}
