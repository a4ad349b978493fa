//go:build acceptance

package acceptance

import (
	"net/http"
	"testing"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/testing/harness"
)

var refusedOnce = harness.Injection{Match: post, Action: harness.Answer, Status: http.StatusBadRequest, Body: map[string]string{"Message": "no"}}

// A failover that the new region refuses leaves the old run alone: it is not given
// up before another is there, and it still follows the active region.
func TestAccRefusedFailoverLosesNoRun(t *testing.T) {
	l := running(t, "halfway", setup{}, "one")
	l.inject(secondary, refusedOnce)
	run, err := l.cli.Apply(l.Context(), flip...)
	l.failed(run, err, "not accepted")
	l.await(primary, "one", "working")
	l.apply(flip...)
	l.holds(address("one"), "location", secondary, "attempts.0.superseded", "true")
	l.await(secondary, "one", "working")
	l.await(primary, "one", "cancelled")
}

// In a planned failover the old run has stopped by then: the submission waits for
// the next apply, and is not taken for one that its user cancelled.
func TestAccRefusedPlannedFailoverLosesNoRun(t *testing.T) {
	l := running(t, "halfplanned", setup{Pair: `failover = { mode = "planned" }`}, "one")
	plan := l.plan(flip...)
	// What can be checked is checked before anything is stopped.
	l.remove(secondary, l.inputs(), firstReads("one"))
	run, err := l.cli.Apply(l.Context(), plan.Path)
	l.failed(run, err, firstReads("one"))
	l.await(primary, "one", "working")
	l.put(secondary, l.inputs(), l.reads("one"))

	l.inject(secondary, refusedOnce)
	run, err = l.cli.Apply(l.Context(), flip...)
	l.failed(run, err, "not accepted")
	l.await(primary, "one", "cancelled")
	l.apply(flip...)
	l.holds(address("one"), "location", secondary, "attempts.#", "2", "unfenced_attempts", "0")
	l.await(secondary, "one", "working")
	l.unchanged(0, flip...)
}

// The stale run that a failback may take up has ended between plan and apply.
func TestAccStaleRunEndsBeforeItIsTakenUp(t *testing.T) {
	l := running(t, "ended", setup{}, "one")
	l.outage(primary, harness.Refused)
	l.apply(flip...)
	l.restore(primary)
	l.await(primary, "one", "working")
	l.write(setup{Submissions: map[string]submission{"one": {More: `accept = ["stale_runs"]`}}})
	plan := l.plan()
	l.force(primary, "one", 60000, 0)
	mark := l.mark()
	l.apply(plan.Path)
	l.submitted(mark, 1)
	l.holds(address("one"), "location", primary)
	l.apply()
	l.holds(address("one"), "unfenced_attempts", "0")
	l.unchanged(0)
}

// A region that cancels nothing any more is left all the same.
func TestAccFailoverFromARegionThatCancelsNothing(t *testing.T) {
	l := running(t, "stubborn", setup{}, "one")
	l.inject(primary, harness.Injection{Match: harness.Match{Method: http.MethodDelete}, Action: harness.Answer,
		Status: http.StatusConflict, Body: map[string]string{"Message": "no"}, Count: 100})
	l.write(setup{Submissions: map[string]submission{"one": {More: `triggers = { again = "1" }`}}})
	l.broken("could not be cancelled")
	l.holds(address("one"), "location", primary, "attempts.#", "2", "unfenced_attempts", "1", "generation", "2")
	mark := l.mark()
	run, err := l.cli.Apply(l.Context(), flip...)
	l.failed(run, err, "could not be cancelled")
	l.submitted(mark, 1)
	l.holds(address("one"), "location", secondary, "attempts.#", "3", "unfenced_attempts", "2")
	l.ok(l.ClearInjections(l.Context(), primary))
	l.apply(flip...)
	l.holds(address("one"), "unfenced_attempts", "0")
	l.unchanged(0, flip...)
}
