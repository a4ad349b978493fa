package workflow

import (
	"maps"

	"github.com/hashicorp/terraform-plugin-framework-validators/int64validator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/services/check"
)

const locationDescription = "Azure region of the account. By default Resource Manager is asked for it; give it here, and the account's key in the provider's `access_keys`, to do without Resource Manager."

const statusDescription = "`queued`, `working`, `success`, `failed`, `cancelling`, `cancelled`, or `unknown`"

var statuses = []string{"queued", "working", "success", "failed", "cancelling", "cancelled", statusUnknown}

func factAttributes() map[string]schema.Attribute {
	return map[string]schema.Attribute{
		"workflow_id":     schema.Int64Attribute{Computed: true, MarkdownDescription: "Number of the workflow, unique in its account."},
		"status":          text("Status of the workflow: " + statusDescription + ", which is not finished as far as anybody can tell."),
		"message":         text("What the service says of the workflow; null if nothing."),
		"failure_code":    schema.Int64Attribute{Computed: true, MarkdownDescription: "The service's failure code; null unless there is one."},
		"input_failure":   schema.BoolAttribute{Computed: true, MarkdownDescription: "Whether it failed because of its input, so that it would fail in any region: codes 200 to 208 (BAM), 300 to 308 (FASTQ) and 701 (a read is too long)."},
		"description":     text("Its description, without the submission key in front."),
		"submission_key":  text("Key of the `genomics_workflow_submission` that submitted it; null if something else did."),
		"process":         text("The process with its version, such as `snapgatk-20180730_1`."),
		"bases_processed": schema.Int64Attribute{Computed: true, MarkdownDescription: "How many bases it processed; null until the service has counted them."},
		"created_at":      text("When it was submitted (RFC 3339, UTC)."),
		"ended_at":        text("When it ended (RFC 3339, UTC); null while it has not."),
	}
}

func oneSchema() schema.Schema {
	attributes := shared("Whether the region answered. When it did not, this is `false`, `status` is `unknown`, the other facts are null, and a warning says so once a run.")
	maps.Copy(attributes, factAttributes())
	attributes["workflow_id"] = schema.Int64Attribute{
		Required: true, MarkdownDescription: "Number of the workflow in the account.", Validators: []validator.Int64{int64validator.AtLeast(1)},
	}
	return schema.Schema{
		MarkdownDescription: "One workflow of an account, whoever submitted it. A workflow that does not exist is an error; a region that does not answer is not, see `reachable`.",
		Attributes:          attributes,
	}
}

func manySchema() schema.Schema {
	attributes := shared("Whether the region answered. When it did not, this is `false`, `workflows` is empty, and a warning says so once a run. It is `false` too while the account does not exist.")
	attributes["status"] = schema.StringAttribute{
		Optional: true, MarkdownDescription: "Only workflows with this status: " + statusDescription + ". By default any.",
		Validators: []validator.String{stringvalidator.OneOf(statuses...)},
	}
	attributes["name"] = schema.StringAttribute{
		Optional: true, MarkdownDescription: "Only workflows whose description, without the submission key in front, contains this text. Upper and lower case count. By default any.",
		Validators: []validator.String{stringvalidator.LengthAtLeast(1)},
	}
	attributes["process"] = schema.StringAttribute{
		Optional: true, MarkdownDescription: "Only workflows whose process, with its version, contains this text: `gatk4`, or `20180730`. Upper and lower case count. By default any.",
		Validators: []validator.String{stringvalidator.LengthAtLeast(1)},
	}
	attributes["workflows"] = schema.ListNestedAttribute{
		Computed: true, MarkdownDescription: "The workflows, newest first.",
		NestedObject: schema.NestedAttributeObject{Attributes: factAttributes()},
	}
	return schema.Schema{
		MarkdownDescription: "The workflows of an account, whoever submitted them. They are read anew each time, 100 a request. A region that does not answer is no error, see `reachable`.",
		Attributes:          attributes,
	}
}

// shared are the attributes that say which account is meant and whether it
// answered.
func shared(reachable string) map[string]schema.Attribute {
	return map[string]schema.Attribute{
		"account_id": schema.StringAttribute{Required: true, MarkdownDescription: "Resource ID of the account.", Validators: []validator.String{check.AccountID()}},
		"location": schema.StringAttribute{
			Optional: true, Computed: true, Validators: []validator.String{check.Location()},
			MarkdownDescription: locationDescription,
		},
		"reachable": schema.BoolAttribute{Computed: true, MarkdownDescription: reachable},
	}
}

func text(description string) schema.StringAttribute {
	return schema.StringAttribute{Computed: true, MarkdownDescription: description}
}
