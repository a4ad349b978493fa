package submission

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/azure"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/blobstore"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/diagnostics"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/replication"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/session"
)

// bare is a container without a manifest.
type bare struct{ replication.Store }

func (bare) URL() string { return "http://weu/inputs" }

func (bare) Stat(context.Context, string) (blobstore.Blob, error) {
	return blobstore.Blob{}, &blobstore.Error{StatusCode: 404, Code: "BlobNotFound"}
}

// A store in which nothing changes copies nothing, and its manifest grows old. What
// the store has seen since counts as well.
func TestRecoveryGoesByWhatTheStoreHasSeen(t *testing.T) {
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	for name, tc := range map[string]struct {
		limit   string
		seen    time.Duration
		refused string
	}{
		"seen in time":          {"24h", time.Hour, ""},
		"seen too long ago":     {"30m", time.Hour, "complete as of 2026-03-01T11:00:00Z, which is 1h0m0s ago; 30m0s are allowed"},
		"never seen":            {"24h", 0, "nothing says how old"},
		"a size is the store's": {"50GiB", 0, ""},
		"no limit":              {"", 0, ""},
	} {
		t.Run(name, func(t *testing.T) {
			s, err := session.New(azure.Config{Environment: "public", UseMSI: true, RegionTimeout: time.Second, ServiceEndpointTemplate: azure.DefaultServiceEndpointTemplate})
			if err != nil {
				t.Fatal(err)
			}
			if tc.seen > 0 {
				s.Vouch("http://weu/inputs", now.Add(-tc.seen))
			}
			l := &launch{session: s, moved: true, now: func() time.Time { return now }, region: regionModel{MaxDataLoss: types.StringValue(tc.limit)}}
			d := l.recovery(t.Context(), bare{}, storeModel{ContainerURL: types.StringValue("http://weu/inputs")}, nil, diagnostics.Context{Region: "westeurope"})
			if tc.refused == "" && d.HasError() || tc.refused != "" && (len(d) != 1 || !strings.Contains(d[0].Detail(), tc.refused)) {
				t.Errorf("got %v, want %q", d, tc.refused)
			}
		})
	}
}
