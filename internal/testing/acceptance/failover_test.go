//go:build acceptance

package acceptance

import (
	"fmt"
	"net/http"
	"slices"
	"testing"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/testing/harness"
)

var flip = []string{"-var", "active_region=" + secondary}

// running is a lab with submissions that run in the primary and are held in both regions.
func running(t *testing.T, name string, s setup, submissions ...string) *lab {
	t.Helper()
	l := oneLab(t, name)
	l.put(primary, l.inputs(), l.reads(submissions...))
	l.hold("")
	if s.Submissions == nil {
		s.Submissions = map[string]submission{}
	}
	for _, name := range submissions {
		if _, given := s.Submissions[name]; !given {
			s.Submissions[name] = submission{}
		}
	}
	l.write(s)
	l.apply()
	for _, name := range submissions {
		l.await(primary, name, "working")
	}
	return l
}

// With the keys handed over in advance a failover needs nothing from Resource
// Manager either.
func TestAccFailoverWithoutResourceManager(t *testing.T) {
	l := running(t, "noarm", setup{}, "one")
	l.write(setup{Provider: l.accessKeys(), Submissions: map[string]submission{"one": {}}})
	l.outage(primary, harness.Blackhole)
	l.outage(harness.ResourceManager, harness.Blackhole)
	mark := l.mark()
	plan := l.plan(flip...)
	l.changes(plan, pairAddress+" update", storeAddress+" update", address("one")+" update")
	l.warned(plan.Run, 2) // the region and Resource Manager
	managed := l.managed(mark)
	if len(managed) > 1 {
		l.Errorf("Resource Manager was asked %d times while planning: %+v", len(managed), managed)
	}
	l.apply(plan.Path)
	if more := l.managed(mark); len(more) != len(managed) {
		l.Errorf("the failover asked Resource Manager: %+v", more[len(managed):])
	}
	l.holds(address("one"), "location", secondary, "unfenced_attempts", "1")
	l.submitted(mark, 1)
	if asked := l.requests(mark, primary); len(asked) > 3 {
		l.Errorf("the failed region was asked %d times: %+v", len(asked), asked)
	}
}

// A planned failover stops the old run, and sees it stopped, before it sends
// the new one. It needs both regions.
func TestAccPlannedFailover(t *testing.T) {
	l := running(t, "planned", setup{Pair: `failover = { mode = "planned" }`}, "one")
	l.outage(primary, harness.Refused)
	l.refusedWith(flip, "A planned failover needs both regions", `"forced"`)
	l.restore(primary)
	l.await(primary, "one", "working")

	mark := l.mark()
	plan := l.plan(flip...)
	l.goes(plan, address("one"), "unfenced_attempts", "0", "0")
	l.warned(l.apply(plan.Path), 0)
	old, fresh := l.runsIn(primary, "one"), l.runsIn(secondary, "one")
	if len(old) != 1 || len(fresh) != 1 || old[0].Status != "cancelled" {
		t.Fatalf("the runs are\n%s", ledger(l.runs()))
	}
	if ended := old[0].Ended; ended == nil || ended.After(fresh[0].Created) {
		t.Errorf("the old run ended at %v, the new one was sent at %v", ended, fresh[0].Created)
	}
	seen := slices.Concat(l.cancels(mark, primary), l.posts(mark, secondary))
	if len(seen) != 2 || seen[0].Seq > seen[1].Seq {
		t.Errorf("cancelled and submitted: %+v", seen)
	}
	l.holds(address("one"), "location", secondary, "unfenced_attempts", "0", "attempts.0.status", "cancelled")
	l.unchanged(0, flip...)
}

// Leaving a region that still answers asks the old run to stop and waits for
// nothing.
func TestAccForcedFailoverFromAHealthyRegion(t *testing.T) {
	l := running(t, "forced", setup{}, "one")
	mark := l.mark()
	plan := l.plan(flip...)
	l.goes(plan, address("one"), "unfenced_attempts", "0", "1")
	l.warned(l.apply(plan.Path), 0)
	l.submitted(mark, 1)
	if cancels := l.cancels(mark, primary); len(cancels) != 1 {
		t.Errorf("cancellations: %+v", cancels)
	}
	l.await(primary, "one", "cancelled")
	l.unchanged(0, flip...)
	l.apply(flip...)
	l.holds(address("one"), "location", secondary, "unfenced_attempts", "0", "attempts.0.status", "cancelled")
}

