//go:build acceptance

package account_test

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-testing/echoprovider"
	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/terraform"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/azure"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/msgenomics"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/testing/acctest"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/testing/harness"
)

// regionTimeout is what a black hole costs each command here.
const regionTimeout = 4 * time.Second

func TestMain(m *testing.M) { acctest.Main(m, harness.Options{RegionTimeout: regionTimeout}) }

const address = "genomics_account.it"

// outsider is somebody else who works with the same account.
type outsider struct {
	*acctest.Operator
	t  *testing.T
	id azure.AccountID
}

func newOutsider(t *testing.T, prefix string) *outsider {
	t.Helper()
	o := acctest.NewOperator(t)
	return &outsider{Operator: o, t: t, id: o.AccountID("westus2", acctest.Name(prefix))}
}

// tag replaces the account's tags by one.
func (o *outsider) tag(name, value string) {
	o.t.Helper()
	if _, err := o.Manager().UpdateTags(o.t.Context(), o.id, map[string]string{name: value}); err != nil {
		o.t.Fatal(err)
	}
}

// submit starts a workflow that runs until the test ends.
func (o *outsider) submit() msgenomics.Workflow {
	o.t.Helper()
	if err := acctest.World(o.t).Hold(o.t.Context(), harness.Hold{Description: o.id.Name}); err != nil {
		o.t.Fatal(err)
	}
	return o.Submit(o.id, "westus2", o.id.Name)
}

// saw gives the methods of the requests about the account itself since a mark.
func (o *outsider) saw(since int64) []string {
	o.t.Helper()
	seen, _, err := acctest.World(o.t).Journal(o.t.Context(), harness.Query{Plane: "arm", Since: since})
	if err != nil {
		o.t.Fatal(err)
	}
	var methods []string
	for _, s := range seen {
		if strings.EqualFold(s.Path, o.id.String()) {
			methods = append(methods, s.Method)
		}
	}
	return methods
}

func (o *outsider) mark() int64 {
	o.t.Helper()
	mark, err := acctest.World(o.t).Mark(o.t.Context())
	if err != nil {
		o.t.Fatal(err)
	}
	return mark
}

// gone checks that nothing is left at the end.
func (o *outsider) gone(*terraform.State) error {
	if _, err := o.Manager().Get(o.t.Context(), o.id); !azure.IsNotFound(err) {
		return fmt.Errorf("the account is still there (%w)", errors.Join(err))
	}
	return nil
}

func (o *outsider) config(location string, arguments ...string) string {
	return fmt.Sprintf("resource \"genomics_account\" \"it\" {\n  name = %q\n  resource_group_name = %q\n  location = %q\n  %s\n}\n",
		o.id.Name, o.id.ResourceGroup, location, strings.Join(arguments, "\n  "))
}

func action(a plancheck.ResourceActionType, more ...plancheck.PlanCheck) resource.ConfigPlanChecks {
	return resource.ConfigPlanChecks{
		PreApply:            append([]plancheck.PlanCheck{plancheck.ExpectResourceAction(address, a)}, more...),
		PostApplyPreRefresh: []plancheck.PlanCheck{plancheck.ExpectEmptyPlan()},
	}
}

