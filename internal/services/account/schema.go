package account

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework-timeouts/resource/timeouts"
	"github.com/hashicorp/terraform-plugin-framework-validators/mapvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/resource/identityschema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/booldefault"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/region"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/services/check"
)

// Limits of Resource Manager for tags.
const (
	maxTags     = 50
	maxTagName  = 512
	maxTagValue = 256
)

// maxKeyRotation is what a trigger may have at most, in characters: it is meant to be a date or a version.
const maxKeyRotation = 256

func resourceSchema(ctx context.Context) schema.Schema {
	return schema.Schema{
		MarkdownDescription: "One Microsoft Genomics account (`Microsoft.Genomics/accounts`, API version 2017-08-01-preview): the right to run workflows in one region. " +
			"`id` and `api_url` are known when planning, so that a region pair behind the account plans with known values before the account exists. " +
			"The account's keys are never in the state; see the ephemeral resource `genomics_account_keys`. " +
			"Resource Manager keeps an account's metadata in the region of its resource group: put the standby's account into a group that is located in the standby's region.",
		Attributes: map[string]schema.Attribute{
			"id": schema.StringAttribute{
				Computed:            true,
				MarkdownDescription: "Resource ID: `/subscriptions/…/resourceGroups/…/providers/Microsoft.Genomics/accounts/…`.",
			},
			"name": schema.StringAttribute{
				Required:            true,
				MarkdownDescription: "Name of the account: 1 to 64 letters, digits, `-`, `_` and `.`. Changing it makes a new account; upper and lower case are the same.",
				Validators:          []validator.String{accountName()},
				PlanModifiers:       []planmodifier.String{replaceUnless(strings.EqualFold)},
			},
			"resource_group_name": schema.StringAttribute{
				Required:            true,
				MarkdownDescription: "Name of the resource group, which must exist. Changing it makes a new account; upper and lower case are the same.",
				Validators:          []validator.String{resourceGroupName()},
				PlanModifiers:       []planmodifier.String{replaceUnless(strings.EqualFold)},
			},
			"location": schema.StringAttribute{
				Required: true,
				MarkdownDescription: "Azure region that the account runs workflows in, such as `westus2`. Changing it makes a new account; `West US 2` and `westus2` are the same. " +
					"An unknown region is refused when planning.",
				Validators:    []validator.String{check.Location()},
				PlanModifiers: []planmodifier.String{replaceUnless(sameRegion)},
			},
			"tags": schema.MapAttribute{
				ElementType: types.StringType, Optional: true,
				MarkdownDescription: "Tags of the account, up to 50. They are changed in place; tags that are not written here are removed. By default there are none.",
				Validators: []validator.Map{
					mapvalidator.SizeAtMost(maxTags),
					mapvalidator.NoNullValues(),
					mapvalidator.KeysAre(stringvalidator.LengthBetween(1, maxTagName)),
					mapvalidator.ValueStringsAre(stringvalidator.LengthAtMost(maxTagValue)),
				},
			},
			"force_destroy": schema.BoolAttribute{
				Optional: true, Computed: true, Default: booldefault.StaticBool(false),
				MarkdownDescription: "Whether destroying deletes the account even though it has unfinished workflows, or its region does not say whether it has. " +
					"The workflows are not cancelled first: what becomes of them is up to the service. " +
					"Default `false`: destroying is refused and names them. A changed value counts once it was applied.",
			},
			"key_rotation": schema.StringAttribute{
				Optional: true,
				MarkdownDescription: "A trigger: applying a new value, such as a date, regenerates both keys of the account, once. What the value is says nothing. " +
					"Setting it when the account is created does nothing, for the keys are new then; removing it does nothing either. Setting it on an account that had none, also just after an import, does regenerate them. " +
					"Every client that has an old key is refused from then on, and so are keys that were handed over in the provider's `access_keys`; the provider itself goes on with the new ones. " +
					"It does not stop a run: that reads and writes with the SAS that it was handed, which the storage account's key signs. " +
					"If Resource Manager's answer is lost, the apply fails, the old value stays in the state, and applying again regenerates both keys again.",
				Validators: []validator.String{stringvalidator.LengthBetween(1, maxKeyRotation)},
			},
			"api_url": schema.StringAttribute{
				Computed:            true,
				MarkdownDescription: "Base URL of the workflow service in the account's region, from the provider's `service_endpoints` or `service_endpoint_template`.",
			},
			"provisioning_state": schema.StringAttribute{
				Computed:            true,
				MarkdownDescription: "What Resource Manager says of the account: `Succeeded` once it can be used, else for example `Creating` or `Failed`.",
			},
		},
		Blocks: map[string]schema.Block{
			"timeouts": timeouts.Block(ctx, timeouts.Opts{Create: true, Read: true, Update: true, Delete: true,
				CreateDescription: "How long creating may take, as a duration. Default `30m`.",
				ReadDescription:   "How long refreshing may take, as a duration. Default `5m`.",
				UpdateDescription: "How long changing the tags and regenerating the keys may take, as a duration. Default `30m`.",
				DeleteDescription: "How long destroying may take, as a duration. Default `30m`.",
			}),
		},
	}
}

