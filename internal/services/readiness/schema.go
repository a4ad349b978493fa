package readiness

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework-timeouts/datasource/timeouts"
	"github.com/hashicorp/terraform-plugin-framework-validators/listvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	rules "github.com/genomics-continuity/terraform-provider-genomics/internal/readiness"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/services/check"
)

func readinessSchema(ctx context.Context) schema.Schema {
	attributes := subject()
	for name, attribute := range map[string]schema.Attribute{
		"max_recovery_point_age": schema.StringAttribute{
			Optional: true, Validators: []validator.String{check.Duration()},
			MarkdownDescription: "How old the standby's data may be, as a duration such as `1h`. Without it no rule is about their age.",
		},
		"max_drill_age": schema.StringAttribute{
			Optional: true, Validators: []validator.String{check.Duration()},
			MarkdownDescription: "How long ago the last drill (`genomics_failover_drill`) that succeeded may be, as a duration such as `720h`. Without it no rule is about drills.",
		},
		"state_location": schema.StringAttribute{
			Optional: true, Validators: []validator.String{check.Location()},
			MarkdownDescription: "Azure region in which the state of this configuration is kept, such as that of the backend's storage account. It must not be the active region, " +
				"in whose outage nobody could plan the failover. Without it no rule is about it.",
		},
		"probe": schema.StringAttribute{
			Optional: true, Validators: []validator.String{stringvalidator.OneOf(rules.ProbeRead, rules.ProbeWrite)},
			MarkdownDescription: "How the right to use the standby's output container is found out. `read` (default) asks with a signature made now in ways that change nothing: it reads and deletes a blob " +
				"that does not exist, and writes under a condition that cannot hold. `write` writes a blob below `.genomics-continuity/`, reads it and deletes it.",
		},
		"ready":   schema.BoolAttribute{Computed: true, MarkdownDescription: "Whether every check passes. Unknown is not ready."},
		"verdict": text("`ready`, `not_ready` when a check fails, else `unknown` when one could not be made."),
		"summary": text("The verdict in one line, naming what hurts."),
		"checks": schema.ListNestedAttribute{
			Computed: true, MarkdownDescription: "Every check, in the order of the rules. Rules that nothing asks for are left out.",
			NestedObject: schema.NestedAttributeObject{Attributes: checkAttributes()},
		},
		"recovery_point_age":      schema.Int64Attribute{Computed: true, MarkdownDescription: "How old the standby's data are, in seconds: `0` when nothing is missing there, null when it is not known. Of several stores that of the oldest."},
		"last_drill_at":           text("When the last drill of the pair in the standby that succeeded ended (RFC 3339, UTC); null if there was none, or nobody could look."),
		"estimated_recovery_time": estimated("the unfinished submissions given, or all of them where it is not known which have ended. Null without a drill that succeeded, or submissions"),
		"last_failover":           lastFailover(),
		"report_markdown":         text("The report as Markdown: the verdict in one line, a table with what fails first, and what to do about it. Fit for a job's summary or a comment."),
		"report_junit":            text("The report as JUnit XML. A check that fails is a failure, one that could not be made an error, and a rule that nothing asks for is skipped."),
		"report_json":             text("The report as JSON; its field `version` goes up when a field changes its meaning or goes away."),
		"report_svg":              text("The report as one picture of both regions, which needs nothing beside itself."),
	} {
		attributes[name] = attribute
	}
	return schema.Schema{
		MarkdownDescription: "Whether a failover of a pair would work now. It is read while planning, also while the pair or a store has changes to be made, and it is the configured `active_region` that counts. " +
			"Each region is asked at the same time; what does not answer makes checks unknown, and nothing makes reading fail. " +
			"The reports and the figures change with time: an output of them makes every plan show a change, and is left to the user.",
		Attributes: attributes,
		Blocks: map[string]schema.Block{
			"timeouts": timeouts.BlockWithOpts(ctx, timeouts.Opts{ReadDescription: "How long looking may take, as a duration. Default `5m`. What has not been seen by then is unknown."}),
		},
	}
}

