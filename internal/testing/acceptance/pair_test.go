//go:build acceptance

package acceptance

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/testing/acctest"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/testing/harness"
)

// recordPrefix is what the names of a pair's records begin with.
const recordPrefix = ".genomics-continuity/pair-"

// record is the pair's record in a region, as anybody can read it.
func (l *lab) record(region string) map[string]any {
	l.Helper()
	names := l.blobs(region, l.outputs(), recordPrefix)
	if len(names) != 1 {
		l.Fatalf("the records in %s are %v", region, names)
	}
	var record map[string]any
	l.ok(json.Unmarshal(l.get(region, l.outputs(), names[0]), &record))
	return record
}

// recorded asserts what the record in a region says.
func (l *lab) recorded(region, active, phase string, generation int) map[string]any {
	l.Helper()
	record := l.record(region)
	if got := fmt.Sprint(record["active_region"], record["phase"], record["generation"]); got != fmt.Sprint(active, phase, float64(generation)) {
		l.Errorf("the record in %s says %v, want %s %s %d", region, record, active, phase, generation)
	}
	return record
}

// recordPut matches the writes of the lab's record in a region.
func (l *lab) recordPut(region string) harness.Match {
	return harness.Match{Method: http.MethodPut, Plane: "storage", PathPrefix: "/" + places[region].storage + "/" + l.outputs() + "/" + recordPrefix}
}

// colleague is another root module of the same lab, with a state of its own. The
// accounts are named by their IDs: they belong to the first.
func (l *lab) colleague(pair string) *lab {
	l.Helper()
	workspace, err := acctest.World(l.T).Workspace(l.Context(), l.cli.CLI, l.TempDir())
	l.ok(err)
	c := &lab{T: l.T, World: l.World, cli: workspace, name: l.name}
	c.writeText(head + fmt.Sprintf(`
provider "genomics" {}

resource "genomics_region_pair" "lab" {
  name          = %q
  active_region = var.active_region
  primary       = { location = %q, account_id = %q, output = { storage_account_id = %q, container_name = %q } }
  secondary     = { location = %q, account_id = %q, output = { storage_account_id = %q, container_name = %q } }
%s
}
`, l.name, primary, l.accountID(primary), l.storageID(primary), l.outputs(), secondary, l.accountID(secondary), l.storageID(secondary), l.outputs(), pair))
	return c
}

// Two root modules that share a pair fail over at once. One of them wins, the
// other one is told who did, and joins.
func TestAccTwoConfigurationsFailOverAtOnce(t *testing.T) {
	l := running(t, "rivals", setup{}, "one")
	other := l.colleague("")
	other.apply()
	other.unchanged(0)
	other.holds(pairAddress, "generation", "1", "phase", "active")
	mine := l.recorded(primary, primary, "active", 1)
	if other.recorded(secondary, primary, "active", 1)["writer"] != mine["writer"] || mine["by"] == "" {
		t.Errorf("who joins writes nothing: %v", mine)
	}

	first, second := other.plan(flip...), l.plan(flip...)
	other.apply(first.Path)
	other.holds(pairAddress, "generation", "2", "active.location", secondary)
	theirs := l.recorded(secondary, secondary, "active", 2)
	l.recorded(primary, secondary, "active", 2)
	mark := l.mark()
	run, err := l.cli.Apply(l.Context(), second.Path)
	l.failed(run, err, "Another configuration changed the active region", text(theirs["by"]), secondary, "generation 2", text(theirs["at"]), "apply again, which joins it and needs no override")
	l.submitted(mark, 0)
	l.holds(pairAddress, "generation", "1", "active.location", primary, "phase", "active")

	// Whoever stays is told with every plan.
	plan := l.plan()
	l.warned(plan.Run, 1)
	l.warnsOf(plan.Run, "set active_region to westeurope, which joins it")
	plan = l.plan(flip...)
	l.warned(plan.Run, 0)
	l.goes(plan, pairAddress, "generation", "1", "2")
	l.goes(plan, pairAddress, "last_failover_at", "null", text(theirs["at"]))
	l.apply(plan.Path)
	l.holds(pairAddress, "generation", "2", "active.location", secondary, "phase", "active")
	l.holds(address("one"), "location", secondary)
	if record := l.record(secondary); record["writer"] != theirs["writer"] {
		t.Errorf("joining wrote the record: %v", record)
	}
	other.unchanged(0, flip...)

	// The others go back: a plan of before that has lost what it rests on.
	l.apply(flip...)
	stale := l.plan()
	other.apply()
	run, err = l.cli.Apply(l.Context(), stale.Path)
	l.failed(run, err, "Another configuration changed the active region", "generation 3")
	l.apply()
	l.holds(pairAddress, "generation", "3", "active.location", primary)
	l.unchanged(0)
	other.unchanged(0)
}

