package replication

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/blobstore"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/region"
)

var named1 = Options{Name: "reads"}

func mustRun(t *testing.T, src, dst *fakeStore, c *clock, opt Options) Result {
	t.Helper()
	res, err := Run(t.Context(), src.side("west"), dst.side("east"), opt, c.now)
	if err != nil {
		t.Fatal(err)
	}
	return res
}

func survey(t *testing.T, src, dst *fakeStore, opt Options) Inventory {
	t.Helper()
	inv, err := Survey(t.Context(), src.side("west"), dst.side("east"), opt)
	if err != nil {
		t.Fatal(err)
	}
	return inv
}

func TestRunCopiesWhatIsMissingAndThenNothing(t *testing.T) {
	src, dst, c := pair()
	for i := range 100 {
		src.put(fmt.Sprintf("run%d/a.fq", i), strings.Repeat("A", i), func(b *blobstore.Blob) {
			b.Tags = map[string]string{"k": "v"}
			b.Metadata = map[string]string{"Sample": "x"}
		})
	}
	before := survey(t, src, dst, named1)
	if before.PendingBlobs != 100 || before.PendingBytes != 4950 || before.ManifestSHA256 != "" || !before.RecoveryPoint.IsZero() {
		t.Errorf("survey: %+v", before)
	}
	started := c.now()
	res := mustRun(t, src, dst, c, named1)
	if res.Copied != 100 || res.CopiedBytes != 4950 || !res.InSync() || res.Transfer != TransferServerSide ||
		res.StreamedBytes != 0 || !res.RecoveryPoint.Equal(started) || len(res.ManifestSHA256) != 64 {
		t.Errorf("run: %+v", res)
	}
	if !maps.Equal(src.contents(), dst.contents()) {
		t.Error("content differs")
	}
	after := survey(t, src, dst, named1)
	if !after.InSync() || after.ManifestSHA256 != res.ManifestSHA256 || !after.RecoveryPoint.Equal(started) || after.BlobCount != 100 {
		t.Errorf("survey after: %+v", after)
	}
	again := mustRun(t, src, dst, c, named1)
	if again.Copied != 0 || again.ManifestSHA256 != res.ManifestSHA256 || !again.RecoveryPoint.After(started) {
		t.Errorf("second run: %+v", again)
	}
	if dst.count("copy") != 100 || dst.count("stat") != 0 || src.count("stat") != 0 || dst.count("list") != 4 || dst.count("tags") != 0 {
		t.Errorf("requests: %v %v", src.calls, dst.calls)
	}
}

func TestExistingCopiesAreAdopted(t *testing.T) {
	src, dst, c := pair()
	src.put("a", "same")
	dst.put("a", "same")
	res := mustRun(t, src, dst, c, named1)
	if res.Copied != 0 || res.Adopted != 1 || dst.count("copy") != 0 || !res.InSync() {
		t.Errorf("%+v", res)
	}
	if m, err := LoadManifest(t.Context(), dst, "reads", ""); err != nil || m.Len() != 1 {
		t.Errorf("%+v %v", m, err)
	}
}

