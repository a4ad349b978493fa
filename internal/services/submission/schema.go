package submission

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework-timeouts/resource/timeouts"
	"github.com/hashicorp/terraform-plugin-framework-validators/listvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/mapvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/setvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/resource/identityschema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/booldefault"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringdefault"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/failover"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/services/check"
)

// What a pair's failover.mode and on_destroy may say.
const (
	modePlanned      = "planned"
	onDestroyCancel  = "cancel"
	onDestroyAbandon = "abandon"
)

// Guards that accept can lift, besides failover.AcceptStaleRuns.
const (
	acceptDataLoss      = "data_loss"
	acceptChangedInputs = "changed_inputs"
)

func resourceSchema(ctx context.Context) schema.Schema {
	return schema.Schema{
		MarkdownDescription: "One workflow, wherever the active region is. It is submitted once: before each submission the service is asked for a run with the same key, " +
			"and a submission whose answer was lost is looked up, never sent again blindly. When the active region changes, an unfinished workflow is submitted there, in place; " +
			"the run that is left is superseded, and cancelled as soon as its region answers. " +
			"A change to inputs, process, options, base name or `triggers` supersedes the run and starts another.",
		Attributes: map[string]schema.Attribute{
			"id": text("ID of the run that counts: the account's resource ID, `/workflows/` and the run's number. It changes with each new run."),
			"name": schema.StringAttribute{
				Required:            true,
				MarkdownDescription: "Name of the submission, 1 to 128 characters, unique in its pair. It is part of the submission's key; changing it makes another submission.",
				Validators:          []validator.String{stringvalidator.LengthBetween(1, 128)},
				PlanModifiers:       []planmodifier.String{replaceIfRenamed()},
			},
			"region":      regionAttribute(),
			"input_store": storeAttribute(),
			"inputs": schema.ListAttribute{
				ElementType: types.StringType, Required: true,
				MarkdownDescription: "Names of the input blobs of one sample, in order: FASTQ in pairs (first reads, second reads, and so on) or BAM, never mixed.",
				Validators:          []validator.List{listvalidator.SizeAtLeast(1), listvalidator.NoNullValues()},
			},
			"process": schema.StringAttribute{
				Required: true, MarkdownDescription: "The workflow to run: `snapgatk` or `gatk4`.",
				Validators: []validator.String{validProcess()},
			},
			"process_args": schema.StringAttribute{
				Required:            true,
				MarkdownDescription: "Arguments of the process: `R=` with one of `b37m1`, `hg19m1`, `hg38m1`, `hg38m1x`; further pairs separated by `;`.",
				Validators:          []validator.String{validProcessArgs()},
			},
			"options": schema.SingleNestedAttribute{
				Optional: true, MarkdownDescription: "What else the workflow takes. What is left out is left to the service.",
				Attributes: map[string]schema.Attribute{
					"emit_ref_confidence": schema.StringAttribute{Optional: true, MarkdownDescription: "Reference confidence scores in the result: `none` or `gvcf`.",
						Validators: []validator.String{stringvalidator.OneOf("none", "gvcf")}},
					"bgzip_output":              schema.BoolAttribute{Optional: true, MarkdownDescription: "Whether the result is compressed with bgzip."},
					"bqsr_enabled":              schema.BoolAttribute{Optional: true, MarkdownDescription: "Whether base quality scores are recalibrated."},
					"read_group":                schema.StringAttribute{Optional: true, MarkdownDescription: "Read group line: begins with `@RG`, at most 1,000 ASCII characters without `=` and `;`.", Validators: []validator.String{validReadGroup()}},
					"suppress_fastq_validation": schema.BoolAttribute{Optional: true, MarkdownDescription: "Whether the service skips its checks of FASTQ files."},
				},
			},
			"output": schema.SingleNestedAttribute{
				Required: true, MarkdownDescription: "How results are written to the active side's output container.",
				Attributes: map[string]schema.Attribute{
					"basename":     schema.StringAttribute{Required: true, MarkdownDescription: "What the names of all result blobs begin with, whichever run wrote them; `output_basename` tells how those of the run that counts go on.", Validators: []validator.String{validBasename()}},
					"overwrite":    schema.BoolAttribute{Optional: true, Computed: true, Default: booldefault.StaticBool(false), MarkdownDescription: "Whether the service may replace result blobs that are there already. Default `false`: it fails instead."},
					"include_logs": schema.BoolAttribute{Optional: true, Computed: true, Default: booldefault.StaticBool(true), MarkdownDescription: "Whether the service writes its logs beside the results. Default `true`."},
				},
			},
			"description": schema.StringAttribute{
				Optional:            true,
				MarkdownDescription: "Text that the service shows with the run, at most 449 characters; the submission's token is put in front of it, with the mark of the failover that submits it, if one does. A change takes effect with the next run.",
				Validators:          []validator.String{validDescription()},
			},
			"ignore_azure_region": schema.BoolAttribute{Optional: true, MarkdownDescription: "Whether the service accepts storage in another region than its own. Left to the service if not set. A change takes effect with the next run."},
			"sas_duration": schema.StringAttribute{
				Optional: true, Computed: true, Default: stringdefault.StaticString("48h"),
				MarkdownDescription: "How long the signatures that the service reads inputs and writes results with are valid, as a duration. Default `48h`. " +
					"It also bounds how long a run that cannot be cancelled is able to write. A change takes effect with the next run.",
				Validators: []validator.String{check.Duration()},
			},
			"on_failover": schema.StringAttribute{
				Optional: true, Computed: true, Default: stringdefault.StaticString(string(failover.ResubmitUnfinished)),
				MarkdownDescription: "Which run follows the active region: `resubmit_unfinished` (default) one that has not succeeded, been cancelled, or failed for its input; `resubmit_all` any; `keep` none.",
				Validators:          []validator.String{stringvalidator.OneOf(string(failover.ResubmitUnfinished), string(failover.ResubmitAll), string(failover.KeepRuns))},
			},
			"wait_for_completion": schema.BoolAttribute{
				Optional: true, Computed: true, Default: booldefault.StaticBool(false),
				MarkdownDescription: "Whether an apply that submits waits until the run has ended, and fails unless it succeeded. Default `false`. " +
					"When the time for creating is over the run goes on and the apply warns: an error would taint the resource, and the next apply would cancel the run.",
			},
			"on_destroy": schema.StringAttribute{
				Optional: true, Computed: true, Default: stringdefault.StaticString(onDestroyCancel),
				MarkdownDescription: "What destroying does with runs that have not ended: `cancel` (default) cancels them and waits, `abandon` leaves them. Either way a warning names what is left behind, as in a region that does not answer.",
				Validators:          []validator.String{stringvalidator.OneOf(onDestroyCancel, onDestroyAbandon)},
			},
			"triggers": schema.MapAttribute{
				ElementType: types.StringType, Optional: true, MarkdownDescription: "Arbitrary values; a change runs the workflow again, under the next generation.",
				Validators: []validator.Map{mapvalidator.NoNullValues()},
			},
			"accept": schema.SetAttribute{
				ElementType: types.StringType, Optional: true,
				MarkdownDescription: "Names of guards to lift; each lifts only itself, and by default none is. `stale_runs`: fail back to a region where a superseded run is alive, which takes that run up again. " +
					"`data_loss`: submit although the recovery point is older than the pair's `max_data_loss`. `changed_inputs`: submit although inputs differ from what was replicated.",
				Validators: []validator.Set{setvalidator.NoNullValues(), setvalidator.ValueStringsAre(stringvalidator.OneOf(failover.AcceptStaleRuns, acceptDataLoss, acceptChangedInputs))},
			},
			"workflow_id":       text("Number that the service gave the run that counts."),
			"status":            text("What the service says of it: `queued`, `working`, `success`, `failed`, `cancelling` or `cancelled`; `unknown` for a code this provider does not know."),
			"message":           text("The service's message; null if there is none."),
			"failure_code":      number("The service's failure code; null unless it failed."),
			"bases_processed":   number("How many bases were processed; null while the service does not say."),
			"created_at":        text("When the service accepted the run (RFC 3339, UTC)."),
			"ended_at":          text("When it ended (RFC 3339, UTC); null while it has not."),
			"location":          text("Region of the run that counts. Known when planning a failover. A finished run stays where it ran."),
			"submission_key":    text("The key that the run's description carries. It is made of the pair's and the submission's names, the generation and the content, and does not change in a failover."),
			"output_basename":   text("What the names of the result blobs begin with: `output.basename`, the region, and the number of the run there, so that no run ever writes over another's results. Null while no run counts, and for an imported run that another client submitted."),
			"output_url":        text("URL that the URLs of the result blobs begin with: the output container's and `output_basename`. It is that of the run that counts."),
			"generation":        number("Counts changes of content and triggers; starts at 1."),
			"attempts":          attemptsAttribute(),
			"unfenced_attempts": number("Superseded runs not yet known to be stopped. When their region answers, the plan shows this going to 0 and the apply cancels them."),
		},
		Blocks: map[string]schema.Block{
			"timeouts": timeouts.Block(ctx, timeouts.Opts{Create: true, Read: true, Update: true, Delete: true,
				CreateDescription: "How long submitting, and waiting where that is asked for, may take, as a duration. Default `48h`.",
				ReadDescription:   "How long refreshing may take, as a duration. Default `5m`.",
				UpdateDescription: "How long an update, a failover or fencing may take, as a duration. Default `48h` when waiting for completion, else `30m`; the pair's `drain_timeout` comes on top where a planned failover drains.",
				DeleteDescription: "How long cancelling may take, as a duration. Default `15m`.",
			}),
		},
	}
}

