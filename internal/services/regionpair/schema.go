package regionpair

import (
	"context"
	"maps"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework-timeouts/resource/timeouts"
	"github.com/hashicorp/terraform-plugin-framework-validators/setvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/resource/identityschema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringdefault"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/failover"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/services/check"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/services/endpoint"
)

// The modes of a failover.
const (
	modeForced  = "forced"
	modePlanned = failover.ModePlanned
)

func resourceSchema(ctx context.Context) schema.Schema {
	return schema.Schema{
		MarkdownDescription: "Two regions that stand in for each other, and which of them is active. Changing `active_region` fails over: " +
			"the plan is an update in place with every value known, and it needs no answer from the region that is left. " +
			"A small record in both output containers says which region is active and by whose word, so that configurations that share the pair see each other. " +
			"Missing output containers are created; destroying the pair deletes nothing in Azure but the record that it wrote.",
		Attributes: map[string]schema.Attribute{
			"id": schema.StringAttribute{
				Computed:            true,
				MarkdownDescription: "The pair's name.",
				PlanModifiers:       []planmodifier.String{stringplanmodifier.UseStateForUnknown()},
			},
			"name": schema.StringAttribute{
				Required:            true,
				MarkdownDescription: "Name of the pair, 1 to 64 characters. It is part of every submission's key, so changing it makes a new pair, whose submissions run anew.",
				Validators:          []validator.String{stringvalidator.LengthBetween(1, 64)},
				PlanModifiers:       []planmodifier.String{stringplanmodifier.RequiresReplace()},
			},
			"active_region": schema.StringAttribute{
				Required: true,
				MarkdownDescription: "Location of the region that runs workflows now; one of the two locations. " +
					"This is the one value to change in an outage.",
			},
			"primary":   sideAttribute("The region that is active in normal times."),
			"secondary": sideAttribute("The region that stands by."),
			"data_residency": schema.SingleNestedAttribute{
				Optional:            true,
				MarkdownDescription: "Where data may be. Checked when planning, offline. Without it, any two regions may form a pair.",
				Attributes: map[string]schema.Attribute{
					"allowed_geographies": schema.SetAttribute{
						ElementType:         types.StringType,
						Required:            true,
						MarkdownDescription: "Azure geographies that both locations must lie in, such as `United States` or `Europe`.",
						Validators:          []validator.Set{setvalidator.SizeAtLeast(1), setvalidator.ValueStringsAre(check.Geography())},
					},
				},
			},
			"failover": schema.SingleNestedAttribute{
				Optional:            true,
				MarkdownDescription: "How a change of `active_region` is carried out.",
				Attributes: map[string]schema.Attribute{
					"mode": schema.StringAttribute{
						Optional: true, Computed: true, Default: stringdefault.StaticString(modeForced),
						MarkdownDescription: "`forced` (default) asks nothing of the region that is left. `planned` is for a region that is well: it is refused unless both regions answer, " +
							"and every unfinished run is cancelled, and seen to be, before it is submitted in the other region.",
						Validators: []validator.String{stringvalidator.OneOf(modeForced, modePlanned)},
					},
					"max_data_loss": schema.StringAttribute{
						Optional: true,
						MarkdownDescription: "How far the standby may be behind: an age such as `24h`, or a size such as `50GiB` or `10GB`. " +
							"An age is what workflows that are submitted in the other region after a failover are held to, unless they accept `data_loss`. " +
							"Age and size are what an input store is held to that is given this (`failover = genomics_region_pair.lab.failover`). By default there is no limit.",
						Validators: []validator.String{check.DataLoss()},
					},
					"cooling_time": schema.StringAttribute{
						Optional: true,
						MarkdownDescription: "How long after a failover the next one is refused, as a duration such as `1h`, so that a flapping region is not followed back and forth. " +
							"Lifted by `accept = [\"cooling_time\"]`. By default the next one may follow at once.",
						Validators: []validator.String{check.Duration()},
					},
					"drain_timeout": schema.StringAttribute{
						Optional: true,
						MarkdownDescription: "How long a planned failover waits for a run to finish in the region that is left before it cancels it, as a duration such as `4h`. " +
							"By default it cancels at once. Without meaning for a forced failover, which waits for nothing.",
						Validators: []validator.String{check.Duration()},
					},
				},
			},
			"accept": schema.SetAttribute{
				ElementType: types.StringType, Optional: true,
				MarkdownDescription: "Names of guards to lift when `active_region` changes; each lifts only itself, and by default none is. The plan warns of each guard that is lifted. " +
					"`standby_unreachable`: fail over to a region that does not answer, or whose output container cannot be written. `cooling_time`: fail over again within `failover.cooling_time`.",
				Validators: []validator.Set{setvalidator.NoNullValues(),
					setvalidator.ValueStringsAre(stringvalidator.OneOf(failover.AcceptStandbyUnreachable, failover.AcceptCoolingTime))},
			},
			"active":  roleAttribute("The side that runs workflows now. Known when planning, also across a failover. Give it to `region` of a submission."),
			"standby": roleAttribute("The other side."),
			"generation": schema.Int64Attribute{
				Computed:            true,
				MarkdownDescription: "Counts changes of the active region; starts at 1.",
			},
			"phase": schema.StringAttribute{
				Computed: true,
				MarkdownDescription: "`active` when nothing is under way, `failing_over` when a failover was recorded and did not end. " +
					"The next plan then shows it going to `active`, and the apply resumes the failover under the same generation.",
			},
			"last_failover_at": schema.StringAttribute{
				Computed:            true,
				MarkdownDescription: "When the active region last changed (RFC 3339, UTC); null if it never did.",
			},
			"last_failover": lastAttribute(),
		},
		Blocks: map[string]schema.Block{
			"timeouts": timeouts.Block(ctx, timeouts.Opts{Create: true, Read: true, Update: true,
				CreateDescription: "How long creating may take, as a duration. Default `10m`.",
				ReadDescription:   "How long refreshing may take, as a duration. Default `5m`.",
				UpdateDescription: "How long an update or failover of the pair may take, as a duration. Default `10m`.",
			}),
		},
	}
}

