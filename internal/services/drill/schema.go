package drill

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework-timeouts/resource/timeouts"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/resource/identityschema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringdefault"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/services/check"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/services/endpoint"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/services/submission"
)

// defaultSASDuration is how long a canary may read and write.
const defaultSASDuration = "24h"

const whatADrillIs = "one canary is run in the standby region, on the pair's engine and with inputs that were replicated there. It runs under a key of its own and writes below a prefix of its own, " +
	"and everything it wrote is deleted when it has ended. Nothing is asked of the active region, and no submission is touched. " +
	"A drill is refused in the active region, while a failover is under way, and when its inputs are not as they were replicated. "

// argumentAttributes are those that the resource and the action have alike, all but
// the drill_id.
func argumentAttributes() map[string]schema.Attribute {
	attributes := submission.CanaryAttributes()
	attributes["region"] = schema.SingleNestedAttribute{
		Required: true, MarkdownDescription: "Where the drill runs: `standby` of a `genomics_region_pair`.",
		Attributes: map[string]schema.Attribute{
			"pair_name":                 required("Name of the pair."),
			"location":                  required("Azure region."),
			"engine":                    optional("What runs workflows there; by default what the drill asks for.", stringvalidator.OneOf(endpoint.Engines()...)),
			"account_id":                optional("Resource ID of the account; null where a server is named by its URL."),
			"api_url":                   required("Base URL of the workflow service or server."),
			"output_storage_account_id": required("Resource ID of the output storage account.", check.StorageAccountID()),
			"output_container_url":      required("URL of the output container."),
			"generation":                schema.Int64Attribute{Optional: true, MarkdownDescription: "The pair's generation. With it, a record that the region kept while it was away is known to be an old one."},
		},
	}
	attributes["input_store"] = schema.SingleNestedAttribute{
		Required: true, MarkdownDescription: "Where the inputs are: `standby` of a `genomics_replicated_input_store`.",
		Attributes: map[string]schema.Attribute{
			"store_name":         required("Name of the store."),
			"prefix":             optional("The store's `prefix`."),
			"location":           required("Azure region."),
			"storage_account_id": required("Resource ID of the storage account."),
			"container_url":      required("URL of the container."),
		},
	}
	attributes["sas_duration"] = optional("How long the canary may read and write, as a duration. Default `24h`.", check.Duration())
	return attributes
}

func resourceSchema(ctx context.Context) schema.Schema {
	attributes := argumentAttributes()
	attributes["drill_id"] = required("Any text of 1 to 64 characters, such as a date. A new value runs a drill; nothing else does.", validDrillID())
	attributes["sas_duration"] = schema.StringAttribute{
		Optional: true, Computed: true, Default: stringdefault.StaticString(defaultSASDuration), Validators: []validator.String{check.Duration()},
		MarkdownDescription: "How long the canary may read and write, as a duration. Default `24h`.",
	}
	for name, attribute := range map[string]schema.Attribute{
		"id":                   text("ID to import the drill by: region, `=`, the resource ID of the output storage account, and after slashes the output container, the pair's name and the `drill_id`."),
		"location":             text("Region that the last drill ran in."),
		"workflow_id":          text("ID that the service or server gave the canary; null when none was sent."),
		"status":               text("How the canary ended: `succeeded`, `failed_input`, `failed_system` or `cancelled`; `timeout` when it was cancelled because the time was over, `unreachable` when none was sent because the standby did not answer."),
		"message":              text("The service's message; null if there is none."),
		"success":              schema.BoolAttribute{Computed: true, MarkdownDescription: "Whether the canary succeeded."},
		"started_at":           text("When the drill began (RFC 3339, UTC)."),
		"ended_at":             text("When the canary had ended (RFC 3339, UTC)."),
		"time_to_accept":       number("Seconds from the beginning until the service had accepted the canary. Null when a canary was taken up."),
		"time_to_first_output": number("Seconds from the beginning until the first output was there, to the second that the storage tells; null if none was."),
		"duration":             number("Seconds from the beginning until the canary had ended."),
		"outputs_deleted":      schema.Int64Attribute{Computed: true, MarkdownDescription: "How many blobs the canary had written, all of which were deleted."},
	} {
		attributes[name] = attribute
	}
	return schema.Schema{
		MarkdownDescription: "A rehearsal of a failover: " + whatADrillIs +
			"A drill runs once for each `drill_id`; a canary of the same `drill_id` that is there already, as after an apply that was killed, is taken up. One that is interrupted is cancelled. " +
			"A canary that fails is no error, nor is a standby that does not answer: see `success`. One that succeeds leaves a small record beside the outputs, which `genomics_readiness` goes by. " +
			"The last one that succeeded can be imported from that record; what it ran is the configuration's to say.",
		Attributes: attributes,
		Blocks: map[string]schema.Block{
			"timeouts": timeouts.Block(ctx, timeouts.Opts{Create: true, Update: true,
				CreateDescription: "How long a drill may take, as a duration. Default `6h`. The canary is cancelled then.",
				UpdateDescription: "How long a later drill may take, as a duration. Default `6h`.",
			}),
		},
	}
}

func identitySchema() identityschema.Schema {
	given := func(description string) identityschema.StringAttribute {
		return identityschema.StringAttribute{RequiredForImport: true, Description: description}
	}
	return identityschema.Schema{Attributes: map[string]identityschema.Attribute{
		"location":           given("Region that the drill ran in."),
		"storage_account_id": given("Resource ID of the output storage account there."),
		"container_name":     given("Name of the output container."),
		"pair_name":          given("Name of the pair."),
		"drill_id":           given("The drill's drill_id."),
	}}
}

func validDrillID() validator.String { return stringvalidator.LengthBetween(1, 64) }

func required(description string, validators ...validator.String) schema.StringAttribute {
	return schema.StringAttribute{Required: true, MarkdownDescription: description, Validators: validators}
}

func optional(description string, validators ...validator.String) schema.StringAttribute {
	return schema.StringAttribute{Optional: true, MarkdownDescription: description, Validators: validators}
}

func text(description string) schema.StringAttribute {
	return schema.StringAttribute{Computed: true, MarkdownDescription: description}
}

func number(description string) schema.Float64Attribute {
	return schema.Float64Attribute{Computed: true, MarkdownDescription: description}
}