// replaceIfRenamed replaces a submission that gets another name. One that was
// just imported has none yet: to replace it would cancel the run taken in.
func replaceIfRenamed() planmodifier.String {
	const description = "Another name is another submission; an imported one takes its name from the configuration."
	return stringplanmodifier.RequiresReplaceIf(func(_ context.Context, req planmodifier.StringRequest, resp *stringplanmodifier.RequiresReplaceIfFuncResponse) {
		resp.RequiresReplace = !req.StateValue.IsNull()
	}, description, description)
}

func regionAttribute() schema.SingleNestedAttribute {
	required := func(description string) schema.StringAttribute {
		return schema.StringAttribute{Required: true, MarkdownDescription: description}
	}
	optional := func(description string) schema.StringAttribute {
		return schema.StringAttribute{Optional: true, MarkdownDescription: description}
	}
	return schema.SingleNestedAttribute{
		Required: true, MarkdownDescription: "Where it runs: `active` of a `genomics_region_pair`.",
		Attributes: map[string]schema.Attribute{
			"pair_name":                 required("Name of the pair."),
			"role":                      optional("Role of the side."),
			"location":                  required("Azure region."),
			"account_id":                required("Resource ID of the account."),
			"account_name":              optional("Name of the account."),
			"api_url":                   required("Base URL of the workflow service."),
			"output_storage_account_id": required("Resource ID of the output storage account."),
			"output_container_url":      required("URL of the output container."),
			"generation":                schema.Int64Attribute{Optional: true, MarkdownDescription: "The pair's generation."},
			"failover_mode":             optional("The pair's `failover.mode`; `forced` if not set."),
			"max_data_loss":             optional("The pair's `failover.max_data_loss`; any age is accepted if not set."),
			"drain_timeout":             optional("The pair's `failover.drain_timeout`; a planned failover cancels at once if not set."),
			"peer_location":             optional("The pair's other region. Without it and the two below, runs that nobody knows of are not looked for there."),
			"peer_account_id":           optional("Resource ID of the account in the other region."),
			"peer_api_url":              optional("Base URL of the workflow service in the other region."),
		},
	}
}

