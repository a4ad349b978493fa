package readiness

import (
	"context"
	"maps"

	"github.com/hashicorp/terraform-plugin-framework-timeouts/datasource/timeouts"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

func planSchema(ctx context.Context) schema.Schema {
	attributes := subject()
	// A failover is carried out as the pair and its stores are configured to.
	pair, _ := attributes["region_pair"].(schema.SingleNestedAttribute)
	pair.Attributes["failover"] = failoverAttribute("cooling_time")
	pair.Attributes["accept"] = acceptAttribute()
	stores, _ := attributes["input_stores"].(schema.ListNestedAttribute)
	stores.NestedObject.Attributes["failover"] = failoverAttribute()
	stores.NestedObject.Attributes["accept"] = acceptAttribute()
	count := func(description string) schema.Int64Attribute {
		return schema.Int64Attribute{Computed: true, MarkdownDescription: description}
	}
	maps.Copy(attributes, map[string]schema.Attribute{
		"from":     text("Location that would be left: the active one."),
		"to":       text("Location that would become active."),
		"possible": schema.BoolAttribute{Computed: true, MarkdownDescription: "Whether nothing refuses the failover, as far as anybody can see."},
		"guards": schema.ListNestedAttribute{
			Computed: true, MarkdownDescription: "What would refuse the failover.",
			NestedObject: schema.NestedAttributeObject{Attributes: map[string]schema.Attribute{
				"on":      text("What refuses: `pair` or the name of a store."),
				"accept":  text("Name that lifts the guard in `accept` of what refuses; null if nothing does."),
				"summary": text("The guard in a few words."),
				"reason":  text("Why it refuses."),
				"remedy":  text("What to do instead of lifting it."),
			}},
		},
		"submissions": schema.ListNestedAttribute{
			Computed: true, MarkdownDescription: "What would become of each submission.",
			NestedObject: schema.NestedAttributeObject{Attributes: map[string]schema.Attribute{
				"name":            text("Name of the submission."),
				"action":          text("`resubmit` in the other region, `keep` as it is, `refuse` when it would be left without a run, or `unknown` when its runs could not be looked at."),
				"reason":          text("Why."),
				"input_bytes":     count("Size of its inputs in the other region, in bytes; null unless it would be resubmitted, and when nobody could look."),
				"bases_processed": count("Bases that its run had processed when it was looked at, and that would be processed again; null unless it would be resubmitted, and when its service does not say."),
			}},
		},
		"missing_inputs": schema.ListNestedAttribute{
			Computed: true, MarkdownDescription: "Inputs of submissions to resubmit that are not in the other region as they were replicated.",
			NestedObject: schema.NestedAttributeObject{Attributes: map[string]schema.Attribute{
				"submission": text("Name of the submission."),
				"input":      text("Name of the blob."),
				"reason":     text("What is wrong with it."),
			}},
		},
		"resubmit_count":          count("How many submissions would be resubmitted."),
		"keep_count":              count("How many would stay as they are."),
		"refuse_count":            count("How many would be refused, each for inputs or runs of its own."),
		"input_bytes":             count("Size of the inputs that would be read again, in bytes, as far as they are in the other region."),
		"bases_processed":         count("Bases that the runs to be resubmitted had processed when they were looked at, and that would be processed again, as far as their service says; null when it says it of none."),
		"pending_blobs":           count("Blobs that the other region lacks; null when the regions could not be compared."),
		"pending_bytes":           count("Their size together; null when the regions could not be compared."),
		"estimated_recovery_time": estimated("those that would be resubmitted. Null without a drill that succeeded"),
		"last_failover":           lastFailover(),
	})
	return schema.Schema{
		MarkdownDescription: "What a failover would do now, by the same rules that decide when it is made: which submissions run again, which stay and which are refused, what is missing, and which guards refuse. " +
			"It is read while planning, changes nothing, and never fails because a region does not answer.",
		Attributes: attributes,
		Blocks: map[string]schema.Block{
			"timeouts": timeouts.BlockWithOpts(ctx, timeouts.Opts{ReadDescription: "How long looking may take, as a duration. Default `5m`."}),
		},
	}
}

func failoverAttribute(more ...string) schema.SingleNestedAttribute {
	attributes := map[string]schema.Attribute{"mode": optional("`forced` or `planned`."), "max_data_loss": optional("How far the standby may be behind.")}
	for _, name := range more {
		attributes[name] = optional("As of the pair.")
	}
	return schema.SingleNestedAttribute{Optional: true, MarkdownDescription: "How a failover is carried out.", Attributes: attributes}
}

func acceptAttribute() schema.SetAttribute {
	return schema.SetAttribute{ElementType: types.StringType, Optional: true, MarkdownDescription: "Guards that are lifted."}
}
