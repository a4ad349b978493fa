//go:build acceptance

package acceptance

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// The two regions of every test, and what lies in them.
const (
	primary   = "westus2"
	secondary = "westeurope"
)

var places = map[string]struct{ group, storage string }{
	primary:   {"rg-lab-wus2", "labwus2"},
	secondary: {"rg-lab-weu", "labweu"},
}

// setup is a root module as a user writes it, with what a test varies. The
// text in the fields is HCL that goes into the block of that name.
type setup struct {
	Provider string
	Account  string
	Pair     string
	Store    string
	// Submissions by name; a submission is HCL that overrides nothing and adds to
	// the defaults.
	Submissions map[string]submission
	// Extra is appended to the module.
	Extra string
}

// submission is one workflow of a setup.
type submission struct {
	Inputs      []string // by default the pair of reads called after the submission
	Process     string   // by default gatk4
	Basename    string   // by default the submission's name
	Description string   // by default the submission's name, with the lab's in front of it
	More        string   // further HCL
}

func (l *lab) accountID(region string) string {
	return fmt.Sprintf("/subscriptions/%s/resourceGroups/%s/providers/Microsoft.Genomics/accounts/%s", l.subscription(), places[region].group, l.account(region))
}

func (l *lab) storageID(region string) string {
	return fmt.Sprintf("/subscriptions/%s/resourceGroups/%s/providers/Microsoft.Storage/storageAccounts/%s", l.subscription(), places[region].group, places[region].storage)
}

// account is the name of the lab's account in a region.
func (l *lab) account(region string) string { return l.name + "-" + region }

// inputs and outputs are the lab's own containers, called alike in both regions.
func (l *lab) inputs() string  { return l.name + "-in" }
func (l *lab) outputs() string { return l.name + "-out" }

// firstReads and secondReads are the blobs that a submission takes by default.
func firstReads(name string) string  { return name + "_1.fq.gz" }
func secondReads(name string) string { return name + "_2.fq.gz" }

const head = `terraform {
  required_providers {
    genomics = { source = "genomics-continuity/genomics" }
  }
}

variable "active_region" { default = "westus2" }
`

// module writes a setup as HCL.
func (l *lab) module(s setup) string {
	var b strings.Builder
	b.WriteString(head)
	fmt.Fprintf(&b, "\nprovider \"genomics\" {\n%s\n}\n", s.Provider)
	fmt.Fprintf(&b, `
resource "genomics_account" "lab" {
  for_each            = { %s = %q, %s = %q }
  name                = "%s-${each.key}"
  resource_group_name = each.value
  location            = each.key
%s
}

resource "genomics_region_pair" "lab" {
  name          = %q
  active_region = var.active_region
  primary       = { location = %q, account_id = genomics_account.lab[%q].id, output = { storage_account_id = %q, container_name = %q } }
  secondary     = { location = %q, account_id = genomics_account.lab[%q].id, output = { storage_account_id = %q, container_name = %q } }
%s
}

resource "genomics_replicated_input_store" "reads" {
  name          = "reads"
  active_region = genomics_region_pair.lab.active_region
  primary       = { location = %q, storage_account_id = %q, container_name = %q }
  secondary     = { location = %q, storage_account_id = %q, container_name = %q }
%s
}
`, primary, places[primary].group, secondary, places[secondary].group, l.name, s.Account,
		l.name, primary, primary, l.storageID(primary), l.outputs(), secondary, secondary, l.storageID(secondary), l.outputs(), s.Pair,
		primary, l.storageID(primary), l.inputs(), secondary, l.storageID(secondary), l.inputs(), s.Store)
	for _, name := range slices.Sorted(maps.Keys(s.Submissions)) {
		b.WriteString(l.submission(name, s.Submissions[name]))
	}
	b.WriteString(s.Extra)
	return b.String()
}

func (l *lab) submission(name string, s submission) string {
	if s.Inputs == nil {
		s.Inputs = []string{firstReads(name), secondReads(name)}
	}
	for _, or := range []struct {
		value *string
		given string
	}{{&s.Process, "gatk4"}, {&s.Basename, name}, {&s.Description, l.describe(name)}} {
		if *or.value == "" {
			*or.value = or.given
		}
	}
	inputs := make([]string, len(s.Inputs))
	for i, input := range s.Inputs {
		inputs[i] = fmt.Sprintf("%q", input)
	}
	return fmt.Sprintf(`
resource "genomics_workflow_submission" %q {
  name         = %q
  region       = genomics_region_pair.lab.active
  input_store  = genomics_replicated_input_store.reads.active
  inputs       = [%s]
  process      = %q
  process_args = "R=hg38m1"
  description  = %q
  output       = { basename = %q }
%s
}
`, name, name, strings.Join(inputs, ", "), s.Process, s.Description, s.Basename, s.More)
}

// describe is the description of a lab's submission. The emulator's holds go by
// a part of the description, and so a test holds its own jobs only.
func (l *lab) describe(name string) string {
	if name == "" {
		return l.name + "/"
	}
	return l.name + "/" + name + "."
}

// The addresses of a setup's resources.
const (
	pairAddress  = "genomics_region_pair.lab"
	storeAddress = "genomics_replicated_input_store.reads"
)

func accountAddress(region string) string { return fmt.Sprintf("genomics_account.lab[%q]", region) }
func address(submission string) string    { return "genomics_workflow_submission." + submission }
