//go:build acceptance

package acceptance

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/testing/acctest"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/testing/harness"
)

// The primary's own pair, which the world of the other tests does not have.
const pairedRegion = "westcentralus"

var flipToPair = []string{"-var", "active_region=" + pairedRegion}

// pairedLab is a lab whose regions are each other's pair, with an emulator of its own before the same blobs.
func pairedLab(t *testing.T, name string) *lab {
	t.Helper()
	shared := acctest.World(t)
	var args []string
	for region, as := range map[string]string{primary: primary, secondary: pairedRegion} {
		key := harness.NewStorageKey(places[region].storage)
		args = append(args, "-region", as, "-resource-group", places[region].group+"="+as, "-storage-account", fmt.Sprintf("%s=%s,%s", key.Account, as, key.Key))
	}
	emulator, err := harness.StartEmulator(t.Context(), nil, append(args, "-subscription", shared.Emulator.Ready.SubscriptionID, "-azurite", shared.Azurite.URL)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(emulator.Close)
	world := &harness.World{Admin: emulator.Admin, Azurite: shared.Azurite, Emulator: emulator}
	found, err := harness.FindCLIs()
	if err != nil {
		t.Fatal(err)
	}
	workspace, err := world.Workspace(t.Context(), found[0], t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return &lab{T: t, World: world, cli: workspace, name: acctest.Name(name)}
}

// writePaired writes a setup whose store is one account.
func (l *lab) writePaired(s setup) {
	l.Helper()
	text := l.module(s)
	side := func(region string) string {
		return fmt.Sprintf("storage_account_id = %q, container_name = %q", l.storageID(region), l.inputs())
	}
	text = strings.ReplaceAll(text, side(secondary), side(primary))
	l.writeText(strings.ReplaceAll(text, secondary, pairedRegion))
}

// The replica of one account is read in the region's own pair: how old it is the replica itself says, also when the primary
// region is dark, and submissions take their inputs from it. No failover of the account is asked for.
func TestAccGeoRedundant(t *testing.T) {
	l := pairedLab(t, "geo")
	one := setup{Store: `mode = "geo_redundant"`, Submissions: map[string]submission{"one": {}}}
	l.put(primary, l.inputs(), l.reads("one"))
	l.writePaired(one)
	l.refused("Standard_LRS", `account_replication_type = "RAGRS"`)
	paired := pairedRegion
	l.ok(l.Storage(l.Context(), places[primary].storage, harness.StorageSettings{SKU: "Standard_RAGRS", SecondaryLocation: &paired}))
	l.apply()
	l.holds(storeAddress, "pending_blobs", "0", "in_sync", "true", "blob_count", "2", "standby.storage_account_name", places[primary].storage+"-secondary",
		"manifest_sha256", "null", "last_replicated_at", "null", "object_replication", "null")
	l.unchanged(0)

	// The replica lags behind.
	synced := time.Now().Add(-time.Hour).UTC().Truncate(time.Second)
	l.ok(l.Storage(l.Context(), places[primary].storage, harness.StorageSettings{LastSync: &synced}))
	l.unchanged(0)
	l.apply("-refresh-only")
	l.holds(storeAddress, "pending_blobs", "2", "in_sync", "false", "recovery_point", synced.Format(time.RFC3339))
	l.refusedWith(flipToPair, "Failing over would lose data", "wait until Azure has replicated")
	later := synced.Add(30 * time.Minute)
	l.ok(l.Storage(l.Context(), places[primary].storage, harness.StorageSettings{LastSync: &later}))
	l.outage(primary, harness.Refused)
	l.apply("-refresh-only")
	l.holds(storeAddress, "pending_blobs", "2", "recovery_point", later.Format(time.RFC3339))
	l.writePaired(setup{Store: one.Store + "\nfailover = { max_data_loss = \"10m\" }", Submissions: one.Submissions})
	l.refusedWith(flipToPair, "Failing over would lose data", "max_data_loss is 10m")

	now := time.Time{}
	l.ok(l.Storage(l.Context(), places[primary].storage, harness.StorageSettings{LastSync: &now}))
	one.Submissions["two"] = submission{Inputs: []string{firstReads("one"), secondReads("one")}}
	l.writePaired(one)
	mark := l.mark()
	l.apply(flipToPair...)
	l.holds(storeAddress, "active.location", pairedRegion, "active.storage_account_name", places[primary].storage+"-secondary")
	runs := l.runsIn(pairedRegion, "two")
	if len(runs) != 1 || runs[0].InputContainer != places[primary].storage+"-secondary/"+l.inputs() {
		t.Fatalf("%+v", runs)
	}
	l.await(pairedRegion, "two", "success")
	l.unchanged(1, flipToPair...)
	for _, seen := range l.requests(mark, pairedRegion) {
		if strings.Contains(seen.Path, "-secondary/") && !slices.Contains([]string{"GET", "HEAD"}, seen.Method) {
			t.Errorf("somebody wrote to the replica: %+v", seen)
		}
	}
	for _, seen := range l.managed(0) {
		if strings.HasSuffix(seen.Path, "/failover") {
			t.Errorf("a failover of the account was asked for: %+v", seen)
		}
	}
}
