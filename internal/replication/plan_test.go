package replication

import (
	"testing"
	"time"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/blobstore"
)

// TestDecideWithoutAManifest: what content, and the service's own memory of a copy, tell when nothing is recorded.
func TestDecideWithoutAManifest(t *testing.T) {
	at := time.Date(2025, 1, 1, 0, 0, 10, 0, time.UTC)
	by := rules{source: "https://a.example/in"}
	base := blobstore.Blob{Name: "x/y", Size: 5, ETag: "1", Type: blobstore.TypeBlock, LastModified: at}
	with := func(changes ...func(*blobstore.Blob)) *blobstore.Blob {
		b := base
		for _, c := range changes {
			c(&b)
		}
		return &b
	}
	hash := func(v byte) func(*blobstore.Blob) {
		return func(b *blobstore.Blob) { b.MD5 = append(make([]byte, 15), v) }
	}
	copied := func(source string, when time.Time) func(*blobstore.Blob) {
		return func(b *blobstore.Blob) { b.CopyStatus, b.CopySource, b.CopyCompletedAt = "success", source, when }
	}
	size := func(b *blobstore.Blob) { b.Size = 6 }
	metadata := func(b *blobstore.Blob) { b.Metadata = map[string]string{"sample": "1"} }
	older := func(b *blobstore.Blob) { b.LastModified = at.Add(-time.Hour) }
	for name, tc := range map[string]struct {
		src, dst *blobstore.Blob
		by       rules
		want     kind
	}{
		"same hash":                    {with(hash(1)), with(hash(1)), by, adopted},
		"other hash":                   {with(hash(1)), with(hash(2)), by, conflict},
		"other hash, size decides":     {with(hash(1)), with(hash(2)), rules{bySize: true}, adopted},
		"other size, size decides":     {with(), with(size), rules{bySize: true}, conflict},
		"no hashes":                    {with(), with(), by, conflict},
		"one hash":                     {with(), with(hash(1)), by, conflict},
		"copied from here":             {with(), with(copied("https://a.example/in/x%2Fy", at.Add(time.Second))), by, adopted},
		"copied, then source changed":  {with(), with(copied("https://a.example/in/x%2Fy", at.Add(-time.Second))), by, changed},
		"copied, then source longer":   {with(size), with(copied("https://a.example/in/x%2Fy", at.Add(-time.Second))), by, changed},
		"copied in the same second":    {with(), with(copied("https://a.example/in/x%2Fy", at)), by, changed},
		"same second, same hash":       {with(hash(1)), with(hash(1), copied("https://a.example/in/x%2Fy", at)), by, adopted},
		"same hash, older metadata":    {with(hash(1), metadata), with(hash(1), older), by, changed},
		"same hash, newer metadata":    {with(hash(1), metadata), with(hash(1)), by, adopted},
		"both empty":                   {&blobstore.Blob{Name: "x/y", Type: blobstore.TypeBlock}, &blobstore.Blob{Name: "x/y", Type: blobstore.TypeBlock}, by, adopted},
		"copied from another blob":     {with(), with(copied("https://a.example/in/x", at.Add(time.Second))), by, conflict},
		"copied from another account":  {with(), with(copied("https://b.example/in/x/y", at.Add(time.Second))), by, conflict},
		"copied, but another size":     {with(), with(size, copied("https://a.example/in/x/y", at.Add(time.Second))), by, conflict},
		"destination is being copied":  {with(hash(1)), with(func(b *blobstore.Blob) { b.CopyStatus = blobstore.CopyPending }), by, inProgress},
		"archived at both, same hash":  {with(hash(1), func(b *blobstore.Blob) { b.Tier = blobstore.TierArchive }), with(hash(1)), by, adopted},
		"source is gone":               {nil, with(), by, extra},
		"tags unknown on one side":     {with(hash(1), func(b *blobstore.Blob) { b.TagsKnown = true; b.Tags = map[string]string{"a": "b"} }), with(hash(1)), by, adopted},
		"a kind of blob we can't keep": {with(), with(func(b *blobstore.Blob) { b.Type = blobstore.TypeAppend }), by, unsupported},
	} {
		if got := decide(row{name: "x/y", src: tc.src, dst: tc.dst}, tc.by); got.kind != tc.want {
			t.Errorf("%s: %+v, want %v", name, got, tc.want)
		}
	}
}

// TestDecideWhenBothSidesChanged: what an earlier run recorded no longer holds on either side.
func TestDecideWhenBothSidesChanged(t *testing.T) {
	entry := &Entry{Name: "x", SourceETag: "old", ETag: "old"}
	hash := make([]byte, 16)
	src := blobstore.Blob{Name: "x", ETag: "s", MD5: hash, Type: blobstore.TypeBlock}
	dst := blobstore.Blob{Name: "x", ETag: "d", MD5: hash, Type: blobstore.TypeBlock}
	if got := decide(row{name: "x", src: &src, dst: &dst, entry: entry}, rules{}); got.kind != adopted {
		t.Errorf("the same: %+v", got)
	}
	dst.Headers.ContentType = "x/y"
	if got := decide(row{name: "x", src: &src, dst: &dst, entry: entry}, rules{}); got.kind != conflict {
		t.Errorf("other headers: %+v", got)
	}
}

// TestAnExtraBlobStaysKnownWhileItIsOurs, so that a source blob that comes back isn't a conflict.
func TestAnExtraBlobStaysKnownWhileItIsOurs(t *testing.T) {
	for _, tampered := range []bool{false, true} {
		src, dst, c := pair()
		src.put("a", "one", noHash)
		mustRun(t, src, dst, c, named1)
		src.remove("a")
		if tampered {
			dst.put("a", "mine", noHash)
		}
		if res := mustRun(t, src, dst, c, named1); res.ExtraCount != 1 || res.PendingBlobs != 0 {
			t.Errorf("%+v", res)
		}
		m, err := LoadManifest(t.Context(), dst, "reads", "")
		if _, ok := m.Lookup("a"); err != nil || ok == tampered {
			t.Errorf("tampered %v: entry %v, %v", tampered, ok, err)
		}
		src.put("a", "two", noHash)
		_, err = Run(t.Context(), src.side("w"), dst.side("e"), named1, c.now)
		if (err != nil) != tampered {
			t.Errorf("tampered %v: %v", tampered, err)
		}
	}
}