// What other tools get wrong on a second sync, and what is to be told apart.
func TestSecondRunFindsEveryChange(t *testing.T) {
	forged := func(dst *fakeStore, hash func(*blobstore.Blob)) {
		b, _ := dst.get("a")
		dst.put("a", "TAMPER", func(n *blobstore.Blob) {
			n.MD5, n.Metadata, n.Headers, n.Tags = b.MD5, b.Metadata, b.Headers, b.Tags
			hash(n)
		})
	}
	for name, tc := range map[string]struct {
		first  func(*blobstore.Blob)
		change func(src, dst *fakeStore)
		// overwrite tells that the change is a conflict, healed by on_conflict = overwrite only.
		overwrite bool
		copied    int64
		retagged  int64
	}{
		"nothing":                        {change: func(_, _ *fakeStore) {}},
		"nothing, no MD5":                {first: noHash, change: func(_, _ *fakeStore) {}},
		"source changed, same size":      {change: func(src, _ *fakeStore) { src.put("a", "CONTENT"[:6]) }, copied: 1},
		"source changed, no MD5":         {first: noHash, change: func(src, _ *fakeStore) { src.put("a", "OTHERS", noHash) }, copied: 1},
		"source rewritten with the same": {change: func(src, _ *fakeStore) { src.put("a", "origin") }},
		"destination missing":            {change: func(_, dst *fakeStore) { dst.remove("a") }, copied: 1},
		"destination tampered with":      {change: func(_, dst *fakeStore) { dst.put("a", "TAMPER") }, overwrite: true, copied: 1},
		"destination tampered with, other size": {
			change: func(_, dst *fakeStore) { dst.put("a", "x") }, overwrite: true, copied: 1},
		"destination tampered with, no MD5": {
			change: func(_, dst *fakeStore) { forged(dst, noHash) }, overwrite: true, copied: 1},
		"destination tampered with, MD5 forged": {
			change: func(_, dst *fakeStore) { forged(dst, func(*blobstore.Blob) {}) }, overwrite: true, copied: 1},
		"source metadata changed": {change: func(src, _ *fakeStore) {
			src.edit("a", func(b *blobstore.Blob) { b.Metadata = map[string]string{"sample": "2"} })
		}, copied: 1},
		"source content type changed": {change: func(src, _ *fakeStore) {
			src.edit("a", func(b *blobstore.Blob) { b.Headers.ContentType = "text/plain" })
		}, copied: 1},
		"source tags changed":      {change: func(src, _ *fakeStore) { src.tag("a", "2") }, retagged: 1},
		"destination tags changed": {change: func(_, dst *fakeStore) { dst.tag("a", "2") }, retagged: 1},
	} {
		t.Run(name, func(t *testing.T) {
			src, dst, c := pair()
			first := tc.first
			if first == nil {
				first = func(*blobstore.Blob) {}
			}
			src.put("a", "origin", first)
			src.put("b", "b")
			dst.put("extra", "kept")
			mustRun(t, src, dst, c, named1)
			tc.change(src, dst)

			opt := named1
			want := tc.copied + tc.retagged
			if inv := survey(t, src, dst, opt); inv.PendingBlobs != want || inv.ExtraCount != 1 {
				t.Errorf("survey: %+v", inv)
			}
			if tc.overwrite {
				res, err := Run(t.Context(), src.side("w"), dst.side("e"), opt, c.now)
				var conflict *ConflictError
				if !errors.As(err, &conflict) || conflict.Count != 1 || conflict.Conflicts[0].Name != "a" || res.Copied != 0 || res.InSync() {
					t.Fatalf("not a conflict: %+v %v", res, err)
				}
				opt.OnConflict = ConflictOverwrite
			}
			res := mustRun(t, src, dst, c, opt)
			if res.Copied != tc.copied || res.Retagged != tc.retagged || !res.InSync() || res.ExtraCount != 1 {
				t.Errorf("run: %+v", res)
			}
			from, _ := src.get("a")
			to, _ := dst.get("a")
			if from.content != to.content || !maps.Equal(from.Tags, to.Tags) || !sameProperties(&from.Blob, &to.Blob) {
				t.Errorf("differs:\n%+v\n%+v", from, to)
			}
			if kept, ok := dst.get("extra"); !ok || kept.content != "kept" {
				t.Error("the extra blob was not kept")
			}
			if inv := survey(t, src, dst, named1); !inv.InSync() {
				t.Errorf("survey at the end: %+v", inv)
			}
		})
	}
}

func TestConflictsAreNamedAndTheRestIsCopied(t *testing.T) {
	src, dst, c := pair()
	for i := range 25 {
		name := fmt.Sprintf("c%02d", i)
		src.put(name, "ours")
		dst.put(name, "theirs")
		src.put("ok"+name, "fine")
	}
	res, err := Run(t.Context(), src.side("w"), dst.side("e"), named1, c.now)
	var conflict *ConflictError
	if !errors.As(err, &conflict) || conflict.Count != 25 || len(conflict.Conflicts) != 20 ||
		!strings.Contains(err.Error(), "c19") || !strings.Contains(err.Error(), "and 5 more") {
		t.Fatalf("%v", err)
	}
	if res.Copied != 25 || res.PendingBlobs != 25 || res.ConflictCount != 25 || !res.RecoveryPoint.IsZero() {
		t.Errorf("%+v", res)
	}
	for name, content := range dst.contents() {
		if strings.HasPrefix(name, "c") && content != "theirs" {
			t.Errorf("%s was overwritten", name)
		}
	}
	if m, err := LoadManifest(t.Context(), dst, "reads", ""); err != nil || m.Len() != 25 || !m.RecoveryPoint().IsZero() {
		t.Errorf("%v %v", m, err)
	}
}