func TestAccAccount(t *testing.T) {
	o := newOutsider(t, "acc")
	at := tfjsonpath.New[string]
	api := acctest.World(t).Emulator.Ready.Regions["westus2"].Service
	var before int64
	mark := func() { before = o.mark() }
	saw := func(want ...string) resource.TestCheckFunc {
		return func(*terraform.State) error {
			// Refreshing only reads.
			got := slices.DeleteFunc(o.saw(before), func(m string) bool { return m == "GET" })
			if !slices.Equal(got, want) {
				return fmt.Errorf("Resource Manager saw %v, want %v", got, want)
			}
			return nil
		}
	}
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Factories(),
		CheckDestroy:             o.gone,
		Steps: []resource.TestStep{
			{ // Create: everything that follows from the configuration is in the plan.
				PreConfig: mark,
				Config:    o.config("West US 2", `tags = { team = "lab" }`),
				ConfigPlanChecks: action(plancheck.ResourceActionCreate,
					plancheck.ExpectKnownValue(address, at("id"), knownvalue.StringExact(o.id.String())),
					plancheck.ExpectKnownValue(address, at("api_url"), knownvalue.StringExact(api)),
					plancheck.ExpectUnknownValue(address, at("provisioning_state"))),
				ConfigStateChecks: []statecheck.StateCheck{
					statecheck.ExpectKnownValue(address, at("id"), knownvalue.StringExact(o.id.String())),
					statecheck.ExpectKnownValue(address, at("location"), knownvalue.StringExact("West US 2")),
					statecheck.ExpectKnownValue(address, at("provisioning_state"), knownvalue.StringExact("Succeeded")),
					statecheck.ExpectKnownValue(address, at("force_destroy"), knownvalue.Bool(false)),
				},
				Check: saw("PUT"),
			},
			{ // The same region in other words is no change.
				PreConfig: mark, Config: o.config("westus2", `tags = { team = "lab" }`),
				ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{plancheck.ExpectEmptyPlan()}},
				Check:            saw(),
			},
			{ // Update: tags in place.
				PreConfig: mark, Config: o.config("westus2", `tags = { team = "core" }`),
				ConfigPlanChecks: action(plancheck.ResourceActionUpdate,
					plancheck.ExpectKnownValue(address, at("provisioning_state"), knownvalue.StringExact("Succeeded"))),
				Check: saw("PATCH"),
			},
			{ // Drift: somebody's tag is taken off again.
				PreConfig:        func() { o.tag("by", "hand"); mark() },
				Config:           o.config("westus2", `tags = { team = "core" }`),
				ConfigPlanChecks: action(plancheck.ResourceActionUpdate),
				Check: resource.ComposeAggregateTestCheckFunc(saw("PATCH"), func(*terraform.State) error {
					account, err := o.Manager().Get(o.t.Context(), o.id)
					if err != nil || !maps.Equal(account.Tags, map[string]string{"team": "core"}) {
						return fmt.Errorf("the account has the tags %v (%w)", account.Tags, errors.Join(err))
					}
					return nil
				}),
			},
			{ResourceName: address, ImportState: true, ImportStateId: o.id.String(), ImportStateVerify: true, ImportStateVerifyIgnore: []string{"location"}},
			{ResourceName: address, ImportState: true, ImportStateId: "lab", ExpectError: regexp.MustCompile("not the ID of an account")},
			{ // Deleted by somebody: created again.
				PreConfig: func() { o.DeleteAccount(o.id); mark() }, Config: o.config("westus2"),
				ConfigPlanChecks: action(plancheck.ResourceActionCreate), Check: saw("PUT"),
			},
			{ // Another region is another account.
				PreConfig: mark, Config: o.config("westeurope"),
				ConfigPlanChecks: action(plancheck.ResourceActionReplace), Check: saw("DELETE", "PUT"),
			},
		},
	})
}

func TestAccAccountIsRefused(t *testing.T) {
	o := newOutsider(t, "refused")
	o.CreateAccount(o.id, "westus2")
	t.Cleanup(func() { o.DeleteAccount(o.id) })
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Factories(),
		Steps: []resource.TestStep{
			{Config: o.config("westus3000"), ExpectError: regexp.MustCompile(`(?s)Unknown region.*westus3`), PlanOnly: true},
			{Config: o.config("westus2"), ExpectError: regexp.MustCompile(`(?s)exists already.*terraform import`)},
		},
	})
}

