//go:build acceptance

package acceptance

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/testing/harness"
)

const plannedStore = `failover = { mode = "planned" }`

// copies are the blobs whose content was written to a region's container, by the
// numbers that the journal gave the writes.
func (l *lab) copies(since int64, region string) (names []string, last int64) {
	l.Helper()
	for _, seen := range l.requests(since, region) {
		if seen.Method == http.MethodPut && strings.Contains(seen.Path, "/"+l.inputs()+"/") && strings.HasSuffix(seen.Path, ".fq.gz") {
			names = append(names, seen.Path[strings.LastIndex(seen.Path, "/")+1:])
			last = seen.Seq
		}
	}
	slices.Sort(names)
	return slices.Compact(names), last
}

// manifest is the name of the lab's manifest in a region; empty if there is none.
func (l *lab) manifest(region string) string {
	l.Helper()
	for _, name := range l.blobs(region, l.inputs(), ".genomics-continuity/manifest-") {
		return name
	}
	return ""
}

// A planned failover copies what is behind and switches then, in one apply; the
// submission that reads the copies comes after them. The pair's own settings fit.
func TestAccPlannedFailoverCopiesFirst(t *testing.T) {
	l := running(t, "copyfirst", setup{
		Pair:  `failover = { mode = "planned", cooling_time = "1ms", drain_timeout = "1s" }`,
		Store: "failover = genomics_region_pair.lab.failover",
	}, "one")
	l.put(primary, l.inputs(), l.reads("late"))
	mark := l.mark()
	plan := l.plan(flip...)
	l.warned(plan.Run, 0)
	l.goes(plan, storeAddress, "pending_blobs", "2", "0")
	l.goes(plan, storeAddress, "in_sync", "false", "true")
	l.goes(plan, storeAddress, "active.location", primary, secondary)
	if got, _ := l.copies(mark, secondary); len(got) != 0 {
		t.Errorf("the plan copied %v", got)
	}
	l.apply(plan.Path)
	got, last := l.copies(mark, secondary)
	if !slices.Equal(got, []string{"late_1.fq.gz", "late_2.fq.gz"}) {
		t.Errorf("copied %v", got)
	}
	if posts := l.posts(mark, secondary); len(posts) != 1 || posts[0].Seq < last {
		t.Errorf("submitted before all was copied: %+v", posts)
	}
	l.holds(storeAddress, "active.location", secondary, "standby.location", primary, "pending_blobs", "0", "in_sync", "true", "failover.mode", "planned")
	l.unchanged(0, flip...)

	// The way back copies nothing unless it may flow back.
	l.put(secondary, l.inputs(), l.reads("more"))
	l.refused("Failing over would lose data", "westus2 lacks 2 blobs", "failback_replication = true")
}

// A planned failover that is killed while it copies leaves the roles as they were,
// and the next apply finishes it.
func TestAccKilledWhileCopyingFirst(t *testing.T) {
	l := running(t, "copykill", setup{Store: plannedStore + "\ntransfer = \"stream\"\nconcurrency = 1"})
	l.put(primary, l.inputs(), l.reads("late"))
	container := "/" + places[secondary].storage + "/" + l.inputs() + "/"
	second := harness.Match{Method: http.MethodPut, Plane: "storage", PathPrefix: container + secondReads("late")}
	l.inject(secondary, harness.Injection{Match: second, Action: harness.Hang})
	mark := l.mark()
	l.killed(func() {
		l.until("the second blob to be on its way", func() bool {
			got, _ := l.copies(mark, secondary)
			return slices.Contains(got, secondReads("late"))
		})
	}, flip...)
	l.holds(storeAddress, "active.location", primary, "active_region", primary)
	if got := l.blobs(secondary, l.inputs(), "late"); !slices.Equal(got, []string{firstReads("late")}) {
		t.Errorf("when it was killed the secondary held %v", got)
	}
	l.ok(l.ClearInjections(l.Context(), secondary))
	plan := l.plan(flip...)
	l.goes(plan, storeAddress, "active.location", primary, secondary)
	l.goes(plan, storeAddress, "pending_blobs", "1", "0")
	l.apply(plan.Path)
	if got := l.blobs(secondary, l.inputs(), "late"); len(got) != 2 {
		t.Errorf("after the failover the secondary holds %v", got)
	}
	l.holds(storeAddress, "active.location", secondary, "in_sync", "true")
	l.unchanged(0, flip...)
}

// Copies that fail leave the roles as they were; a planned failover in the dark is
// refused.
func TestAccPlannedFailoverNeedsTheCopies(t *testing.T) {
	l := running(t, "needscopies", setup{Store: plannedStore})
	l.put(primary, l.inputs(), l.reads("late"))
	l.inject(secondary, harness.Injection{Match: harness.Match{Method: http.MethodPut, Plane: "storage", PathPrefix: "/" + places[secondary].storage + "/" + l.inputs() + "/late"},
		Action: harness.Answer, Status: http.StatusForbidden, Headers: map[string]string{"x-ms-error-code": "AuthorizationFailure"}, Count: 100})
	run, err := l.cli.Apply(l.Context(), flip...)
	l.failed(run, err, "AuthorizationFailure")
	l.holds(storeAddress, "active.location", primary, "active_region", primary, "pending_blobs", "2")
	l.ok(l.ClearInjections(l.Context(), secondary))
	l.outage(primary, harness.Refused)
	l.refusedWith(flip, "A planned failover needs both regions", `"forced"`, "the store's failover.mode")
	l.restore(primary)
	l.apply(flip...)
	l.holds(storeAddress, "active.location", secondary)
	if got := l.blobs(secondary, l.inputs(), "late"); len(got) != 2 {
		t.Errorf("after the failover the secondary holds %v", got)
	}
}