// Which run follows the active region: what has ended for good stays, and what
// a user asks for otherwise is done.
func TestAccWhatFollowsTheActiveRegion(t *testing.T) {
	more := map[string]submission{
		"all": {More: `on_failover = "resubmit_all"`}, "kept": {More: `on_failover = "keep"`},
		"over": {}, "bad": {}, "cancelled": {}, "broken": {}, "live": {},
	}
	l := running(t, "follows", setup{Submissions: more}, "all", "kept", "over", "bad", "cancelled", "broken", "live")
	l.finish(primary, "all")
	l.finish(primary, "over")
	l.force(primary, "bad", 50000, 305)
	l.force(primary, "broken", 50000, 999)
	l.force(primary, "cancelled", 60000, 0)
	l.apply()
	mark := l.mark()
	l.apply(flip...)
	moved := []string{"all", "broken", "live"}
	l.submitted(mark, len(moved))
	for name := range more {
		want := primary
		if slices.Contains(moved, name) {
			want = secondary
		}
		l.holds(address(name), "location", want)
	}
	l.holds(address("bad"), "status", "failed", "failure_code", "305")
	l.holds(address("cancelled"), "status", "cancelled")
	l.holds(address("kept"), "status", "working")
}

// The region returns and its old run succeeds first: it is kept, the plan says
// so, and the other one is stopped.
func TestAccFirstSuccessIsKept(t *testing.T) {
	l := running(t, "first", setup{}, "one")
	l.outage(primary, harness.Blackhole)
	l.apply(flip...)
	l.restore(primary)
	l.finish(primary, "one")
	old := l.runsIn(primary, "one")[0]

	plan := l.plan(flip...)
	l.changes(plan, address("one")+" update")
	l.goes(plan, address("one"), "location", secondary, primary)
	if _, id := l.planned(plan, address("one"), "workflow_id"); id != fmt.Sprint(old.ID) {
		t.Errorf("the plan goes to the run %s, want %d", id, old.ID)
	}
	l.warned(plan.Run, 1)
	l.warnsOf(plan.Run, "finished successfully before")
	l.apply(plan.Path)
	l.holds(address("one"), "location", primary, "status", "success", "workflow_id", fmt.Sprint(old.ID), "unfenced_attempts", "0",
		"attempts.0.superseded", "false", "attempts.1.superseded", "true", "attempts.1.status", "cancelled")
	if fresh := l.runsIn(secondary, "one"); len(fresh) != 1 || fresh[0].Status != "cancelled" {
		t.Errorf("the other run was not stopped:\n%s", ledger(fresh))
	}
	l.unchanged(0, flip...)
}

// Failing back into a region whose restarted run is alive is refused, and each
// guard has an override of its own.
func TestAccFailbackIsGuarded(t *testing.T) {
	l := running(t, "guarded", setup{}, "one")
	l.outage(primary, harness.Blackhole)
	l.apply(flip...)
	l.restore(primary)
	l.await(primary, "one", "working")
	l.put(secondary, l.inputs(), l.reads("new"))

	mark := l.mark()
	l.refused("Failing over would lose data", "westus2 lacks 2 blobs", "failback_replication = true", `accept = ["data_loss"]`)
	// Each override lifts its own guard only.
	l.write(setup{Store: `accept = ["data_loss"]`, Submissions: map[string]submission{"one": {}}})
	l.refused("Failing back is refused", "has not been fenced", `accept = ["stale_runs"]`, address("one"))
	stale := setup{Submissions: map[string]submission{"one": {More: `accept = ["stale_runs"]`}}}
	l.write(stale)
	l.refused("Failing over would lose data")
	l.submitted(mark, 0)
	// Let the new blobs flow back, with the active region unchanged.
	stale.Store = "failback_replication = true"
	l.write(stale)
	plan := l.plan(flip...)
	l.goes(plan, storeAddress, "pending_blobs", "2", "0")
	l.apply(append([]string{"-target=" + storeAddress}, flip...)...)
	if got := l.blobs(primary, l.inputs(), "new"); len(got) != 2 {
		t.Errorf("after replicating back the primary holds %v", got)
	}
	// Now the return: the run that the primary restarted is taken up, the other stopped.
	plan = l.plan()
	if destroyed := plan.Destroys(); len(destroyed) != 0 {
		t.Errorf("failing back destroys %v", destroyed)
	}
	l.apply(plan.Path)
	l.submitted(mark, 0)
	l.holds(address("one"), "location", primary, "status", "working", "workflow_id", fmt.Sprint(l.runsIn(primary, "one")[0].ID))
	l.await(secondary, "one", "cancelled")
	l.apply()
	l.holds(address("one"), "unfenced_attempts", "0")
	l.unchanged(0)
}