// An account with unfinished workflows, or in a region that does not say whether
// it has, is deleted by force only.
func TestAccAccountInUse(t *testing.T) {
	o := newOutsider(t, "inuse")
	world := acctest.World(t)
	var w msgenomics.Workflow
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Factories(),
		CheckDestroy:             o.gone,
		Steps: []resource.TestStep{
			{Config: o.config("westus2")},
			{
				PreConfig: func() { w = o.submit() }, Config: o.config("westus2"), Destroy: true,
				ExpectError: regexp.MustCompile(`(?s)has unfinished workflows.*` + o.id.Name),
			},
			{
				PreConfig: func() { o.goDark(harness.Blackhole) }, Config: o.config("westus2"), Destroy: true,
				ExpectError: regexp.MustCompile(`(?s)cannot be told whether.*westus2.*force_destroy`),
			},
			{ // What refreshes an account does not need its region.
				Config:           o.config("westus2"),
				ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{plancheck.ExpectEmptyPlan()}},
			},
			{
				Config: o.config("westus2", "force_destroy = true"), ConfigPlanChecks: action(plancheck.ResourceActionUpdate),
			},
		},
	})
	seen, _, err := world.Journal(t.Context(), harness.Query{Region: "westus2", Plane: "service", Method: "DELETE"})
	if err != nil || len(seen) != 0 || w.ID == 0 {
		t.Errorf("workflow %d was cancelled: %v (%v)", w.ID, seen, err)
	}
}

func (o *outsider) goDark(mode harness.Mode) {
	o.t.Helper()
	if err := acctest.World(o.t).Down(o.t.Context(), "westus2", mode); err != nil {
		o.t.Fatal(err)
	}
}

func TestAccAccountDataSource(t *testing.T) {
	o := newOutsider(t, "looked")
	const found = "data.genomics_account.it"
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Factories(),
		Steps: []resource.TestStep{
			{
				Config: o.config("westus2", `tags = { a = "b" }`) + `
data "genomics_account" "it" {
  name                = genomics_account.it.name
  resource_group_name = genomics_account.it.resource_group_name
  depends_on          = [genomics_account.it]
}`,
				Check: resource.ComposeAggregateTestCheckFunc(
					resource.TestCheckResourceAttrPair(found, "id", address, "id"),
					resource.TestCheckResourceAttrPair(found, "api_url", address, "api_url"),
					resource.TestCheckResourceAttr(found, "location", "westus2"),
					resource.TestCheckResourceAttr(found, "tags.a", "b"),
				),
			},
			{
				Config: `data "genomics_account" "no" {
  name                = "nobody"
  resource_group_name = "rg-westus2"
}`,
				ExpectError: regexp.MustCompile("The account does not exist"),
			},
		},
	})
}

// The keys reach whoever needs them. The first plan knows the account's ID and
// finds no account yet: that is no error.
func TestAccAccountKeys(t *testing.T) {
	o := newOutsider(t, "keys")
	factories := acctest.Factories()
	factories["echo"] = echoprovider.NewProviderServer()
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: factories,
		Steps: []resource.TestStep{
			{Config: o.config("westus2")},
			{
				Config: o.config("westus2") + `
ephemeral "genomics_account_keys" "it" { account_id = genomics_account.it.id }
provider "echo" { data = ephemeral.genomics_account_keys.it }
resource "echo" "it" {}`,
				Check: func(s *terraform.State) error {
					keys, err := o.Manager().ListKeys(o.t.Context(), o.id)
					if err != nil {
						return err
					}
					got := s.RootModule().Resources["echo.it"].Primary.Attributes
					if keys.Key1 == "" || got["data.primary_key"] != keys.Key1 || got["data.secondary_key"] != keys.Key2 || got["data.api_url"] == "" {
						return errors.New("the keys are not Resource Manager's")
					}
					return nil
				},
			},
		},
	})
	fresh := newOutsider(t, "fresh")
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Factories(),
		Steps: []resource.TestStep{{
			Config: fresh.config("westus2") + `
ephemeral "genomics_account_keys" "it" { account_id = genomics_account.it.id }`,
		}},
	})
}