// What may be lost is limited in the dark too, by age and by size; accepting it is
// shown in the plan, and lifts nothing else.
func TestAccStoreDataLossIsLimited(t *testing.T) {
	l := running(t, "limits", setup{})
	l.put(primary, l.inputs(), l.reads("late"))
	l.apply("-refresh-only")
	if got := l.attribute(storeAddress, "pending_blobs"); got != "2" {
		t.Fatalf("the state says that %s blobs are behind, want 2", got)
	}
	limit := func(limit, more string) {
		l.write(setup{Store: `failover = { max_data_loss = "` + limit + `" }` + "\n" + more})
	}
	limit("1KB", "")
	l.refusedWith(flip, "Failing over would lose data", "max_data_loss is 1KB", "stale_runs")
	l.outage(primary, harness.Refused)
	l.refusedWith(flip, "Failing over would lose data", "max_data_loss is 1KB", `accept = ["data_loss"]`)
	limit("1ms", "")
	l.refusedWith(flip, "Failing over would lose data", "max_data_loss is 1ms", "is known to hold everything up to")
	limit("1ms", `accept = ["stale_manifest"]`)
	l.refusedWith(flip, "Failing over would lose data")
	for _, within := range []string{"24h", "50GiB"} {
		limit(within, "")
		plan := l.plan(flip...)
		l.warnsOf(plan.Run, "Failing over without all the data")
	}
	limit("1KB", `accept = ["data_loss"]`)
	plan := l.plan(flip...)
	l.warnsOf(plan.Run, "The guard data_loss is lifted")
	mark := l.mark()
	l.apply(plan.Path)
	if got, _ := l.copies(mark, secondary); len(got) != 0 {
		t.Errorf("a forced failover copied %v", got)
	}
	l.holds(storeAddress, "active.location", secondary)
	// It stays within the limit while nothing changes there.
	l.unchanged(1, flip...)

	limit("soon", "")
	l.refusedWith(flip, "neither an age", "50GiB")
}

// Without the manifest, or with one that is older than what was last written,
// nobody knows what the copies are worth: that is seen in the dark too.
func TestAccStaleManifestIsGuarded(t *testing.T) {
	l := running(t, "manifest", setup{})
	name := l.manifest(secondary)
	older := l.get(secondary, l.inputs(), name)
	l.put(primary, l.inputs(), l.reads("one"))
	l.apply()
	current := l.get(secondary, l.inputs(), name)
	put := func(content []byte) { l.put(secondary, l.inputs(), map[string][]byte{name: content}) }

	put(older)
	l.outage(primary, harness.Refused)
	l.refusedWith(flip, "cannot be trusted", `accept = ["stale_manifest"]`)
	put([]byte("not a manifest"))
	l.refusedWith(flip, "cannot be trusted", "is damaged")
	l.remove(secondary, l.inputs(), name)
	l.refusedWith(flip, "cannot be trusted", "is missing")
	l.write(setup{Store: `accept = ["data_loss"]`})
	l.refusedWith(flip, "cannot be trusted")
	l.write(setup{Store: `accept = ["stale_manifest"]`})
	plan := l.plan(flip...)
	l.warnsOf(plan.Run, "The guard stale_manifest is lifted")
	l.holds(storeAddress, "active.location", primary)

	put(current)
	l.write(setup{})
	l.warned(l.plan(flip...).Run, 1) // the region

	// With both regions there it is drift, and mended.
	l.restore(primary)
	l.remove(secondary, l.inputs(), name)
	l.refusedWith(flip, "cannot be trusted", "active_region unchanged")
	plan = l.plan()
	l.changes(plan, storeAddress+" update")
	l.apply(plan.Path)
	if l.manifest(secondary) == "" {
		t.Error("the manifest was not written anew")
	}
	l.unchanged(0)
	put([]byte("not a manifest"))
	plan = l.plan()
	l.warnsOf(plan.Run, name)
	l.remove(secondary, l.inputs(), name)
	l.apply()
	l.apply(flip...)
	l.holds(storeAddress, "active.location", secondary)
	l.unchanged(0, flip...)
}

// A region whose service is down while its storage answers is left like one that
// is dark: its blobs that are behind are told of, and limited only by the user's
// own max_data_loss.
func TestAccHalfDeadRegionNeedsNoOverride(t *testing.T) {
	l := running(t, "halfdead", setup{}, "one")
	l.put(primary, l.inputs(), l.reads("late"))
	l.refusedWith(flip, "Failing over would lose data")
	l.apply("-refresh-only") // so that it is known
	l.ok(l.Fault(l.Context(), primary, harness.Fault{Mode: harness.Gateway403, Scope: "service"}))

	l.write(setup{Store: `failover = { max_data_loss = "1KB" }`, Submissions: map[string]submission{"one": {}}})
	l.refusedWith(flip, "Failing over would lose data", "max_data_loss is 1KB")
	l.write(setup{Submissions: map[string]submission{"one": {}}})
	plan := l.plan(flip...)
	l.warned(plan.Run, 2) // the region, and what is left behind
	l.warnsOf(plan.Run, "westeurope lacks 2 blobs")
	mark := l.mark()
	l.apply(plan.Path)
	if got, _ := l.copies(mark, secondary); len(got) != 0 {
		t.Errorf("a forced failover copied %v", got)
	}
	l.holds(address("one"), "location", secondary)
	l.unchanged(1, flip...)
}