// A machine that dies right after the failover was recorded has begun it: the plan
// shows it, and the next apply resumes it under the same generation.
func TestAccFailoverResumes(t *testing.T) {
	l := running(t, "resumes", setup{Pair: `failover = { cooling_time = "24h" }`}, "one")
	l.outage(primary, harness.Refused)
	l.inject(secondary, harness.Injection{Match: l.recordPut(secondary), Action: harness.HangAfterAccept})
	running, err := l.cli.StartApply(l.Context(), flip...)
	l.ok(err)
	l.until("the failover is recorded", func() bool { return text(l.record(secondary)["phase"]) == "failing_over" })
	l.ok(running.Kill())
	if run, err := running.Wait(); err == nil {
		t.Fatalf("the apply ended well: %v", run.Args)
	}
	l.holds(pairAddress, "generation", "1", "active.location", primary)
	l.recorded(secondary, secondary, "failing_over", 2)

	plan := l.plan(flip...)
	l.goes(plan, pairAddress, "phase", "failing_over", "active")
	l.goes(plan, pairAddress, "generation", "1", "2")
	l.apply(plan.Path)
	l.holds(pairAddress, "generation", "2", "active.location", secondary, "phase", "active")
	l.recorded(secondary, secondary, "active", 2)
	l.ran("one", 2)
	l.unchanged(1, flip...)

	// What the dark region missed is no newer than what is known.
	l.recorded(primary, primary, "active", 1)
	l.restore(primary)
	l.await(primary, "one", "working")
	l.apply(flip...)
	l.unchanged(0, flip...)
}

// An apply that is interrupted while the record's answer is outstanding reads it
// back, and saves that the failover has begun.
func TestAccFailoverIsInterrupted(t *testing.T) {
	l := oneLab(t, "pairctrlc")
	l.put(primary, l.inputs(), l.reads("one"))
	// The region has longer to answer than the interrupt takes to come.
	l.write(setup{Provider: `region_timeout = "1m"`})
	l.apply()
	l.inject(secondary, harness.Injection{Match: l.recordPut(secondary), Action: harness.HangAfterAccept})
	running, err := l.cli.StartApply(l.Context(), flip...)
	l.ok(err)
	l.until("the failover is recorded", func() bool { return text(l.record(secondary)["phase"]) == "failing_over" })
	l.ok(running.Interrupt())
	if run, err := running.Wait(); err == nil {
		t.Fatalf("the apply ended well: %v", run.Args)
	}
	l.holds(pairAddress, "generation", "1", "active.location", primary, "phase", "failing_over")
	plan := l.plan(append([]string{"-refresh=false"}, flip...)...)
	l.goes(plan, pairAddress, "generation", "1", "2")
	l.goes(plan, pairAddress, "phase", "failing_over", "active")
	l.apply(flip...)
	l.recorded(secondary, secondary, "active", 2)
	l.unchanged(0, flip...)
}

