package inputstore

import (
	"context"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/diagnostics"
)

// uncopiableKey is where a refresh leaves whether the store has blobs that cannot be
// copied. With them a replication leaves it out of sync, which a plan has to know.
const uncopiableKey = "uncopiable_blobs"

const nextUncopiable = "Leave such blobs out with exclude, or make them online block blobs. Until then in_sync stays false."

func readUncopiable(ctx context.Context, private interface {
	GetKey(ctx context.Context, key string) ([]byte, diag.Diagnostics)
},
) (bool, diag.Diagnostics) {
	data, diags := private.GetKey(ctx, uncopiableKey)
	return string(data) == "true", diags
}

func saveUncopiable(ctx context.Context, private interface {
	SetKey(ctx context.Context, key string, value []byte) diag.Diagnostics
}, found bool,
) diag.Diagnostics {
	return private.SetKey(ctx, uncopiableKey, fmt.Append(nil, found))
}

// kept holds the figures to what the plan promised of them. Blobs that came after
// the plan, or that somebody else is copying, may have broken it.
func (m *model) kept(inSync types.Bool) diag.Diagnostics {
	var diags diag.Diagnostics
	about := diagnostics.Context{Resource: m.Name.ValueString()}
	switch {
	case m.PendingBlobs.ValueInt64() > 0:
		about.NextStep = "Apply again when those copies have ended."
		diags.Append(diagnostics.Error("Replication did not end",
			fmt.Errorf("%d blobs are still being copied by somebody else", m.PendingBlobs.ValueInt64()), about))
	case !m.InSync.Equal(inSync):
		about.NextStep = "Plan again. " + nextUncopiable
		diags.Append(diagnostics.Error("The store is not as planned",
			fmt.Errorf("in_sync is %s: since the plan the blobs that cannot be copied have changed", m.InSync), about))
	}
	return diags
}
