package account

import (
	"context"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework-timeouts/list/timeouts"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/list"
	"github.com/hashicorp/terraform-plugin-framework/list/schema"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/azure"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/diagnostics"
)

// List implements the list resource genomics_account.
type List struct{ cloud cloud }

var _ list.ListResourceWithConfigure = (*List)(nil)

// NewList makes the list resource.
func NewList() list.ListResource { return &List{} }

type listModel struct {
	SubscriptionID    types.String   `tfsdk:"subscription_id"`
	ResourceGroupName types.String   `tfsdk:"resource_group_name"`
	Timeouts          timeouts.Value `tfsdk:"timeouts"`
}

// Metadata names the resource that is listed.
func (l *List) Metadata(ctx context.Context, req resource.MetadataRequest, resp *resource.MetadataResponse) {
	(&Resource{}).Metadata(ctx, req, resp)
}

// ListResourceConfigSchema describes the list.
func (l *List) ListResourceConfigSchema(ctx context.Context, _ list.ListResourceSchemaRequest, resp *list.ListResourceSchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "The Microsoft Genomics accounts of a subscription or of one of its resource groups, for `terraform query`. It asks Resource Manager, not the accounts' regions.",
		Attributes: map[string]schema.Attribute{
			"subscription_id": schema.StringAttribute{
				Optional: true, MarkdownDescription: "ID of the subscription. Default: the provider's.", Validators: []validator.String{stringvalidator.LengthAtLeast(1)},
			},
			"resource_group_name": schema.StringAttribute{
				Optional: true, MarkdownDescription: "Only accounts in this resource group. By default any.", Validators: []validator.String{resourceGroupName()},
			},
		},
		Blocks: map[string]schema.Block{
			"timeouts": timeouts.BlockWithOpts(ctx, timeouts.Opts{ListDescription: "How long listing may take, as a duration. Default `5m`."}),
		},
	}
}

// Configure takes the run's session.
func (l *List) Configure(_ context.Context, req resource.ConfigureRequest, resp *resource.ConfigureResponse) {
	var found diag.Diagnostics
	l.cloud, found = configured(req.ProviderData)
	resp.Diagnostics.Append(found...)
}

// List asks Resource Manager for the accounts.
func (l *List) List(ctx context.Context, req list.ListRequest, stream *list.ListResultsStream) {
	var config listModel
	diags := req.Config.Get(ctx, &config)
	timeout, found := config.Timeouts.List(ctx, defaultReadTimeout)
	if diags.Append(found...); diags.HasError() {
		stream.Results = list.ListResultsStreamDiagnostics(diags)
		return
	}
	client, err := l.cloud.Accounts()
	if err != nil {
		stream.Results = list.ListResultsStreamDiagnostics(config.failed(err))
		return
	}
	stream.Results = func(push func(list.ListResult) bool) {
		ctx, cancel := context.WithTimeout(ctx, timeout)
		defer cancel()
		var given int64
		for account, err := range client.List(ctx, config.SubscriptionID.ValueString(), config.ResourceGroupName.ValueString()) {
			if err != nil {
				push(list.ListResult{Diagnostics: config.failed(err)})
				return
			}
			if !push(l.result(ctx, req, account)) {
				return
			}
			if given++; given == req.Limit {
				return
			}
		}
	}
}

func (m *listModel) failed(err error) diag.Diagnostics {
	about := diagnostics.Context{Resource: m.ResourceGroupName.ValueString()}
	if azure.IsNotFound(err) {
		about.NextStep = "Check resource_group_name and the subscription."
	}
	return diag.Diagnostics{diagnostics.Error("The accounts cannot be listed", err, about)}
}

// result is an account as a query shows it.
func (l *List) result(ctx context.Context, req list.ListRequest, account azure.Account) list.ListResult {
	result := req.NewListResult(ctx)
	id, err := azure.ParseAccountID(account.ID)
	if err != nil {
		result.Diagnostics.Append(diagnostics.Error("The account's ID cannot be read", err, diagnostics.Context{Resource: account.Name}))
		return result
	}
	result.DisplayName = fmt.Sprintf("%s (%s, %s)", id.Name, id.ResourceGroup, account.Location)
	result.Diagnostics.Append(result.Identity.Set(ctx, identity(id))...)
	if !req.IncludeResource {
		return result
	}
	of := model{ID: types.StringValue(id.String()), Tags: types.MapNull(types.StringType)}
	result.Diagnostics.Append(of.FromAPI(ctx, account)...)
	url, err := l.cloud.ServiceURL(account.Location)
	if err != nil {
		result.Diagnostics.Append(diagnostics.Error("No service endpoint for the account's region", err, of.about()))
		return result
	}
	// Attribute by attribute: timeouts are the configuration's.
	for name, value := range map[string]any{
		"id": of.ID, "name": id.Name, "resource_group_name": id.ResourceGroup, "location": of.Location, "tags": of.Tags, "force_destroy": of.ForceDestroy,
		"api_url": url, "provisioning_state": of.ProvisioningState,
	} {
		result.Diagnostics.Append(result.Resource.SetAttribute(ctx, path.Root(name), value)...)
	}
	return result
}
