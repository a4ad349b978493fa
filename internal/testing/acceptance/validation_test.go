//go:build acceptance

package acceptance

import (
	"fmt"
	"strings"
	"testing"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/testing/harness"
)

// Everything that is known to be wrong offline is refused while validating,
// with what is wrong and what would be right, and nobody is asked anything.
func TestAccConfigurationErrors(t *testing.T) {
	pair := func(replace ...string) string {
		return strings.NewReplacer(replace...).Replace(`
resource "genomics_region_pair" "NAME" {
  name          = "lab"
  active_region = "westus2"
  primary       = { location = "westus2", account_id = local.account, output = { storage_account_id = local.storage, container_name = "outputs" } }
  secondary     = { location = "westeurope", account_id = local.account, output = { storage_account_id = local.storage, container_name = "outputs" } }
  data_residency = { allowed_geographies = ["United States", "Europe"] }
}
`)
	}
	store := func(replace ...string) string {
		return strings.NewReplacer(replace...).Replace(`
resource "genomics_replicated_input_store" "NAME" {
  name          = "reads"
  active_region = "westus2"
  primary       = { location = "westus2", storage_account_id = local.storage, container_name = "inputs" }
  secondary     = { location = "westeurope", storage_account_id = local.storage, container_name = "inputs" }
}
`)
	}
	sent := func(replace ...string) string {
		return strings.NewReplacer(replace...).Replace(`
resource "genomics_workflow_submission" "NAME" {
  name         = "one"
  region       = { pair_name = "lab", location = "westus2", account_id = local.account, api_url = "http://127.0.0.1:1", output_storage_account_id = local.storage, output_container_url = "http://127.0.0.1:1/s/outputs" }
  input_store  = { location = "westus2", storage_account_name = "labwus2", container_name = "inputs", container_url = "http://127.0.0.1:1/s/inputs" }
  inputs       = ["a_1.fq", "a_2.fq"]
  process      = "gatk4"
  process_args = "R=hg38m1"
  output       = { basename = "a" }
}
`)
	}
	cases := map[string]struct {
		config string
		says   []string
	}{
		"same_regions":     {pair(`"westeurope"`, `"West US 2"`), []string{"Both sides are in the same region", "westcentralus"}},
		"active_elsewhere": {pair(`active_region = "westus2"`, `active_region = "eastus"`), []string{"The active region is not one of the pair", "westus2", "westeurope"}},
		"unknown_region":   {pair(`"westeurope"`, `"westeurop"`), []string{"Unknown region", "westeurope"}},
		"geography":        {pair(`, "Europe"`, ``), []string{"Region outside the allowed geographies", "westeurope", `"Europe"`, "United States"}},
		"no_geography":     {pair(`"Europe"`, `"Atlantis"`), []string{"Unknown geography", "Atlantis"}},
		"null_trigger":     {sent(`process      = "gatk4"`, "process = \"gatk4\"\ntriggers = { a = null }"), []string{"Null Map Value", "null_trigger"}},
		"account_id":       {pair(`local.account`, `"lab"`), []string{"Invalid account ID"}},
		"container":        {pair(`"outputs"`, `"Outputs"`), []string{"Invalid container name"}},
		"store_same":       {store(`"westeurope"`, `"westus2"`), []string{"Both sides are in the same region"}},
		"store_active":     {store(`active_region = "westus2"`, `active_region = "eastus"`), []string{"The active region is not one of the store's"}},
		"store_glob":       {store(`name          = "reads"`, "name = \"reads\"\n  include = [\"[\"]"), []string{"Invalid glob"}},
		"store_name":       {store(`name          = "reads"`, `name = "Reads!"`), []string{"Invalid store name"}},
		"mixed":            {sent(`["a_1.fq", "a_2.fq"]`, `["a_1.fq", "a.bam"]`), []string{"Invalid inputs"}},
		"odd":              {sent(`["a_1.fq", "a_2.fq"]`, `["a_1.fq", "a_2.fq", "b_1.fq"]`), []string{"Invalid inputs"}},
		"itself":           {sent(`["a_1.fq", "a_2.fq"]`, `["a_1.fq", "a_1.fq"]`), []string{"Invalid inputs"}},
		"kind":             {sent(`["a_1.fq", "a_2.fq"]`, `["a.txt"]`), []string{"Invalid inputs"}},
		"none":             {sent(`["a_1.fq", "a_2.fq"]`, `[]`), []string{"at least 1"}},
		"process":          {sent(`"gatk4"`, `"gatk5"`), []string{"Unknown process", "gatk4", "snapgatk"}},
		"args":             {sent(`"R=hg38m1"`, `"R=hg18"`), []string{"Invalid process arguments", "hg38m1x"}},
		"description":      {sent(`name         = "one"`, "name = \"one\"\n  description = \""+strings.Repeat("x", 450)+"\""), []string{"Description too long", "449"}},
		"read_group":       {sent(`name         = "one"`, "name = \"one\"\n  options = { read_group = \"RG\" }"), []string{"Invalid read group", "@RG"}},
		"sas_duration":     {sent(`name         = "one"`, "name = \"one\"\n  sas_duration = \"2 days\""), []string{"Invalid duration", "24h"}},
		"basename":         {sent(`basename = "a"`, `basename = "/a b"`), []string{"Invalid base name"}},
		"on_failover":      {sent(`name         = "one"`, "name = \"one\"\n  on_failover = \"panic\""), []string{"resubmit_unfinished", "keep"}},
		"accept":           {sent(`name         = "one"`, "name = \"one\"\n  accept = [\"everything\"]"), []string{"stale_runs", "data_loss", "changed_inputs"}},
	}
	l := oneLab(t, "wrong")
	var config strings.Builder
	fmt.Fprintf(&config, "%s\nprovider \"genomics\" {}\nlocals {\n  account = %q\n  storage = %q\n}\n", head, l.accountID(primary), l.storageID(primary))
	for name, c := range cases {
		config.WriteString(strings.ReplaceAll(c.config, `"NAME"`, fmt.Sprintf("%q", name)))
	}
	l.writeText(config.String())
	mark := l.mark()
	found, err := l.cli.Validate(l.Context())
	l.ok(err)
	if asked, _, err := l.Journal(l.Context(), harness.Query{Since: mark}); err != nil || len(asked) != 0 {
		t.Errorf("validating asked %+v (error %v)", asked, err)
	}
	said := map[string]string{}
	for _, d := range found {
		_, name, _ := strings.Cut(d.Address, ".")
		said[name] += d.String() + "\n"
		if _, expected := cases[name]; !expected {
			t.Errorf("nobody asked for %v", d)
		}
	}
	for name, c := range cases {
		for _, piece := range c.says {
			if !strings.Contains(strings.Join(strings.Fields(said[name]), " "), piece) {
				t.Errorf("%s: nothing is said of %q:\n%s", name, piece, said[name])
			}
		}
	}
}
