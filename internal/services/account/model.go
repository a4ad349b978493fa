package account

import (
	"context"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework-timeouts/resource/timeouts"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/azure"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/diagnostics"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/region"
)

// succeeded is the provisioning state of an account that can be used.
const succeeded = "Succeeded"

type model struct {
	ID                types.String   `tfsdk:"id"`
	Name              types.String   `tfsdk:"name"`
	ResourceGroupName types.String   `tfsdk:"resource_group_name"`
	Location          types.String   `tfsdk:"location"`
	Tags              types.Map      `tfsdk:"tags"`
	ForceDestroy      types.Bool     `tfsdk:"force_destroy"`
	KeyRotation       types.String   `tfsdk:"key_rotation"`
	APIURL            types.String   `tfsdk:"api_url"`
	ProvisioningState types.String   `tfsdk:"provisioning_state"`
	Timeouts          timeouts.Value `tfsdk:"timeouts"`
}

type identityModel struct {
	SubscriptionID    types.String `tfsdk:"subscription_id"`
	ResourceGroupName types.String `tfsdk:"resource_group_name"`
	Name              types.String `tfsdk:"name"`
}

func identity(id azure.AccountID) identityModel {
	return identityModel{
		SubscriptionID:    types.StringValue(id.SubscriptionID),
		ResourceGroupName: types.StringValue(id.ResourceGroup),
		Name:              types.StringValue(id.Name),
	}
}

// plannedID is the ID that an account of these names has or will get in a
// subscription. ok is false while a part of it is unknown.
func (m *model) plannedID(subscription string) (id azure.AccountID, ok bool) {
	if subscription == "" || !known(m.Name) || !known(m.ResourceGroupName) {
		return azure.AccountID{}, false
	}
	return azure.AccountID{SubscriptionID: subscription, ResourceGroup: m.ResourceGroupName.ValueString(), Name: m.Name.ValueString()}, true
}

// stays reports whether a plan keeps the account of the state, whatever the
// subscription the provider now has.
func (m *model) stays(state *model) bool {
	if state == nil || !known(m.Name) || !known(m.ResourceGroupName) || !known(m.Location) {
		return false
	}
	return strings.EqualFold(m.Name.ValueString(), state.Name.ValueString()) &&
		strings.EqualFold(m.ResourceGroupName.ValueString(), state.ResourceGroupName.ValueString()) &&
		sameRegion(m.Location.ValueString(), state.Location.ValueString())
}

// FromAPI takes what Resource Manager says into the model. A spelling of the
// location that means the same stays as the user wrote it.
func (m *model) FromAPI(ctx context.Context, account azure.Account) diag.Diagnostics {
	if !sameRegion(m.Location.ValueString(), account.Location) {
		m.Location = types.StringValue(region.Normalize(account.Location))
	}
	m.ProvisioningState = types.StringValue(account.ProvisioningState)
	if m.ForceDestroy.IsNull() {
		m.ForceDestroy = types.BoolValue(false)
	}
	// No tags are none or an empty set, as the user wrote it.
	if len(account.Tags) == 0 && m.Tags.IsNull() {
		return nil
	}
	var diags diag.Diagnostics
	m.Tags, diags = tagsFromAPI(ctx, account.Tags)
	return diags
}

func tagsFromAPI(ctx context.Context, tags map[string]string) (types.Map, diag.Diagnostics) {
	if tags == nil {
		tags = map[string]string{}
	}
	return types.MapValueFrom(ctx, types.StringType, tags)
}

func (m *model) tagsToAPI(ctx context.Context) (map[string]string, diag.Diagnostics) {
	tags := map[string]string{}
	if m.Tags.IsNull() {
		return tags, nil
	}
	diags := m.Tags.ElementsAs(ctx, &tags, false)
	return tags, diags
}

// about is what a diagnostic says of the account.
func (m *model) about() diagnostics.Context {
	return diagnostics.Context{Resource: m.ID.ValueString(), Region: region.Normalize(m.Location.ValueString())}
}

func known(s types.String) bool { return !s.IsNull() && !s.IsUnknown() }
