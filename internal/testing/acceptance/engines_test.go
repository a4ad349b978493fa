//go:build acceptance

package acceptance

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/testing/harness"
)

// ga4gh is what a test of the servers of TES and WES varies.
type ga4gh struct {
	kind string // tes or wes
	// address is the submission's, and asks what it asks for, with a %s for the lab's
	// name.
	address, asks string
}

var servers = []ga4gh{
	{"tes", "genomics_task_submission.one", `
resource "genomics_task_submission" "one" {
  name        = "one"
  region      = genomics_region_pair.lab.active
  input_store = genomics_replicated_input_store.reads.active
  description = "%s"
  executors   = [{ image = "debian", command = ["sh", "-c", "zcat /in/* | awk '{ n += length }' > /out/bases.txt"], env = { LANG = "C" } }]
  inputs      = [
    { url = "store://one_1.fq.gz", path = "/in/one_1.fq.gz" },
    { url = "store://one_2.fq.gz", path = "/in/one_2.fq.gz" },
    { content = "as it is", path = "/in/note" },
  ]
  outputs     = [{ url = "output://bases.txt", path = "/out/bases.txt" }]
  resources   = { cpu_cores = 2, ram_gb = 3.5, preemptible = false }
  volumes     = ["/tmp/shared"]
  tags        = { project = "lab" }
}
`},
	{"wes", "genomics_run_submission.one", `
resource "genomics_run_submission" "one" {
  name                  = "one"
  region                = genomics_region_pair.lab.active
  input_store           = genomics_replicated_input_store.reads.active
  workflow_type         = "CWL"
  workflow_type_version = "v1.2"
  workflow_url          = "count.cwl"
  workflow_attachments  = { "count.cwl" = "cwlVersion: v1.2\nclass: Workflow\n" }
  workflow_params       = jsonencode({
    reads  = [{ class = "File", location = "store://one_1.fq.gz" }, { class = "File", location = "store://one_2.fq.gz" }]
    result = "output://bases.txt"
    depth  = 30
  })
  workflow_engine_parameters = { "--logLevel" = "INFO" }
  tags                       = { project = "lab", description = "%s" }
}
`},
}

// module is a pair of servers with a store, and what is submitted to them.
func (l *lab) servers(g ga4gh, more string) string {
	side := func(region string) string {
		ready := l.Emulator.Ready.Regions[region]
		url := map[string]string{"tes": ready.TES, "wes": ready.WES}[g.kind]
		return fmt.Sprintf("{ location = %q, %s = { url = %q }, output = { storage_account_id = %q, container_name = %q } }", region, g.kind, url, l.storageID(region), l.outputs())
	}
	return head + fmt.Sprintf(`
provider "genomics" {}

resource "genomics_region_pair" "lab" {
  name          = %q
  active_region = var.active_region
  primary       = %s
  secondary     = %s
}

resource "genomics_replicated_input_store" "reads" {
  name          = "reads"
  active_region = genomics_region_pair.lab.active_region
  primary       = { location = %q, storage_account_id = %q, container_name = %q }
  secondary     = { location = %q, storage_account_id = %q, container_name = %q }
}
`, l.name, side(primary), side(secondary), primary, l.storageID(primary), l.inputs(), secondary, l.storageID(secondary), l.inputs()) +
		fmt.Sprintf(g.asks, l.describe("one")) + more
}

// faced is every task or run of the lab, in both regions.
func (l *lab) faced() []harness.JobRun {
	l.Helper()
	runs, err := l.Runs(l.Context(), "", "")
	l.ok(err)
	return slices.DeleteFunc(runs, func(r harness.JobRun) bool { return !strings.Contains(r.Description, l.describe("one")) })
}

func (l *lab) facedIn(region string) harness.JobRun {
	l.Helper()
	runs := slices.DeleteFunc(l.faced(), func(r harness.JobRun) bool { return r.Region != region })
	if len(runs) != 1 {
		l.Fatalf("in %s there are\n%s", region, ledger(runs))
	}
	return runs[0]
}

// The whole story for each engine of GA4GH: prepare, an outage, the flip in the
// dark, the result, the region's return, the fence.
func TestAccServers(t *testing.T) {
	for _, g := range servers {
		t.Run(g.kind, func(t *testing.T) {
			l := newestLab(t, "servers-"+g.kind)
			l.put(primary, l.inputs(), l.reads("one"))
			l.hold("")
			l.writeText(l.servers(g, ""))
			l.apply()
			first := l.facedIn(primary)
			l.holds(g.address, "location", primary, "generation", "1", "unfenced_attempts", "0", "attempts.#", "1", "attempts.0.superseded", "false", "submission_key", first.Token)
			l.unchanged(0)

			l.outage(primary, harness.Refused)
			plan := l.plan(flip...)
			l.changes(plan, pairAddress+" update", storeAddress+" update", g.address+" update")
			l.apply(plan.Path)
			second := l.facedIn(secondary)
			if second.Token != first.Token {
				t.Errorf("the run there carries %q, the first %q", second.Token, first.Token)
			}
			l.holds(g.address, "location", secondary, "submission_key", first.Token, "unfenced_attempts", "1", "attempts.#", "2")
			l.unchanged(1, flip...)

			l.ok(l.Force(l.Context(), secondary, second.ID, harness.Force{Release: true}))
			l.until("the run in the other region to end", func() bool { return l.facedIn(secondary).Status == "success" })
			l.restore(primary)
			l.apply(flip...)
			l.holds(g.address, "location", secondary, "status", "success", "unfenced_attempts", "0")
			l.measured(1)
			l.unchanged(0, flip...)
			name := l.attribute(g.address, "output_basename")
			if got := l.get(secondary, l.outputs(), name+"/bases.txt"); len(got) == 0 {
				t.Errorf("there is no result in %s", name)
			}
			if live := slices.DeleteFunc(l.faced(), func(r harness.JobRun) bool { return r.Status != "queued" && r.Status != "working" }); len(live) != 0 {
				t.Errorf("still alive are\n%s", ledger(live))
			}
			state, err := l.cli.StateFile()
			l.ok(err)
			for _, secret := range []string{"sig=", "sig%3D", "sv=20"} {
				if bytes.Contains(state, []byte(secret)) {
					t.Errorf("the state has %q", secret)
				}
			}
			l.destroy(flip...)
		})
	}
}

