//go:build acceptance

package blobstore

import (
	"testing"
	"time"
)

// What a signature allows is found out without a trace, or with one that is gone again.
func TestAccTryLeavesNothing(t *testing.T) {
	c := azurite(t, 0)
	signature, err := c.ContainerSAS(t.Context(), time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	for _, write := range []bool{false, true} {
		probes, err := c.Try(t.Context(), ".genomics-continuity/probe", signature, write)
		if err != nil || len(probes) != 3 {
			t.Fatalf("%v: %v", probes, err)
		}
		for _, p := range probes {
			if p.Denied != nil {
				t.Errorf("%s: %v", p.Permission, p.Denied)
			}
		}
		for b, err := range c.List(t.Context(), "") {
			t.Errorf("%s is left: %v", b.Name, err)
		}
	}
}

// A signature for one blob allows to read that one and nothing else.
func TestAccTryNamesWhatIsMissing(t *testing.T) {
	c := azurite(t, 0)
	signature, err := c.BlobSAS(t.Context(), "probe", time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	probes, err := c.Try(t.Context(), "probe", signature, false)
	if err != nil {
		t.Fatal(err)
	}
	denied := map[Permission]bool{}
	for _, p := range probes {
		denied[p.Permission] = p.Denied != nil
	}
	if denied[PermissionRead] || !denied[PermissionWrite] || !denied[PermissionDelete] {
		t.Errorf("denied: %v", denied)
	}
}
