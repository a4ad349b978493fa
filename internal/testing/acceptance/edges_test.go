//go:build acceptance

package acceptance

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/testing/harness"
)

// Storage accounts that the same apply creates have IDs that nobody knows while
// planning. It has to go through all the same, and everything that does not
// depend on them is known.
func TestAccStorageUnknownUntilApply(t *testing.T) {
	l := oneLab(t, "unknown")
	l.put(primary, l.inputs(), l.reads("one"))
	l.hold("")
	text := l.module(setup{Submissions: map[string]submission{"one": {}}})
	var created strings.Builder
	for _, region := range []string{primary, secondary} {
		text = strings.ReplaceAll(text, fmt.Sprintf("%q", l.storageID(region)), "terraform_data."+region+".output")
		fmt.Fprintf(&created, "resource \"terraform_data\" %q { input = %q }\n", region, l.storageID(region))
	}
	l.writeText(text + created.String())
	plan := l.plan()
	for _, known := range []string{"id", "generation", "active.location", "active.account_id", "active.api_url"} {
		if slices.Contains(plan.Unknown(pairAddress), known) {
			t.Errorf("the plan leaves %s of the pair open: %v", known, plan.Unknown(pairAddress))
		}
	}
	l.apply(plan.Path)
	l.await(primary, "one", "working")
	l.holds(storeAddress, "blob_count", "2", "in_sync", "true")
	l.unchanged(0)
	l.outage(primary, harness.Refused)
	l.apply(flip...)
	l.holds(address("one"), "location", secondary)
	l.unchanged(1, flip...)
}

// A region is the same region in the portal's words.
func TestAccRegionsByDisplayName(t *testing.T) {
	l := oneLab(t, "display")
	l.put(primary, l.inputs(), l.reads("one"))
	l.hold("")
	text := l.module(setup{Submissions: map[string]submission{"one": {}}})
	text = strings.NewReplacer(`location = "westus2"`, `location = "West US 2"`, `location = "westeurope"`, `location = "West Europe"`,
		`default = "westus2"`, `default = "West US 2"`).Replace(text)
	l.writeText(text)
	l.apply()
	l.await(primary, "one", "working")
	l.unchanged(0)
	mark := l.mark()
	// In other words it is no failover: only the word changes.
	plan := l.plan("-var", "active_region=westus2")
	l.changes(plan, pairAddress+" update", storeAddress+" update")
	l.unknown(plan, pairAddress)
	l.unknown(plan, storeAddress)
	l.goes(plan, pairAddress, "generation", "1", "1")
	there := []string{"-var", "active_region=West Europe"}
	plan = l.plan(there...)
	l.goes(plan, pairAddress, "active.location", primary, secondary)
	l.goes(plan, address("one"), "location", primary, secondary)
	l.apply(plan.Path)
	l.submitted(mark, 1)
	l.await(primary, "one", "cancelled")
	l.unchanged(0, there...)
}

// The standby is dark from the beginning: what can be prepared is, and the rest
// follows when it answers.
func TestAccPrepareWhileTheStandbyIsDark(t *testing.T) {
	l := oneLab(t, "half")
	l.put(primary, l.inputs(), l.reads("one"))
	l.hold("")
	l.write(setup{Submissions: map[string]submission{"one": {}}})
	l.outage(secondary, harness.Refused)
	l.apply()
	l.holds(address("one"), "location", primary)
	l.holds(storeAddress, "in_sync", "false")
	l.restore(secondary)
	plan := l.plan()
	if slices.Contains(plan.Destroys(), storeAddress) {
		t.Error("the plan replaces the store")
	}
	l.apply(plan.Path)
	l.apply()
	l.holds(storeAddress, "in_sync", "true", "pending_blobs", "0", "blob_count", "2")
	l.unchanged(0)
	if !l.hasContainer(secondary, l.outputs()) {
		t.Error("the standby has no output container")
	}
	l.ran("one", 1)
}