// An apply that fails after the failover was recorded says so in its state. Its
// user may also give it up, under a generation that nobody has seen.
func TestAccFailoverIsGivenUp(t *testing.T) {
	l := running(t, "givenup", setup{}, "one")
	other := l.colleague("")
	other.apply()
	// The standby's container is gone and cannot be made, which comes after the record.
	l.removeContainer(primary, l.outputs())
	l.inject(primary, harness.Injection{Match: harness.Match{Method: http.MethodPut, Plane: "storage", PathPrefix: "/" + places[primary].storage + "/" + l.outputs(), QueryContains: "restype=container"},
		Action: harness.Answer, Status: http.StatusForbidden, Headers: map[string]string{"x-ms-error-code": "AuthorizationFailure"}, Count: 100})
	run, err := l.cli.Apply(l.Context(), flip...)
	l.failed(run, err, "AuthorizationFailure")
	l.holds(pairAddress, "generation", "1", "active.location", primary, "phase", "failing_over")
	l.recorded(secondary, secondary, "failing_over", 2)
	l.ok(l.ClearInjections(l.Context(), primary))

	plan := l.plan("-refresh=false")
	l.goes(plan, pairAddress, "phase", "failing_over", "active")
	l.goes(plan, pairAddress, "generation", "1", "3")
	l.apply()
	l.holds(pairAddress, "generation", "3", "active.location", primary, "phase", "active")
	l.recorded(primary, primary, "active", 3)
	l.recorded(secondary, primary, "active", 3)
	l.unchanged(0)
	plan = other.plan()
	l.goes(plan, pairAddress, "generation", "1", "3")
	other.apply(plan.Path)
	other.unchanged(0)
}

// A failover soon after the last is refused, and each override is shown.
func TestAccCoolingTime(t *testing.T) {
	l := oneLab(t, "cooling")
	l.put(primary, l.inputs(), l.reads("one"))
	cooling := `failover = { cooling_time = "24h" }`
	l.write(setup{Pair: cooling})
	l.apply()
	l.apply(flip...)
	l.refused("cooling down", "cooling_time", "24h", "leave active_region at westeurope until", `accept = ["cooling_time"]`)
	l.write(setup{Pair: cooling + "\n" + `accept = ["standby_unreachable"]`})
	l.refused("cooling down")
	l.write(setup{Pair: cooling + "\n" + `accept = ["cooling_time"]`})
	plan := l.plan()
	l.warned(plan.Run, 1)
	l.warnsOf(plan.Run, "The guard cooling_time is lifted")
	l.apply(plan.Path)
	l.holds(pairAddress, "active.location", primary, "generation", "3")
	l.unchanged(0)
	// It has to be asked for again.
	l.write(setup{Pair: cooling})
	l.apply()
	l.refusedWith(flip, "cooling down")
}

// A region that does not answer, or that takes no record, is no region to fail
// over to, unless that is asked for by name.
func TestAccStandbyUnreachable(t *testing.T) {
	l := oneLab(t, "unreachable")
	l.put(primary, l.inputs(), l.reads("one"))
	l.write(setup{})
	l.apply()
	accepting := setup{Pair: `accept = ["standby_unreachable"]`}

	refusal := harness.Injection{Match: l.recordPut(secondary), Action: harness.Answer, Status: http.StatusForbidden,
		Headers: map[string]string{"x-ms-error-code": "AuthorizationPermissionMismatch"}, Count: 100}
	l.inject(secondary, refusal)
	run, err := l.cli.Apply(l.Context(), flip...)
	l.failed(run, err, "cannot be recorded there", "AuthorizationPermissionMismatch", "Leave active_region at westus2", `accept = ["standby_unreachable"]`)
	l.holds(pairAddress, "active.location", primary, "generation", "1", "phase", "active")
	l.write(accepting)
	run = l.apply(flip...)
	l.warnsOf(run, "cannot be recorded there")
	l.holds(pairAddress, "active.location", secondary, "generation", "2")
	l.recorded(primary, secondary, "active", 2)
	l.ok(l.ClearInjections(l.Context(), secondary))

	l.outage(primary, harness.Refused)
	l.write(setup{})
	l.refused("The region to fail over to does not answer", primary, "leave active_region at westeurope", `accept = ["standby_unreachable"]`)
	l.write(accepting)
	plan := l.plan("-target=" + pairAddress)
	l.warnsOf(plan.Run, "The guard standby_unreachable is lifted")
	l.apply(plan.Path)
	l.holds(pairAddress, "active.location", primary, "generation", "3")
	// The region that was left has the record that the one in the dark could not take.
	l.recorded(secondary, primary, "active", 3)
	l.recorded(primary, secondary, "active", 2)
	l.restore(primary)
	l.write(setup{})
	l.apply()
	l.recorded(primary, primary, "active", 3)
	l.unchanged(0)
}

