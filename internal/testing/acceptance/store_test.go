//go:build acceptance

package acceptance

import (
	"bytes"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/testing/harness"
)

// A blob that is behind is drift, shown in the plan and mended in place, and
// nothing is ever deleted.
func TestAccInputStoreDrift(t *testing.T) {
	l := running(t, "store", setup{}, "one")
	copied := func(mark int64) (names []string) {
		for _, seen := range l.requests(mark, secondary) {
			if seen.Method == http.MethodPut && strings.HasSuffix(seen.Path, ".fq.gz") {
				names = append(names, seen.Path[strings.LastIndex(seen.Path, "/")+1:])
			}
		}
		slices.Sort(names)
		return slices.Compact(names)
	}
	l.holds(storeAddress, "blob_count", "2", "pending_blobs", "0", "in_sync", "true", "id", "reads")
	sum := l.attribute(storeAddress, "manifest_sha256")

	// Blobs that come later.
	l.put(primary, l.inputs(), l.reads("two"))
	mark := l.mark()
	plan := l.plan()
	l.changes(plan, storeAddress+" update")
	l.goes(plan, storeAddress, "pending_blobs", "2", "0")
	l.goes(plan, storeAddress, "in_sync", "false", "true")
	if got := copied(mark); len(got) != 0 {
		t.Errorf("the plan copied %v", got)
	}
	l.apply(plan.Path)
	if got := copied(mark); !slices.Equal(got, []string{"two_1.fq.gz", "two_2.fq.gz"}) {
		t.Errorf("copied %v", got)
	}
	l.holds(storeAddress, "blob_count", "4", "pending_blobs", "0", "in_sync", "true")
	if now := l.attribute(storeAddress, "manifest_sha256"); now == sum {
		t.Error("the manifest did not change with the set of copies")
	}
	l.unchanged(0)

	// Rewritten at the source: of the same length, which a look at lengths would miss.
	fresh := l.reads("one")[firstReads("one")]
	fresh = append(slices.Clone(fresh[:len(fresh)-1]), fresh[len(fresh)-1]^1)
	l.put(primary, l.inputs(), map[string][]byte{firstReads("one"): fresh})
	// Lost at the standby.
	l.remove(secondary, l.inputs(), secondReads("two"))
	// Gone at the source: the copy stays.
	l.remove(primary, l.inputs(), firstReads("two"))
	mark = l.mark()
	plan = l.plan()
	l.changes(plan, storeAddress+" update")
	l.apply(plan.Path)
	if got := copied(mark); !slices.Equal(got, []string{"one_1.fq.gz", "two_2.fq.gz"}) {
		t.Errorf("copied %v", got)
	}
	if got := l.get(secondary, l.inputs(), firstReads("one")); !bytes.Equal(got, fresh) {
		t.Error("the rewritten blob was not copied")
	}
	if got := l.blobs(secondary, l.inputs(), firstReads("two")); len(got) != 1 {
		t.Error("a copy was deleted")
	}
	l.unchanged(0)

	// Tampered with at the standby: nothing is overwritten unasked.
	tampered := slices.Clone(fresh)
	tampered[0] ^= 1
	l.put(secondary, l.inputs(), map[string][]byte{firstReads("one"): tampered})
	run := l.broken(firstReads("one"), storeAddress, `on_conflict = "overwrite"`)
	if got := l.get(secondary, l.inputs(), firstReads("one")); !bytes.Equal(got, tampered) {
		t.Error("a blob at the standby was overwritten")
	}
	if len(run.Errors()) != 1 {
		t.Errorf("errors: %v", run.Errors())
	}
	l.write(setup{Store: `on_conflict = "overwrite"`, Submissions: map[string]submission{"one": {}}})
	l.apply()
	if got := l.get(secondary, l.inputs(), firstReads("one")); !bytes.Equal(got, fresh) {
		t.Error("the conflict was not overwritten")
	}
	l.unchanged(0)

	// The standby's container is deleted outside: it is made and filled again.
	l.removeContainer(secondary, l.inputs())
	plan = l.plan()
	l.changes(plan, storeAddress+" update")
	l.apply(plan.Path)
	if got := l.blobs(secondary, l.inputs(), "one"); len(got) != 2 {
		t.Errorf("the container made again holds %v", got)
	}
	l.unchanged(0)

	// While the standby is dark nothing is proposed and the figures stay.
	l.put(primary, l.inputs(), l.reads("three"))
	l.outage(secondary, harness.Refused)
	l.unchanged(1)
	l.restore(secondary)
	l.changes(l.plan(), storeAddress+" update")
}

// What belongs to a store, and how it is told apart.
func TestAccInputStoreSelection(t *testing.T) {
	l := oneLab(t, "select")
	l.put(primary, l.inputs(), map[string][]byte{"run1/a.fq": []byte("a"), "run1/b.bam": []byte("b"), "run1/scratch/c.fq": []byte("c"), "run2/d.fq": []byte("d")})
	l.write(setup{Store: "prefix = \"run1/\"\ninclude = [\"**/*.fq\"]\nexclude = [\"**/scratch/**\"]\ntransfer = \"stream\""})
	l.apply()
	l.holds(storeAddress, "blob_count", "1", "total_bytes", "1", "in_sync", "true")
	if got := l.blobs(secondary, l.inputs(), "run"); !slices.Equal(got, []string{"run1/a.fq"}) {
		t.Errorf("the standby holds %v", got)
	}
	l.unchanged(0)
	l.write(setup{Store: `prefix = "run1/"`})
	plan := l.plan()
	l.changes(plan, storeAddress+" update")
	l.apply(plan.Path)
	if got := l.blobs(secondary, l.inputs(), "run"); !slices.Equal(got, []string{"run1/a.fq", "run1/b.bam", "run1/scratch/c.fq"}) {
		t.Errorf("the standby holds %v", got)
	}
}

