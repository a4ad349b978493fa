//go:build acceptance

package acceptance

import (
	"fmt"
	"net/http"
	"strconv"
	"testing"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/testing/harness"
)

// Of how many submissions the promises are kept.
const (
	manySubmissions = 200
	manyRuns        = 1000
)

// Two hundred submissions cost a page of the listing for each hundred runs that
// are alive in the account, and in the dark one unanswered request and one warning.
func TestAccManySubmissions(t *testing.T) {
	l := oneLab(t, "many")
	l.put(primary, l.inputs(), l.reads("one"))
	l.hold("")
	l.write(setup{Extra: fmt.Sprintf(`
resource "genomics_workflow_submission" "many" {
  count        = %d
  name         = "s${count.index}"
  region       = genomics_region_pair.lab.active
  input_store  = genomics_replicated_input_store.reads.active
  inputs       = ["%s", "%s"]
  process      = "gatk4"
  process_args = "R=hg38m1"
  description  = "%ss${count.index}."
  output       = { basename = "s${count.index}" }
}
`, manySubmissions, firstReads("one"), secondReads("one"), l.describe(""))})
	created := l.apply()
	t.Logf("%d submissions took %s to apply", manySubmissions, created.Duration)
	if runs := l.runs(); len(runs) != manySubmissions {
		t.Fatalf("%d runs, want %d", len(runs), manySubmissions)
	}

	t.Run("healthy", func(t *testing.T) {
		l := &lab{T: t, World: l.World, cli: l.cli, name: l.name}
		l.listed()
	})
	t.Run("thousand runs", func(t *testing.T) {
		l := &lab{T: t, World: l.World, cli: l.cli, name: l.name}
		l.crowd(manyRuns - manySubmissions)
		l.listed()
	})
	t.Run("dark", func(t *testing.T) {
		l := &lab{T: t, World: l.World, cli: l.cli, name: l.name}
		l.outage(primary, harness.Blackhole)
		mark := l.mark()
		plan := l.unchanged(1)
		t.Logf("a plan over %d submissions in the dark took %s; region_timeout is %s", manySubmissions, plan.Duration, regionTimeout)
		// Asking for each, ten at a time, would take twenty timeouts.
		if plan.Duration > regionTimeout*manySubmissions/10 {
			t.Errorf("the plan took %s: the region was waited for again and again", plan.Duration)
		}
		l.askedOnce(mark)

		mark = l.mark()
		plan = l.plan("-var", "active_region="+secondary)
		l.warned(plan.Run, 1)
		l.askedOnce(mark)
		if changes := plan.Changes(); len(changes) != manySubmissions+2 || len(plan.Destroys()) != 0 {
			t.Errorf("the failover changes %d resources and destroys %v", len(changes), plan.Destroys())
		}
	})
}

// listed asserts that a plan changes nothing and reads what is alive in the
// account by pages of a hundred, once, whatever else there is: the queued, the
// working, and a page that is not full to end each; and one page of what has
// succeeded last.
func (l *lab) listed() {
	l.Helper()
	mark := l.mark()
	plan := l.unchanged(0)
	pages := l.lists(mark, primary)
	l.Logf("a plan took %s and %d requests for the listing", plan.Duration, len(pages))
	if full := manySubmissions / 100; len(pages) < full || len(pages) > full+3 {
		l.Errorf("%d requests list %d live runs, want %d to %d", len(pages), manySubmissions, full, full+3)
	}
	if all := service(l.requests(mark, primary), http.MethodGet); len(all) != len(pages) {
		l.Errorf("beside the listing %d requests were made", len(all)-len(pages))
	}
	if others := l.lists(mark, secondary); len(others) != 3 {
		l.Errorf("%d requests look for runs that nobody knows of in %s, want 3", len(others), secondary)
	}
}

// askedOnce asserts that the dark primary was asked at most once since a mark.
func (l *lab) askedOnce(mark int64) {
	l.Helper()
	if asked := l.requests(mark, primary); len(asked) > 1 {
		l.Errorf("the dark region was asked %d times: %+v", len(asked), asked)
	}
}

// crowd submits runs of somebody else to the primary account.
func (l *lab) crowd(runs int) {
	l.Helper()
	header := http.Header{"Ocp-Apim-Subscription-Key": {l.key(primary)}}
	url := l.Emulator.Ready.Regions[primary].Service + "/api/workflows"
	for i := range runs {
		status := l.call(http.MethodPost, url, header, map[string]any{
			"Process": "gatk4", "ProcessArgs": "R=hg38m1", "Description": "somebody else's " + strconv.Itoa(i),
			"InputArgs":  map[string]any{"ACCOUNT": places[primary].storage, "CONTAINER": l.inputs(), "BLOBNAMES_WITH_SAS": "no.bam?sv=1"},
			"OutputArgs": map[string]any{"ACCOUNT": places[primary].storage, "CONTAINER": l.outputs(), "CONTAINER_SAS": "sv=1", "OUTPUT_FILENAME_BASE": "no"},
		}, nil)
		if status != http.StatusOK {
			l.Fatalf("a submission was answered with %d", status)
		}
	}
}
