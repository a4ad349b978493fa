//go:build acceptance

package acceptance

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/testing/harness"
)

// Whatever way a region is down, a plan keeps the last known state, warns once
// and asks no more than it takes to be sure.
func TestAccEveryKindOfOutage(t *testing.T) {
	l := running(t, "outages", setup{}, "one", "two", "three")
	before := l.state()
	for _, outage := range []struct {
		mode  harness.Mode
		scope string
		asked int // at most; a refused connection leaves no trace
	}{
		{harness.Refused, "all", 0},
		{harness.Blackhole, "all", 1},
		{harness.Gateway403, "service", 100},
		{harness.Error500, "service", 100},
		{harness.Error503, "storage", 100},
	} {
		t.Run(fmt.Sprintf("%s of %s", outage.mode, outage.scope), func(t *testing.T) {
			l := &lab{T: t, World: l.World, cli: l.cli, name: l.name}
			l.ok(l.Fault(l.Context(), primary, harness.Fault{Mode: outage.mode, Scope: outage.scope, Jobs: "keep"}))
			defer l.restore(primary)
			mark := l.mark()
			l.unchanged(1)
			proofs := 0
			for _, seen := range l.requests(mark, primary) {
				if seen.Fault != "" {
					proofs++
				}
			}
			t.Logf("%d requests were answered by the outage", proofs)
			if proofs > min(outage.asked, 3) {
				t.Errorf("the dark region was asked %d times: %+v", proofs, l.requests(mark, primary))
			}
			l.apply()
			for _, name := range []string{"one", "two", "three"} {
				l.holds(address(name), "workflow_id", text(before[address(name)]["workflow_id"]), "location", primary)
			}
		})
	}
}

// A definite refusal is an error, and no reason to forget or to repeat anything.
func TestAccRefusalsKeepState(t *testing.T) {
	l := running(t, "refusals", setup{}, "one")
	id := l.attribute(address("one"), "workflow_id")
	for name, answer := range map[string]struct {
		region   string
		response harness.Injection
		says     []string
	}{
		"401 of the gateway": {primary, harness.Injection{Match: harness.Match{PathPrefix: "/api"}, Status: 401,
			Body: map[string]any{"statusCode": 401, "message": "Access denied due to invalid subscription key."}}, []string{"401", address("one"), "Next step"}},
		"403 of the service": {primary, harness.Injection{Match: harness.Match{PathPrefix: "/api"}, Status: 403,
			Body: map[string]any{"Message": "You may not do this."}}, []string{"403", "You may not do this.", address("one")}},
		"401 of Resource Manager": {harness.ResourceManager, harness.Injection{Status: 401,
			Body: map[string]any{"error": map[string]any{"code": "InvalidAuthenticationToken", "message": "The access token is invalid."}}}, []string{"InvalidAuthenticationToken", "genomics_account.lab"}},
		"403 of Resource Manager": {harness.ResourceManager, harness.Injection{Status: 403,
			Body: map[string]any{"error": map[string]any{"code": "AuthorizationFailed", "message": "The client does not have authorization."}}}, []string{"AuthorizationFailed", "genomics_account.lab"}},
	} {
		t.Run(name, func(t *testing.T) {
			l := &lab{T: t, World: l.World, cli: l.cli, name: l.name}
			answer.response.Action, answer.response.Count = harness.Answer, 1000
			l.inject(answer.region, answer.response)
			defer func() { l.ok(l.ClearInjections(l.Context(), answer.region)) }()
			mark := l.mark()
			l.broken(answer.says...)
			l.submitted(mark, 0)
			l.holds(address("one"), "workflow_id", id)
			if _, known := l.state()[accountAddress(primary)]; !known {
				t.Error("the account was dropped from the state")
			}
		})
	}
	l.unchanged(0)
}

