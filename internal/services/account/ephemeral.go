package account

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/ephemeral"
	"github.com/hashicorp/terraform-plugin-framework/ephemeral/schema"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/azure"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/diagnostics"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/region"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/services/check"
)

// Keys implements the ephemeral resource genomics_account_keys.
type Keys struct{ cloud cloud }

var _ ephemeral.EphemeralResourceWithConfigure = (*Keys)(nil)

// NewKeys makes the ephemeral resource.
func NewKeys() ephemeral.EphemeralResource { return &Keys{} }

type keysModel struct {
	AccountID    types.String `tfsdk:"account_id"`
	PrimaryKey   types.String `tfsdk:"primary_key"`
	SecondaryKey types.String `tfsdk:"secondary_key"`
	APIURL       types.String `tfsdk:"api_url"`
}

// Metadata names the ephemeral resource.
func (k *Keys) Metadata(_ context.Context, req ephemeral.MetadataRequest, resp *ephemeral.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_account_keys"
}

// Schema describes the ephemeral resource.
func (k *Keys) Schema(_ context.Context, _ ephemeral.SchemaRequest, resp *ephemeral.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "The access keys of a Microsoft Genomics account, read from Resource Manager for as long as a plan or an apply needs them and stored nowhere. " +
			"While the account does not exist, as in the plan that creates it, the keys are null and a warning says so.",
		Attributes: map[string]schema.Attribute{
			"account_id": schema.StringAttribute{
				Required: true, MarkdownDescription: "Resource ID of the account.", Validators: []validator.String{check.AccountID()},
			},
			"primary_key":   schema.StringAttribute{Computed: true, Sensitive: true, MarkdownDescription: "The first of the account's two keys."},
			"secondary_key": schema.StringAttribute{Computed: true, Sensitive: true, MarkdownDescription: "The second of the account's two keys; it opens the same doors."},
			"api_url":       schema.StringAttribute{Computed: true, MarkdownDescription: "Base URL of the workflow service that takes the keys."},
		},
	}
}

// Configure takes the run's session.
func (k *Keys) Configure(_ context.Context, req ephemeral.ConfigureRequest, resp *ephemeral.ConfigureResponse) {
	var d diag.Diagnostics
	k.cloud, d = configured(req.ProviderData)
	resp.Diagnostics.Append(d...)
}

// Open reads the keys.
func (k *Keys) Open(ctx context.Context, req ephemeral.OpenRequest, resp *ephemeral.OpenResponse) {
	var data keysModel
	if resp.Diagnostics.Append(req.Config.Get(ctx, &data)...); resp.Diagnostics.HasError() {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, defaultReadTimeout)
	defer cancel()

	about := diagnostics.Context{Resource: data.AccountID.ValueString()}
	keys, url, err := k.read(ctx, data.AccountID.ValueString())
	switch {
	case azure.IsNotFound(err):
		// The account's ID is known before the account is: a plan may come here
		// before anything was created.
		about.NextStep = "None if this run creates the account. Otherwise check account_id."
		resp.Diagnostics.Append(diagnostics.Warning("The account does not exist, so that it has no keys", err, about))
		data.PrimaryKey, data.SecondaryKey, data.APIURL = types.StringNull(), types.StringNull(), types.StringNull()
	case err != nil:
		resp.Diagnostics.Append(diagnostics.Error("The account's keys cannot be read", err, about))
		return
	default:
		data.PrimaryKey, data.SecondaryKey, data.APIURL = types.StringValue(keys.Key1), types.StringValue(keys.Key2), types.StringValue(url)
	}
	resp.Diagnostics.Append(resp.Result.Set(ctx, &data)...)
}

func (k *Keys) read(ctx context.Context, accountID string) (azure.Keys, string, error) {
	id, err := azure.ParseAccountID(accountID)
	if err != nil {
		return azure.Keys{}, "", err
	}
	client, err := k.cloud.Accounts()
	if err != nil {
		return azure.Keys{}, "", err
	}
	account, err := client.Get(ctx, id)
	if err != nil {
		return azure.Keys{}, "", err
	}
	url, err := k.cloud.ServiceURL(region.Normalize(account.Location))
	if err != nil {
		return azure.Keys{}, "", err
	}
	keys, err := client.ListKeys(ctx, id)
	return keys, url, err
}
