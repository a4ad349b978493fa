package main

import (
	"strings"
	"testing"
	"time"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/testing/harness"
)

func TestCountByKind(t *testing.T) {
	got := count([]harness.Seen{
		{Region: secondary, Plane: "service", Method: "POST", Path: "/api/workflows", Outcome: "answered"},
		{Region: secondary, Plane: "service", Method: "GET", Path: "/api/workflows", Query: "%24filter=x", Outcome: "answered"},
		{Region: secondary, Plane: "service", Method: "GET", Path: "/api/workflows", Query: "%24skip=0", Outcome: "answered"},
		{Region: secondary, Plane: "service", Method: "GET", Path: "/api/workflows/10001", Outcome: "answered"},
		{Region: secondary, Plane: "service", Method: "DELETE", Path: "/api/workflows/10001", Outcome: "answered"},
		{Region: secondary, Plane: "storage", Method: "GET", Path: "/a/in", Query: "comp=list&restype=container", Outcome: "answered"},
		{Region: primary, Plane: "storage", Method: "GET", Path: "/a/out/x", Outcome: "gone"},
		{Region: primary, Plane: "service", Method: "GET", Path: "/api/workflows", Outcome: "answered"},
		{Plane: "arm", Method: "POST", Path: "/x/listKeys", Outcome: "answered"},
	})
	for what, n := range map[string]int{
		"submit": 1, "search runs": 1, "list runs": 2, "read one run": 1, "cancel": 1, "list blobs": 1, "storage GET": 1, "arm POST": 1,
	} {
		if got.of(what) != n {
			t.Errorf("%s: %d, want %d", what, got.of(what), n)
		}
	}
	if got.attempts != 2 || got.answers != 1 || got.total() != 9 {
		t.Errorf("%d attempts, %d answers, %d in all", got.attempts, got.answers, got.total())
	}
}

func TestAccountCountsRunsByKey(t *testing.T) {
	lost, doubled := account([]harness.JobRun{
		{Account: "mine", Token: "a"}, {Account: "mine", Token: "a"}, {Account: "mine", Token: "b"}, {Account: "another", Token: "c"},
	}, "mine", 3)
	if lost != 1 || doubled != 1 {
		t.Errorf("%d lost and %d doubled", lost, doubled)
	}
}

// Requests and memory decide whether the run fails; times do so when asked to.
func TestReportDecides(t *testing.T) {
	quick := step{took: time.Second, requests: tally{kinds: map[kind]int{}}}
	slow := quick
	slow.took = time.Minute
	good := measured{floorPlan: quick, floorChange: quick, prepare: quick, plan: quick, flip: quick, after: quick}
	s := settings{count: 1000, repeat: 1}
	for name, test := range map[string]struct {
		change func(*measured, *settings)
		broken bool
	}{
		"all is well":         {func(*measured, *settings) {}, false},
		"slow":                {func(m *measured, _ *settings) { m.flip = slow }, false},
		"slow, strictly":      {func(m *measured, s *settings) { m.flip, s.strict = slow, true }, true},
		"too much memory":     {func(m *measured, _ *settings) { m.flip.provider.Memory = 201 << 20 }, true},
		"asked four times":    {func(m *measured, _ *settings) { m.flip.requests.attempts = 4 }, true},
		"answered":            {func(m *measured, _ *settings) { m.flip.requests.answers = 1 }, true},
		"sent twice":          {func(m *measured, _ *settings) { m.flip.requests.kinds = map[kind]int{{secondary, "submit"}: 1001} }, true},
		"read one by one":     {func(m *measured, _ *settings) { m.plan.requests.kinds = map[kind]int{{primary, "read one run"}: 1000} }, true},
		"a submission lost":   {func(m *measured, _ *settings) { m.lost = 1 }, true},
		"a submission twice":  {func(m *measured, _ *settings) { m.doubled = 1 }, true},
		"the flip has no end": {func(m *measured, _ *settings) { m.after.changes = true }, true},
	} {
		t.Run(name, func(t *testing.T) {
			m, s := good, s
			test.change(&m, &s)
			lines, broken := report("tofu", m, s)
			if broken != test.broken {
				t.Errorf("broken is %t:\n%s", broken, strings.Join(lines, "\n"))
			}
		})
	}
}
