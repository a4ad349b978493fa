package genomics

import (
	"context"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/engine"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/msgenomics"
)

// Succeeded gives the newest runs that carry a token and have succeeded, at most so many: with one request for each hundred, and one
// more where there are fewer.
func (e *Engine) Succeeded(ctx context.Context, most int) ([]engine.Run, error) {
	var out []engine.Run
	for workflow, err := range e.client.List(ctx, msgenomics.Query{Description: tokenMark, Status: msgenomics.StatusSucceeded}) {
		if err != nil {
			return nil, err
		}
		out = append(out, Run(workflow))
		if len(out) == most {
			break
		}
	}
	return out, nil
}