// The region that is left is dark: the record is written where the pair goes to,
// and an apply asks nothing of a region that the plan found silent.
func TestAccRecordOfAFailoverInTheDark(t *testing.T) {
	l := running(t, "darkrecord", setup{}, "one")
	l.outage(primary, harness.Blackhole)
	plan := l.plan(flip...)
	mark := l.mark()
	l.apply(plan.Path)
	if asked := l.requests(mark, primary); len(asked) != 0 {
		t.Errorf("the silent region was asked again: %+v", asked)
	}
	puts := slices.DeleteFunc(l.requests(mark, secondary), func(s harness.Seen) bool {
		return s.Method != http.MethodPut || !strings.Contains(s.Path, "pair-")
	})
	if len(puts) != 2 {
		t.Errorf("the record was written %d times, want once before and once after: %+v", len(puts), puts)
	}
	record := l.recorded(secondary, secondary, "active", 2)
	if record["from"] != primary {
		t.Errorf("the record is %v", record)
	}
	l.recorded(primary, primary, "active", 1)
	l.unchanged(1, flip...)
}

// With access keys alone the record is written while Resource Manager is down.
func TestAccRecordWithoutResourceManager(t *testing.T) {
	l := running(t, "recordkeys", setup{}, "one")
	var keys strings.Builder
	for name, key := range map[string]string{l.account(secondary): l.key(secondary), places[secondary].storage: l.storageKey(secondary)} {
		fmt.Fprintf(&keys, "%q = %q\n", name, key)
	}
	l.outage(primary, harness.Refused)
	l.outage(harness.ResourceManager, harness.Refused)
	l.write(setup{Provider: "access_keys = {\n" + keys.String() + "}", Submissions: map[string]submission{"one": {}}})
	l.apply(flip...)
	l.recorded(secondary, secondary, "active", 2)
	l.holds(address("one"), "location", secondary)
}

// Who lost the state joins what the record says is active, and is told when the
// configuration says otherwise. A pair that is destroyed leaves no record.
func TestAccRecordOutlivesTheState(t *testing.T) {
	l := oneLab(t, "recordstate")
	l.put(primary, l.inputs(), l.reads("one"))
	l.write(setup{})
	l.apply()
	other := l.colleague("")
	other.refusedWith(flip, "Another configuration changed the active region", "set active_region to westus2", "delete the blob")
	l.apply(flip...)
	plan := other.plan(flip...)
	if _, generation := other.planned(plan, pairAddress, "generation"); generation != "2" {
		t.Errorf("the plan joins under generation %s", generation)
	}
	other.apply(plan.Path)
	other.unchanged(0, flip...)
	// Only who wrote the record takes it away.
	other.destroy(flip...)
	l.recorded(secondary, secondary, "active", 2)
	l.destroy(flip...)
	for _, region := range []string{primary, secondary} {
		if left := l.blobs(region, l.outputs(), recordPrefix); len(left) != 0 {
			t.Errorf("%s holds %v", region, left)
		}
	}
}

// An account that is not where its side says would be asked for in the wrong region.
func TestAccAccountInAnotherRegion(t *testing.T) {
	l := oneLab(t, "misplaced")
	l.put(primary, l.inputs(), l.reads("one"))
	l.write(setup{})
	l.apply()
	other := l.colleague("")
	other.writeText(head + fmt.Sprintf(`
provider "genomics" {}

resource "genomics_region_pair" "lab" {
  name          = "swapped"
  active_region = "westus2"
  primary       = { location = %q, account_id = %q, output = { storage_account_id = %q, container_name = %q } }
  secondary     = { location = %q, account_id = %q, output = { storage_account_id = %q, container_name = %q } }
}
`, primary, l.accountID(secondary), l.storageID(primary), l.outputs(), secondary, l.accountID(secondary), l.storageID(secondary), l.outputs()))
	other.refused("Account in another region", l.account(secondary), "is in westeurope", "configured for westus2")
}
