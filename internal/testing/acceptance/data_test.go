//go:build acceptance

package acceptance

import (
	"fmt"
	"testing"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/testing/harness"
)

// Workflows are looked at through data sources too, and a dark region is told
// and not an error.
func TestAccWorkflowDataSources(t *testing.T) {
	l := running(t, "look", setup{}, "one", "two", "bad")
	l.force(primary, "bad", 50000, 305)
	l.finish(primary, "two")
	one := l.runsOf("one")[0]
	l.write(setup{Submissions: map[string]submission{"one": {}, "two": {}, "bad": {}}, Extra: fmt.Sprintf(`
data "genomics_workflow" "one" {
  account_id  = genomics_account.lab["westus2"].id
  workflow_id = %d
}
data "genomics_workflows" "all"    { account_id = genomics_account.lab["westus2"].id }
data "genomics_workflows" "failed" {
  account_id = genomics_account.lab["westus2"].id
  status     = "failed"
}
data "genomics_workflows" "two" {
  account_id = genomics_account.lab["westus2"].id
  name       = %q
  process    = "gatk4"
}
data "genomics_workflows" "none" {
  account_id = genomics_account.lab["westus2"].id
  process    = "snapgatk"
}
`, one.ID, l.describe("two"))})
	l.apply()
	l.holds("data.genomics_workflow.one", "reachable", "true", "status", "working", "submission_key", one.Token, "location", primary, "description", l.describe("one"))
	l.holds("data.genomics_workflows.all", "workflows.#", "3")
	l.holds("data.genomics_workflows.failed", "workflows.#", "1", "workflows.0.failure_code", "305", "workflows.0.input_failure", "true")
	l.holds("data.genomics_workflows.two", "workflows.#", "1", "workflows.0.status", "success", "workflows.0.description", l.describe("two"))
	l.holds("data.genomics_workflows.none", "workflows.#", "0")

	l.outage(primary, harness.Blackhole)
	mark := l.mark()
	l.unchanged(1)
	if asked := l.requests(mark, primary); len(asked) > 1 {
		t.Errorf("the dark region was asked %d times: %+v", len(asked), asked)
	}
	l.apply()
	l.holds("data.genomics_workflow.one", "reachable", "false", "status", "unknown")
	l.holds("data.genomics_workflows.all", "reachable", "false", "workflows.#", "0")
}
