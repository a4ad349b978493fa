package failover

import (
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

var (
	lab     = Identity{Pair: "lab", Submission: "NA12878"}
	content = Content{Process: "gatk4", ProcessArgs: "R=hg38m1", Inputs: []string{"a_1.fq", "a_2.fq"}, Basename: "a"}
	key     = Key(lab, 1, content)
)

func attempt(id, location string, status Status, superseded bool) Attempt {
	return Attempt{WorkflowID: id, Location: location, AccountID: "/accounts/" + location, Key: key, Status: status, Superseded: superseded}
}

func TestDecide(t *testing.T) {
	const east, west = "westeurope", "westus2"
	oldKey := Key(lab, 1, Content{Process: "snapgatk"})
	withKey := func(a Attempt, k string) Attempt { a.Key = k; return a }
	stray := func(a Attempt) Attempt { a.Stray = true; return a }
	inputFault := func(a Attempt) Attempt { a.InputFailure = true; return a }
	tests := map[string]struct {
		at       string
		policy   Policy
		attempts []Attempt
		dark     []string
		accept   []string
		want     Action
		promote  int
		super    int
		fence    []int
		first    []int
		unfenced int64
		takesUp  bool
	}{
		"first submission":                          {at: west, want: Submit, promote: -1, super: -1},
		"nothing to do":                             {at: west, attempts: []Attempt{attempt("1", west, StatusWorking, false)}, want: Keep, promote: -1, super: -1},
		"content changed: the live old run stops":   {at: west, attempts: []Attempt{withKey(attempt("1", west, StatusWorking, false), oldKey)}, want: Submit, promote: -1, super: 0, fence: []int{0}},
		"flip with the old region dark":             {at: east, dark: []string{west}, attempts: []Attempt{attempt("1", west, StatusWorking, false)}, want: Submit, promote: -1, super: 0, unfenced: 1},
		"flip with the old region up":               {at: east, attempts: []Attempt{attempt("1", west, StatusWorking, false)}, want: Submit, promote: -1, super: 0, fence: []int{0}},
		"flip leaves a success":                     {at: east, dark: []string{west}, attempts: []Attempt{attempt("1", west, StatusSuccess, false)}, want: Keep, promote: -1, super: -1},
		"flip resubmits a success if told to":       {at: east, policy: ResubmitAll, attempts: []Attempt{attempt("1", west, StatusSuccess, false)}, want: Submit, promote: -1, super: 0},
		"flip keeps runs if told to":                {at: east, policy: KeepRuns, dark: []string{west}, attempts: []Attempt{attempt("1", west, StatusWorking, false)}, want: Keep, promote: -1, super: -1},
		"flip resubmits a failure of the service":   {at: east, dark: []string{west}, attempts: []Attempt{attempt("1", west, StatusFailed, false)}, want: Submit, promote: -1, super: 0},
		"flip leaves a failure of the input":        {at: east, attempts: []Attempt{inputFault(attempt("1", west, StatusFailed, false))}, want: Keep, promote: -1, super: -1},
		"flip leaves a cancelled run":               {at: east, attempts: []Attempt{attempt("1", west, StatusCancelled, false)}, want: Keep, promote: -1, super: -1},
		"flip resubmits a run in an unknown state":  {at: east, dark: []string{west}, attempts: []Attempt{attempt("1", west, StatusUnknown, false)}, want: Submit, promote: -1, super: 0, unfenced: 1},
		"after the flip, still dark":                {at: east, dark: []string{west}, attempts: []Attempt{attempt("1", west, StatusWorking, true), attempt("7", east, StatusWorking, false)}, want: Keep, promote: -1, super: -1, unfenced: 1},
		"return: the restarted run is fenced":       {at: east, attempts: []Attempt{attempt("1", west, StatusWorking, true), attempt("7", east, StatusWorking, false)}, want: Keep, promote: -1, super: -1, fence: []int{0}},
		"return: a failed old run needs nothing":    {at: east, attempts: []Attempt{attempt("1", west, StatusFailed, true), attempt("7", east, StatusWorking, false)}, want: Keep, promote: -1, super: -1},
		"return: the old run finished first":        {at: east, attempts: []Attempt{attempt("1", west, StatusSuccess, true), attempt("7", east, StatusWorking, false)}, want: Promote, promote: 0, super: 1, fence: []int{1}},
		"the old run finished first, dark again":    {at: east, dark: []string{west}, attempts: []Attempt{attempt("1", west, StatusSuccess, true), attempt("7", east, StatusWorking, false)}, want: Keep, promote: -1, super: -1},
		"nothing is sent to where it finished":      {at: west, dark: []string{west}, attempts: []Attempt{attempt("1", west, StatusSuccess, true), attempt("7", east, StatusWorking, false)}, want: Keep, promote: -1, super: -1},
		"the one that answers is promoted":          {at: east, dark: []string{west}, attempts: []Attempt{attempt("1", west, StatusSuccess, true), attempt("7", east, StatusSuccess, true), attempt("8", east, StatusFailed, false)}, want: Promote, promote: 1, super: 2},
		"none counts: the stale run is taken up":    {at: west, attempts: []Attempt{attempt("1", west, StatusWorking, true), attempt("7", east, StatusWorking, true)}, want: Submit, promote: -1, super: -1, fence: []int{1}},
		"none counts: a stopping run is waited for": {at: west, attempts: []Attempt{attempt("1", west, StatusCancelling, true)}, want: Submit, promote: -1, super: -1, fence: []int{0}, first: []int{0}},
		"none counts, none is waited for elsewhere": {at: east, attempts: []Attempt{attempt("1", west, StatusCancelling, true)}, want: Submit, promote: -1, super: -1, fence: []int{0}},
		"none counts: what finished is kept":        {at: east, attempts: []Attempt{attempt("1", west, StatusSuccess, true)}, want: Promote, promote: 0, super: -1},
		"none counts, and what finished is silent":  {at: east, dark: []string{west}, attempts: []Attempt{attempt("1", west, StatusSuccess, true)}, want: Keep, promote: -1, super: -1},
		"a stray run is fenced":                     {at: west, attempts: []Attempt{attempt("1", west, StatusWorking, false), stray(attempt("7", east, StatusWorking, true))}, want: Keep, promote: -1, super: -1, fence: []int{1}},
		"a stray run in the target is taken up":     {at: east, attempts: []Attempt{attempt("1", west, StatusWorking, false), stray(attempt("7", east, StatusWorking, true))}, want: Submit, promote: -1, super: 0, fence: []int{0}, takesUp: true},
		"failback waits for a run that is stopping": {at: west, accept: []string{AcceptStaleRuns}, attempts: []Attempt{attempt("1", west, StatusCancelling, true), attempt("7", east, StatusWorking, false)}, want: Submit, promote: -1, super: 1, fence: []int{0, 1}, first: []int{0}},
		"return: both finished":                     {at: east, attempts: []Attempt{attempt("1", west, StatusSuccess, true), attempt("7", east, StatusSuccess, false)}, want: Keep, promote: -1, super: -1},
		"a promoted success stays where it is":      {at: east, attempts: []Attempt{attempt("1", west, StatusSuccess, false), attempt("7", east, StatusCancelled, true)}, want: Keep, promote: -1, super: -1},
		"failback with a stale run is refused":      {at: west, attempts: []Attempt{attempt("1", west, StatusWorking, true), attempt("7", east, StatusWorking, false)}, want: Refuse, promote: -1, super: -1, unfenced: 1},
		"failback with a stale run, accepted":       {at: west, accept: []string{AcceptStaleRuns}, attempts: []Attempt{attempt("1", west, StatusWorking, true), attempt("7", east, StatusWorking, false)}, want: Submit, promote: -1, super: 1, fence: []int{1}},
		"another override does not lift that guard": {at: west, accept: []string{"data_loss"}, attempts: []Attempt{attempt("1", west, StatusWorking, true), attempt("7", east, StatusWorking, false)}, want: Refuse, promote: -1, super: -1, unfenced: 1},
		"failback after fencing":                    {at: west, attempts: []Attempt{attempt("1", west, StatusCancelled, true), attempt("7", east, StatusWorking, false)}, want: Submit, promote: -1, super: 1, fence: []int{1}},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			if tc.policy == "" {
				tc.policy = ResubmitUnfinished
			}
			d := Decide(Observation{
				Location: tc.at, AccountID: "/accounts/" + tc.at, Key: key, Policy: tc.policy, Attempts: tc.attempts, Accept: tc.accept,
				Answers: func(l string) bool { return !slices.Contains(tc.dark, l) },
			})
			if d.Action != tc.want || d.Promote != tc.promote || d.Supersede != tc.super || !slices.Equal(d.Fence, tc.fence) || d.Unfenced != tc.unfenced || !slices.Equal(d.StopFirst, tc.first) {
				t.Errorf("got %+v", d)
			}
			if tc.takesUp && !d.TakesUp {
				t.Error("it is not taken up")
			}
			if d.Reason == "" {
				t.Error("a decision needs a reason")
			}
		})
	}
}

