package inputstore

import (
	"strings"
	"testing"
	"time"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/replication"
)

func TestProgressLine(t *testing.T) {
	now := replication.Report{
		Progress:       replication.Progress{Found: 2000, FoundBytes: 32 << 20, Copied: 120, MovedBytes: 1536 << 10},
		BlobsPerSecond: 450, BytesPerSecond: 3 << 30, Left: 4 * time.Second,
	}
	if got, want := progressLine(now), "Replicating: 120 of at least 2000 blobs, 1.5 MiB of at least 32.0 MiB, 450 blobs and 3.0 GiB a second, at least 4s left"; got != want {
		t.Error(got)
	}
	now.Listed, now.Left = true, 0
	if got, want := progressLine(now), "Replicating: 120 of 2000 blobs, 1.5 MiB of 32.0 MiB, 450 blobs and 3.0 GiB a second"; got != want {
		t.Error(got)
	}
	if got := size(1 << 62); got != "4096.0 PiB" {
		t.Error(got)
	}
}

func TestRemarks(t *testing.T) {
	server, md5 := replication.TransferServerSide, replication.Options{Verify: replication.VerifyMD5}
	unhashed := replication.Inventory{Unhashed: 1, UnhashedNames: []string{"plain.bam"}}
	for name, tc := range map[string]struct {
		result  replication.Result
		options replication.Options
		says    string
	}{
		"nothing":                   {replication.Result{}, md5, ""},
		"no MD5":                    {replication.Result{Inventory: unhashed, Transfer: server}, md5, "plain.bam"},
		"no MD5, nothing copied":    {replication.Result{Inventory: unhashed}, md5, ""},
		"no MD5, computed":          {replication.Result{Inventory: unhashed, Transfer: replication.TransferStream}, md5, ""},
		"no MD5, nobody looks":      {replication.Result{Inventory: unhashed, Transfer: server}, replication.Options{Verify: replication.VerifySize}, ""},
		"fell back, and masks":      {replication.Result{FallbackReason: "CannotVerifyCopySource https://a/b?sv=1&sig=abc", StreamedBytes: 5 << 20}, md5, "5.0 MiB"},
		"blobs that can't be taken": {replication.Result{Inventory: replication.Inventory{UnsupportedCount: 1, Unsupported: []replication.Unsupported{{Name: "disk.vhd"}}}}, md5, "disk.vhd"},
	} {
		got := remarks("reads", tc.result, tc.options)
		if got.HasError() || (len(got) > 0) != (tc.says != "") {
			t.Errorf("%s: %v", name, got)
			continue
		}
		if tc.says != "" && (!strings.Contains(got[0].Detail(), tc.says) || strings.Contains(got[0].Detail(), "abc")) {
			t.Errorf("%s: %s", name, got[0].Detail())
		}
	}
}
