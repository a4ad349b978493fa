package inputstore

import (
	"context"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/diag"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/diagnostics"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/replication"
)

// maxRounds is how often a planned failover copies until a look finds nothing to
// copy. Each round takes what came during the one before, and is shorter by that.
const maxRounds = 4

// drain brings the side to go to up to the one that is left. The roles of m are
// those before the failover.
func (r *Resource) drain(ctx context.Context, m *model, known *memory) diag.Diagnostics {
	inSync := m.InSync
	diags, quiet := settled(func() (replication.Result, diag.Diagnostics) { return r.replicate(ctx, m, known, true) })
	if diags.HasError() {
		return diags
	}
	about := diagnostics.Context{Resource: m.Name.ValueString()}
	switch active, _, _ := roleFrom(ctx, m.Active); {
	case !quiet:
		about.NextStep = "Stop the uploads there and apply again. The roles are as they were."
		diags.Append(diagnostics.Error("The input store does not come to rest", fmt.Errorf("new blobs came to %s during each of %d replications", active.Location.ValueString(), maxRounds), about))
	case !m.flows(ctx) && m.PendingBlobs.ValueInt64() > 0:
		about.NextStep = "Set failback_replication = true and plan again. The roles are as they were."
		diags.Append(diagnostics.Error("Failing over would lose data", fmt.Errorf("%d blobs came to %s since the plan", m.PendingBlobs.ValueInt64(), active.Location.ValueString()), about))
	default:
		diags.Append(m.kept(inSync)...)
	}
	return diags
}

// settled repeats a replication until one finds nothing to copy. The diagnostics
// are those of the last one.
func settled(run func() (replication.Result, diag.Diagnostics)) (diags diag.Diagnostics, quiet bool) {
	for range maxRounds {
		var result replication.Result
		result, diags = run()
		if diags.HasError() || result.Copied+result.Retagged == 0 {
			return diags, true
		}
	}
	return diags, false
}
