package readiness

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/function"
	"github.com/hashicorp/terraform-plugin-framework/types"

	rules "github.com/genomics-continuity/terraform-provider-genomics/internal/readiness"
)

type summary struct{}

// NewSummary makes readiness_summary.
func NewSummary() function.Function { return summary{} }

var checkTypes = map[string]attr.Type{
	"name": types.StringType, "region": types.StringType, "subject": types.StringType,
	"status": types.StringType, "message": types.StringType, "remedy": types.StringType,
}

// Metadata names the function.
func (summary) Metadata(_ context.Context, _ function.MetadataRequest, resp *function.MetadataResponse) {
	resp.Name = "readiness_summary"
}

// Definition describes the function.
func (summary) Definition(_ context.Context, _ function.DefinitionRequest, resp *function.DefinitionResponse) {
	resp.Definition = function.Definition{
		Summary: "The verdict on checks in one line",
		MarkdownDescription: "Gives the verdict on checks of `genomics_readiness` in one line, naming what hurts. The checks may be those of several pairs (`concat`), or some of them: " +
			"what is left out does not count. No checks at all are unknown.",
		Parameters: []function.Parameter{function.ListParameter{
			Name: "checks", ElementType: types.ObjectType{AttrTypes: checkTypes}, MarkdownDescription: "Checks, as `checks` of `genomics_readiness` has them.",
		}},
		Return: function.StringReturn{},
	}
}

// Run computes the function.
func (summary) Run(ctx context.Context, req function.RunRequest, resp *function.RunResponse) {
	var given []checkModel
	if resp.Error = req.Arguments.Get(ctx, &given); resp.Error != nil {
		return
	}
	checks := make([]rules.Check, 0, len(given))
	for _, c := range given {
		checks = append(checks, rules.Check{
			Name: c.Name.ValueString(), Region: c.Region.ValueString(), Subject: c.Subject.ValueString(), Status: rules.Status(c.Status.ValueString()),
		})
	}
	resp.Error = resp.Result.Set(ctx, rules.Summary(checks))
}
