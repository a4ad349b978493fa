//go:build acceptance

package replication

import (
	"bytes"
	"crypto/md5"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/appendblob"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/blob"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/pageblob"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/blobstore"
)

// twoContainers are both sides, made.
func twoContainers(t *testing.T) (src, dst *world) {
	t.Helper()
	src, dst = azurite(t, 0), azurite(t, 1)
	for _, c := range []*world{src, dst} {
		if _, err := c.Ensure(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	return src, dst
}

// put writes a blob with everything that travels; edits change what is sent.
func (w *world) put(t *testing.T, name, content string, edit ...func(*blobstore.UploadOptions)) {
	t.Helper()
	o := blobstore.UploadOptions{
		Headers:  blobstore.Headers{ContentType: "application/x-reads", CacheControl: "no-cache"},
		Metadata: map[string]string{"Sample": "NA12878"}, Tags: map[string]string{"project": "a b"},
	}
	for _, e := range edit {
		e(&o)
	}
	if _, err := w.Upload(t.Context(), name, strings.NewReader(content), o); err != nil {
		t.Fatal(err)
	}
}

// headers sets type and MD5, which nobody checks.
func (w *world) headers(t *testing.T, name, kind string, sum [md5.Size]byte) {
	t.Helper()
	control := "no-cache"
	h := blob.HTTPHeaders{BlobContentType: &kind, BlobCacheControl: &control, BlobContentMD5: sum[:]}
	if _, err := w.raw.NewBlobClient(name).SetHTTPHeaders(t.Context(), h, nil); err != nil {
		t.Fatal(err)
	}
}

// unhash takes a blob's MD5 away, as writers leave it that send blocks.
func (w *world) unhash(t *testing.T, name string) {
	t.Helper()
	kind, control := "application/x-reads", "no-cache"
	if _, err := w.raw.NewBlobClient(name).SetHTTPHeaders(t.Context(), blob.HTTPHeaders{BlobContentType: &kind, BlobCacheControl: &control}, nil); err != nil {
		t.Fatal(err)
	}
}

func (w *world) text(t *testing.T, name string) string {
	t.Helper()
	body, _, err := w.Download(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	defer body.Close()
	var data bytes.Buffer
	if _, err := data.ReadFrom(body); err != nil {
		t.Fatal(err)
	}
	return data.String()
}

func (w *world) list(t *testing.T) map[string]blobstore.Blob {
	t.Helper()
	all := map[string]blobstore.Blob{}
	for b, err := range w.List(t.Context(), "") {
		if err != nil {
			t.Fatal(err)
		}
		all[b.Name] = b
	}
	return all
}

// rowOfTable is one row of the table: what happens after the first run, and what the second has to make of it.
type rowOfTable struct {
	// plain tells that the blob carries no MD5 from the start.
	plain  bool
	change func(t *testing.T, src, dst *world, name string)
	want   kind
}

const before, after = "the content before", "THE CONTENT BEFORE"

var table = map[string]rowOfTable{
	"nothing":                  {change: func(*testing.T, *world, *world, string) {}, want: same},
	"nothing, no MD5":          {plain: true, change: func(*testing.T, *world, *world, string) {}, want: same},
	"source changed same size": {change: func(t *testing.T, src, _ *world, name string) { src.put(t, name, after) }, want: changed},
	"source changed no MD5": {plain: true, change: func(t *testing.T, src, _ *world, name string) {
		src.put(t, name, after)
		src.unhash(t, name)
	}, want: changed},
	"destination missing": {change: func(t *testing.T, _, dst *world, name string) {
		if _, err := dst.raw.NewBlobClient(name).Delete(t.Context(), nil); err != nil {
			t.Fatal(err)
		}
	}, want: missing},
	"destination tampered with": {change: func(t *testing.T, _, dst *world, name string) { dst.put(t, name, after) }, want: altered},
	"destination tampered with no MD5": {change: func(t *testing.T, _, dst *world, name string) {
		dst.put(t, name, after)
		dst.unhash(t, name)
	}, want: altered},
	"destination tampered with MD5 forged": {change: func(t *testing.T, _, dst *world, name string) {
		dst.put(t, name, after)
		dst.headers(t, name, "application/x-reads", md5.Sum([]byte(before)))
	}, want: altered},
	"source metadata changed": {change: func(t *testing.T, src, _ *world, name string) {
		value := "NA12891"
		if _, err := src.raw.NewBlobClient(name).SetMetadata(t.Context(), map[string]*string{"Sample": &value}, nil); err != nil {
			t.Fatal(err)
		}
	}, want: changed},
	"source headers changed": {change: func(t *testing.T, src, _ *world, name string) {
		src.headers(t, name, "text/plain", md5.Sum([]byte(before)))
	}, want: changed},
	"source tags changed": {change: func(t *testing.T, src, _ *world, name string) {
		if err := src.SetTags(t.Context(), name, map[string]string{"project": "c"}); err != nil {
			t.Fatal(err)
		}
	}, want: retag},
	"destination extra": {change: func(t *testing.T, src, _ *world, name string) {
		if _, err := src.raw.NewBlobClient(name).Delete(t.Context(), nil); err != nil {
			t.Fatal(err)
		}
	}, want: extra},
	"snapshot at the source": {change: func(t *testing.T, src, _ *world, name string) {
		if _, err := src.raw.NewBlobClient(name).CreateSnapshot(t.Context(), nil); err != nil {
			t.Fatal(err)
		}
	}, want: same},
}

// Every change that could be made between two runs is told from the others by listings and the manifest alone.
func TestAccTableOfChanges(t *testing.T) {
	src, dst := twoContainers(t)
	for name, row := range table {
		src.put(t, name, before)
		if row.plain {
			src.unhash(t, name)
		}
	}
	opt := Options{Name: "table"}
	from, to := Side{"west", src}, Side{"east", dst}
	if res, err := Run(t.Context(), from, to, opt, time.Now); err != nil || res.Copied != int64(len(table)) || !res.InSync() {
		t.Fatalf("%+v %v", res, err)
	}
	for name, row := range table {
		row.change(t, src, dst, name)
	}
	dst.put(t, "theirs", "kept")

	// What is found, and by what requests.
	src.seen.take()
	dst.seen.take()
	found := map[string]kind{}
	own, reverse, err := fetchBoth(t.Context(), from, to, opt)
	if err != nil {
		t.Fatal(err)
	}
	defer own.close()
	prepared, f, err := opt.prepare()
	if err != nil {
		t.Fatal(err)
	}
	for r, err := range rows(t.Context(), from, to, f, own, reverse) {
		if err != nil {
			t.Fatal(err)
		}
		found[r.name] = decide(r, prepared.rules(from)).kind
	}
	for side, seen := range map[string]map[string]int{"source": src.seen.take(), "destination": dst.seen.take()} {
		if want := map[string]int{"GET": 1, "GET list 5000": 1}; !maps.Equal(seen, want) {
			t.Errorf("requests to the %s: %v", side, seen)
		}
	}
	// Once with conflicts named and left alone, and once overwritten.
	res, err := Run(t.Context(), from, to, opt, time.Now)
	var conflict *ConflictError
	if !errors.As(err, &conflict) || conflict.Count != 3 || res.ExtraCount != 2 || res.InSync() {
		t.Errorf("%+v %v", res, err)
	}
	left := map[string]string{}
	for _, c := range conflict.Conflicts {
		left[c.Name] = dst.text(t, c.Name)
	}
	opt.OnConflict = ConflictOverwrite
	if res, err = Run(t.Context(), from, to, opt, time.Now); err != nil || res.Copied != 3 || !res.InSync() {
		t.Errorf("%+v %v", res, err)
	}
	here, there := src.list(t), dst.list(t)
	for name, row := range table {
		t.Run(name, func(t *testing.T) {
			if found[name] != row.want {
				t.Errorf("it was taken for %v, not %v", found[name], row.want)
			}
			if text, named := left[name]; named != (row.want == altered) || named && text != after {
				t.Errorf("conflict %v, and it held %q", named, text)
			}
			if row.want == extra {
				if dst.text(t, name) != before {
					t.Error("the copy of a deleted blob was not kept")
				}
				return
			}
			a, b := here[name], there[name]
			if src.text(t, name) != dst.text(t, name) || !sameProperties(&a, &b) || !maps.Equal(a.Tags, b.Tags) || !bytes.Equal(a.MD5, b.MD5) {
				t.Errorf("they differ in the end:\n%+v\n%+v", a, b)
			}
		})
	}
	if dst.text(t, "theirs") != "kept" {
		t.Error("an extra blob was not kept")
	}
}

// What can't be copied is named with the reason, and the rest is copied.
func TestAccBlobsOfOtherKinds(t *testing.T) {
	src, dst := twoContainers(t)
	src.put(t, "plain", before)
	src.put(t, "archived", before)
	if _, err := src.raw.NewBlobClient("archived").SetTier(t.Context(), blob.AccessTierArchive, nil); err != nil {
		t.Fatal(err)
	}
	if _, err := src.raw.NewAppendBlobClient("growing").Create(t.Context(), &appendblob.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	if _, err := src.raw.NewPageBlobClient("disk").Create(t.Context(), 512, &pageblob.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	src.put(t, "deleted", before)
	if _, err := src.raw.NewBlobClient("deleted").Delete(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	res, err := Run(t.Context(), Side{"west", src}, Side{"east", dst}, Options{Name: "kinds"}, time.Now)
	if err != nil || res.Copied != 1 || res.BlobCount != 4 {
		t.Fatalf("%+v %v", res, err)
	}
	var said []string
	for _, u := range res.Unsupported {
		said = append(said, u.Name+" "+u.Reason)
	}
	want := []string{"archived it is in the archive tier", "disk it is a page blob; only block blobs are replicated", "growing it is an append blob; only block blobs are replicated"}
	if !slices.Equal(said, want) {
		t.Errorf("%q", said)
	}
}

// One request a blob, one page for five thousand, nothing asked of a blob by itself, and nothing at all a second time.
func TestAccRequestsOfARun(t *testing.T) {
	src, dst := twoContainers(t)
	const blobs = 200
	for i := range blobs {
		src.put(t, fmt.Sprintf("%03d", i), strings.Repeat("A", i))
	}
	src.seen.take()
	dst.seen.take()
	opt := Options{Name: "economy"}
	for round := range 2 {
		res, err := Run(t.Context(), Side{"west", src}, Side{"east", dst}, opt, time.Now)
		if err != nil || res.Copied != int64(blobs*(1-round)) {
			t.Fatalf("%+v %v", res, err)
		}
		here, there := src.seen.take(), dst.seen.take()
		if want := map[string]int{"GET": 1, "GET list 5000": 1}; !maps.Equal(here, want) {
			t.Errorf("requests to the source: %v", here)
		}
		copies := there["PUT copy"] + there["PUT from URL"]
		if there["GET"] != 1 || there["GET list 5000"] != 1 || there["PUT"] != 1 || float64(copies) > 1.05*blobs*float64(1-round) || len(there) > 5-2*round {
			t.Errorf("requests to the destination: %v", there)
		}
	}
}
