//go:build acceptance

package acceptance

import "testing"

// page makes a blob that replication cannot copy.
func (l *lab) page(region, name string) {
	l.Helper()
	_, err := l.folder(region, l.inputs()).Client.NewPageBlobClient(name).Create(l.Context(), 512, nil)
	l.ok(err)
}

// What cannot be copied is named, keeps the store out of sync, and is neither
// promised nor proposed for ever: the rest is copied all the same.
func TestAccInputStoreWithABlobThatCannotBeCopied(t *testing.T) {
	l := oneLab(t, "uncopiable")
	l.put(primary, l.inputs(), l.reads("one"))
	l.page(primary, "disk.vhd")
	l.write(setup{})
	l.warnsOf(l.apply(), "disk.vhd")
	l.holds(storeAddress, "in_sync", "false", "pending_blobs", "0", "blob_count", "3")
	l.unchanged(0)

	l.put(primary, l.inputs(), l.reads("two"))
	plan := l.plan()
	l.goes(plan, storeAddress, "pending_blobs", "2", "0")
	l.goes(plan, storeAddress, "in_sync", "false", "false")
	l.warnsOf(l.apply(plan.Path), "disk.vhd")
	l.holds(storeAddress, "in_sync", "false", "pending_blobs", "0", "blob_count", "5")
	l.unchanged(0)

	// One more that nobody knew of while planning.
	l.remove(primary, l.inputs(), "disk.vhd")
	l.put(primary, l.inputs(), l.reads("three"))
	plan = l.plan()
	l.goes(plan, storeAddress, "in_sync", "false", "true")
	l.page(primary, "late.vhd")
	run, err := l.cli.Apply(l.Context(), plan.Path)
	l.warnsOf(l.failed(run, err, "not as planned", "exclude"), "late.vhd")
	l.unchanged(0)
}
