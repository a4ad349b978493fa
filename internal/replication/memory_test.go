package replication

import (
	"context"
	"crypto/md5"
	"fmt"
	"iter"
	"runtime"
	"testing"
	"time"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/blobstore"
)

// endless is a container of any number of blobs that are made up as they are listed. It samples the memory in use.
type endless struct {
	*fakeStore
	blobs int
	// peak is the most memory in use, in bytes; looks is how often it was looked at.
	peak  uint64
	looks int
}

func (s *endless) List(context.Context, string) iter.Seq2[blobstore.Blob, error] {
	return func(yield func(blobstore.Blob, error) bool) {
		s.looks = 0
		for i := range s.blobs {
			if i%(s.blobs/4) == s.blobs/8 {
				s.look()
			}
			name := fmt.Sprintf("project/sample-%09d/reads_1.fastq.gz", i)
			sum := md5.Sum([]byte(name))
			b := blobstore.Blob{
				Name: name, Size: int64(i), MD5: sum[:], ETag: fmt.Sprintf("0x8DC%012X", i), LastModified: s.clock.now(), Type: blobstore.TypeBlock,
				Tier: "Hot", TagsKnown: true, Metadata: map[string]string{"sample": name}, Headers: blobstore.Headers{ContentType: "application/octet-stream"},
			}
			if !yield(b, nil) {
				return
			}
		}
	}
}

// look collects the garbage first: what counts is what is held.
func (s *endless) look() {
	s.looks++
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	s.peak = max(s.peak, m.HeapAlloc)
}

// TestMemoryDoesNotGrowWithTheNumberOfBlobs, be it in the run that makes the first manifest or in a look that goes by it.
func TestMemoryDoesNotGrowWithTheNumberOfBlobs(t *testing.T) {
	held := func(blobs int) (peak uint64) {
		one, two, c := pair()
		src, dst := &endless{fakeStore: one, blobs: blobs}, &endless{fakeStore: two, blobs: blobs}
		from, to := Side{Store: src}, Side{Store: dst}
		res, err := Run(t.Context(), from, to, named1, c.now)
		if err != nil || res.BlobCount != int64(blobs) || res.PendingBlobs != 0 || src.looks != 4 {
			t.Fatalf("%d blobs: %+v %v", blobs, res, err)
		}
		if inv, err := Survey(t.Context(), from, to, named1); err != nil || !inv.InSync() {
			t.Fatalf("%+v %v", inv, err)
		}
		// The fake keeps its manifest in memory; it is no part of what is measured.
		manifest, _ := dst.get(ManifestName("reads", ""))
		return src.peak - min(src.peak, uint64(len(manifest.content)))
	}
	began := time.Now()
	few, many := held(10_000), held(100_000)
	t.Logf("%.1f MiB held with 10,000 blobs, %.1f MiB with 100,000, in %v", float64(few)/(1<<20), float64(many)/(1<<20), time.Since(began).Round(time.Second))
	// Both listings run a page ahead, which the smaller number fills as well.
	if grown := int64(many) - int64(few); grown > 8<<20 {
		t.Errorf("%d bytes more for ten times as many blobs", grown)
	}
	if many > 60<<20 {
		t.Errorf("%d bytes are held", many)
	}
}
