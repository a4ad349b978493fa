package replication

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"sync"
	"testing"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/blobstore"
)

// killed runs, and ends as if the process had been killed after some copies: no manifest is left behind.
func killed(t *testing.T, src, dst *fakeStore, c *clock, opt Options, after int) {
	t.Helper()
	ctx, kill := context.WithCancel(t.Context())
	defer kill()
	var mu sync.Mutex
	dead, copies := false, 0
	dst.before = func(_, name string) error {
		mu.Lock()
		defer mu.Unlock()
		if dead {
			return failure(0, "", name)
		}
		return nil
	}
	dst.after = func(op, _ string) error {
		mu.Lock()
		defer mu.Unlock()
		if op == "copy" || op == "stream" {
			if copies++; copies == after {
				dead = true
				kill()
			}
		}
		return nil
	}
	if _, err := Run(ctx, src.side("w"), dst.side("e"), opt, c.now); err == nil {
		t.Fatal("the run was not ended")
	}
	dst.before, dst.after = nil, nil
}

// Killed at any moment, without a manifest: what was copied is known again, by hash, by what the service notes of a copy,
// or by the names of the blocks. Nothing is copied twice, and nothing taken for a conflict.
func TestAKilledRunIsContinuedAndNothingIsCopiedTwice(t *testing.T) {
	for name, tc := range map[string]struct {
		transfer string
		puts     bool
		large    int64
		content  func(*blobstore.Blob)
	}{
		"Copy Blob From URL":         {transfer: TransferServerSide, large: 1 << 20},
		"Copy Blob From URL, no MD5": {transfer: TransferServerSide, large: 1 << 20, content: noHash},
		"Put Blob From URL":          {transfer: TransferServerSide, puts: true, large: 1 << 20},
		"Put Blob From URL, no MD5":  {transfer: TransferServerSide, puts: true, large: 1 << 20, content: noHash},
		"ranges, no MD5":             {transfer: TransferServerSide, content: noHash},
		"stream":                     {transfer: TransferStream},
		"stream, no MD5":             {transfer: TransferStream, content: noHash},
	} {
		for _, percent := range []int{25, 50, 75, 100} {
			t.Run(fmt.Sprintf("%s at %d", name, percent), func(t *testing.T) {
				src, dst, c := pair()
				dst.puts, dst.large = tc.puts, tc.large
				const blobs = 40
				for i := range blobs {
					var edits []func(*blobstore.Blob)
					if tc.content != nil {
						edits = append(edits, tc.content)
					}
					src.put(fmt.Sprintf("%02d", i), fmt.Sprint("content", i), edits...)
				}
				c.tick()
				opt := named1
				opt.Transfer, opt.Concurrency = tc.transfer, 3
				killed(t, src, dst, c, opt, blobs*percent/100)
				if _, err := LoadManifest(t.Context(), dst, "reads", ""); !errors.Is(err, ErrNoManifest) {
					t.Fatalf("a manifest was written: %v", err)
				}
				done := len(dst.contents())
				res := mustRun(t, src, dst, c, opt)
				if int(res.Copied) != blobs-done || res.Adopted != int64(done) || !res.InSync() || !maps.Equal(src.contents(), dst.contents()) {
					t.Errorf("%d were copied before, then %+v", done, res)
				}
				if writes := dst.count("copy") + dst.count("stream"); writes > blobs+opt.Concurrency {
					t.Errorf("%d copies of %d blobs", writes, blobs)
				}
			})
		}
	}
}

// A source that changes after a run was killed is copied again where the service says that the old copy came from there.
func TestASourceThatChangesAfterAKillIsNoConflict(t *testing.T) {
	src, dst, c := pair()
	for _, name := range []string{"content", "metadata", "tags"} {
		src.put(name, "old")
	}
	killed(t, src, dst, c, named1, 3)
	src.put("content", "new")
	src.edit("metadata", func(b *blobstore.Blob) { b.Metadata = map[string]string{"sample": "2"} })
	src.tag("tags", "2")
	if res := mustRun(t, src, dst, c, named1); res.Copied != 2 || res.Retagged != 1 || !res.InSync() {
		t.Errorf("%+v", res)
	}
	if got, _ := dst.get("metadata"); got.Metadata["sample"] != "2" || dst.contents()["content"] != "new" {
		t.Errorf("%+v %v", got, dst.contents())
	}
}

// Without hashes on both sides, somebody else's blob of the same length is not taken for a copy.
func TestADoubtfulBlobThatIsNotOursIsAConflict(t *testing.T) {
	src, dst, c := pair()
	src.put("a", "one", noHash)
	dst.put("a", "two")
	_, err := Run(t.Context(), src.side("w"), dst.side("e"), named1, c.now)
	var conflict *ConflictError
	if !errors.As(err, &conflict) || dst.contents()["a"] != "two" || dst.count("blocks") != 1 {
		t.Errorf("%v, asked %d times", err, dst.count("blocks"))
	}
	opt := named1
	opt.OnConflict = ConflictOverwrite
	if res := mustRun(t, src, dst, c, opt); res.Copied != 1 || dst.contents()["a"] != "one" {
		t.Errorf("%+v", res)
	}
}

// A copy that is known by its blocks gets the source's tags too, and is a conflict when its metadata were changed there.
func TestADoubtfulCopyIsComparedInFull(t *testing.T) {
	src, dst, c := pair()
	dst.large = 0
	for _, name := range []string{"metadata", "tags"} {
		src.put(name, "one", noHash)
	}
	killed(t, src, dst, c, named1, 2)
	dst.tag("tags", "theirs")
	dst.edit("metadata", func(b *blobstore.Blob) { b.Metadata = map[string]string{"theirs": "1"} })
	res, err := Run(t.Context(), src.side("w"), dst.side("e"), named1, c.now)
	var conflict *ConflictError
	if !errors.As(err, &conflict) || conflict.Count != 1 || conflict.Conflicts[0].Name != "metadata" || res.Retagged != 1 || res.Copied != 0 {
		t.Errorf("%+v %v", res, err)
	}
	if b, _ := dst.get("tags"); len(b.Tags) != 0 {
		t.Errorf("%v", b.Tags)
	}
}
