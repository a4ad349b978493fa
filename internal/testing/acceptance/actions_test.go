//go:build acceptance

package acceptance

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/testing/harness"
)

const (
	replicateAction = "genomics_replicate"
	cancelAction    = "genomics_cancel_workflow"
)

// store is what genomics_replicate is told of the lab's store.
func (l *lab) store(more map[string]any) map[string]any {
	l.Helper()
	state := l.state()[storeAddress]
	config := map[string]any{}
	for _, name := range []string{"name", "active_region", "primary", "secondary", "prefix", "include", "exclude", "transfer", "concurrency", "verify", "on_conflict", "failback_replication"} {
		config[name] = state[name]
	}
	for name, value := range more {
		config[name] = value
	}
	return config
}

// The action copies what an apply would, and tells of it; the store takes it as its
// own work.
func TestAccReplicateAction(t *testing.T) {
	l := newestLab(t, "replicate")
	l.put(primary, l.inputs(), l.reads("one"))
	l.hold("")
	l.write(setup{Submissions: map[string]submission{"one": {}}})
	l.apply()
	l.put(primary, l.inputs(), l.reads("two", "three"))
	fresh := l.reads("four")

	for _, row := range []struct {
		name    string
		prepare func()
		config  map[string]any
		cancel  string
		// copied is how many blobs the standby has more afterwards; negative if that
		// cannot be told.
		copied int
		// problem is in the errors and warnings; empty means that there is none.
		problem string
		// says is in the messages.
		says string
	}{
		{name: "interrupted", prepare: func() {
			// One blob takes longer than it takes to tell how far it is.
			l.inject(secondary, harness.Injection{Match: harness.Match{Plane: "storage", Method: http.MethodPut, PathPrefix: "/" + places[secondary].storage + "/" + l.inputs() + "/three_1"}, Action: harness.Delay, DelayMilliseconds: 20_000})
		}, config: map[string]any{"concurrency": 1}, cancel: "Replicating: ", copied: -1, problem: "ERROR: Replication did not end", says: "Replicating: "},
		{name: "goes on", prepare: func() { l.ok(l.ClearInjections(l.Context(), secondary)) }, copied: -1, says: "the standby now holds 6 of 6 blobs, as of "},
		{name: "again", says: "Replicated: 0 blobs, 0 B, copied in"},
		{name: "conflict", prepare: func() {
			l.put(primary, l.inputs(), fresh)
			l.put(secondary, l.inputs(), map[string][]byte{firstReads("four"): []byte("another")})
		}, copied: 1, problem: "ERROR: The standby holds other blobs than the ones copied there", says: "Comparing"},
		{name: "overwritten", config: map[string]any{"on_conflict": "overwrite"}, says: "holds 8 of 8 blobs"},
		{name: "nothing flows back", config: map[string]any{"active_region": secondary}, problem: "WARNING: Nothing was replicated"},
		{name: "nowhere", config: map[string]any{"active_region": "eastus"}, problem: "ERROR: The active region is not one of the store's"},
		{name: "dark", prepare: func() { l.outage(secondary, harness.Refused) }, copied: -1, problem: "ERROR: Replication did not end"},
	} {
		t.Run(row.name, func(t *testing.T) {
			l := l.within(t)
			if row.prepare != nil {
				row.prepare()
			}
			known := 0
			if row.copied >= 0 {
				known = len(l.blobs(secondary, l.inputs(), ""))
			}
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			got := l.invokes(ctx, replicateAction, l.store(row.config), func(message string) {
				if row.cancel != "" && strings.Contains(message, row.cancel) {
					cancel()
				}
			})
			if !strings.Contains(got.problems, row.problem) || (got.problems == "") != (row.problem == "") || !strings.Contains(strings.Join(got.progress, "\n"), row.says) {
				t.Errorf("it says %q and\n%s", got.progress, got.problems)
			}
			if row.copied < 0 {
				return
			}
			if now := l.blobs(secondary, l.inputs(), ""); len(now)-known != row.copied {
				t.Errorf("there were %d and are %v", known, now)
			}
		})
	}
	l.restore(secondary)
	l.unchanged(0)
}

// The action stops what runs and leaves what has ended.
func TestAccCancelWorkflowAction(t *testing.T) {
	l := newestLab(t, "cancelaction")
	l.put(primary, l.inputs(), l.reads("held", "done"))
	l.ok(l.Hold(l.Context(), harness.Hold{Description: l.describe("held")}))
	l.write(setup{Submissions: map[string]submission{"held": {}, "done": {}}})
	l.apply()
	l.until("done has ended", func() bool {
		return slices.ContainsFunc(l.runsOf("done"), func(r harness.JobRun) bool { return !r.Live() })
	})
	account := l.state()[fmt.Sprintf("genomics_account.lab[%q]", primary)]["id"]
	for _, row := range []struct {
		name, submission string
		more             map[string]any
		prepare          func()
		problem, says    string
		cancels          int
	}{
		{name: "working", submission: "held", says: "has ended: cancelled", cancels: 1},
		{name: "cancelled", submission: "held", says: "has ended already: cancelled"},
		{name: "succeeded", submission: "done", says: "has ended already: success"},
		{name: "with its location", submission: "done", more: map[string]any{"location": primary}, says: "has ended already: success"},
		{name: "none", submission: "done", more: map[string]any{"workflow_id": "999999"}, problem: "ERROR: The workflow does not exist"},
		{name: "dark", submission: "done", prepare: func() { l.outage(primary, harness.Refused) }, problem: "ERROR: The workflow cannot be cancelled"},
	} {
		t.Run(row.name, func(t *testing.T) {
			l := l.within(t)
			if row.prepare != nil {
				row.prepare()
			}
			config := map[string]any{"account_id": account, "workflow_id": l.attribute(address(row.submission), "workflow_id")}
			for name, value := range row.more {
				config[name] = value
			}
			mark := l.mark()
			got := l.invokes(t.Context(), cancelAction, config, func(string) {})
			if !strings.Contains(got.problems, row.problem) || (got.problems == "") != (row.problem == "") || !strings.Contains(strings.Join(got.progress, "\n"), row.says) {
				t.Errorf("it says %q and\n%s", got.progress, got.problems)
			}
			cancels := 0
			for _, seen := range l.requests(mark, primary) {
				if seen.Method == http.MethodDelete {
					cancels++
				}
			}
			if cancels != row.cancels {
				t.Errorf("the service was told %d times to cancel", cancels)
			}
		})
	}
	l.restore(primary)
}
