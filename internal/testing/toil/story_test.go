//go:build acceptance && toil

package toil

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/testing/acctest"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/testing/harness"
)

const (
	westus2    = "westus2"
	westeurope = "westeurope"
	sampleAt   = "genomics_run_submission.sample"
)

// story is a configuration over two Toil servers and the world's storage.
type story struct {
	*testing.T
	world   *harness.World
	cli     *harness.Workspace
	servers map[string]*region
	gate    *gate
	bases   int64
}

func newStory(t *testing.T) *story {
	t.Helper()
	s := &story{T: t, world: acctest.World(t), servers: map[string]*region{westus2: start(t), westeurope: start(t)}, gate: newGate(t)}
	clis, err := harness.FindCLIs()
	s.ok(err)
	s.cli, err = s.world.Workspace(t.Context(), clis[len(clis)-1], t.TempDir())
	s.ok(err)
	reads, err := harness.LoadReads()
	s.ok(err)
	s.bases, err = reads.Count()
	s.ok(err)
	inputs, err := s.world.Container(westus2, "inputs")
	s.ok(err)
	s.ok(inputs.Create(t.Context()))
	s.ok(inputs.Put(t.Context(), map[string][]byte{"reads_1.fq.gz": reads.First, "reads_2.fq.gz": reads.Second}))
	path, err := harness.CountBases()
	s.ok(err)
	workflow, err := os.ReadFile(path)
	s.ok(err)
	s.ok(s.cli.Write(map[string]string{"main.tf": s.configuration(), "count.cwl": string(workflow)}))
	return s
}

func (s *story) ok(err error) {
	s.Helper()
	if err != nil {
		s.Fatal(err)
	}
}

func (s *story) configuration() string {
	sides := map[string]string{}
	for location, server := range s.servers {
		account, err := s.world.StorageAccount(location)
		s.ok(err)
		sides[location] = fmt.Sprintf("location = %q\n    wes = { url = %q }\n    output = { storage_account_id = %q, container_name = \"outputs\" }", location, server.URL, account.ID)
		sides["store "+location] = fmt.Sprintf("{ location = %q, storage_account_id = %q, container_name = \"inputs\" }", location, account.ID)
	}
	return fmt.Sprintf(`
terraform {
  required_providers {
    genomics = { source = "genomics-continuity/genomics" }
  }
}
provider "genomics" {}
variable "active_region" { default = "westus2" }

resource "genomics_region_pair" "lab" {
  name          = "toil"
  active_region = var.active_region
  primary = {
    %s
  }
  secondary = {
    %s
  }
}
resource "genomics_replicated_input_store" "reads" {
  name          = "reads"
  active_region = genomics_region_pair.lab.active_region
  primary       = %s
  secondary     = %s
}
resource "genomics_run_submission" "sample" {
  name                  = "sample"
  region                = genomics_region_pair.lab.active
  input_store           = genomics_replicated_input_store.reads.active
  workflow_type         = "CWL"
  workflow_type_version = "v1.2"
  workflow_url          = "count.cwl"
  workflow_attachments  = { "count.cwl" = file("${path.module}/count.cwl") }
  workflow_params = jsonencode({
    reads = [for blob in ["reads_1.fq.gz", "reads_2.fq.gz"] : { class = "File", location = "store://${blob}" }]
    gate  = %q
  })
}
`, sides[westus2], sides[westeurope], sides["store "+westus2], sides["store "+westeurope], s.gate.path)
}

func (s *story) apply(active string) *harness.Run {
	s.Helper()
	run, err := s.cli.Apply(s.Context(), "-var", "active_region="+active)
	s.ok(err)
	return run
}

func (s *story) plan(active string) *harness.Plan {
	s.Helper()
	plan, err := s.cli.Plan(s.Context(), "-var", "active_region="+active)
	s.ok(err)
	return plan
}

// sample is the submission in the state.
func (s *story) sample() map[string]any {
	s.Helper()
	state, err := s.cli.State(s.Context())
	s.ok(err)
	return state.Resources()[sampleAt]
}

// holds asserts attributes of the submission.
func (s *story) holds(want map[string]any) {
	s.Helper()
	sample := s.sample()
	for name, value := range want {
		if got := fmt.Sprint(sample[name]); got != fmt.Sprint(value) {
			s.Errorf("%s is %s, want %v", name, got, value)
		}
	}
}

// The story of the README, with a server that no one here wrote: one is lost
// while it runs the workflow, the other one does it, and what the first one says
// that it still runs is stopped when it is back.
func TestAccToilStory(t *testing.T) {
	s := newStory(t)
	s.apply(westus2)
	lost := fmt.Sprint(s.sample()["run_id"])
	s.servers[westus2].until(lost, "RUNNING")

	s.ok(s.servers[westus2].Kill())
	s.ok(s.world.Down(t.Context(), westus2, harness.Refused)) // its storage
	s.apply(westeurope)
	s.holds(map[string]any{"location": westeurope, "unfenced_attempts": 1})
	moved := fmt.Sprint(s.sample()["run_id"])
	s.gate.open(t)
	done := s.servers[westeurope].until(moved, "COMPLETE")
	if got := s.servers[westeurope].result(done); got != s.bases {
		t.Errorf("the run in %s counts %d bases, want %d", westeurope, got, s.bases)
	}
	s.apply(westeurope)
	s.holds(map[string]any{"status": "success"})
	if plan := s.plan(westeurope); !plan.Empty() || len(plan.Warnings()) != 1 {
		t.Errorf("in the dark: changes %v, warnings %v", plan.Changes(), plan.Warnings())
	}

	s.ok(s.servers[westus2].Start(t.Context()))
	s.ok(s.world.Up(t.Context(), westus2))
	if got := s.servers[westus2].get(lost).State; got != "RUNNING" { // for ever: nothing is behind it
		t.Errorf("back again, %s says that the run is %s", westus2, got)
	}
	if plan := s.plan(westeurope); len(plan.Changes()) != 1 || plan.Change(sampleAt) == nil {
		t.Errorf("back again, the plan changes %v", plan.Changes())
	}
	s.apply(westeurope)
	s.servers[westus2].until(lost, "CANCELED")
	s.apply(westeurope)
	s.holds(map[string]any{"unfenced_attempts": 0, "status": "success", "location": westeurope})
	if plan := s.plan(westeurope); !plan.Empty() || len(plan.Warnings()) != 0 {
		t.Errorf("in the end: changes %v, warnings %v", plan.Changes(), plan.Warnings())
	}
	// One run a token that is alive or has succeeded, wherever it is.
	counting := 0
	for location, server := range s.servers {
		for _, listed := range server.list() {
			found := server.get(fmt.Sprint(listed["run_id"]))
			if strings.HasPrefix(found.State, "CANCEL") {
				continue
			}
			counting++
			if found.ID != moved || len(found.Request.Tags["tfg-key"]) != len(token) {
				t.Errorf("%s has %+v", location, found)
			}
		}
	}
	if counting != 1 {
		t.Errorf("%d runs count, want 1", counting)
	}
	acctest.NoLeaks(t, s.cli, nil)
	_, err := s.cli.Destroy(t.Context())
	s.ok(err)
}
