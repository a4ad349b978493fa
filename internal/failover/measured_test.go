package failover

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestMeasured(t *testing.T) {
	at := func(minutes int) time.Time {
		return time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC).Add(time.Duration(minutes) * time.Minute)
	}
	last := Last{DetectedAt: at(-5), DecidedAt: at(0)}
	for name, row := range map[string]struct {
		runs               []Moved
		accepted, finished time.Duration
		over               bool
	}{
		"nothing was to be moved":      {nil, -1, -1, true},
		"one works still":              {[]Moved{{at(1), true, at(20)}, {at(2), false, time.Time{}}}, 7 * time.Minute, -1, false},
		"all have ended":               {[]Moved{{at(2), true, at(20)}, {at(1), true, at(30)}}, 7 * time.Minute, 35 * time.Minute, true},
		"one is not yet told of":       {[]Moved{{at(2), true, at(20)}, {}}, -1, -1, false},
		"a service that tells no ends": {[]Moved{{at(2), true, time.Time{}}}, 7 * time.Minute, -1, false},
		"its clock is behind":          {[]Moved{{at(-6), true, at(-6)}}, 0, 0, true},
	} {
		got := last.Measured(row.runs)
		for what, pair := range map[string]struct {
			at   time.Time
			want time.Duration
		}{"accepted": {got.AcceptedAt, row.accepted}, "finished": {got.FinishedAt, row.finished}} {
			took, known := got.Took(pair.at)
			if known != (pair.want >= 0) || known && took != pair.want {
				t.Errorf("%s: %s after %s, %t", name, what, took, known)
			}
		}
		if got.Over() != row.over || *got.Resubmitted != int64(len(row.runs)) {
			t.Errorf("%s: %+v", name, got)
		}
		// What was seen before does not stand in the way of what is seen now.
		if again := got.Measured(nil); !again.AcceptedAt.IsZero() || !again.FinishedAt.IsZero() {
			t.Errorf("%s: %+v stays", name, again)
		}
	}
	if last.Over() {
		t.Error("nobody has looked, and it is over")
	}
}

// What a failover took is never less than nothing, and its beginning never later
// than its decision, whatever clocks say.
func TestTookProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		at := func(name string) time.Time {
			if n := rapid.IntRange(-50, 50).Draw(t, name); n != 0 {
				return time.Unix(1_700_000_000+int64(n), 0)
			}
			return time.Time{}
		}
		l := Last{DetectedAt: at("detected"), DecidedAt: at("decided")}
		var runs []Moved
		for range rapid.IntRange(0, 4).Draw(t, "runs") {
			runs = append(runs, Moved{AcceptedAt: at("accepted"), Ended: rapid.Bool().Draw(t, "ended"), EndedAt: at("end")})
		}
		got := l.Measured(runs)
		for _, until := range []time.Time{got.AcceptedAt, got.FinishedAt} {
			if took, known := got.Took(until); took < 0 || known && until.IsZero() {
				t.Fatalf("%+v took %s", got, took)
			}
		}
		if got.Began().After(got.DecidedAt) {
			t.Fatalf("%+v began at %s", got, got.Began())
		}
		if !got.FinishedAt.IsZero() && !got.Over() && !got.AcceptedAt.IsZero() {
			t.Fatalf("%+v goes on", got)
		}
	})
}

func TestLastOfARecord(t *testing.T) {
	r := recorded(east, 2, me, PhaseActive)
	if l, ok := LastOf(r); ok {
		t.Errorf("the first generation was a failover: %+v", l)
	}
	seen := r.At.Add(-time.Minute)
	r.From, r.Mode, r.DetectedAt = west, ModePlanned, &seen
	back, err := ParseRecord(r.Pair, r.Encode())
	l, ok := LastOf(back)
	if err != nil || !ok || l.From != west || l.To != east || l.Generation != 2 || l.Mode != ModePlanned || !l.DecidedAt.Equal(r.At) || !l.DetectedAt.Equal(seen) || l.Over() {
		t.Errorf("%+v, %v", l, err)
	}
	far := time.Date(9999, 12, 31, 0, 0, 0, 0, time.UTC)
	r.DetectedAt = &far
	if _, err := ParseRecord(r.Pair, r.Encode()); !IsRecordError(err) {
		t.Errorf("got %v", err)
	}
}
