package submission

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/engine/genomics"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/msgenomics"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/session"
)

// Listed fills in what is known of a workflow that was found in an account: what an
// import of it would. With into being nil only its identity.
func Listed(ctx context.Context, at session.ServiceAccount, w msgenomics.Workflow, identity *tfsdk.ResourceIdentity, into *tfsdk.Resource) diag.Diagnostics {
	run := genomics.Run(w)
	diags := identity.Set(ctx, identityModel{AccountID: types.StringValue(at.ID), WorkflowID: types.StringValue(run.ID)})
	if into == nil {
		return diags
	}
	m, d := found(ctx, attemptModel{Location: types.StringValue(at.Location), AccountID: types.StringValue(at.ID), APIURL: types.StringValue(at.URL)}, run)
	diags.Append(d...)
	for name, value := range map[string]any{
		"id": m.ID, "workflow_id": m.WorkflowID, "location": m.Location, "submission_key": m.SubmissionKey, "process": m.Process, "description": m.Description,
		"status": m.Status, "message": m.Message, "failure_code": m.FailureCode, "bases_processed": m.BasesProcessed, "created_at": m.CreatedAt, "ended_at": m.EndedAt,
		"attempts": m.Attempts, "unfenced_attempts": m.UnfencedAttempts,
	} {
		diags.Append(into.SetAttribute(ctx, path.Root(name), value)...)
	}
	return diags
}
