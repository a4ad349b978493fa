//go:build acceptance

package acceptance

import (
	"context"
	"crypto/md5"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/blob"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/blockblob"
	"golang.org/x/sync/errgroup"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/testing/harness"
)

// scaleVariable is a number of submissions and one of blobs, such as 1000x20000.
const scaleVariable = "GENOMICS_TEST_READINESS"

// Looking costs the pages of the listings and constants, however many submissions and
// blobs there are: a hundred runs a page, five thousand blobs a page and side.
func TestAccReadinessRequests(t *testing.T) {
	jobs, blobs := 40, 120
	if scale := os.Getenv(scaleVariable); scale != "" {
		if _, err := fmt.Sscanf(scale, "%dx%d", &jobs, &blobs); err != nil {
			t.Fatalf("%s: %v", scaleVariable, err)
		}
	}
	l := newestLab(t, "scale")
	l.fill(blobs)
	// Submissions are only looked at: their resources need not be there. A long listing
	// takes the storage of the tests longer than a region has otherwise.
	s := setup{Provider: `  region_timeout = "1m"`, Extra: fmt.Sprintf(`
locals {
  pair   = genomics_region_pair.lab
  stores = [genomics_replicated_input_store.reads]
}
data "genomics_readiness" "lab" {
  region_pair  = local.pair
  input_stores = local.stores
  workflows = [for i in range(%d) : {
    name        = "s${i}"
    inputs      = [format("reads/%%05d.fq.gz", i %% %d), format("reads/%%05d.fq.gz", (i + 1) %% %d)]
    input_store = { store_name = "reads" }
  }]
}
`, jobs, blobs, blobs)}
	without := s
	without.Extra = ""
	l.write(without)
	l.apply()
	// They all have run, and nobody's are listed among them.
	l.crowd(jobs)

	count := func(s setup) (service, storage, manager int, plan *harness.Plan) {
		l.write(s)
		mark := l.mark()
		plan = l.unchanged(0)
		for _, region := range []string{primary, secondary} {
			for _, seen := range l.requests(mark, region) {
				if seen.Plane == "service" {
					service++
				} else {
					storage++
				}
			}
		}
		return service, storage, len(l.managed(mark)), plan
	}
	service0, storage0, manager0, _ := count(without)
	service1, storage1, manager1, plan := count(s)
	checks := l.finds(plan, "ready")
	l.says(checks["workflow_inputs"], fmt.Sprintf("%d unfinished submissions, of %[1]d", jobs), "")
	runPages, blobPages := jobs/100+2, (blobs+1)/5000+1
	for _, row := range []struct {
		what      string
		got, most int
	}{
		// The list of the active account, what is alive in the standby's, and one for the key.
		{"the workflow services", service1 - service0, runPages + 3},
		// Both sides' pages, two manifests and a look at each, the container, three tries of a signature, two records.
		{"storage", storage1 - storage0, 2*blobPages + 12},
		// The account, its group and key, the storage accounts and their groups and keys.
		{"Resource Manager", manager1 - manager0, 10},
	} {
		t.Logf("%s: %d requests more for %d submissions and %d blobs, at most %d", row.what, row.got, jobs, blobs, row.most)
		if row.got > row.most {
			t.Errorf("%s was asked %d times, want at most %d", row.what, row.got, row.most)
		}
	}
	t.Logf("the plan took %s", plan.Duration)
}

// fill puts so many small blobs into both regions.
func (l *lab) fill(blobs int) {
	l.Helper()
	content := []byte(strings.Repeat("ACGT", 4))
	group, ctx := errgroup.WithContext(l.Context())
	group.SetLimit(16)
	for _, region := range []string{primary, secondary} {
		l.put(region, l.inputs())
		folder := l.folder(region, l.inputs())
		for i := range blobs {
			group.Go(func() error { return upload(ctx, folder, fmt.Sprintf("reads/%05d.fq.gz", i), content) })
		}
	}
	l.ok(group.Wait())
}

func upload(ctx context.Context, folder *harness.Container, name string, content []byte) error {
	_, err := folder.Client.NewBlockBlobClient(name).UploadBuffer(ctx, content, &blockblob.UploadBufferOptions{HTTPHeaders: md5Header(content)})
	return err
}

// md5Header is what a careful uploader leaves.
func md5Header(content []byte) *blob.HTTPHeaders {
	sum := md5.Sum(content)
	return &blob.HTTPHeaders{BlobContentMD5: sum[:]}
}
