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

// What Describe wrote is read as it was; what anybody else wrote is theirs.
func FuzzParseDescription(f *testing.F) {
	const key = "rwfiffpbjlvtmjk4jayb4gqotc"
	token := engine.Token{Key: key, Mark: "abcdefghijkl"}
	f.Add(Describe(token, "hello"))
	f.Add(markOpen + token.Mark + "] x")
	f.Add(tokenOpen + key + "]" + markOpen + "short] x")
	f.Add(tokenOpen + key + "]" + markOpen + token.Mark)
	f.Add(Describe(engine.Token{Key: key}, "hello"))
	f.Add(tokenOpen + key + "]")
	f.Add(tokenOpen + key + "]tight")
	f.Add(tokenOpen + key + "]  two spaces")
	f.Add(tokenOpen + strings.ToUpper(key) + "] x")
	f.Add("[tfg:")
	f.Add("[tfg:short] x")
	f.Add(Describe(token, Describe(engine.Token{Key: key}, "")))
	f.Add("\ufeff" + Describe(token, ""))
	f.Fuzz(func(t *testing.T, s string) {
		got, rest, ok := ParseDescription(s)
		switch {
		case !ok && (got != "" || rest != s):
			t.Errorf("a foreign description was changed: %q %q", got, rest)
		case ok && (len(got) != engine.KeyLength || strings.ToLower(got) != got || !strings.HasPrefix(s, tokenOpen+got+"]") || !strings.HasSuffix(s, rest)):
			t.Errorf("%q is read as %q and %q", s, got, rest)
		case ok && len(s)-len(rest) > TokenLength:
			t.Errorf("the user's text lost something: %q is read as %q and %q", s, got, rest)
		}
		// Any text is safe behind a token, one that looks like a token too.
		for _, token := range []engine.Token{token, {Key: key}} {
			if got, mark, rest, ok := parseDescription(Describe(token, s)); !ok || got != key || mark != token.Mark || rest != s {
				t.Errorf("%q comes back as %q, %q, %q, %v", s, got, mark, rest, ok)
			}
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
