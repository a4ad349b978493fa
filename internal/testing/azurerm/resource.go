package main

import (
	"context"
	"os"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

// kind is one type of resources, and how azurerm calls one of them by an ID.
type kind struct {
	name       string
	attributes map[string]schema.Attribute
	id         func(text func(attribute string) string) string
}

var kinds = []kind{
	{
		name: "azurerm_resource_group",
		attributes: map[string]schema.Attribute{
			"name": fixed(), "location": fixed(), "tags": tags(),
		},
		id: func(text func(string) string) string { return group(text("name")) },
	},
	{
		name: "azurerm_storage_account",
		attributes: map[string]schema.Attribute{
			"name": fixed(), "resource_group_name": fixed(), "location": fixed(),
			"account_tier":                    fixed(),
			"account_replication_type":        schema.StringAttribute{Required: true},
			"allow_nested_items_to_be_public": schema.BoolAttribute{Optional: true},
			"tags":                            tags(),
		},
		id: func(text func(string) string) string {
			return group(text("resource_group_name")) + "/providers/Microsoft.Storage/storageAccounts/" + text("name")
		},
	},
	{
		name:       "azurerm_storage_container",
		attributes: map[string]schema.Attribute{"name": fixed(), "storage_account_id": fixed()},
		id: func(text func(string) string) string {
			return text("storage_account_id") + "/blobServices/default/containers/" + text("name")
		},
	},
}

func group(name string) string {
	return "/subscriptions/" + os.Getenv("ARM_SUBSCRIPTION_ID") + "/resourceGroups/" + name
}

func fixed() schema.Attribute {
	return schema.StringAttribute{Required: true, PlanModifiers: []planmodifier.String{stringplanmodifier.RequiresReplace()}}
}

func tags() schema.Attribute {
	return schema.MapAttribute{Optional: true, ElementType: types.StringType}
}

func (k kind) Metadata(_ context.Context, _ resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = k.name
}

func (k kind) Schema(_ context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	resp.Schema.Attributes = map[string]schema.Attribute{
		"id": schema.StringAttribute{Computed: true, PlanModifiers: []planmodifier.String{stringplanmodifier.UseStateForUnknown()}},
	}
	for name, attribute := range k.attributes {
		resp.Schema.Attributes[name] = attribute
	}
}

func (k kind) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	resp.Diagnostics.Append(k.keep(ctx, req.Plan, &resp.State)...)
}

func (k kind) Read(context.Context, resource.ReadRequest, *resource.ReadResponse) {}

func (k kind) Update(ctx context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	resp.Diagnostics.Append(k.keep(ctx, req.Plan, &resp.State)...)
}

func (k kind) Delete(context.Context, resource.DeleteRequest, *resource.DeleteResponse) {}

// keep makes what was planned the state, with an ID.
func (k kind) keep(ctx context.Context, plan tfsdk.Plan, state *tfsdk.State) diag.Diagnostics {
	var diags diag.Diagnostics
	state.Raw = plan.Raw
	id := k.id(func(attribute string) string {
		var text string
		diags.Append(plan.GetAttribute(ctx, path.Root(attribute), &text)...)
		return text
	})
	diags.Append(state.SetAttribute(ctx, path.Root("id"), id)...)
	return diags
}
