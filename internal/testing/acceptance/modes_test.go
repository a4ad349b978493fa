//go:build acceptance

package acceptance

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/testing/harness"
)

// Nothing flows back by itself while the secondary is active. When it is asked for, the plan says how much would, and it does as
// soon as the primary answers.
func TestAccFailbackReplication(t *testing.T) {
	l := running(t, "failback", setup{})
	l.outage(primary, harness.Refused)
	l.apply(flip...)
	fresh := l.reads("fresh")
	l.put(secondary, l.inputs(), fresh)
	l.unchanged(1, flip...)
	l.restore(primary)
	l.unchanged(0, flip...)

	bytes := 0
	for _, content := range fresh {
		bytes += len(content)
	}
	l.write(setup{Store: "failback_replication = true"})
	l.outage(primary, harness.Refused)
	run := l.apply(flip...) // takes the setting, and copies nothing in the dark
	l.warned(run, 1)
	l.restore(primary)
	mark := l.mark()
	plan := l.plan(flip...)
	l.changes(plan, storeAddress+" update")
	l.goes(plan, storeAddress, "pending_blobs", "2", "0")
	l.goes(plan, storeAddress, "pending_bytes", fmt.Sprint(bytes), "0")
	if got, _ := l.copies(mark, primary); len(got) != 0 {
		t.Errorf("the plan copied %v", got)
	}
	l.apply(plan.Path)
	if got, _ := l.copies(mark, primary); len(got) != 2 {
		t.Errorf("copied %v", got)
	}
	l.holds(storeAddress, "pending_blobs", "0", "in_sync", "true", "active.location", secondary)
	l.unchanged(0, flip...)
}

const byPolicy = `mode = "object_replication"`

// replicating is a lab whose storage accounts have what object replication needs.
func replicating(t *testing.T, name string) *lab {
	t.Helper()
	l := oneLab(t, name)
	on := true
	for _, region := range []string{primary, secondary} {
		l.ok(l.Storage(l.Context(), places[region].storage, harness.StorageSettings{Versioning: &on, ChangeFeed: &on}))
	}
	return l
}

// policies are the IDs of the object replication policies that a region's storage account holds.
func (l *lab) policies(region string) (ids []string) {
	l.Helper()
	_, answer := l.resource(http.MethodGet, l.storageID(region)+"/objectReplicationPolicies", "2025-01-01", nil)
	values, _ := answer["value"].([]any)
	for _, value := range values {
		rules, _ := dig(value, "properties.rules").([]any)
		for _, rule := range rules {
			if text(dig(rule, "sourceContainer")) == l.inputs() {
				ids = append(ids, text(dig(value, "name")))
			}
		}
	}
	return ids
}