// Whatever was seen, a decision asks nothing of a silent region, never resends
// a success unless told to, and never touches an attempt twice.
func TestDecideProperties(t *testing.T) {
	locations := []string{"westus2", "westeurope"}
	statuses := []Status{StatusQueued, StatusWorking, StatusSuccess, StatusFailed, StatusCancelling, StatusCancelled, StatusUnknown}
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(0, 5).Draw(t, "attempts")
		var attempts []Attempt
		for i := range n {
			a := attempt(string(rune('1'+i)), rapid.SampledFrom(locations).Draw(t, "location"), rapid.SampledFrom(statuses).Draw(t, "status"), i < n-1)
			a.InputFailure = a.Status == StatusFailed && rapid.Bool().Draw(t, "input")
			attempts = append(attempts, a)
		}
		dark := rapid.SampledFrom(append(locations, "")).Draw(t, "dark")
		at := rapid.SampledFrom(locations).Draw(t, "at")
		policy := rapid.SampledFrom([]Policy{ResubmitUnfinished, ResubmitAll, KeepRuns}).Draw(t, "policy")
		d := Decide(Observation{Location: at, AccountID: "/accounts/" + at, Key: key, Policy: policy, Attempts: attempts,
			Answers: func(l string) bool { return l != dark }})
		for _, i := range d.Fence {
			if attempts[i].Location == dark {
				t.Fatalf("fences %+v in the silent region", attempts[i])
			}
			if !attempts[i].Status.Live() {
				t.Fatalf("fences %+v, which is not alive", attempts[i])
			}
			if i == Current(attempts) && d.Supersede != i {
				t.Fatalf("fences the attempt that counts")
			}
		}
		if d.Promote >= 0 && attempts[d.Promote].Location == dark {
			t.Fatalf("promotes %+v in the silent region", attempts[d.Promote])
		}
		if c := Current(attempts); c >= 0 && attempts[c].Status == StatusSuccess && policy != ResubmitAll && d.Action != Keep {
			t.Fatalf("%s after a success", d.Action)
		}
	})
}

