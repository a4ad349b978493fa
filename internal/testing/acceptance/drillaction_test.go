//go:build acceptance

package acceptance

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/testing/harness"
)

const drillAction = "genomics_failover_drill"

// drills invokes the action in the standby region.
func (l *lab) drills(ctx context.Context, config map[string]any, heard func(message string)) invoked {
	l.Helper()
	state := l.state()
	config["region"], config["input_store"] = state[pairAddress]["standby"], state[storeAddress]["standby"]
	return l.invokes(ctx, drillAction, config, heard)
}

// The action runs the resource's drill each time, and says how far it is. Whatever
// ends it, nothing of it is left, and neither production nor the active region
// hears of it.
func TestAccDrillAction(t *testing.T) {
	l := newestLab(t, "drillaction")
	l.put(primary, l.inputs(), l.reads("one"), map[string][]byte{firstReads("bad"): []byte("no reads"), secondReads("bad"): []byte("no reads")})
	l.hold("")
	l.write(setup{Submissions: map[string]submission{"one": {}}})
	l.apply()
	before, mark := ledger(l.runsIn(primary, "")), l.mark()
	record := l.blobs(secondary, l.outputs(), ".genomics-continuity/pair-")
	if len(record) != 1 {
		t.Fatalf("the records of the pair are %v", record)
	}
	original := l.get(secondary, l.outputs(), record[0])
	say := func(old, replacement string) {
		t.Helper()
		changed := strings.Replace(string(original), old, replacement, 1)
		if changed == string(original) {
			t.Fatalf("the record %s has no %s", original, old)
		}
		l.put(secondary, l.outputs(), map[string][]byte{record[0]: []byte(changed)})
	}
	asks := func(reads string, more map[string]any) map[string]any {
		config := map[string]any{"inputs": []string{firstReads(reads), secondReads(reads)}, "process": "gatk4", "process_args": "R=hg38m1"}
		for name, value := range more {
			config[name] = value
		}
		return config
	}
	again := map[string]any{"drill_id": "again"}
	held := map[string]any{"drill_id": l.name + "-held"}

	for _, row := range []struct {
		name    string
		prepare func()
		config  map[string]any
		// cancel ends the context when a message has this in it.
		cancel string
		// status is that of the one canary; empty means that none was sent.
		status string
		// well says that there are no problems.
		well bool
		// says is in the errors, or in the messages where there are none.
		says string
	}{
		{name: "succeeds", config: asks("one", nil), status: "success", well: true, says: "was accepted after"},
		{name: "answer lost", prepare: func() {
			l.inject(secondary, harness.Injection{Match: harness.Match{Method: http.MethodPost, PathPrefix: "/api/workflows"}, Action: harness.DropAfterAccept, Count: 1})
		}, config: asks("one", again), status: "success", well: true, says: "ended as succeeded"},
		{name: "the same again", config: asks("one", again), well: true, says: "Took up the canary"},
		{name: "fails", config: asks("bad", nil), status: "failed", says: "ERROR: The drill did not succeed"},
		{name: "interrupted", prepare: func() { l.ok(l.Hold(l.Context(), harness.Hold{Region: secondary, Description: l.name + "-held"})) },
			config: asks("one", held), cancel: "was accepted after", status: "cancelled", says: "ERROR: The drill was interrupted"},
		{name: "late", config: asks("one", map[string]any{"drill_id": l.name + "-held", "timeouts": map[string]any{"invoke": "1s"}}), status: "cancelled", says: "ended as timeout"},
		{name: "other engine", config: map[string]any{"task": map[string]any{
			"executors": []any{map[string]any{"image": "debian", "command": []string{"true"}}}, "inputs": []any{map[string]any{"url": "store://" + firstReads("one"), "path": "/in"}},
		}}, says: "ERROR: The pair has another engine"},
		{name: "missing inputs", config: asks("none", nil), says: "its inputs are not in the standby"},
		{name: "failing over", prepare: func() { say(`"phase":"active"`, `"phase":"failing_over"`) }, config: asks("one", nil), says: "ERROR: A failover is under way"},
		{name: "active", prepare: func() { say(`"active_region":"`+primary, `"active_region":"`+secondary) }, config: asks("one", nil), says: "ERROR: The drill would run in the active region"},
		{name: "dark", prepare: func() { l.outage(secondary, harness.Refused) }, config: asks("one", nil), says: "nothing was sent"},
	} {
		t.Run(row.name, func(t *testing.T) {
			l := l.within(t)
			if row.prepare != nil {
				row.prepare()
			}
			known := len(l.runsIn(secondary, "")) + len(l.canaries())
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			got := l.drills(ctx, row.config, func(message string) {
				if row.cancel != "" && strings.Contains(message, row.cancel) {
					cancel()
				}
			})
			if all := got.problems + strings.Join(got.progress, "\n"); !strings.Contains(all, row.says) || (got.problems == "") != row.well {
				t.Errorf("it says %q and\n%s", got.progress, got.problems)
			}
			canaries := l.canaries()
			switch sent := len(canaries) + len(l.runsIn(secondary, "")) - known; {
			case row.status == "" && sent != 0, row.status != "" && sent != 1:
				t.Fatalf("%d canaries were sent", sent)
			case sent == 1 && canaries[len(canaries)-1].Status != row.status:
				t.Errorf("it ended as %s\n%s", canaries[len(canaries)-1].Status, ledger(canaries))
			}
			if row.name != "dark" {
				if left := l.blobs(secondary, l.outputs(), "drills/"); len(left) > 0 {
					t.Errorf("it left %v", left)
				}
			}
		})
	}
	if asked := l.requests(mark, primary); len(asked) != 0 {
		t.Errorf("the active region was asked: %+v", asked)
	}
	if after := ledger(l.runsIn(primary, "")); after != before {
		t.Errorf("production changed from\n%s to\n%s", before, after)
	}
	l.restore(secondary)
}