func identitySchema() identityschema.Schema {
	return identityschema.Schema{Attributes: map[string]identityschema.Attribute{
		"subscription_id": identityschema.StringAttribute{
			OptionalForImport: true, Description: "Subscription of the account. Default: the provider's.",
		},
		"resource_group_name": identityschema.StringAttribute{RequiredForImport: true, Description: "Name of the resource group."},
		"name":                identityschema.StringAttribute{RequiredForImport: true, Description: "Name of the account."},
	}}
}

var accountNameShape = regexp.MustCompile(`^[A-Za-z0-9]([A-Za-z0-9._-]{0,62}[A-Za-z0-9_-])?$`)

// accountName is no stricter than any Azure resource name; the service published
// no rule of its own.
func accountName() validator.String {
	return check.String("must be 1 to 64 letters, digits, '-', '_' and '.'", "Invalid account name", func(s string) error {
		if accountNameShape.MatchString(s) {
			return nil
		}
		return fmt.Errorf("%q is not an account name: use 1 to 64 letters, digits, '-', '_' and '.', beginning with a letter or digit and not ending with '.'", s)
	})
}

var resourceGroupShape = regexp.MustCompile(`^[\p{L}\p{N}_().-]{1,90}$`)

func resourceGroupName() validator.String {
	return check.String("must be the name of a resource group", "Invalid resource group name", func(s string) error {
		if resourceGroupShape.MatchString(s) && !strings.HasSuffix(s, ".") {
			return nil
		}
		return errors.New("the name of a resource group has 1 to 90 letters, digits, '_', '-', '.', '(' and ')', and does not end with '.'")
	})
}

func sameRegion(a, b string) bool { return region.Normalize(a) == region.Normalize(b) }

// replaceUnless replaces the account when a value changes, but not when it is
// only spelled in another way: then the spelling in the state stays, and the plan
// shows no change.
func replaceUnless(same func(a, b string) bool) planmodifier.String { return spelling{same} }

type spelling struct{ same func(a, b string) bool }

func (spelling) Description(context.Context) string {
	return "A change makes a new account; another spelling of the same does not."
}

func (m spelling) MarkdownDescription(ctx context.Context) string { return m.Description(ctx) }

func (m spelling) PlanModifyString(_ context.Context, req planmodifier.StringRequest, resp *planmodifier.StringResponse) {
	if req.State.Raw.IsNull() || req.Plan.Raw.IsNull() || req.PlanValue.Equal(req.StateValue) {
		return
	}
	if !req.PlanValue.IsUnknown() && !req.StateValue.IsNull() && m.same(req.PlanValue.ValueString(), req.StateValue.ValueString()) {
		resp.PlanValue = req.StateValue
		return
	}
	resp.RequiresReplace = true
}