func TestUnsupportedBlobsAreNamedNotCopied(t *testing.T) {
	src, dst, c := pair()
	src.put("append", "x", func(b *blobstore.Blob) { b.Type = blobstore.TypeAppend })
	src.put("page", "x", func(b *blobstore.Blob) { b.Type = blobstore.TypePage })
	src.put("cold", "x", func(b *blobstore.Blob) { b.Tier = blobstore.TierArchive })
	src.put("waking", "x", func(b *blobstore.Blob) { b.Rehydrating = true })
	src.put("keyed", "x", func(b *blobstore.Blob) { b.CustomerKey = true })
	src.put("arriving", "x", func(b *blobstore.Blob) { b.CopyStatus = blobstore.CopyPending })
	src.put("there", "x")
	dst.put("there", "x", func(b *blobstore.Blob) { b.Type = blobstore.TypePage })
	src.put("plain", "x")
	res := mustRun(t, src, dst, c, named1)
	var names []string
	for _, u := range res.Unsupported {
		names = append(names, u.Name)
	}
	if want := []string{"append", "cold", "keyed", "page", "there", "waking"}; !slices.Equal(names, want) {
		t.Errorf("unsupported %q, want %q", names, want)
	}
	if res.Copied != 1 || res.InProgress != 1 || res.PendingBlobs != 1 || !res.RecoveryPoint.IsZero() {
		t.Errorf("%+v", res)
	}
	var unsupported *UnsupportedError
	if err := res.UnsupportedError(); !errors.As(err, &unsupported) || !strings.Contains(err.Error(), "append") {
		t.Errorf("%v", err)
	}
}

func TestAutoFallsBackToStreamingForTheRun(t *testing.T) {
	src, dst, c := pair()
	for i := range 50 {
		src.put(fmt.Sprint(i), "x")
	}
	dst.before = func(op, name string) error {
		if op == "copy" {
			return cannotVerify(name)
		}
		return nil
	}
	opt := named1
	opt.Concurrency = 1
	res := mustRun(t, src, dst, c, opt)
	if res.Copied != 50 || res.Transfer != TransferStream || res.StreamedBytes != 50 || !strings.Contains(res.FallbackReason, "CannotVerifyCopySource") {
		t.Errorf("%+v", res)
	}
	if dst.count("copy") != 1 {
		t.Errorf("%d copies were tried", dst.count("copy"))
	}
}

func TestServerSideDoesNotFallBack(t *testing.T) {
	src, dst, c := pair()
	src.put("a", "x")
	dst.before = func(op, name string) error {
		if op == "copy" {
			return cannotVerify(name)
		}
		return nil
	}
	opt := named1
	opt.Transfer = TransferServerSide
	_, err := Run(t.Context(), src.side("w"), dst.side("e"), opt, c.now)
	var transfer *TransferError
	var source *blobstore.CopySourceError
	if !errors.As(err, &transfer) || !errors.As(err, &source) || dst.count("stream") != 0 {
		t.Errorf("%v", err)
	}
}

func TestASourceThatChangesWhileItIsCopiedIsCopiedAnew(t *testing.T) {
	for _, transfer := range []string{TransferServerSide, TransferStream} {
		src, dst, c := pair()
		src.put("a", "old")
		src.put("gone", "x")
		changed := map[string]bool{}
		dst.before = func(op, name string) error {
			if (op == "copy" || op == "stream") && !changed[name] {
				changed[name] = true
				if name == "a" {
					src.put("a", "new")
				} else {
					src.remove("gone")
				}
			}
			return nil
		}
		opt := named1
		opt.Transfer, opt.Concurrency = transfer, 1
		res, err := Run(t.Context(), src.side("w"), dst.side("e"), opt, c.now)
		if transfer == TransferStream {
			if err != nil {
				t.Fatal(err)
			}
			if res.BlobCount != 1 || res.PendingBlobs != 0 || res.Copied != 1 {
				t.Errorf("%+v", res)
			}
		}
		if got := dst.contents()["a"]; got != "new" {
			t.Errorf("%s: copied %q", transfer, got)
		}
	}
}

