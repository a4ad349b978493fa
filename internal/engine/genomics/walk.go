package genomics

import (
	"context"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/engine"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/msgenomics"
)

var _ engine.Walker = directory{}

// Walk goes through the service's list.
func (d directory) Walk(ctx context.Context, show func(engine.Run) (more bool)) error {
	return d.listing.Walk(ctx, func(w msgenomics.Workflow) bool { return show(Run(w)) })
}