func sideAttribute(description string) schema.SingleNestedAttribute {
	side := schema.SingleNestedAttribute{
		Required:            true,
		MarkdownDescription: description,
		Attributes: map[string]schema.Attribute{
			"location": schema.StringAttribute{
				Required:            true,
				MarkdownDescription: "Azure region, such as `westus2`.",
				Validators:          []validator.String{check.Location()},
			},
			"output": schema.SingleNestedAttribute{
				Required:            true,
				MarkdownDescription: "Where workflows in this region write their results.",
				Attributes: map[string]schema.Attribute{
					"storage_account_id": schema.StringAttribute{
						Required:            true,
						MarkdownDescription: "Resource ID of a storage account in this region.",
						Validators:          []validator.String{check.StorageAccountID()},
					},
					"container_name": schema.StringAttribute{
						Required:            true,
						MarkdownDescription: "Name of the container. It is created if it is missing and never deleted.",
						Validators:          []validator.String{check.ContainerName()},
					},
				},
			},
		},
	}
	maps.Copy(side.Attributes, endpoint.Attributes())
	return side
}

func roleAttribute(description string) schema.SingleNestedAttribute {
	text := func(description string) schema.StringAttribute {
		return schema.StringAttribute{Computed: true, MarkdownDescription: description}
	}
	return schema.SingleNestedAttribute{
		Computed:            true,
		MarkdownDescription: description,
		Attributes: map[string]schema.Attribute{
			"pair_name":                 text("Name of the pair."),
			"role":                      text("`primary` or `secondary`, as configured; it does not change in a failover."),
			"location":                  text("Azure region."),
			"engine":                    text("What runs workflows there: one of `" + strings.Join(endpoint.Engines(), "`, `") + "`."),
			"account_id":                text("Resource ID of the account; null where a server is named by its URL."),
			"account_name":              text("Name of the account; null where a server is named by its URL."),
			"api_url":                   text("Base URL of the workflow service or server in this region."),
			"output_storage_account_id": text("Resource ID of the output storage account."),
			"output_container_url":      text("URL of the output container; null when it was found missing, which the next apply mends."),
			"generation":                schema.Int64Attribute{Computed: true, MarkdownDescription: "The pair's generation."},
			"failover_mode":             text("The pair's `failover.mode`."),
			"max_data_loss":             text("The pair's `failover.max_data_loss`; null if none is set."),
			"drain_timeout":             text("The pair's `failover.drain_timeout`; null if none is set."),
			"peer_location":             text("Azure region of the other side."),
			"peer_account_id":           text("Resource ID of the other side's account; null where a server is named by its URL."),
			"peer_api_url":              text("Base URL of the workflow service or server in the other side's region."),
		},
	}
}

func identitySchema() identityschema.Schema {
	return identityschema.Schema{Attributes: map[string]identityschema.Attribute{
		"name": identityschema.StringAttribute{RequiredForImport: true, Description: "Name of the pair."},
	}}
}
