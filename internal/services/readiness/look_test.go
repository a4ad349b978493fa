package readiness

import (
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/blobstore"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/engine"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/replication"
)

func TestWhatAFailoverTakesAlong(t *testing.T) {
	job := workflowModel{Name: types.StringValue("a"), OnFailover: types.StringValue("resubmit_unfinished")}
	for state, want := range map[engine.State]bool{
		engine.StateQueued: true, engine.StateRunning: true, engine.StateUnknown: true, engine.StateFailedSystem: true,
		engine.StateSucceeded: false, engine.StateFailedInput: false, engine.StateCancelled: false, engine.StateCancelling: false,
	} {
		ran := runs{newest: map[string]engine.Run{"a": {State: state}}}
		if got := ran.moves(job); got != want {
			t.Errorf("%s moves: %t", state, got)
		}
		kept := job
		kept.OnFailover = types.StringValue("keep")
		if ran.moves(kept) {
			t.Errorf("%s moves although it is kept", state)
		}
		kept.OnFailover = types.StringValue("resubmit_all")
		if !ran.moves(kept) {
			t.Errorf("%s stays although all are resubmitted", state)
		}
	}
	if !(runs{}).moves(job) {
		t.Error("what never ran would not be taken along")
	}
}

func TestWhatAzureHasStillToReplicate(t *testing.T) {
	blob := func(etag, status string) *blobstore.Blob {
		b := &blobstore.Blob{Type: blobstore.TypeBlock, ETag: etag, Size: 1}
		if status != "" {
			b.Replicated = map[string]string{"rule": status}
		}
		return b
	}
	for _, row := range []struct {
		mode string
		seen replication.Compared
		want bool
	}{
		{modeGeoRedundant, replication.Compared{Destination: blob("1", "")}, false},
		{modeGeoRedundant, replication.Compared{Source: blob("1", "")}, true},
		{modeGeoRedundant, replication.Compared{Source: blob("1", ""), Destination: blob("1", ""), Pending: true}, false},
		{modeGeoRedundant, replication.Compared{Source: blob("2", ""), Destination: blob("1", "")}, true},
		{modeObjectReplication, replication.Compared{Source: blob("1", "")}, true},
		{modeObjectReplication, replication.Compared{Source: blob("1", "complete"), Destination: blob("2", ""), Pending: true}, false},
		{modeObjectReplication, replication.Compared{Source: blob("1", "failed"), Destination: blob("2", ""), Pending: true}, true},
		{modeObjectReplication, replication.Compared{Source: &blobstore.Blob{Type: blobstore.TypePage}}, false},
	} {
		s := storeModel{Mode: types.StringValue(row.mode)}
		if got := s.lags(row.seen); got != row.want {
			t.Errorf("%s %+v lags: %t", row.mode, row.seen, got)
		}
	}
}