// subject are the attributes that say what is looked at. They hold only what is
// known while planning: a value that is not would put the reading off to the apply.
// What an element of a list needs is checked when it is read: while the whole
// element is unknown, the framework takes what it requires for missing.
func subject() map[string]schema.Attribute {
	return map[string]schema.Attribute{
		"region_pair": schema.SingleNestedAttribute{
			Required: true, MarkdownDescription: "The pair: a `genomics_region_pair` as it is.",
			Attributes: map[string]schema.Attribute{
				"name":          required("Name of the pair."),
				"active_region": required("Location of the active region."),
				"primary":       pairSide("The region that is active in normal times."),
				"secondary":     pairSide("The region that stands by."),
				"data_residency": schema.SingleNestedAttribute{
					Optional: true, MarkdownDescription: "Where data may be.",
					Attributes: map[string]schema.Attribute{
						"allowed_geographies": schema.SetAttribute{ElementType: types.StringType, Required: true, MarkdownDescription: "Azure geographies that data may be in."},
					},
				},
			},
		},
		"input_stores": schema.ListNestedAttribute{
			Optional: true, MarkdownDescription: "The pair's input stores: each a `genomics_replicated_input_store` as it is.",
			Validators: []validator.List{listvalidator.NoNullValues()},
			NestedObject: schema.NestedAttributeObject{Attributes: map[string]schema.Attribute{
				"name":                 optional("Name of the store."),
				"primary":              storeSide("Where the blobs are in normal times."),
				"secondary":            storeSide("Where they are copied to in normal times."),
				"prefix":               optional("Only blobs whose name begins so."),
				"include":              schema.ListAttribute{ElementType: types.StringType, Optional: true, MarkdownDescription: "Globs of which one has to match."},
				"exclude":              schema.ListAttribute{ElementType: types.StringType, Optional: true, MarkdownDescription: "Globs of which none may."},
				"mode":                 optional("How blobs get to the standby."),
				"verify":               optional("What makes two blobs the same: `md5` or `size`."),
				"failback_replication": schema.BoolAttribute{Optional: true, MarkdownDescription: "Whether blobs flow from the secondary to the primary."},
			}},
		},
		"workflows": jobSchema("genomics_workflow_submission", map[string]schema.Attribute{
			"inputs": schema.ListAttribute{ElementType: types.StringType, Optional: true, MarkdownDescription: "Names of its input blobs."},
		}),
		"tasks": jobSchema("genomics_task_submission", map[string]schema.Attribute{
			"inputs": schema.ListNestedAttribute{
				Optional: true, MarkdownDescription: "Its inputs, of which the `store://` references are looked for.",
				NestedObject: schema.NestedAttributeObject{Attributes: map[string]schema.Attribute{"url": optional("Where the input comes from.")}},
			},
		}),
		"runs": jobSchema("genomics_run_submission", map[string]schema.Attribute{
			"workflow_url":    optional("Where the workflow is."),
			"workflow_params": optional("Its parameters in JSON, of which the `store://` references are looked for."),
		}),
	}
}

// jobSchema is the list of what is submitted to one engine.
func jobSchema(resource string, own map[string]schema.Attribute) schema.ListNestedAttribute {
	own["name"] = optional("Name of the submission.")
	own["on_failover"] = optional("Which of its runs follows the active region.")
	own["accept"] = acceptAttribute()
	own["input_store"] = schema.SingleNestedAttribute{
		Optional: true, MarkdownDescription: "Where its inputs are.",
		Attributes: map[string]schema.Attribute{"store_name": optional("Name of the store.")},
	}
	return schema.ListNestedAttribute{
		Optional: true, Validators: []validator.List{listvalidator.NoNullValues()}, NestedObject: schema.NestedAttributeObject{Attributes: own},
		MarkdownDescription: "The pair's submissions: each a `" + resource + "` as it is. Their inputs are looked for in the standby, and their superseded runs. " +
			"With `for_each` give `values(" + resource + ".sample)`.",
	}
}

func pairSide(description string) schema.SingleNestedAttribute {
	return schema.SingleNestedAttribute{
		Required: true, MarkdownDescription: description,
		Attributes: map[string]schema.Attribute{
			"location":   required("Azure region."),
			"account_id": optional("Resource ID of the account, where there is one."),
			"tes":        server("The server of GA4GH's Task Execution Service, where that is what runs workflows."),
			"wes":        server("The server of GA4GH's Workflow Execution Service, where that is what runs workflows."),
			"output": schema.SingleNestedAttribute{
				Required: true, MarkdownDescription: "Where results are written.",
				Attributes: map[string]schema.Attribute{
					"storage_account_id": required("Resource ID of the storage account."),
					"container_name":     required("Name of the container."),
				},
			},
		},
	}
}

func server(description string) schema.SingleNestedAttribute {
	return schema.SingleNestedAttribute{
		Optional: true, MarkdownDescription: description,
		Attributes: map[string]schema.Attribute{"url": required("Its base URL.")},
	}
}

func storeSide(description string) schema.SingleNestedAttribute {
	return schema.SingleNestedAttribute{
		Optional: true, MarkdownDescription: description,
		Attributes: map[string]schema.Attribute{
			"location":           required("Azure region."),
			"storage_account_id": required("Resource ID of the storage account."),
			"container_name":     required("Name of the container."),
		},
	}
}

func checkAttributes() map[string]schema.Attribute {
	return map[string]schema.Attribute{
		"name":    text("Name of the rule, such as `replication`."),
		"region":  text("Location that the check is about; null if it is about none."),
		"subject": text("What in the region it is about, such as a store's name; null if nothing in particular."),
		"status":  text("`pass`, `fail` or `unknown`."),
		"message": text("What was seen or, for `unknown`, why nothing could be."),
		"remedy":  text("What to do, as a command or a piece of configuration; null when the check passes."),
	}
}

func required(description string) schema.StringAttribute {
	return schema.StringAttribute{Required: true, MarkdownDescription: description}
}

func optional(description string) schema.StringAttribute {
	return schema.StringAttribute{Optional: true, MarkdownDescription: description}
}

func text(description string) schema.StringAttribute {
	return schema.StringAttribute{Computed: true, MarkdownDescription: description}
}
