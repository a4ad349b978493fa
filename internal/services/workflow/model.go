package workflow

import (
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework-timeouts/datasource/timeouts"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/engine/genomics"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/msgenomics"
)

// statusUnknown is the status of a workflow whose region does not answer, and of
// one whose status this provider has no word for.
const statusUnknown = "unknown"

// facts are what both data sources tell about a workflow.
type facts struct {
	WorkflowID     types.Int64  `tfsdk:"workflow_id"`
	Status         types.String `tfsdk:"status"`
	Message        types.String `tfsdk:"message"`
	FailureCode    types.Int64  `tfsdk:"failure_code"`
	InputFailure   types.Bool   `tfsdk:"input_failure"`
	Description    types.String `tfsdk:"description"`
	SubmissionKey  types.String `tfsdk:"submission_key"`
	Process        types.String `tfsdk:"process"`
	BasesProcessed types.Int64  `tfsdk:"bases_processed"`
	CreatedAt      types.String `tfsdk:"created_at"`
	EndedAt        types.String `tfsdk:"ended_at"`
}

type oneModel struct {
	facts

	AccountID types.String   `tfsdk:"account_id"`
	Location  types.String   `tfsdk:"location"`
	Reachable types.Bool     `tfsdk:"reachable"`
	Timeouts  timeouts.Value `tfsdk:"timeouts"`
}

type manyModel struct {
	AccountID types.String   `tfsdk:"account_id"`
	Location  types.String   `tfsdk:"location"`
	Status    types.String   `tfsdk:"status"`
	Name      types.String   `tfsdk:"name"`
	Process   types.String   `tfsdk:"process"`
	Reachable types.Bool     `tfsdk:"reachable"`
	Workflows []facts        `tfsdk:"workflows"`
	Timeouts  timeouts.Value `tfsdk:"timeouts"`
}

// factsFromAPI converts a workflow. The submission key is taken off the front of
// the description that carries it.
func factsFromAPI(w msgenomics.Workflow) facts {
	key, description, ok := genomics.ParseDescription(w.Description)
	f := facts{
		WorkflowID:     types.Int64Value(w.ID),
		Status:         types.StringValue(w.Status.String()),
		Message:        optional(w.Message, w.Message != ""),
		InputFailure:   types.BoolValue(w.Status == msgenomics.StatusFailed && msgenomics.InputFailure(w.FailureCode)),
		Description:    types.StringValue(description),
		SubmissionKey:  optional(key, ok),
		Process:        types.StringValue(w.Process),
		BasesProcessed: types.Int64PointerValue(w.BasesProcessed),
		CreatedAt:      timestamp(&w.CreatedAt),
		EndedAt:        timestamp(w.EndedAt),
	}
	if w.FailureCode != 0 {
		f.FailureCode = types.Int64Value(int64(w.FailureCode))
	}
	return f
}

// nothingKnown is a workflow whose region does not answer.
func nothingKnown(id types.Int64) facts {
	return facts{WorkflowID: id, Status: types.StringValue(statusUnknown)}
}

func optional(s string, present bool) types.String {
	if !present {
		return types.StringNull()
	}
	return types.StringValue(s)
}

func timestamp(t *time.Time) types.String {
	if t == nil || t.IsZero() {
		return types.StringNull()
	}
	return types.StringValue(t.UTC().Format(time.RFC3339))
}

// query is what the service can be asked to select by.
func (m *manyModel) query() msgenomics.Query {
	status, _ := msgenomics.ParseStatus(m.Status.ValueString())
	return msgenomics.Query{Description: m.Name.ValueString(), Process: m.Process.ValueString(), Status: status}
}

// matches is the rest of the selection: the service knows neither the word
// unknown nor where the key ends and the description begins.
func (m *manyModel) matches(f facts) bool {
	return (m.Status.IsNull() || f.Status.Equal(m.Status)) && strings.Contains(f.Description.ValueString(), m.Name.ValueString())
}
