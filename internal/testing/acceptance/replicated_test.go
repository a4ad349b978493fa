//go:build acceptance

package acceptance

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/testing/harness"
)

// copiesMade counts the copies that a region's service made, by name.
func (l *lab) copiesMade(since int64, region string) map[string]int {
	l.Helper()
	made := map[string]int{}
	for _, seen := range l.requests(since, region) {
		if seen.Method == http.MethodPut && strings.Contains(seen.Path, "/"+l.inputs()+"/r") && seen.Status/100 == 2 {
			made[seen.Path]++
		}
	}
	return made
}

// A replication whose CLI and provider are killed while they copy goes on with
// what is missing: nothing that arrived is copied again.
func TestAccKilledWhileReplicating(t *testing.T) {
	l := oneLab(t, "halfcopied")
	l.write(setup{})
	l.apply()
	const blobs = 40
	reads := map[string][]byte{}
	for i := range blobs {
		reads[fmt.Sprintf("r%02d.fq.gz", i)] = fmt.Appendf(nil, "@read %d\nACGT\n+\nIIII\n", i)
	}
	l.put(primary, l.inputs(), reads)
	arrived, begun := 0, l.mark()
	for _, percent := range []int{25, 50, 75} {
		l.ok(l.Freeze(l.Context(), harness.Freeze{Methods: []string{http.MethodPut}, Planes: []string{"storage"}, Skip: blobs*percent/100 - arrived, After: true}))
		running, err := l.cli.StartApply(l.Context())
		l.ok(err)
		l.until("the copies stand still", func() bool {
			frozen, err := l.Frozen(l.Context())
			l.ok(err)
			return frozen.Reached
		})
		l.ok(running.Kill())
		if _, err := running.Wait(); err == nil {
			t.Fatal("the apply ended well")
		}
		l.ok(l.Thaw(l.Context()))
		l.until("nobody waits for an answer any more", func() bool {
			frozen, err := l.Frozen(l.Context())
			l.ok(err)
			return frozen.Held == 0
		})
		now := len(l.blobs(secondary, l.inputs(), "r"))
		if now <= arrived || now >= blobs {
			t.Fatalf("killed at %d per cent: %d blobs arrived, after %d before", percent, now, arrived)
		}
		arrived = now
	}
	mark := l.mark()
	l.apply()
	// A request that had waited may have been served after the look.
	if made := len(l.copiesMade(mark, secondary)); made > blobs-arrived || made == 0 {
		t.Errorf("%d of %d had arrived, and %d were copied", arrived, blobs, made)
	}
	for name, times := range l.copiesMade(begun, secondary) {
		if times > 1 {
			t.Errorf("%s was copied %d times", name, times)
		}
	}
	l.holds(storeAddress, "blob_count", fmt.Sprint(blobs), "pending_blobs", "0", "in_sync", "true")
	l.unchanged(0)
}