func TestAdopt(t *testing.T) {
	at := func(m int) time.Time { return time.Date(2026, 1, 1, 0, m, 0, 0, time.UTC) }
	run := func(id string, minute int, s Status) Found {
		return Found{WorkflowID: id, Key: key, Status: s, SubmittedAt: at(minute)}
	}
	other := Found{WorkflowID: "99", Key: Key(lab, 2, content), Status: StatusWorking}
	tests := map[string]struct {
		found      []Found
		policy     Policy
		superseded []string
		adopt      string
		cancel     []string
	}{
		"nothing there":                      {},
		"another generation is not ours":     {found: []Found{other}},
		"a live run is taken up":             {found: []Found{other, run("1", 1, StatusQueued)}, adopt: "1"},
		"of two live runs the oldest stays":  {found: []Found{run("2", 2, StatusWorking), run("1", 1, StatusWorking)}, adopt: "1", cancel: []string{"2"}},
		"a stalled run is stopped":           {found: []Found{run("1", 1, StatusStalled)}, cancel: []string{"1"}},
		"a live run wins over a stalled one": {found: []Found{run("1", 1, StatusStalled), run("2", 2, StatusWorking)}, adopt: "2", cancel: []string{"1"}},
		"success wins, the live one stops":   {found: []Found{run("1", 1, StatusWorking), run("2", 2, StatusSuccess)}, adopt: "2", cancel: []string{"1"}},
		"a cancelled run is left alone":      {found: []Found{run("1", 1, StatusCancelled)}},
		"a cancelling run is left alone":     {found: []Found{run("1", 1, StatusCancelling)}},
		"an unknown failure is taken up":     {found: []Found{run("1", 1, StatusFailed)}, adopt: "1"},
		"a superseded failure is not":        {found: []Found{run("1", 1, StatusFailed)}, superseded: []string{"1"}},
		"resubmit_all ignores a known win":   {found: []Found{run("1", 1, StatusSuccess)}, superseded: []string{"1"}, policy: ResubmitAll},
		"resubmit_all takes up its own copy": {found: []Found{run("1", 1, StatusSuccess)}, policy: ResubmitAll, adopt: "1"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			got := Adopt(key, tc.policy, tc.found, tc.superseded)
			id := ""
			if got.Adopt != nil {
				id = got.Adopt.WorkflowID
			}
			var cancel []string
			for _, f := range got.Cancel {
				cancel = append(cancel, f.WorkflowID)
			}
			if id != tc.adopt || !slices.Equal(cancel, tc.cancel) {
				t.Errorf("adopted %q, cancels %v", id, cancel)
			}
		})
	}
}

func TestKeyProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		id := Identity{Pair: rapid.String().Draw(t, "pair"), Submission: rapid.String().Draw(t, "submission")}
		c := Content{Process: rapid.String().Draw(t, "process"), Inputs: rapid.SliceOf(rapid.String()).Draw(t, "inputs"),
			Triggers: rapid.MapOf(rapid.String(), rapid.String()).Draw(t, "triggers")}
		g := rapid.Int64Range(1, 40).Draw(t, "generation")
		k := Key(id, g, c)
		if len(k) != KeyLength || k != Key(id, g, c) {
			t.Fatalf("key %q", k)
		}
		if k == Key(id, g+1, c) {
			t.Fatal("the next generation has the same key")
		}
		if got, ok := Generation(id, c, k); !ok || got != g {
			t.Fatalf("generation %d, %v", got, ok)
		}
	})
}

// The key travels with every run ever submitted: a change of its derivation
// would make each of them run again.
func TestKeyIsStable(t *testing.T) {
	if key != "rwfiffpbjlvtmjk4jayb4gqotc" {
		t.Errorf("the key of a known submission became %q", key)
	}
}

// Runs are looked for by it, by whatever version of the provider: it stays what it is.
func TestMark(t *testing.T) {
	seen := map[string]string{}
	for _, pair := range []string{"lab", "lab2", "la", ""} {
		for generation := range int64(30) {
			mark := Mark(pair, generation)
			if was, twice := seen[mark]; twice || len(mark) != markLength || mark != strings.ToLower(mark) {
				t.Errorf("the mark of %s and %d is %q, which is that of %q", pair, generation, mark, was)
			}
			seen[mark] = pair
		}
	}
	if got := Mark("lab", 2); got != "dd5uj5xnett6" {
		t.Errorf("the mark of a known failover became %q", got)
	}
}