// Servers that want to know their clients, lose an answer, keep what they refuse as
// a run, and list no tags: still one run a submission, and no credential anywhere.
func TestAccServersThatDiffer(t *testing.T) {
	for _, g := range servers {
		t.Run(g.kind, func(t *testing.T) {
			const password = "a-password-of-the-lab"
			l := newestLab(t, "differ-"+g.kind)
			l.put(primary, l.inputs(), l.reads("one"))
			l.hold("")
			var credentials string
			for region, ready := range l.Emulator.Ready.Regions {
				l.ok(l.Faces(l.Context(), region, harness.Faces{
					"auth": map[string]any{"mode": "basic", "username": "lab", "password": password},
					"tes":  map[string]any{"minimal_empty_tags": true, "ignore_filters": true, "max_page": 2, "cancel_conflicts": 1},
					"wes":  map[string]any{"version": "1.0", "submit_status": 201, "phantoms": true},
				}))
				t.Cleanup(func() { l.ok(l.ResetFaces(context.WithoutCancel(t.Context()), region)) })
				credentials += fmt.Sprintf("    %q = { username = \"lab\", password = %q }\n", map[string]string{"tes": ready.TES, "wes": ready.WES}[g.kind], password)
			}
			l.writeText(l.servers(g, ""))
			l.broken("401", "endpoint_credentials")
			known := strings.Replace(l.servers(g, ""), "provider \"genomics\" {}", "provider \"genomics\" {\n  endpoint_credentials = {\n"+credentials+"  }\n}", 1)
			l.writeText(known)
			path := map[string]string{"tes": "/ga4gh/tes/v1/tasks", "wes": "/ga4gh/wes/v1/runs"}[g.kind]
			l.inject(primary, harness.Injection{Match: harness.Match{Method: http.MethodPost, PathPrefix: path}, Action: harness.DropAfterAccept, Count: 1})
			l.apply()
			first := l.facedIn(primary)
			l.holds(g.address, "submission_key", first.Token, "attempts.#", "1")
			l.unchanged(0)
			l.apply(flip...)
			l.facedIn(secondary)
			l.until("the run that was left to be stopped", func() bool { s := l.facedIn(primary).Status; return s == "cancelled" || s == "cancelling" })
			state, err := l.cli.StateFile()
			l.ok(err)
			if bytes.Contains(state, []byte(password)) {
				t.Error("the state has the password")
			}
			l.destroy(flip...)
		})
	}
}

// A run that its server says is running, or initializing, for longer than the user
// allows is given up on: nothing takes it up again, and a failover leaves it for
// another, and stops it.
func TestAccStalled(t *testing.T) {
	for i, g := range servers {
		limit := []string{"stalled_after", "initializing_timeout"}[i]
		state := []string{"RUNNING", "INITIALIZING"}[i]
		t.Run(g.kind, func(t *testing.T) {
			l := newestLab(t, "stalled-"+g.kind)
			l.put(primary, l.inputs(), l.reads("one"))
			l.hold("")
			const store = "= genomics_replicated_input_store.reads.active\n"
			module := func(limits string) string { return strings.Replace(l.servers(g, ""), store, store+limits, 1) }
			l.writeText(module(fmt.Sprintf("  %s = \"24h\"\n", limit)))
			l.apply()
			l.until("the run to be under way", func() bool { return l.facedIn(primary).Status == "working" })
			l.ok(l.Force(l.Context(), primary, l.facedIn(primary).ID, harness.Force{State: state}))
			l.apply()
			l.holds(g.address, "status", "working", "location", primary)

			l.writeText(module(fmt.Sprintf("  %s = \"1ms\"\n", limit)))
			l.apply()
			l.apply() // which sees what is allowed now
			l.holds(g.address, "status", "stalled", "location", primary, "attempts.#", "1")
			l.unchanged(0)
			l.facedIn(primary)

			l.writeText(module(""))
			l.apply(flip...)
			l.holds(g.address, "location", secondary, "attempts.#", "2", "attempts.0.superseded", "true")
			l.until("the run that was given up to be stopped", func() bool { s := l.facedIn(primary).Status; return s == "cancelled" || s == "cancelling" })
			l.facedIn(secondary)
			l.destroy(flip...)
		})
	}
}