// Pair and store are taken in by their names, and destroying them deletes
// nothing of the user's.
func TestAccPairAndStoreImport(t *testing.T) {
	l := running(t, "names", setup{}, "one")
	before := l.state()
	ids := map[string]string{pairAddress: l.name, storeAddress: "reads"}
	forget := func() {
		for at := range ids {
			if _, err := l.cli.Exec(l.Context(), "state", "rm", at); err != nil {
				t.Fatal(err)
			}
		}
	}
	compare := func(mark int64) {
		l.submitted(mark, 0)
		for at := range ids {
			for _, path := range []string{"active", "standby", "generation", "pending_blobs", "in_sync", "blob_count", "manifest_sha256", "primary", "secondary"} {
				if was, is := text(dig(before[at], path)), l.attribute(at, path); was != is {
					t.Errorf("%s of %s was %s and is %s", path, at, was, is)
				}
			}
		}
		l.unchanged(0)
	}
	forget()
	mark := l.mark()
	for at, id := range ids {
		if _, err := l.cli.Import(l.Context(), at, id); err != nil {
			t.Fatal(err)
		}
	}
	plan := l.plan()
	if destroyed := plan.Destroys(); len(destroyed) > 0 {
		t.Errorf("after an import the plan destroys %v:\n%s", destroyed, l.explain(plan))
	}
	l.apply(plan.Path)
	compare(mark)

	forget()
	var imports strings.Builder
	for at, id := range ids {
		fmt.Fprintf(&imports, "import {\n  to = %s\n  id = %q\n}\n", at, id)
	}
	l.write(setup{Submissions: map[string]submission{"one": {}}, Extra: imports.String()})
	plan = l.plan()
	if destroyed := plan.Destroys(); len(destroyed) > 0 {
		t.Errorf("import blocks plan to destroy %v:\n%s", destroyed, l.explain(plan))
	}
	l.apply(plan.Path)
	compare(mark)
}

// Everything can be taken in by its identity.
func TestAccImportByIdentity(t *testing.T) {
	l := newestLab(t, "identity")
	l.put(primary, l.inputs(), l.reads("one"))
	l.hold("")
	l.write(setup{Submissions: map[string]submission{"one": {}}})
	l.apply()
	run := l.ran("one", 1)[0]
	identities := map[string]string{
		pairAddress: fmt.Sprintf("name = %q", l.name), storeAddress: `name = "reads"`,
		address("one"): fmt.Sprintf("account_id = %q\n    workflow_id = \"%d\"", l.accountID(primary), run.ID),
		accountAddress(primary): fmt.Sprintf("subscription_id = %q\n    resource_group_name = %q\n    name = %q",
			l.subscription(), places[primary].group, l.account(primary)),
	}
	var imports strings.Builder
	for at, identity := range identities {
		if _, err := l.cli.Exec(l.Context(), "state", "rm", at); err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&imports, "import {\n  to = %s\n  identity = {\n    %s\n  }\n}\n", at, identity)
	}
	l.write(setup{Submissions: map[string]submission{"one": {}}, Extra: imports.String()})
	mark := l.mark()
	plan := l.plan()
	if destroyed := plan.Destroys(); len(destroyed) > 0 {
		t.Errorf("the plan destroys %v:\n%s", destroyed, l.explain(plan))
	}
	for at := range identities {
		if change := plan.Change(at); change == nil || change.Importing == nil {
			t.Errorf("%s is not imported", at)
		}
	}
	l.apply(plan.Path)
	l.submitted(mark, 0)
	l.holds(address("one"), "workflow_id", fmt.Sprint(run.ID), "submission_key", run.Token)
	l.unchanged(0)
}

// The pair makes its output containers, and makes them again.
func TestAccRegionPairContainers(t *testing.T) {
	l := running(t, "pair", setup{})
	for _, region := range []string{primary, secondary} {
		if !l.hasContainer(region, l.outputs()) {
			t.Errorf("the output container in %s was not made", region)
		}
	}
	l.removeContainer(secondary, l.outputs())
	plan := l.plan()
	l.changes(plan, pairAddress+" update")
	l.unknown(plan, pairAddress)
	l.apply(plan.Path)
	if !l.hasContainer(secondary, l.outputs()) {
		t.Error("the output container was not made again")
	}
	l.holds(pairAddress, "generation", "1", "last_failover_at", "null")
	l.unchanged(0)

	// Preparing does not fail because the standby is dark; it is made good later.
	l.removeContainer(secondary, l.outputs())
	l.apply("-refresh-only")
	l.outage(secondary, harness.Blackhole)
	l.apply()
	l.restore(secondary)
	l.apply()
	if !l.hasContainer(secondary, l.outputs()) {
		t.Error("the output container was not made when its region was back")
	}
	l.unchanged(0)

	// A storage account that is not where the configuration says.
	l.writeText(strings.ReplaceAll(l.module(setup{}), l.storageID(secondary), l.storageID(primary)))
	l.refused("labwus2 is in westus2, but it is configured for westeurope")
}
