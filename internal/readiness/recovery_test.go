package readiness

import (
	"testing"
	"time"
)

func TestEstimate(t *testing.T) {
	drill := Drill{At: time.Unix(1, 0), Accept: 3 * time.Second, Duration: 20 * time.Minute}
	for name, row := range map[string]struct {
		resubmits int
		drill     Drill
		want      time.Duration
	}{
		"nothing to resubmit":  {0, drill, 20*time.Minute + 10*time.Second},
		"one wave":             {10, drill, 20*time.Minute + 13*time.Second},
		"eleven are two waves": {11, drill, 20*time.Minute + 16*time.Second},
		"no drill":             {11, Drill{}, -1},
	} {
		got := Estimate(10*time.Second, row.resubmits, row.drill)
		if (got == nil) != (row.want < 0) || got != nil && *got != row.want {
			t.Errorf("%s: %v, want %s", name, got, row.want)
		}
	}
	for name, row := range map[string]struct {
		workflows Workflows
		want      time.Duration
	}{
		"nobody said which":             {Workflows{}, -1},
		"those that have not ended":     {Workflows{Asked: true, Total: 30, Unfinished: 5}, 20*time.Minute + 13*time.Second},
		"all, when nobody could see it": {Workflows{Asked: true, Total: 30, Unseen: "dark"}, 20*time.Minute + 19*time.Second},
	} {
		got := Assess(Observation{Patience: 10 * time.Second, Workflows: row.workflows, Drill: drill}).Estimate
		if (got == nil) != (row.want < 0) || got != nil && *got != row.want {
			t.Errorf("%s: %v, want %s", name, got, row.want)
		}
	}
}

func TestWhatAFailoverTookIsTold(t *testing.T) {
	minutes := func(n int) *time.Duration { d := time.Duration(n) * time.Minute; return &d }
	number := func(n int64) *int64 { return &n }
	f := Failover{From: "westus2", To: "westeurope", Mode: "forced", At: time.Date(2026, 2, 1, 3, 0, 0, 0, time.UTC)}
	for want, row := range map[string]struct {
		resubmitted        *int64
		accepted, finished *time.Duration
	}{
		": nobody has looked yet what it resubmitted":                     {nil, nil, nil},
		": nothing was to be resubmitted":                                 {number(0), nil, nil},
		": 2 resubmitted, not yet told to be accepted, not all ended yet": {number(2), nil, nil},
		": 2 resubmitted, all accepted after 3m, not all ended yet":       {number(2), minutes(3), nil},
		": 37 resubmitted, all accepted after 1m, all ended after 43m":    {number(37), minutes(1), minutes(43)},
	} {
		f.Resubmitted, f.Accepted, f.Finished = row.resubmitted, row.accepted, row.finished
		if got := f.Told(); got != "westus2 → westeurope on 2026-02-01 (forced)"+want {
			t.Errorf("%q", got)
		}
	}
}