func TestALostAnswerIsNotAConflict(t *testing.T) {
	src, dst, c := pair()
	src.put("hashed", "1")
	src.put("plain", "2", noHash)
	dst.after = func(op, name string) error {
		// The request was sent again and met what it had written.
		if op == "copy" || op == "upload" {
			return conditionNotMet(name)
		}
		return nil
	}
	res := mustRun(t, src, dst, c, named1)
	if !res.InSync() || res.ConflictCount != 0 || res.Adopted != 2 || res.ManifestSHA256 == "" {
		t.Errorf("%+v", res)
	}
}

func TestADarkRegionEndsTheRunAndKeepsWhatWasDone(t *testing.T) {
	src, dst, c := pair()
	for i := range 30 {
		src.put(fmt.Sprintf("%02d", i), "x", noHash)
	}
	dark := &region.UnreachableError{Location: "west"}
	dst.before = func(op, name string) error {
		if op == "copy" && name >= "10" {
			return dark
		}
		return nil
	}
	opt := named1
	opt.Concurrency = 1
	_, err := Run(t.Context(), src.side("west"), dst.side("east"), opt, c.now)
	var unreachable *region.UnreachableError
	if !errors.As(err, &unreachable) {
		t.Fatalf("%v", err)
	}
	if m, err := LoadManifest(t.Context(), dst, "reads", ""); err != nil || m.Len() != 10 {
		t.Fatalf("%v %v", m, err)
	}
	if dst.count("copy") > 12 {
		t.Errorf("%d copies were tried", dst.count("copy"))
	}
	dst.before = nil
	if res := mustRun(t, src, dst, c, opt); res.Copied != 20 {
		t.Errorf("%+v", res)
	}
}

