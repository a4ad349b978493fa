//go:build acceptance

package acceptance

import (
	"net/http"
	"slices"
	"testing"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/testing/harness"
)

// A storage account that was deleted outside takes its containers with it: plans go
// on, show them missing, and the region can be left.
func TestAccStorageAccountDeletedOutside(t *testing.T) {
	l := running(t, "nostorage", setup{}, "one")
	gone := harness.Injection{Match: harness.Match{PathPrefix: l.storageID(primary)}, Action: harness.Answer, Status: http.StatusNotFound,
		Headers: map[string]string{"Content-Type": "application/json"},
		Body:    map[string]any{"error": map[string]string{"code": "ResourceNotFound", "message": "The storage account was not found."}}, Count: 1000}
	l.inject(harness.ResourceManager, gone)
	plan := l.plan()
	if unknown := plan.Unknown(pairAddress); !slices.Contains(unknown, "active.output_container_url") {
		t.Errorf("the plan leaves open %v", unknown)
	}
	if destroyed := plan.Destroys(); len(destroyed) != 0 {
		t.Errorf("the plan destroys %v", destroyed)
	}
	l.apply(flip...)
	l.holds(address("one"), "location", secondary)
	l.holds(pairAddress, "active.location", secondary, "standby.output_container_url", "null")
	l.holds(storeAddress, "active.location", secondary, "standby.container_url", "null")
	// It is there again.
	l.ok(l.ClearInjections(l.Context(), harness.ResourceManager))
	l.apply(flip...)
	l.apply(flip...)
	l.unchanged(0, flip...)
}
