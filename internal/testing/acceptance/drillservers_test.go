//go:build acceptance

package acceptance

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/testing/harness"
)

// canaryOf is what a drill asks a server for, as its submissions do.
func canaryOf(kind, drill string) string {
	if kind == "tes" {
		return `
  task = {
    executors = [{ image = "debian", command = ["sh", "-c", "zcat /in/* | awk '{ n += length }' > /out/bases.txt"] }]
    inputs    = [{ url = "store://one_1.fq.gz", path = "/in/one_1.fq.gz" }, { url = "store://one_2.fq.gz", path = "/in/one_2.fq.gz" }]
    outputs   = [{ url = "output://bases.txt", path = "/out/bases.txt" }]
  }`
	}
	return fmt.Sprintf(`
  run = {
    workflow_type         = "CWL"
    workflow_type_version = "v1.2"
    workflow_url          = "count.cwl"
    workflow_attachments  = { "count.cwl" = "cwlVersion: v1.2\nclass: Workflow\n" }
    workflow_params       = jsonencode({
      reads  = [{ class = "File", location = "store://one_1.fq.gz" }, { class = "File", location = "store://one_2.fq.gz" }]
      result = "output://bases.txt"
    })
    tags = { description = "failover drill %s" }
  }`, drill)
}

func serverDrill(id, asks string) string {
	return fmt.Sprintf(`
resource "genomics_failover_drill" "lab" {
  drill_id    = %q
  region      = genomics_region_pair.lab.standby
  input_store = genomics_replicated_input_store.reads.standby
%s
}
`, id, asks)
}

// A drill on a pair of servers, beside a run that is under way: it runs once, leaves
// nothing but its record, touches neither production nor the active region, and can
// be imported from what it left.
func TestAccDrillOnServers(t *testing.T) {
	for _, g := range servers {
		t.Run(g.kind, func(t *testing.T) {
			l := newestLab(t, "drill-"+g.kind)
			l.put(primary, l.inputs(), l.reads("one"))
			l.hold("")
			look := `
locals {
  pair   = genomics_region_pair.lab
  stores = [genomics_replicated_input_store.reads]
}
data "genomics_readiness" "lab" {
  region_pair   = local.pair
  input_stores  = local.stores
  workflows     = []
  max_drill_age = "1h"
}
`
			l.writeText(l.servers(g, look))
			l.apply()
			before := ledger(l.faced())

			other := map[string]string{"tes": "wes", "wes": "tes"}[g.kind]
			l.writeText(l.servers(g, look+serverDrill(l.name, canaryOf(other, l.name))))
			l.refused("The pair has another engine")

			l.writeText(l.servers(g, look+serverDrill(l.name, canaryOf(g.kind, l.name))))
			mark := l.mark()
			l.apply("-refresh=false", "-target="+drillAddress)
			if asked := l.requests(mark, primary); len(asked) != 0 {
				t.Errorf("the active region was asked: %+v", asked)
			}
			if after := ledger(l.faced()); after != before {
				t.Errorf("production changed from\n%s to\n%s", before, after)
			}
			canaries := l.drilled()
			if len(canaries) != 1 || canaries[0].Status != "success" || canaries[0].Region != secondary {
				t.Fatalf("the drill ran\n%s", ledger(canaries))
			}
			l.holds(drillAddress, "success", "true", "status", "succeeded", "location", secondary, "message", "null", "outputs_deleted", "1")
			for _, measured := range []string{"time_to_accept", "time_to_first_output", "duration"} {
				if l.attribute(drillAddress, measured) == "null" {
					t.Errorf("%s was not measured: %v", measured, l.state()[drillAddress])
				}
			}
			if left := l.blobs(secondary, l.outputs(), "drills/"); len(left) > 0 {
				t.Errorf("the canary left %v", left)
			}
			l.says(l.finds(l.unchanged(0), "ready")["drill"], "The last drill succeeded", "")

			if g.kind == "wes" {
				// The rest knows no engine.
				return
			}
			// What its record tells is all that there is to import, and asks for no other drill.
			id, drilled := l.attribute(drillAddress, "id"), l.state()[drillAddress]
			_, err := l.cli.Exec(l.Context(), "state", "rm", drillAddress)
			l.ok(err)
			run, err := l.cli.Import(l.Context(), drillAddress, strings.TrimSuffix(id, l.name)+"other")
			l.failed(run, err, "There is no such drill to import", l.name)
			_, err = l.cli.Import(l.Context(), drillAddress, id)
			l.ok(err)
			l.holds(drillAddress, "id", id, "success", "true", "workflow_id", text(drilled["workflow_id"]), "duration", text(drilled["duration"]), "outputs_deleted", "1", "drill_id", l.name)
			l.apply()
			l.unchanged(0)
			s := l.configured(t.Context())
			identities, err := s.framework.GetResourceIdentitySchemas(t.Context(), &tfprotov6.GetResourceIdentitySchemasRequest{})
			l.ok(err)
			of := identities.IdentitySchemas["genomics_failover_drill"].ValueType()
			imported, err := s.framework.ImportResourceState(t.Context(), &tfprotov6.ImportResourceStateRequest{
				TypeName: "genomics_failover_drill", Identity: &tfprotov6.ResourceIdentityData{IdentityData: l.onWire(of, map[string]any{
					"location": secondary, "storage_account_id": l.storageID(secondary), "container_name": l.outputs(), "pair_name": l.name, "drill_id": l.name,
				})},
			})
			l.ok(err)
			if s.tell(imported.Diagnostics) || len(imported.ImportedResources) != 1 {
				t.Errorf("importing by identity says %s", s.problems)
			}
			if n := len(l.drilled()); n != 1 {
				t.Errorf("%d canaries after an import", n)
			}
		})
	}
}

// drilled are the canaries of a lab whose drill has the lab's name.
func (l *lab) drilled() []harness.JobRun {
	l.Helper()
	runs, err := l.Runs(l.Context(), "", "")
	l.ok(err)
	return slices.DeleteFunc(runs, func(r harness.JobRun) bool { return !strings.Contains(r.Description, "failover drill "+l.name) })
}
