//go:build acceptance

package acceptance

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/testing/harness"
)

// cancellation matches a request to stop a run.
var cancellation = harness.Match{Method: http.MethodDelete, PathPrefix: "/api/workflows"}

// killed starts an apply, kills it when something has happened, and fails the test
// if it ended by itself.
func (l *lab) killed(happened func(), args ...string) {
	l.Helper()
	running, err := l.cli.StartApply(l.Context(), args...)
	l.ok(err)
	happened()
	l.ok(running.Kill())
	if run, err := running.Wait(); err == nil {
		l.Fatalf("the apply ended well: %v", run.Args)
	}
}

// A failover that is killed after it stopped the old run has not lost the job: the
// note beside the run tells its end from a cancellation that somebody wanted. It
// goes on, or is called off, and either way the submission runs.
func TestAccKilledAfterStoppingTheOldRun(t *testing.T) {
	for name, to := range map[string]string{"goes on": secondary, "called off": primary} {
		t.Run(name, func(t *testing.T) {
			l := running(t, "stopped", setup{Pair: `failover = { mode = "planned" }`}, "one")
			l.inject(primary, harness.Injection{Match: cancellation, Action: harness.HangAfterAccept})
			l.killed(func() { l.await(primary, "one", "cancelled") }, flip...)
			l.holds(address("one"), "attempts.0.superseded", "false", "attempts.#", "1")

			mark := l.mark()
			args := []string{"-var", "active_region=" + to}
			plan := l.plan(args...)
			l.goes(plan, address("one"), "location", primary, to)
			l.apply(plan.Path)
			l.submitted(mark, 1)
			l.holds(address("one"), "location", to, "workflow_id", fmt.Sprint(l.runsIn(to, "one")[len(l.runsIn(to, "one"))-1].ID), "attempts.#", "2",
				"attempts.0.status", "cancelled", "attempts.0.superseded", "true", "unfenced_attempts", "0")
			l.unchanged(0, args...)
		})
	}
}

// A run that its user stopped stays so, through a failover too.
func TestAccCancelledByItsUser(t *testing.T) {
	l := running(t, "unwanted", setup{}, "one")
	mark := l.mark()
	header := http.Header{"Ocp-Apim-Subscription-Key": {l.key(primary)}}
	l.call(http.MethodDelete, fmt.Sprintf("%s/api/workflows/%d", l.Emulator.Ready.Regions[primary].Service, l.runsIn(primary, "one")[0].ID), header, nil, nil)
	l.await(primary, "one", "cancelled")
	l.apply(flip...)
	l.submitted(mark, 0)
	l.holds(address("one"), "status", "cancelled", "location", primary, "attempts.#", "1")
}

// A run that a region took right before everything was killed, and that nobody
// knows of when the region is left, is found and stopped when the region returns.
func TestAccUnknownRunIsFound(t *testing.T) {
	l := prepared(t, "stray")
	l.inject(primary, harness.Injection{Match: post, Action: harness.HangAfterAccept})
	l.killed(func() { l.await(primary, "one", "queued", "working") })
	l.outage(primary, harness.Blackhole)
	l.apply(flip...)
	l.holds(address("one"), "location", secondary, "attempts.#", "1", "unfenced_attempts", "0")
	l.unchanged(1, flip...)

	l.restore(primary)
	l.await(primary, "one", "working")
	mark := l.mark()
	plan := l.plan(flip...)
	l.changes(plan, address("one")+" update")
	l.goes(plan, address("one"), "unfenced_attempts", "1", "0")
	l.apply(plan.Path)
	l.await(primary, "one", "cancelled")
	l.submitted(mark, 0)
	l.holds(address("one"), "location", secondary, "attempts.0.superseded", "false", "attempts.1.stray", "true", "attempts.1.status", "cancelled")
	l.unchanged(0, flip...)
}

// The same run may have done its job before anybody looked for it: it is kept, and
// the other one stopped. Only runs that were alive were found.
func TestAccUnknownSuccessIsKept(t *testing.T) {
	l := prepared(t, "unseen")
	l.inject(primary, harness.Injection{Match: post, Action: harness.HangAfterAccept})
	l.killed(func() { l.await(primary, "one", "queued", "working") })
	l.outage(primary, harness.Blackhole)
	l.apply(flip...)
	l.holds(address("one"), "location", secondary, "attempts.#", "1")

	l.restore(primary)
	l.await(primary, "one", "working")
	l.finish(primary, "one")
	mark := l.mark()
	l.apply(flip...)
	l.await(secondary, "one", "cancelled")
	l.submitted(mark, 0)
	l.holds(address("one"), "location", primary, "status", "success", "attempts.#", "2", "unfenced_attempts", "0")
	l.unchanged(0, flip...)
}