// A page in the service's or Resource Manager's place is nothing that either says:
// it counts as an outage, and the state stays.
func TestAccPagesKeepState(t *testing.T) {
	l := running(t, "pages", setup{}, "one")
	id := l.attribute(address("one"), "workflow_id")
	for name, region := range map[string]string{"of a proxy": primary, "before Resource Manager": harness.ResourceManager} {
		t.Run(name, func(t *testing.T) {
			l := &lab{T: t, World: l.World, cli: l.cli, name: l.name}
			page := harness.Injection{Action: harness.Answer, Count: 1000, Status: 404, Body: "<html><body>404 Not Found</body></html>"}
			if region == primary {
				page.Match.PathPrefix = "/api"
			}
			l.inject(region, page)
			defer func() { l.ok(l.ClearInjections(l.Context(), region)) }()
			mark := l.mark()
			l.unchanged(1)
			l.submitted(mark, 0)
			l.holds(address("one"), "workflow_id", id)
			if _, known := l.state()[accountAddress(primary)]; !known {
				t.Error("the account was dropped from the state")
			}
		})
	}
	l.unchanged(0)
}

// Only the service's own word that a workflow is not there drops it; what is
// found under the key is then taken up again, and never run twice.
func TestAccWorkflowIsGone(t *testing.T) {
	l := running(t, "gone", setup{}, "one")
	id := l.attribute(address("one"), "workflow_id")
	gone := func() {
		l.inject(primary, harness.Injection{Match: harness.Match{Method: http.MethodGet, PathPrefix: "/api/workflows/" + id}, Action: harness.Answer, Status: 404,
			Body: map[string]any{"Message": "The workflow does not exist."}})
		l.inject(primary, harness.Injection{Match: harness.Match{Method: http.MethodGet, PathPrefix: "/api/workflows", QueryContains: "$skip"}, Action: harness.Answer, Status: 200, Body: []any{}, Count: 3})
	}
	// Neither the two lists of what is alive nor the whole one has it.
	gone()
	plan := l.plan()
	l.changes(plan, address("one")+" create")
	mark := l.mark()
	l.apply(plan.Path)
	l.submitted(mark, 0)
	l.ran("one", 1)
	l.holds(address("one"), "workflow_id", id)
	l.unchanged(0)
}

// An account that somebody deleted takes its runs with it: the plan creates it
// and what ran in it anew, and keeps what runs elsewhere.
func TestAccAccountIsGone(t *testing.T) {
	l := running(t, "vanished", setup{}, "one", "over")
	l.finish(primary, "over")
	l.apply()
	l.deleteAccount(primary)
	plan := l.plan()
	l.changes(plan, accountAddress(primary)+" create", address("one")+" create")
	l.apply(plan.Path)
	l.holds(address("one"), "location", primary, "attempts.#", "1")
	l.holds(address("over"), "status", "success")
	l.unchanged(0)

	// At the standby it leaves everything else alone.
	l.deleteAccount(secondary)
	l.changes(l.plan(), accountAddress(secondary)+" create")
}

// A region that is slow answers all the same.
func TestAccSlowRegion(t *testing.T) {
	l := running(t, "slow", setup{}, "one")
	l.ok(l.Fault(l.Context(), primary, harness.Fault{Mode: harness.Slow, DelayMilliseconds: 200}))
	l.unchanged(0)
}

// The service is down behind its gateway while storage answers: that is an
// outage too, and it can be left.
func TestAccFailoverFromBehindTheGateway(t *testing.T) {
	for _, fault := range []harness.Fault{{Mode: harness.Gateway403, Scope: "service"}, {Mode: harness.Error503, Scope: "all"}} {
		t.Run(string(fault.Mode), func(t *testing.T) {
			l := running(t, "gateway", setup{}, "one")
			// What is pending does not hold up leaving a region whose service is down,
			// although its storage may answer.
			l.put(primary, l.inputs(), l.reads("late"))
			l.ok(l.Fault(l.Context(), primary, fault))
			plan := l.plan(flip...)
			l.warned(plan.Run, 1)
			mark := l.mark()
			l.apply(plan.Path)
			if asked := l.requests(mark, primary); len(asked) != 0 {
				t.Errorf("the apply asked the failed region: %+v", asked)
			}
			l.holds(address("one"), "location", secondary, "unfenced_attempts", "1")
			l.unchanged(1, flip...)
			l.restore(primary)
			l.await(primary, "one", "working")
			l.apply(flip...)
			l.holds(address("one"), "unfenced_attempts", "0")
			l.await(primary, "one", "cancelled")
			l.unchanged(0, flip...)
		})
	}
}