func TestCancellingKeepsWhatWasDone(t *testing.T) {
	src, dst, c := pair()
	for i := range 30 {
		src.put(fmt.Sprintf("%02d", i), "x")
	}
	mustRun(t, src, dst, c, named1)
	for i := range 30 {
		src.put(fmt.Sprintf("%02d", i), "y", noHash)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	dst.before = func(op, name string) error {
		if op == "copy" && name == "15" {
			cancel()
		}
		return nil
	}
	opt := named1
	opt.Concurrency = 1
	_, err := Run(ctx, src.side("w"), dst.side("e"), opt, c.now)
	if !errors.Is(err, context.Canceled) {
		t.Fatalf("%v", err)
	}
	if m, err := LoadManifest(t.Context(), dst, "reads", ""); err != nil || m.Len() != 30 {
		t.Fatalf("%v %v", m, err)
	}
	dst.before = nil
	if res := mustRun(t, src, dst, c, opt); res.Copied != 15 {
		t.Errorf("%+v", res)
	}
}

func TestContentThatIsNotWhatItsHashSaysIsNamedWithTheWayOut(t *testing.T) {
	src, dst, c := pair()
	src.put("a", "x")
	src.put("b", "x")
	dst.before = func(op, name string) error {
		if op == "copy" && name == "a" {
			return &blobstore.ContentError{Blob: name, Reason: "does not have the MD5 that was promised"}
		}
		return nil
	}
	res, err := Run(t.Context(), src.side("w"), dst.side("e"), named1, c.now)
	var transfer *TransferError
	if !errors.As(err, &transfer) || res.Copied != 1 || !strings.Contains(err.Error(), `a: the content of "a"`) || !strings.Contains(err.Error(), `verify = "size"`) {
		t.Errorf("%+v %v", res, err)
	}
}

func TestTooManyFailuresEndTheRun(t *testing.T) {
	src, dst, c := pair()
	for i := range 500 {
		src.put(fmt.Sprintf("%03d", i), "x")
	}
	dst.before = func(op, name string) error {
		if op == "copy" {
			return failure(403, "AuthorizationFailure", name)
		}
		return nil
	}
	_, err := Run(t.Context(), src.side("w"), dst.side("e"), named1, c.now)
	var transfer *TransferError
	if !errors.As(err, &transfer) || len(transfer.Failures) != maxFailures || dst.count("copy") > 60 {
		t.Errorf("%d copies, %v", dst.count("copy"), err)
	}
}

func TestTwoRunsAtOnceDoNotOverwriteEachOthersManifest(t *testing.T) {
	src, dst, c := pair()
	src.put("a", "x")
	once := false
	dst.before = func(op, _ string) error {
		if op == "copy" && !once {
			once = true
			mustRun(t, src, dst, c, named1)
		}
		return nil
	}
	_, err := Run(t.Context(), src.side("w"), dst.side("e"), named1, c.now)
	if !errors.Is(err, ErrManifestChanged) {
		t.Errorf("%v", err)
	}
	dst.before = nil
	if res := mustRun(t, src, dst, c, named1); res.Copied != 0 || !res.InSync() {
		t.Errorf("%+v", res)
	}
}

func TestFailbackOverwritesOnlyWhatIsKnown(t *testing.T) {
	west, east, c := pair()
	for _, name := range []string{"kept", "updated", "both", "late"} {
		west.put(name, "v1", noHash)
	}
	mustRun(t, west, east, c, named1)
	// The west goes dark with a change that was not replicated; the east works on.
	west.put("late", "lost?", noHash)
	east.put("updated", "v2", noHash)
	east.put("both", "v2", noHash)
	west.put("both", "w2", noHash)
	east.put("new", "n", noHash)
	res, err := Run(t.Context(), east.side("east"), west.side("west"), named1, c.now)
	var conflict *ConflictError
	if !errors.As(err, &conflict) || conflict.Count != 2 || conflict.Conflicts[0].Name != "both" || conflict.Conflicts[1].Name != "late" {
		t.Fatalf("%v", err)
	}
	if res.Copied != 2 {
		t.Errorf("%+v", res)
	}
	want := map[string]string{"kept": "v1", "updated": "v2", "both": "w2", "late": "lost?", "new": "n"}
	if got := west.contents(); !maps.Equal(got, want) {
		t.Errorf("%v", got)
	}
	east.remove("both")
	east.remove("late")
	mustRun(t, east, west, c, named1)
	// And back again: what is the same on both sides is known from either direction.
	opt := named1
	opt.OnConflict = ConflictOverwrite
	res = mustRun(t, west, east, c, opt)
	if res.Copied != 2 || !maps.Equal(west.contents(), east.contents()) {
		t.Errorf("%+v %v %v", res, west.contents(), east.contents())
	}
}

func TestStoresInOneContainerKeepApart(t *testing.T) {
	src, dst, c := pair()
	src.put("a/1", "x")
	src.put("b/1", "y")
	one, two := Options{Name: "one", Prefix: "a/"}, Options{Name: "two", Include: []string{"b/**"}}
	if res := mustRun(t, src, dst, c, one); res.Copied != 1 || res.BlobCount != 1 {
		t.Errorf("%+v", res)
	}
	if res := mustRun(t, src, dst, c, two); res.Copied != 1 || res.BlobCount != 1 || res.ExtraCount != 0 {
		t.Errorf("%+v", res)
	}
	if ManifestName("one", "a/") == ManifestName("two", "") || ManifestName("a b", "") == ManifestName("a-b", "") {
		t.Error("manifests collide")
	}
	// The manifests in the destination are nobody's blobs, also when it becomes the source.
	if res := mustRun(t, dst, src, c, Options{Name: "all"}); res.BlobCount != 2 || res.Copied != 0 {
		t.Errorf("%+v", res)
	}
}

func TestOptionsAreChecked(t *testing.T) {
	src, dst, c := pair()
	for _, opt := range []Options{
		{Transfer: "pigeon"}, {Verify: "faith"}, {OnConflict: "shrug"}, {Concurrency: -1}, {Include: []string{"a["}}, {Exclude: []string{""}},
	} {
		if _, err := Run(t.Context(), src.side("w"), dst.side("e"), opt, c.now); err == nil {
			t.Errorf("%+v passed", opt)
		}
	}
	if src.count("list") != 0 {
		t.Error("something was listed")
	}
}
