//go:build acceptance

package acctest

import (
	"context"
	"fmt"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/testing/harness"
)

func TestMain(m *testing.M) { Main(m, harness.Options{}) }

func account(name string) string {
	return fmt.Sprintf(`
resource "genomics_account" "it" {
  name                = %q
  resource_group_name = "rg-westus2"
  location            = "westus2"
}
`, name)
}

const source = `
terraform {
  required_providers {
    genomics = { source = "genomics-continuity/genomics" }
  }
}
`

func TestAccFactoriesServeTheProvider(t *testing.T) {
	name := Name("factory")
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: Factories(),
		Steps: []resource.TestStep{
			{Config: account(name), Check: resource.TestCheckResourceAttr("genomics_account.it", "name", name)},
		},
	})
}

func TestAccEachCLIRunsTheBinary(t *testing.T) {
	EachCLI(t, func(t *testing.T, w *harness.Workspace) {
		w.Trace = true
		if err := w.Write(map[string]string{"main.tf": source + account(Name("binary"))}); err != nil {
			t.Fatal(err)
		}
		run, err := w.Apply(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		plan, err := w.Plan(t.Context())
		if err != nil || !plan.Empty() || len(plan.Warnings()) != 0 {
			t.Errorf("changes %v, warnings %v, error %v", plan.Changes(), plan.Warnings(), err)
		}
		NoLeaks(t, w, map[string][]byte{"output": []byte(run.Output()), "plan.json": plan.Raw})
		if _, err := w.Destroy(t.Context()); err != nil {
			t.Fatal(err)
		}
	})
}

func TestAccKillProviderEndsItAlone(t *testing.T) {
	EachCLI(t, func(t *testing.T, w *harness.Workspace) {
		world := World(t)
		t.Cleanup(func() {
			if err := world.Reset(context.WithoutCancel(t.Context())); err != nil {
				t.Error(err)
			}
		})
		if err := w.Write(map[string]string{"main.tf": source + account(Name("killed"))}); err != nil {
			t.Fatal(err)
		}
		mark, err := world.Mark(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		hang := harness.Injection{Match: harness.Match{Method: "PUT"}, Action: harness.Hang}
		if err := world.Inject(t.Context(), harness.ResourceManager, hang); err != nil {
			t.Fatal(err)
		}
		running, err := w.StartApply(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		Await(t, running, func() (bool, error) {
			seen, _, err := world.Journal(t.Context(), harness.Query{Plane: "arm", Method: "PUT", Since: mark})
			return len(seen) > 0, err
		})
		if err := running.KillProvider(); err != nil {
			t.Fatal(err)
		}
		run, err := running.Wait()
		if err == nil || run.ExitCode != 1 {
			t.Errorf("exit code %d, error %v", run.ExitCode, err)
		}
	})
}