// Going without the data is possible when it is asked for by name.
func TestAccDataLossIsAccepted(t *testing.T) {
	l := running(t, "dataloss", setup{})
	l.put(primary, l.inputs(), l.reads("late"))
	l.refusedWith(flip, "Failing over would lose data", "westeurope lacks 2 blobs")
	l.write(setup{Store: `accept = ["data_loss"]`})
	plan := l.plan(flip...)
	l.warned(plan.Run, 1)
	l.apply(plan.Path)
	l.holds(pairAddress, "active.location", secondary)
	if got := l.blobs(secondary, l.inputs(), "late"); len(got) != 0 {
		t.Errorf("a failover copied %v", got)
	}
}

// Blobs that are behind in the dark do not hold up a failover: it warns.
func TestAccFailoverInTheDarkWithBlobsBehind(t *testing.T) {
	l := running(t, "behind", setup{})
	l.put(primary, l.inputs(), l.reads("late"))
	l.write(setup{Store: "transfer = \"stream\""}) // a change that asks nobody for blobs
	l.inject(secondary, harness.Injection{Match: harness.Match{Method: http.MethodPut, Plane: "storage", PathPrefix: "/" + places[secondary].storage + "/" + l.inputs() + "/late"},
		Action: harness.Answer, Status: http.StatusForbidden, Headers: map[string]string{"x-ms-error-code": "AuthorizationFailure"}, Count: 100})
	l.broken("AuthorizationFailure")
	l.ok(l.ClearInjections(l.Context(), secondary))
	if got := l.attribute(storeAddress, "pending_blobs"); got != "2" {
		t.Fatalf("the state says that %s blobs are behind, want 2", got)
	}
	l.outage(primary, harness.Blackhole)
	mark := l.mark()
	plan := l.plan(flip...)
	l.warned(plan.Run, 2) // the region, and what is lost with it
	l.apply(plan.Path)
	l.holds(pairAddress, "active.location", secondary)
	if asked := l.requests(mark, primary); len(asked) > 3 {
		l.Errorf("the failed region was asked %d times: %+v", len(asked), asked)
	}
	l.unchanged(1, flip...)
}

// A run that had failed for the service's fault when it was left is restarted by
// the service later: it is seen, and stopped.
func TestAccFailedRunComesBack(t *testing.T) {
	l := running(t, "comesback", setup{}, "one")
	l.force(primary, "one", 50000, 900)
	l.apply()
	l.holds(address("one"), "status", "failed", "failure_code", "900")
	plan := l.plan(flip...)
	l.goes(plan, address("one"), "unfenced_attempts", "0", "0")
	l.apply(plan.Path)
	l.holds(address("one"), "location", secondary, "attempts.0.status", "failed")
	l.unchanged(0, flip...)

	l.force(primary, "one", 10000, 0)
	plan = l.plan(flip...)
	l.changes(plan, address("one")+" update")
	l.goes(plan, address("one"), "unfenced_attempts", "1", "0")
	l.apply(plan.Path)
	l.await(primary, "one", "cancelled")
	l.unchanged(0, flip...)
}

// A region whose service refuses everything is not dark: a refresh says so and
// stops. Leaving it needs nothing of a refresh. Somebody else's page in its place is
// an outage, and so is a service that is too busy for anything.
func TestAccFailoverFromARegionThatRefuses(t *testing.T) {
	for name, tc := range map[string]struct {
		answer harness.Injection
		outage bool
	}{
		"401":  {harness.Injection{Status: http.StatusUnauthorized, Body: map[string]any{"statusCode": 401, "message": "Access denied."}}, false},
		"page": {harness.Injection{Status: http.StatusOK, Body: "<html><body>Sign in</body></html>", Headers: map[string]string{"Content-Type": "text/html"}}, true},
		"busy": {harness.Injection{Status: http.StatusTooManyRequests, Headers: map[string]string{"Retry-After": "3600"}}, true},
	} {
		t.Run(name, func(t *testing.T) {
			l := running(t, "refuses", setup{}, "one")
			tc.answer.Action, tc.answer.Count, tc.answer.Match = harness.Answer, 1000, harness.Match{PathPrefix: "/api"}
			l.inject(primary, tc.answer)
			mark := l.mark()
			if tc.outage {
				l.apply(flip...)
			} else {
				l.refusedWith(flip, address("one"))
				l.apply(append([]string{"-refresh=false"}, flip...)...)
			}
			l.submitted(mark, 1)
			l.holds(address("one"), "location", secondary, "attempts.#", "2", "unfenced_attempts", "1")
			if tc.outage {
				l.unchanged(1, flip...)
			}
			l.ok(l.ClearInjections(l.Context(), primary))
			l.apply(flip...)
			l.await(primary, "one", "cancelled")
			l.unchanged(0, flip...)
		})
	}
}
