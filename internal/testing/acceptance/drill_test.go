//go:build acceptance

package acceptance

import (
	"fmt"
	"strings"
	"testing"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/testing/harness"
)

const drillAddress = "genomics_failover_drill.lab"

func drill(id, more string) string {
	return fmt.Sprintf(`
resource "genomics_failover_drill" "lab" {
  drill_id     = %q
  region       = genomics_region_pair.lab.standby
  input_store  = genomics_replicated_input_store.reads.standby
  inputs       = [%q, %q]
  process      = "gatk4"
  process_args = "R=hg38m1"
%s
}
`, id, firstReads("one"), secondReads("one"), more)
}

// A drill under load runs once, leaves nothing but its record, and touches neither the
// runs of production nor the active region.
func TestAccDrill(t *testing.T) {
	l := newestLab(t, "drill")
	l.put(primary, l.inputs(), l.reads("one", "two"))
	l.hold("")
	s := setup{Submissions: map[string]submission{"one": {}, "two": {}}, Extra: readiness(`  max_drill_age = "1h"`, "one", "two")}
	l.write(s)
	l.apply()
	checks := l.finds(l.unchanged(0), "not_ready", "drill", "fail")
	l.says(checks["drill"], "No drill has succeeded", "drill_id = ")
	before := ledger(l.runsIn(primary, ""))

	s.Extra = readiness(`  max_drill_age = "1h"`, "one", "two") + drill("first", "")
	l.write(s)
	mark := l.mark()
	// Without looking at the others: what is asked of the primary is the drill's doing.
	l.apply("-refresh=false", "-target="+drillAddress)
	if asked := l.requests(mark, primary); len(asked) != 0 {
		l.Errorf("the active region was asked: %+v", asked)
	}
	if after := ledger(l.runsIn(primary, "")); after != before {
		l.Errorf("production changed from\n%s to\n%s", before, after)
	}
	canaries := l.canaries()
	if len(canaries) != 1 || canaries[0].Status != "success" || len(l.runsIn(secondary, "")) != 0 {
		l.Fatalf("the drill ran\n%s", ledger(canaries))
	}
	l.holds(drillAddress, "success", "true", "status", "succeeded", "location", secondary, "workflow_id", fmt.Sprint(canaries[0].ID), "message", "null")
	if l.attribute(drillAddress, "outputs_deleted") == "0" || l.attribute(drillAddress, "time_to_accept") == "null" {
		l.Errorf("the drill tells %v", l.state()[drillAddress])
	}
	if left := l.blobs(secondary, l.outputs(), "drills/"); len(left) > 0 {
		l.Errorf("the canary left %v", left)
	}
	checks = l.finds(l.unchanged(0), "ready")
	l.says(checks["drill"], "The last drill succeeded", "")
	l.finds(l.unchanged(0), "ready")

	// A new drill_id runs another one; nothing else does.
	s.Extra = readiness(`  max_drill_age = "1h"`, "one", "two") + drill("first", `  sas_duration = "2h"`)
	l.write(s)
	l.apply()
	if n := len(l.canaries()); n != 1 {
		l.Errorf("%d canaries after a change of something else", n)
	}
	// A canary that fails is no error, and nothing to be ready by.
	l.put(primary, l.inputs(), map[string][]byte{firstReads("bad"): []byte("no reads"), secondReads("bad"): []byte("no reads")})
	s.Extra = strings.ReplaceAll(readiness(`  max_drill_age = "1h"`, "one", "two")+drill("second", ""), firstReads("one"), firstReads("bad"))
	s.Extra = strings.ReplaceAll(s.Extra, secondReads("one"), secondReads("bad"))
	l.write(s)
	l.warnsOf(l.apply(), "The drill did not succeed")
	l.holds(drillAddress, "success", "false")
	if n := len(l.canaries()); n != 2 {
		l.Errorf("%d canaries after two drills", n)
	}
	l.unchanged(0)

	// A drill that falls due in an outage does not keep anybody from failing over.
	l.outage(primary, harness.Refused)
	s.Extra = drill("third", "")
	l.write(s)
	l.warnsOf(l.apply(flip...), "The drill did not succeed")
	l.holds(drillAddress, "success", "false", "status", "unreachable", "location", primary, "workflow_id", "null")
	l.unchanged(1, flip...)
	if n := len(l.canaries()); n != 2 {
		l.Errorf("%d canaries after a failover", n)
	}
	l.restore(primary)
}

// canaries are the runs of the lab's drills.
func (l *lab) canaries() []harness.JobRun {
	l.Helper()
	var out []harness.JobRun
	for _, run := range l.runs() {
		if strings.Contains(run.Description, "failover drill") {
			out = append(out, run)
		}
	}
	return out
}