// Azure replicates by a policy in both accounts. It is drift when one half is gone; a failover takes it down without the region
// that is left, and what was left over there is taken down when the region is back.
func TestAccObjectReplication(t *testing.T) {
	l := replicating(t, "policy")
	off, on := false, true
	l.put(primary, l.inputs(), l.reads("one"))
	l.ok(l.Storage(l.Context(), places[secondary].storage, harness.StorageSettings{Versioning: &off}))
	l.write(setup{Store: byPolicy})
	l.warnsOf(l.plan().Run, "has no blob versioning")
	l.broken("Object replication is not possible", places[secondary].storage, "versioning_enabled = true", "--enable-versioning true")
	if got := append(l.policies(primary), l.policies(secondary)...); len(got) != 0 {
		t.Errorf("there are policies all the same: %v", got)
	}
	l.ok(l.Storage(l.Context(), places[secondary].storage, harness.StorageSettings{Versioning: &on}))
	l.ok(l.ObjectReplication(l.Context(), true))
	mark := l.mark()
	l.apply()
	policy := l.attribute(storeAddress, "object_replication.policy_id")
	for _, region := range []string{primary, secondary} {
		if got := l.policies(region); len(got) != 1 || got[0] != policy {
			t.Errorf("%s holds %v, and the state says %s", region, got, policy)
		}
	}
	l.holds(storeAddress, "pending_blobs", "2", "in_sync", "false", "recovery_point", "null", "manifest_sha256", "null")
	l.unchanged(0) // nothing that an apply could do
	l.holds(storeAddress, "object_replication.backlog_operations", "null", "object_replication.backlog_at", "null")
	l.ok(l.Measure(l.Context(), &harness.Backlog{Operations: 7, Bytes: 4000}))
	l.apply("-refresh-only")
	l.holds(storeAddress, "object_replication.backlog_operations", "7", "object_replication.backlog_bytes", "4000", "pending_blobs", "2")
	l.refusedWith(flip, "Failing over would lose data", "wait until Azure has replicated")
	l.ok(l.ObjectReplication(l.Context(), false, secondReads("one")))
	l.warnsOf(l.unchanged(1).Run, secondReads("one"))
	l.ok(l.ObjectReplication(l.Context(), false))
	l.put(primary, l.inputs(), l.reads("one")) // what failed is tried again when it is written
	// What Azure has copied is recorded beside the container, which nobody can write in.
	plan := l.plan()
	l.changes(plan, storeAddress+" update")
	l.unknown(plan, storeAddress, "manifest_sha256", "object_replication")
	l.apply(plan.Path)
	l.holds(storeAddress, "pending_blobs", "0", "in_sync", "true", "object_replication.failed_blobs", "0")
	if got := l.blobs(secondary, l.inputs()+"-continuity", ""); len(got) != 1 || l.attribute(storeAddress, "manifest_sha256") == "null" {
		t.Errorf("beside the container there is %v, and the state has the manifest %s", got, l.attribute(storeAddress, "manifest_sha256"))
	}
	l.unchanged(0)
	if got, _ := l.copies(mark, secondary); len(got) != 0 {
		t.Errorf("the provider copied %v", got)
	}

	// One half is deleted outside.
	l.resource(http.MethodDelete, l.storageID(primary)+"/objectReplicationPolicies/"+policy, "2025-01-01", nil)
	plan = l.plan()
	l.changes(plan, storeAddress+" update")
	l.unknown(plan, storeAddress, "object_replication")
	l.apply(plan.Path)
	l.holds(storeAddress, "object_replication.policy_id", policy)
	l.unchanged(0)

	l.outage(primary, harness.Blackhole)
	l.unchanged(1)
	l.apply(flip...)
	l.holds(storeAddress, "active.location", secondary, "object_replication.policy_id", "null", "object_replication.left_over.#", "1", "pending_blobs", "0")
	if got := l.policies(secondary); len(got) != 0 {
		t.Errorf("the new active side holds %v", got)
	}
	l.put(secondary, l.inputs(), l.reads("late"))
	l.unchanged(1, flip...)
	l.restore(primary)
	plan = l.plan(flip...)
	l.changes(plan, storeAddress+" update")
	l.apply(plan.Path)
	if got := l.policies(primary); len(got) != 0 {
		t.Errorf("left over: %v", got)
	}
	l.holds(storeAddress, "object_replication.left_over.#", "0")
	l.unchanged(0, flip...) // nothing flows back by itself

	l.write(setup{Store: byPolicy + "\nfailback_replication = true"})
	plan = l.plan(flip...)
	if before, after := l.planned(plan, storeAddress, "pending_blobs"); before != "2" || after != "2" {
		t.Errorf("the plan takes pending_blobs from %s to %s: it should show what will flow", before, after)
	}
	l.unknown(plan, storeAddress, "object_replication")
	l.apply(plan.Path)
	l.apply(flip...) // records what has arrived since
	l.unchanged(0, flip...)
	l.holds(storeAddress, "pending_blobs", "0", "in_sync", "true", "object_replication.source_account_id", l.storageID(secondary))
	if got := l.blobs(primary, l.inputs(), "late"); len(got) != 2 {
		t.Errorf("the primary holds %v", got)
	}
	l.destroy(flip...)
	if got := append(l.policies(primary), l.policies(secondary)...); len(got) != 0 {
		t.Errorf("destroying left %v", got)
	}
}

// Azure's own pair is none of this world's: what is refused offline.
func TestAccModesAreRefused(t *testing.T) {
	l := oneLab(t, "modes")
	for store, piece := range map[string]string{
		byPolicy + "\ninclude = [\"**\"]":                       "by prefix only",
		byPolicy + "\ntransfer = \"stream\"":                    "transfer does not go with mode",
		`mode = "geo_redundant"`:                                "Two accounts where Azure replicates one",
		"mode = \"geo_redundant\"\nfailback_replication = true": "failback_replication does not go with mode",
		`mode = "tapes"`:                                        "object_replication",
	} {
		l.write(setup{Store: store})
		l.refused(piece)
	}
	l.writeText(strings.ReplaceAll(l.module(setup{Store: `mode = "geo_redundant"`}), l.storageID(secondary), l.storageID(primary)))
	l.refused("westcentralus")
}
