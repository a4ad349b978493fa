package engine

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestStatesOfTheProtocols(t *testing.T) {
	for word, want := range map[string]State{
		"QUEUED": StateQueued, "INITIALIZING": StateInitializing, "RUNNING": StateRunning, "PAUSED": StatePaused,
		"CANCELING": StateCancelling, "CANCELED": StateCancelled, "COMPLETE": StateSucceeded,
		"EXECUTOR_ERROR": StateFailedInput, "SYSTEM_ERROR": StateFailedSystem, "PREEMPTED": StateFailedSystem,
		"UNKNOWN": StateUnknown, "": StateUnknown, "complete": StateUnknown, "COMPLETED": StateUnknown, "CANCELLED": StateUnknown,
	} {
		if got := ParseState(word); got != want {
			t.Errorf("%q is %s, want %s", word, got, want)
		}
	}
	finished := []State{StateCancelled, StateSucceeded, StateFailedInput, StateFailedSystem}
	for _, s := range States() {
		if s.Finished() != slices.Contains(finished, s) || s.Failed() && !s.Finished() || s.Stopping() && s.Failed() {
			t.Errorf("%s: finished %t, failed %t, stopping %t", s, s.Finished(), s.Failed(), s.Stopping())
		}
	}
}

func TestOverdue(t *testing.T) {
	created := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	started := created.Add(time.Hour)
	limits := Limits{Stalled: 24 * time.Hour, Initializing: 2 * time.Hour}
	for _, row := range []struct {
		name   string
		limits Limits
		run    Run
		after  time.Duration
		want   bool
	}{
		{"running for long", limits, Run{State: StateRunning, CreatedAt: created, StartedAt: &started}, 26 * time.Hour, true},
		{"the clock starts with the run", limits, Run{State: StateRunning, CreatedAt: created, StartedAt: &started}, 24*time.Hour + time.Minute, false},
		{"running since nobody knows when", limits, Run{State: StateRunning}, 1000 * time.Hour, false},
		{"paused for long", limits, Run{State: StatePaused, CreatedAt: created}, 25 * time.Hour, true},
		{"no quota", limits, Run{State: StateInitializing, CreatedAt: created}, 3 * time.Hour, true},
		{"quota soon", limits, Run{State: StateInitializing, CreatedAt: created}, time.Hour, false},
		{"a queue may be long", limits, Run{State: StateQueued, CreatedAt: created}, 1000 * time.Hour, false},
		{"it has ended", limits, Run{State: StateFailedSystem, CreatedAt: created}, 1000 * time.Hour, false},
		{"no limits", Limits{}, Run{State: StateRunning, CreatedAt: created}, 1000 * time.Hour, false},
	} {
		if _, got := row.limits.Overdue(row.run, created.Add(row.after)); got != row.want {
			t.Errorf("%s: overdue %t", row.name, got)
		}
	}
}

func TestTokens(t *testing.T) {
	token := Token{Submission: "abcdefghijklmnop", Key: "abcdefghijklmnopqrstuvwxyz"}
	tags := token.Tags(map[string]string{"project": "x"})
	if tags["project"] != "x" || len(tags) != 4 {
		t.Errorf("tags are %v", tags)
	}
	tag := func(name string) string { return tags[name] }
	if got := KeyOf(tag); got != token.Key {
		t.Errorf("the key of %v is %q", tags, got)
	}
	if got := MarkOf(tag); got != "" {
		t.Errorf("the mark of %v is %q", tags, got)
	}
	token.Mark = "abcdefghijkl"
	marked := token.Tags(tags)
	if got := MarkOf(func(name string) string { return marked[name] }); got != token.Mark || !token.Valid() {
		t.Errorf("the mark of %v is %q", marked, got)
	}
	if got := MarkOf(func(name string) string { return map[string]string{TagMark: token.Mark}[name] }); got != "" {
		t.Errorf("a mark without a token is %q", got)
	}
	for name := range marked {
		if name != "project" && !ReservedTag(name) {
			t.Errorf("%s is not reserved", name)
		}
	}
	for name := range tags {
		if ReservedTag(name) != strings.HasPrefix(name, "tfg") {
			t.Errorf("%s is reserved: %t", name, ReservedTag(name))
		}
	}
	for _, bad := range []Token{
		{}, {Key: token.Key}, {Submission: "b", Key: token.Key}, {Submission: "abc", Key: "abc"},
		{Submission: "ABC", Key: strings.ToUpper(token.Key)}, {Submission: "abc", Key: token.Key + "a"},
		{Submission: token.Submission, Key: token.Key[:20] + "MARKED", Mark: token.Mark},
	} {
		tags := bad.Tags(nil)
		if bad.Valid() || KeyOf(func(name string) string { return tags[name] }) != "" {
			t.Errorf("%+v is taken for a token", bad)
		}
	}
}

// Whatever runs are found, at most one with the key goes on, and none is stopped
// that has another.
func TestOneOfTheRunsStays(t *testing.T) {
	token := Token{Submission: "abcdefghijklmnop", Key: "abcdefghijklmnopqrstuvwxyz"}
	rapid.Check(t, func(rt *rapid.T) {
		var found []Run
		for i := range rapid.IntRange(0, 6).Draw(rt, "runs") {
			run := Run{ID: fmt.Sprint(i), State: rapid.SampledFrom(States()).Draw(rt, "state"), Key: rapid.SampledFrom([]string{token.Key, "abcdefghijklmnopqrstuvwxya", ""}).Draw(rt, "key")}
			if rapid.Bool().Draw(rt, "dated") {
				run.CreatedAt = time.Unix(int64(rapid.IntRange(1, 5).Draw(rt, "age")), 0)
			}
			found = append(found, run)
		}
		d := Oldest(token)(found)
		alive := func(r Run) bool { return !r.State.Finished() && r.State != StateCancelling }
		stays := 0
		for _, run := range found {
			stops := slices.ContainsFunc(d.Stop, func(r Run) bool { return r.ID == run.ID })
			if stops && (run.Key != token.Key || !alive(run)) {
				rt.Fatalf("%+v is stopped", run)
			}
			if run.Key != token.Key {
				continue
			}
			if alive(run) && !stops {
				stays++
			}
			if d.Take == nil && (alive(run) || run.State == StateSucceeded) {
				rt.Fatalf("%+v is not taken up", run)
			}
			if d.Take != nil && d.Take.State != StateSucceeded && alive(run) && ByAge(run, *d.Take) < 0 {
				rt.Fatalf("%+v is older than %+v, which stays", run, *d.Take)
			}
		}
		if stays > 1 {
			rt.Fatalf("%d runs go on: %+v of %+v", stays, d, found)
		}
	})
}