func storeAttribute() schema.SingleNestedAttribute {
	return schema.SingleNestedAttribute{
		Required: true, MarkdownDescription: "Where the inputs are: `active` of a `genomics_replicated_input_store`.",
		Attributes: map[string]schema.Attribute{
			"store_name":           schema.StringAttribute{Optional: true, MarkdownDescription: "Name of the store, under which its manifest is found; without it inputs are not compared with a manifest."},
			"prefix":               schema.StringAttribute{Optional: true, MarkdownDescription: "The store's `prefix`."},
			"location":             schema.StringAttribute{Required: true, MarkdownDescription: "Azure region."},
			"storage_account_id":   schema.StringAttribute{Optional: true, MarkdownDescription: "Resource ID of the storage account; needed unless Entra ID is used for storage."},
			"storage_account_name": schema.StringAttribute{Required: true, MarkdownDescription: "Name of the storage account."},
			"container_name":       schema.StringAttribute{Required: true, MarkdownDescription: "Name of the container."},
			"container_url":        schema.StringAttribute{Required: true, MarkdownDescription: "URL of the container."},
		},
	}
}

func attemptsAttribute() schema.ListNestedAttribute {
	return schema.ListNestedAttribute{
		Computed: true, MarkdownDescription: "Every run of this submission that is known, oldest first.",
		NestedObject: schema.NestedAttributeObject{Attributes: map[string]schema.Attribute{
			"location":       text("Region of the run."),
			"account_id":     text("Resource ID of its account."),
			"api_url":        text("Base URL of its service."),
			"workflow_id":    text("Its number there."),
			"status":         text("Its status when last seen."),
			"failure_code":   number("Its failure code; null unless it failed."),
			"superseded":     schema.BoolAttribute{Computed: true, MarkdownDescription: "Whether another run counts instead."},
			"submitted_at":   text("When its service accepted it (RFC 3339, UTC)."),
			"submission_key": text("The key it carries."),

			"output_basename":           text("What the names of its result blobs begin with; null for a run that was not submitted by this provider."),
			"output_container_url":      text("URL of the container it writes to; null for an imported run."),
			"output_storage_account_id": text("Resource ID of that container's storage account; null for an imported run."),
			"stray":                     schema.BoolAttribute{Computed: true, MarkdownDescription: "Whether the run was found alive in the other region's account without having been known: an apply was killed right after its service took it."},
		}},
	}
}

func text(description string) schema.StringAttribute {
	return schema.StringAttribute{Computed: true, MarkdownDescription: description}
}

func number(description string) schema.Int64Attribute {
	return schema.Int64Attribute{Computed: true, MarkdownDescription: description}
}

func identitySchema() identityschema.Schema {
	return identityschema.Schema{Attributes: map[string]identityschema.Attribute{
		"account_id":  identityschema.StringAttribute{RequiredForImport: true, Description: "Resource ID of the account of the run that counts."},
		"workflow_id": identityschema.StringAttribute{RequiredForImport: true, Description: "Number of the run there."},
	}}
}
