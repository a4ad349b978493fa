//go:build acceptance

package acceptance

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/testing/harness"
)

const failoverPlanAddress = "data.genomics_failover_plan.now"

// What a failover would do is told before it is made: what runs again, what stays,
// what is refused for want of an input, what would be read and processed again, and
// which guards refuse. Then it is done, and the next one is told how long this took.
func TestAccFailoverPlan(t *testing.T) {
	l := newestLab(t, "flipplan")
	l.put(primary, l.inputs(), l.reads("done", "works", "lacks", "again", "keeps"))
	l.hold("")
	s := setup{Submissions: map[string]submission{
		"done": {}, "works": {}, "lacks": {}, "again": {More: "on_failover = \"resubmit_all\"\naccept = [\"data_loss\"]"}, "keeps": {More: `on_failover = "keep"`},
	}}
	s.Extra = strings.ReplaceAll(readiness("", "done", "works", "lacks", "again", "keeps"), `"genomics_readiness" "lab"`, `"genomics_failover_plan" "now"`)
	l.write(s)
	l.apply()
	l.finish(primary, "done")
	l.finish(primary, "again")
	processed := *l.runsOf("again")[0].BasesProcessed
	l.remove(secondary, l.inputs(), secondReads("lacks"))

	now := func(plan *harness.Plan) (map[string]any, map[string]string) {
		values := plan.Data(failoverPlanAddress)
		if values == nil {
			t.Fatalf("the plan has not read %s", failoverPlanAddress)
		}
		actions := map[string]string{}
		list, _ := values["submissions"].([]any)
		for _, one := range list {
			s := asObject(one)
			actions[text(s["name"])] = text(s["action"])
		}
		return values, actions
	}
	values, actions := now(l.plan())
	if actions["done"] != "keep" || actions["keeps"] != "keep" || actions["works"] != "resubmit" || actions["again"] != "resubmit" || actions["lacks"] != "refuse" {
		t.Errorf("the submissions: %v", text(values["submissions"]))
	}
	// Only what ran to its end has its bases counted, and is processed again all the same.
	var bytes float64
	list, _ := values["submissions"].([]any)
	for _, one := range list {
		told := asObject(one)
		size, moved := told["input_bytes"].(float64)
		bytes += size
		if moved != (told["action"] == "resubmit") || text(told["reason"]) == "" || (told["bases_processed"] != nil) != (told["name"] == "again") {
			t.Errorf("told is %v", told)
		}
	}
	if got := text(values["bases_processed"]); processed == 0 || got != fmt.Sprint(processed) || bytes == 0 || values["input_bytes"] != bytes || values["last_failover"] != nil {
		t.Errorf("%s bases of %d, %v bytes of %v, last failover %v", got, processed, values["input_bytes"], bytes, values["last_failover"])
	}
	if missing := text(values["missing_inputs"]); !strings.Contains(missing, secondReads("lacks")) {
		t.Errorf("missing inputs: %s", missing)
	}
	// The active region answers, and the standby lacks a blob of it.
	if text(values["possible"]) != "false" || !strings.Contains(text(values["guards"]), "data_loss") || text(values["pending_blobs"]) != "1" {
		t.Errorf("possible %v, guards %v, pending %v", values["possible"], text(values["guards"]), values["pending_blobs"])
	}

	l.apply()
	if values, actions = now(l.unchanged(0)); text(values["possible"]) != "true" || actions["lacks"] != "resubmit" {
		t.Errorf("possible %v, %v", values["possible"], actions)
	}
	before := len(l.runs())
	l.outage(primary, harness.Blackhole)
	l.apply("-var", "active_region="+secondary)
	if ran := len(l.runs()) - before; ran != 3 || text(values["resubmit_count"]) != "3" || text(values["keep_count"]) != "2" {
		t.Errorf("the failover resubmitted %d, planned were %v, and %v to be kept", ran, values["resubmit_count"], values["keep_count"])
	}
	// There is no going back into the dark, and it is told how long coming here took.
	values, _ = now(l.plan(flip...))
	last := asObject(values["last_failover"])
	if text(values["possible"]) != "false" || !strings.Contains(text(values["guards"]), "standby_unreachable") ||
		last["to"] != secondary || text(last["resubmitted"]) != "3" || last["accepted_at"] == nil || last["finished_at"] != nil {
		t.Errorf("possible %v, guards %v, last failover %v", values["possible"], text(values["guards"]), last)
	}
}

// measured checks that the pair tells of its last failover what the region it went
// to has seen, in the order in which it has to have come.
func (l *lab) measured(resubmitted int) {
	l.Helper()
	l.holds(pairAddress, "last_failover.resubmitted", fmt.Sprint(resubmitted))
	var last time.Time
	for _, name := range []string{"detected_at", "decided_at", "accepted_at", "finished_at"} {
		at, err := time.Parse(time.RFC3339, l.attribute(pairAddress, "last_failover."+name))
		if err != nil || at.Before(last) {
			l.Errorf("%s is %s, after %s: %v", name, at, last, err)
		}
		last = at
	}
	for _, name := range []string{"accepted_seconds", "finished_seconds"} {
		if n, err := strconv.Atoi(l.attribute(pairAddress, "last_failover."+name)); err != nil || n < 0 || n > 600 {
			l.Errorf("%s is %d: %v", name, n, err)
		}
	}
}
