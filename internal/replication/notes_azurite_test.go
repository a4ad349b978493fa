//go:build acceptance

package replication

import (
	"bytes"
	"errors"
	"testing"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/blobstore"
)

// What somebody else has copied into a read-only container is recorded beside it, and found there by whoever looks for
// the container's manifest.
func TestAccNotesLieBesideTheirContainer(t *testing.T) {
	ctx := t.Context()
	src, dst := azurite(t, 0), azurite(t, 1)
	for _, w := range []*world{src, dst} {
		if _, err := w.Ensure(ctx); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Upload(ctx, "a", bytes.NewReader([]byte("reads")), blobstore.UploadOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	beside, err := dst.Beside()
	if err != nil {
		t.Fatal(err)
	}
	if want := dst.Name() + "-continuity"; beside.Name() != want || beside.AccountName() != dst.AccountName() {
		t.Fatalf("beside %s is %s of %s", dst.Name(), beside.Name(), beside.AccountName())
	}
	options := Options{Name: "reads"}
	from, to := Side{Location: "westus2", Store: src.Container}, Side{Location: "westeurope", Store: dst.Container}
	noted := func(keep bool) (behind bool, digest string) {
		t.Helper()
		notes, err := OpenNotes(ctx, from, to, options)
		if err != nil {
			t.Fatal(err)
		}
		defer notes.Close()
		if _, err := Compare(ctx, from, to, options, notes.Add); err != nil {
			t.Fatal(err)
		}
		behind, digest = notes.Behind(), notes.Digest()
		if keep {
			if digest, err = notes.Keep(ctx, newClock().now()); err != nil {
				t.Fatal(err)
			}
		}
		return behind, digest
	}
	if _, err := LoadManifest(ctx, dst.Container, "reads", ""); !errors.Is(err, ErrNoManifest) {
		t.Fatalf("before there are notes: %v", err)
	}
	behind, digest := noted(true)
	if !behind || digest == "" {
		t.Fatalf("behind %v, digest %q", behind, digest)
	}
	if behind, again := noted(false); behind || again != digest {
		t.Errorf("right after it behind is %v, digest %q", behind, again)
	}
	m, err := LoadManifest(ctx, dst.Container, "reads", "")
	if err != nil || m.Len() != 1 || m.SHA256 != digest || m.RecoveryPoint().IsZero() {
		t.Fatalf("%+v, %v", m, err)
	}
	if _, err := dst.Stat(ctx, ManifestName("reads", "")); !blobstore.IsNotFound(err) {
		t.Errorf("the container itself was written in: %v", err)
	}

	var inputs Inputs
	if problems, err := inputs.Preflight(ctx, dst.Container, []string{"a"}, "reads", ""); err != nil || len(problems) != 0 {
		t.Errorf("%v, %v", problems, err)
	}
	if _, err := dst.Upload(ctx, "a", bytes.NewReader([]byte("other")), blobstore.UploadOptions{}); err != nil {
		t.Fatal(err)
	}
	problems, err := inputs.Preflight(ctx, dst.Container, []string{"a"}, "reads", "")
	if err != nil || len(problems) != 1 || problems[0].Kind != ProblemAltered && problems[0].Kind != ProblemHash {
		t.Errorf("of an altered blob: %v, %v", problems, err)
	}
	if behind, _ := noted(false); !behind {
		t.Error("a changed blob leaves the manifest as it should be")
	}
}
