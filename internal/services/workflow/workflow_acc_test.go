//go:build acceptance

package workflow_test

import (
	"fmt"
	"regexp"
	"strconv"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/testing/acctest"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/testing/harness"
)

// regionTimeout is what a black hole costs each command here.
const regionTimeout = 4 * time.Second

func TestMain(m *testing.M) { acctest.Main(m, harness.Options{RegionTimeout: regionTimeout}) }

// Both data sources show what the service has, and keep a plan going when it
// does not answer.
func TestAccWorkflows(t *testing.T) {
	o := acctest.NewOperator(t)
	world := acctest.World(t)
	id := o.AccountID("westus2", acctest.Name("listed"))
	o.CreateAccount(id, "westus2")
	t.Cleanup(func() { o.DeleteAccount(id) })
	if err := world.Hold(t.Context(), harness.Hold{Description: id.Name + "-held"}); err != nil {
		t.Fatal(err)
	}
	finished, held := o.Submit(id, "westus2", id.Name+"-done"), o.Submit(id, "westus2", id.Name+"-held")
	acctest.Await(t, nil, func() (bool, error) {
		runs, err := world.Runs(t.Context(), "westus2", id.Name+"-done")
		return len(runs) == 1 && runs[0].Status == "success", err
	})

	config := func(arguments string) string {
		return fmt.Sprintf(`
data "genomics_workflow" "one" {
  account_id  = %[1]q
  workflow_id = %[2]d
}
data "genomics_workflows" "all" {
  account_id = %[1]q
  %[3]s
}
output "names" { value = [for w in data.genomics_workflows.all.workflows : w.description] }
`, id.String(), finished.ID, arguments)
	}
	const one, all = "data.genomics_workflow.one", "data.genomics_workflows.all"
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Factories(),
		Steps: []resource.TestStep{
			{
				Config: config(""),
				Check: resource.ComposeAggregateTestCheckFunc(
					resource.TestCheckResourceAttr(one, "status", "success"),
					resource.TestCheckResourceAttr(one, "reachable", "true"),
					resource.TestCheckResourceAttr(one, "location", "westus2"),
					resource.TestCheckResourceAttr(one, "bases_processed", "16"),
					resource.TestCheckResourceAttr(one, "description", id.Name+"-done"),
					resource.TestCheckNoResourceAttr(one, "submission_key"),
					resource.TestMatchResourceAttr(one, "process", regexp.MustCompile("^gatk4")),
					resource.TestCheckResourceAttr(all, "workflows.#", "2"),
					resource.TestCheckResourceAttr(all, "workflows.0.workflow_id", strconv.FormatInt(held.ID, 10)),
					resource.TestCheckResourceAttr(all, "workflows.0.status", "working"),
					resource.TestCheckResourceAttr(all, "workflows.1.workflow_id", strconv.FormatInt(finished.ID, 10)),
				),
			},
			{Config: config(`status = "working"`), Check: resource.TestCheckResourceAttr(all, "workflows.#", "1")},
			{Config: config(`name = "-done"`), Check: resource.TestCheckResourceAttr(all, "workflows.0.workflow_id", strconv.FormatInt(finished.ID, 10))},
			{Config: config(`process = "snapgatk"`), Check: resource.TestCheckResourceAttr(all, "workflows.#", "0")},
			{
				PreConfig: func() {
					if err := world.Down(t.Context(), "westus2", harness.Blackhole); err != nil {
						t.Fatal(err)
					}
				},
				Config: config(""),
				Check: resource.ComposeAggregateTestCheckFunc(
					resource.TestCheckResourceAttr(one, "reachable", "false"),
					resource.TestCheckResourceAttr(one, "status", "unknown"),
					resource.TestCheckResourceAttr(all, "reachable", "false"),
					resource.TestCheckResourceAttr(all, "workflows.#", "0"),
				),
			},
		},
	})
}

// The plan that creates an account knows its ID, and shows no workflows of it.
func TestAccWorkflowsOfANewAccount(t *testing.T) {
	o := acctest.NewOperator(t)
	id := o.AccountID("westus2", acctest.Name("fresh"))
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Factories(),
		Steps: []resource.TestStep{{
			Config: fmt.Sprintf(`
resource "genomics_account" "it" {
  name                = %q
  resource_group_name = %q
  location            = "westus2"
}
data "genomics_workflows" "all" { account_id = genomics_account.it.id }
`, id.Name, id.ResourceGroup),
			ConfigPlanChecks: resource.ConfigPlanChecks{PostApplyPostRefresh: []plancheck.PlanCheck{plancheck.ExpectEmptyPlan()}},
		}},
	})
}