// Every run writes under a name of its own, also when its region comes back and it
// finishes late, or the submission returns to a region where it ran before.
func TestAccEachRunHasItsOwnOutput(t *testing.T) {
	l := running(t, "outputs", setup{}, "one")
	names := func(region string) (out []string) {
		for _, name := range l.blobs(region, l.outputs(), "one") {
			out = append(out, strings.TrimSuffix(name, ".result.json"))
		}
		return out
	}
	l.holds(address("one"), "output_basename", "one-westus2-1")
	l.apply(flip...)
	l.await(primary, "one", "cancelled")
	l.apply(flip...)
	l.holds(address("one"), "output_basename", "one-westeurope-1")
	l.apply()
	l.await(secondary, "one", "cancelled")
	l.apply()
	url := fmt.Sprintf("%s/one-westus2-2", l.attribute(pairAddress, "active.output_container_url"))
	l.holds(address("one"), "output_basename", "one-westus2-2", "output_url", url, "attempts.#", "3")
	l.finish(primary, "one")
	l.apply()
	l.holds(address("one"), "status", "success", "output_url", url)
	if got := fmt.Sprint(names(primary)); !strings.Contains(got, "one-westus2-2") || strings.Contains(got, "one-westus2-1") {
		t.Errorf("the primary holds %v", got)
	}
	for i, run := range l.runsIn(primary, "one") {
		if want := fmt.Sprintf("one-westus2-%d", i+1); run.OutputBasename != want {
			t.Errorf("run %d writes to %s, want %s", run.ID, run.OutputBasename, want)
		}
	}
}

// A planned failover lets a run finish within the pair's drain_timeout. Then there
// is nothing to submit.
func TestAccDrainedRunStays(t *testing.T) {
	l := running(t, "drained", setup{Pair: `failover = { mode = "planned", drain_timeout = "1h" }`}, "one")
	mark := l.mark()
	running, err := l.cli.StartApply(l.Context(), flip...)
	l.ok(err)
	// The run is being waited for once it is asked for by its number.
	l.until("the failover waits for the run", func() bool {
		for _, seen := range service(l.requests(mark, primary), http.MethodGet) {
			if strings.HasSuffix(seen.Path, fmt.Sprintf("/%d", l.runsIn(primary, "one")[0].ID)) {
				return true
			}
		}
		return false
	})
	l.finish(primary, "one")
	if run, err := running.Wait(); err != nil {
		t.Fatalf("%v\n%v", err, run.Errors())
	}
	l.submitted(mark, 0)
	if cancels := l.cancels(mark, primary); len(cancels) != 0 {
		t.Errorf("cancelled: %+v", cancels)
	}
	l.holds(address("one"), "location", primary, "status", "success", "attempts.#", "1")
	l.holds(pairAddress, "active.location", secondary)
	l.unchanged(0, flip...)
}

// What the drain does not wait for is stopped, and runs in the other region.
func TestAccDrainTimesOut(t *testing.T) {
	l := running(t, "undrained", setup{Pair: `failover = { mode = "planned", drain_timeout = "1s" }`}, "one")
	mark := l.mark()
	l.apply(flip...)
	l.submitted(mark, 1)
	l.holds(address("one"), "location", secondary, "attempts.#", "2", "attempts.0.status", "cancelled", "unfenced_attempts", "0")
	l.unchanged(0, flip...)
}

// A planned failover whose old run could not be seen to stop leaves no run that
// counts. If that run succeeded after all it is the result, and nothing is sent.
func TestAccLateSuccessAfterAFailoverThatFailed(t *testing.T) {
	l := running(t, "lateend", setup{Pair: `failover = { mode = "planned" }`}, "one")
	l.inject(primary, harness.Injection{Match: harness.Match{Method: http.MethodGet, PathPrefix: fmt.Sprintf("/api/workflows/%d", l.runsIn(primary, "one")[0].ID)},
		Action: harness.Answer, Status: http.StatusBadRequest, Body: map[string]any{"Message": "no"}, Count: 100})
	run, err := l.cli.Apply(l.Context(), flip...)
	l.failed(run, err, "A superseded run was not seen to stop")
	l.ok(l.ClearInjections(l.Context(), primary))
	l.holds(address("one"), "attempts.0.superseded", "true", "workflow_id", "null")
	l.force(primary, "one", 20000, 0)
	mark := l.mark()
	l.apply(flip...)
	l.submitted(mark, 0)
	l.holds(address("one"), "location", primary, "status", "success", "attempts.#", "1", "attempts.0.superseded", "false")
	l.unchanged(0, flip...)
}

// A note beside a run that was not stopped after all must not speak for its user,
// who stops it later.
func TestAccANoteIsTakenBack(t *testing.T) {
	l := running(t, "takenback", setup{Pair: `failover = { mode = "planned" }`}, "one")
	l.inject(primary, harness.Injection{Match: cancellation, Action: harness.Answer, Status: http.StatusForbidden, Body: map[string]any{"Message": "no"}, Count: 10})
	run, err := l.cli.Apply(l.Context(), flip...)
	l.failed(run, err, "could not be cancelled")
	l.ok(l.ClearInjections(l.Context(), primary))
	l.apply()
	l.force(primary, "one", 60000, 0)
	mark := l.mark()
	l.apply()
	l.submitted(mark, 0)
	l.holds(address("one"), "status", "cancelled", "attempts.#", "1")
}

// A resource that is replaced does not stop the run that the new one has taken up.
func TestAccCreateBeforeDestroyKeepsTheRun(t *testing.T) {
	l := running(t, "replaced", setup{Submissions: map[string]submission{"one": {More: "lifecycle {\n create_before_destroy = true\n}"}}}, "one")
	mark := l.mark()
	run := l.apply("-replace=" + address("one"))
	l.warnsOf(run, "has taken it up")
	l.submitted(mark, 0)
	if cancels := l.cancels(mark, primary); len(cancels) != 0 {
		t.Errorf("cancelled: %+v", cancels)
	}
	l.holds(address("one"), "attempts.#", "1", "status", "working")
	l.unchanged(0)
}
