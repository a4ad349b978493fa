//go:build acceptance

package acceptance

import (
	"net/http"
	"testing"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/testing/harness"
)

// In an outage of a region Resource Manager goes on answering, but not about the
// groups there. A failover needs nothing of them, and finds the other region's.
func TestAccResourceManagerFailsForTheDarkRegion(t *testing.T) {
	l := running(t, "metadata", setup{}, "one")
	for _, id := range []string{l.storageID(primary), l.accountID(primary)} {
		l.inject(harness.ResourceManager, harness.Injection{Match: harness.Match{PathPrefix: id}, Action: harness.Answer, Status: http.StatusServiceUnavailable,
			Headers: map[string]string{"Content-Type": "application/json"},
			Body:    map[string]any{"error": map[string]string{"code": "ServiceUnavailable", "message": "Not available in westus2."}}, Count: 1000})
	}
	l.outage(primary, harness.Blackhole)
	l.unchanged(1)
	mark := l.mark()
	plan := l.plan(flip...)
	l.warned(plan.Run, 1)
	l.warnsOf(plan.Run, "rg-lab-wus2")
	l.apply(plan.Path)
	l.submitted(mark, 1)
	l.holds(address("one"), "location", secondary, "unfenced_attempts", "1")
	l.unchanged(1, flip...)
	l.ok(l.ClearInjections(l.Context(), harness.ResourceManager))
	l.unchanged(1, flip...)
}