// A submission into a dark region fails, says what to do, and sends nothing
// when the region is back but what it always would.
func TestAccSubmitIntoADarkRegion(t *testing.T) {
	l := prepared(t, "into")
	l.outage(primary, harness.Blackhole)
	mark := l.mark()
	l.broken(address("one"), "westus2", "active")
	if asked := l.requests(mark, primary); len(asked) > 3 {
		t.Errorf("the dark region was asked %d times: %+v", len(asked), asked)
	}
	l.restore(primary)
	l.apply()
	l.ran("one", 1)
	l.unchanged(0)
}

// There is no going to a region that is dark too.
func TestAccBothRegionsDark(t *testing.T) {
	l := running(t, "both", setup{}, "one")
	l.outage(primary, harness.Refused)
	l.outage(secondary, harness.Refused)
	l.unchanged(2)
	l.refusedWith(flip, "The region to fail over to does not answer", secondary)
	l.restore(secondary)
	l.apply(flip...)
	l.holds(address("one"), "location", secondary)
}

// The active region is dark in its turn while the other one is back: what that
// one restarted can be stopped, and then it can be gone back to.
func TestAccSecondOutage(t *testing.T) {
	l := running(t, "second", setup{}, "one")
	l.outage(primary, harness.Refused)
	l.apply(flip...)
	l.await(secondary, "one", "working")
	l.apply(flip...)
	l.restore(primary)
	l.outage(secondary, harness.Refused)
	l.await(primary, "one", "working")
	l.refused("Failing back is refused")
	plan := l.plan(flip...)
	l.warned(plan.Run, 1)
	l.goes(plan, address("one"), "unfenced_attempts", "1", "0")
	l.apply(plan.Path)
	l.await(primary, "one", "cancelled")
	l.unchanged(1, flip...)
	mark := l.mark()
	plan = l.plan()
	l.goes(plan, address("one"), "location", secondary, primary)
	l.goes(plan, address("one"), "unfenced_attempts", "0", "1")
	l.apply(plan.Path)
	l.submitted(mark, 1)
	l.holds(address("one"), "location", primary, "attempts.#", "3")
	l.unchanged(1)
	l.restore(secondary)
	l.await(secondary, "one", "working")
	l.apply()
	l.await(secondary, "one", "cancelled")
	l.holds(address("one"), "unfenced_attempts", "0")
	l.unchanged(0)
}

// Waiting goes on in the region that a failover goes to.
func TestAccFailoverThatWaits(t *testing.T) {
	l := oneLab(t, "waitflip")
	l.put(primary, l.inputs(), l.reads("one"))
	l.hold(primary)
	l.write(setup{Submissions: map[string]submission{"one": {}}})
	l.apply()
	l.write(setup{Submissions: map[string]submission{"one": {More: "wait_for_completion = true"}}})
	l.unchangedBut(address("one"))
	l.outage(primary, harness.Refused)
	l.apply(flip...)
	l.holds(address("one"), "location", secondary, "status", "success", "unfenced_attempts", "1")
}

// Inputs that are older than the pair allows are not gone with unasked.
func TestAccMaxDataLoss(t *testing.T) {
	l := running(t, "maxloss", setup{Pair: `failover = { max_data_loss = "1ms" }`}, "one")
	l.outage(primary, harness.Refused)
	mark := l.mark()
	run, err := l.cli.Apply(l.Context(), flip...)
	l.failed(run, err, "older than max_data_loss", `accept = ["data_loss"]`, address("one"))
	l.submitted(mark, 0)
	l.holds(address("one"), "location", primary)
	l.write(setup{Pair: `failover = { max_data_loss = "1ms" }`, Submissions: map[string]submission{"one": {More: `accept = ["data_loss"]`}}})
	l.apply(flip...)
	l.submitted(mark, 1)
	l.holds(address("one"), "location", secondary)
}

// unchangedBut asserts that a plan changes one resource only, in place.
func (l *lab) unchangedBut(address string, args ...string) {
	l.Helper()
	l.changes(l.plan(args...), address+" update")
}
