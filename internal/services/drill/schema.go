package drill

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework-timeouts/resource/timeouts"
	"github.com/hashicorp/terraform-plugin-framework-validators/listvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringdefault"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/services/check"
)

func resourceSchema(ctx context.Context) schema.Schema {
	return schema.Schema{
		MarkdownDescription: "A rehearsal of a failover: one canary workflow is run in the standby region, with inputs that were replicated there. It runs under a key of its own and writes below a prefix of its own, " +
			"and everything it wrote is deleted when it has ended. Nothing is asked of the active region, and no submission is touched. " +
			"A drill runs once for each `drill_id`; a canary of the same `drill_id` that is there already, as after an interrupted apply, is taken up. " +
			"A canary that fails is no error: see `success`. One that succeeds leaves a small record beside the outputs, which `genomics_readiness` goes by.",
		Attributes: map[string]schema.Attribute{
			"id": text("Name of the pair, a slash and the `drill_id`."),
			"drill_id": schema.StringAttribute{
				Required: true, Validators: []validator.String{stringvalidator.LengthBetween(1, 64)},
				MarkdownDescription: "Any text of 1 to 64 characters, such as a date. A new value runs a drill; nothing else does.",
			},
			"region": schema.SingleNestedAttribute{
				Required: true, MarkdownDescription: "Where the drill runs: `standby` of a `genomics_region_pair`.",
				Attributes: map[string]schema.Attribute{
					"pair_name":                 required("Name of the pair."),
					"location":                  required("Azure region."),
					"account_id":                required("Resource ID of the account."),
					"api_url":                   required("Base URL of the workflow service."),
					"output_storage_account_id": required("Resource ID of the output storage account."),
					"output_container_url":      required("URL of the output container."),
				},
			},
			"input_store": schema.SingleNestedAttribute{
				Required: true, MarkdownDescription: "Where the inputs are: `standby` of a `genomics_replicated_input_store`.",
				Attributes: map[string]schema.Attribute{
					"store_name":         required("Name of the store."),
					"prefix":             schema.StringAttribute{Optional: true, MarkdownDescription: "The store's `prefix`."},
					"location":           required("Azure region."),
					"storage_account_id": required("Resource ID of the storage account."),
					"container_url":      required("URL of the container."),
				},
			},
			"inputs": schema.ListAttribute{
				ElementType: types.StringType, Required: true, Validators: []validator.List{listvalidator.SizeAtLeast(1), listvalidator.NoNullValues()},
				MarkdownDescription: "Names of the input blobs of one sample, as a submission has them. A small one makes a quick drill.",
			},
			"process":      required("The workflow to run: `snapgatk` or `gatk4`."),
			"process_args": required("Arguments of the process, such as `R=hg38m1`."),
			"sas_duration": schema.StringAttribute{
				Optional: true, Computed: true, Default: stringdefault.StaticString("24h"), Validators: []validator.String{check.Duration()},
				MarkdownDescription: "How long the canary may read and write, as a duration. Default `24h`.",
			},
			"location":             text("Region that the last drill ran in."),
			"workflow_id":          text("Number that the service gave the canary."),
			"status":               text("How the canary ended: `succeeded`, `failed_input`, `failed_system` or `cancelled`; `timeout` when it was cancelled because the time was over."),
			"message":              text("The service's message; null if there is none."),
			"success":              schema.BoolAttribute{Computed: true, MarkdownDescription: "Whether the canary succeeded."},
			"started_at":           text("When the drill began (RFC 3339, UTC)."),
			"ended_at":             text("When the canary had ended (RFC 3339, UTC)."),
			"time_to_accept":       number("Seconds from the beginning until the service had accepted the canary. Null when a canary was taken up."),
			"time_to_first_output": number("Seconds from the beginning until the first blob was written; null if none was."),
			"duration":             number("Seconds from the beginning until the canary had ended."),
			"outputs_deleted":      schema.Int64Attribute{Computed: true, MarkdownDescription: "How many blobs the canary had written, all of which were deleted."},
		},
		Blocks: map[string]schema.Block{
			"timeouts": timeouts.Block(ctx, timeouts.Opts{Create: true, Update: true,
				CreateDescription: "How long a drill may take, as a duration. Default `6h`. The canary is cancelled then.",
				UpdateDescription: "How long a later drill may take, as a duration. Default `6h`.",
			}),
		},
	}
}

func required(description string) schema.StringAttribute {
	return schema.StringAttribute{Required: true, MarkdownDescription: description}
}

func text(description string) schema.StringAttribute {
	return schema.StringAttribute{Computed: true, MarkdownDescription: description}
}

func number(description string) schema.Float64Attribute {
	return schema.Float64Attribute{Computed: true, MarkdownDescription: description}
}
