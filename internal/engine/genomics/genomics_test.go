package genomics

import (
	"strings"
	"testing"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/engine"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/msgenomics"
)

func TestStatuses(t *testing.T) {
	for _, row := range []struct {
		status msgenomics.Status
		code   int
		want   engine.State
		word   string
	}{
		{msgenomics.StatusQueued, 0, engine.StateQueued, "queued"},
		{msgenomics.StatusInProgress, 0, engine.StateRunning, "working"},
		{msgenomics.StatusSucceeded, 0, engine.StateSucceeded, "success"},
		{msgenomics.StatusFailed, 0, engine.StateFailedSystem, "failed"},
		{msgenomics.StatusFailed, 100, engine.StateFailedSystem, "failed"},
		{msgenomics.StatusFailed, 300, engine.StateFailedInput, "failed"},
		{msgenomics.StatusFailed, 701, engine.StateFailedInput, "failed"},
		{msgenomics.StatusCancelling, 0, engine.StateCancelling, "cancelling"},
		{msgenomics.StatusCancelled, 0, engine.StateCancelled, "cancelled"},
		{77, 0, engine.StateUnknown, "unknown"},
		{0, 300, engine.StateUnknown, "unknown"},
	} {
		run := Run(msgenomics.Workflow{ID: 7, Status: row.status, FailureCode: row.code})
		if run.State != row.want || run.Word != row.word || run.ID != "7" || run.State.Finished() != row.status.Finished() {
			t.Errorf("%d with %d is %+v", row.status, row.code, run)
		}
	}
}

// A description is taken for ours only with a whole token in front, and whatever
// was described comes back.
func FuzzDescription(f *testing.F) {
	for _, seed := range []string{"", "[tfg:abcdefghijklmnopqrstuvwxyz] a sample", "[tfg:abc] x", "[tfg:abcdefghijklmnopqrstuvwxyZ] x", "x [tfg:abcdefghijklmnopqrstuvwxyz] ", "[tfg:abcdefghijklmnopqrstuvwxyz]"} {
		f.Add(seed)
	}
	const key = "abcdefghijklmnopqrstuvwxyz"
	f.Fuzz(func(t *testing.T, text string) {
		if got, rest, ok := ParseDescription(Describe(key, text)); !ok || got != key || rest != text {
			t.Errorf("%q came back as %q, %q, %t", text, got, rest, ok)
		}
		got, rest, ok := ParseDescription(text)
		if ok != engine.ValidKey(got) || !ok && rest != text || ok && !strings.HasPrefix(text, tokenOpen+got+"]") {
			t.Errorf("%q was read as %q, %q, %t", text, got, rest, ok)
		}
	})
}

func TestNumbersOnly(t *testing.T) {
	e := New(msgenomics.New("http://127.0.0.1:1", nil, runtime.NewPipeline("", "", runtime.PipelineOptions{}, nil)))
	for _, id := range []string{"", "x", "1.5"} {
		if _, err := e.Get(t.Context(), id); err == nil {
			t.Errorf("%q is a run", id)
		}
		if err := e.Cancel(t.Context(), id); err == nil {
			t.Errorf("%q was cancelled", id)
		}
	}
}
