package inputstore

import (
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/azure"
)

const storagePrefix = "/subscriptions/s/resourceGroups/rg/providers/Microsoft.Storage/storageAccounts/"

func sideOf(location, account, container types.String) types.Object {
	return types.ObjectValueMust(sideTypes, map[string]attr.Value{"location": location, "storage_account_id": account, "container_name": container})
}

func textOf(s string) types.String { return types.StringValue(s) }

// configured is a configuration of a mode, sides as given.
func configured(mode string, secondary types.Object) model {
	m := storeActiveIn("westus2")
	m.Mode, m.FailbackReplication, m.Verify = types.StringValue(mode), types.BoolNull(), types.StringNull()
	m.Primary, m.Secondary = sideOf(textOf("westus2"), textOf(storagePrefix+"lab"), textOf("inputs")), secondary
	return m
}

func says(d diag.Diagnostics, piece string) bool {
	for _, each := range d {
		if strings.Contains(each.Summary()+each.Detail(), piece) {
			return true
		}
	}
	return false
}

// What a mode cannot be is refused offline, and what is not known yet is not refused.
func TestModesAreValidatedOffline(t *testing.T) {
	pair := sideOf(textOf("westcentralus"), textOf(storagePrefix+"LAB"), textOf("inputs"))
	other := sideOf(textOf("westeurope"), textOf(storagePrefix+"other"), textOf("inputs"))
	globs := types.ListValueMust(types.StringType, []attr.Value{textOf("**")})
	for name, tc := range map[string]struct {
		m      model
		change func(*model)
		says   string
	}{
		"one account in its pair":        {m: configured(modeGeoRedundant, pair)},
		"nothing known":                  {m: configured(modeGeoRedundant, sideOf(types.StringUnknown(), types.StringUnknown(), types.StringUnknown()))},
		"two accounts":                   {m: configured(modeGeoRedundant, sideOf(textOf("westcentralus"), textOf(storagePrefix+"other"), textOf("inputs"))), says: "same storage account"},
		"two containers":                 {m: configured(modeGeoRedundant, sideOf(textOf("westcentralus"), textOf(storagePrefix+"lab"), textOf("others"))), says: "the primary's container"},
		"another region":                 {m: configured(modeGeoRedundant, sideOf(textOf("westeurope"), textOf(storagePrefix+"lab"), textOf("inputs"))), says: `Set it to "westcentralus"`},
		"nothing flows out of a replica": {m: configured(modeGeoRedundant, pair), change: func(m *model) { m.FailbackReplication = types.BoolValue(true) }, says: "nothing can flow back"},
		"no way to transfer":             {m: configured(modeGeoRedundant, pair), change: func(m *model) { m.Transfer = textOf("stream") }, says: "transfer does not go"},
		"two accounts by a policy":       {m: configured(modeObjectReplication, other)},
		"one account by a policy":        {m: configured(modeObjectReplication, pair), says: "object replication needs two"},
		"globs by a policy":              {m: configured(modeObjectReplication, other), change: func(m *model) { m.Exclude = globs }, says: "exclude does not go"},
		"conflicts by a policy":          {m: configured(modeObjectReplication, other), change: func(m *model) { m.OnConflict = textOf("fail") }, says: "on_conflict does not go"},
		"globs by a copy":                {m: configured(modeCopy, other), change: func(m *model) { m.Exclude = globs }},
	} {
		t.Run(name, func(t *testing.T) {
			if tc.change != nil {
				tc.change(&tc.m)
			}
			d := validate(t.Context(), &tc.m)
			if tc.says == "" && len(d) > 0 || tc.says != "" && !says(d, tc.says) {
				t.Errorf("got %v", d)
			}
		})
	}
	noPair := configured(modeGeoRedundant, pair)
	noPair.Primary = sideOf(textOf("israelcentral"), textOf(storagePrefix+"lab"), textOf("inputs"))
	noPair.ActiveRegion = textOf("israelcentral")
	if d := validate(t.Context(), &noPair); !says(d, "no paired region") {
		t.Errorf("got %v", d)
	}
}

// What is wrong with an account is said with what to do; an account that was failed over is recognised.
func TestNotReplicated(t *testing.T) {
	good := azure.StorageAccount{Name: "lab", Location: "West US 2", SKU: "Standard_RAGZRS", SecondaryLocation: "westcentralus", SecondaryBlobEndpoint: "https://lab-secondary.blob/"}
	for name, tc := range map[string]struct {
		change func(*azure.StorageAccount)
		says   string
	}{
		"as it should be": {func(*azure.StorageAccount) {}, ""},
		"not to be read":  {func(a *azure.StorageAccount) { a.SKU = "Standard_GRS" }, "--sku Standard_RAGRS"},
		"failed over": {func(a *azure.StorageAccount) {
			a.Location, a.SKU, a.SecondaryLocation = "westcentralus", "Standard_LRS", ""
		}, "was failed over"},
		"elsewhere":        {func(a *azure.StorageAccount) { a.Location = "eastus" }, "is in eastus"},
		"another replica":  {func(a *azure.StorageAccount) { a.SecondaryLocation = "eastus" }, `replicated to "eastus"`},
		"without endpoint": {func(a *azure.StorageAccount) { a.SecondaryBlobEndpoint = "" }, "no endpoint"},
	} {
		account := good
		tc.change(&account)
		if got := notReplicated(account, "westus2", "westcentralus"); tc.says == "" && got != "" || !strings.Contains(got, tc.says) {
			t.Errorf("%s: %q", name, got)
		}
	}
}

// A failover of a store that Azure replicates keeps the figures; the policy is told by the apply.
func TestPlanOfAPolicysFlip(t *testing.T) {
	r, state, plan := newResource(t), stateActiveIn(t, "westus2", 0), storeActiveIn("westeurope")
	state.Mode, plan.Mode = types.StringValue(modeObjectReplication), types.StringValue(modeObjectReplication)
	state.ObjectReplication, _ = ruleMemory{}.object(t.Context(), 0)
	if d := r.complete(t.Context(), &plan, &state, nil, memory{}, ruleMemory{}); len(d) > 0 {
		t.Fatal(d)
	}
	if !plan.ObjectReplication.IsUnknown() || plan.BlobCount.IsUnknown() || plan.Active.IsUnknown() {
		t.Errorf("%+v", plan)
	}
	other := storeActiveIn("westeurope")
	other.Mode = types.StringValue(modeCopy)
	if d := r.complete(t.Context(), &other, &state, nil, memory{}, ruleMemory{}); !says(d, "The mode changes together") {
		t.Errorf("%v", d)
	}
	same := storeActiveIn("westus2")
	same.Mode = types.StringValue(modeObjectReplication)
	rules := ruleMemory{Rule: &rule{Policy: "p", ID: "r"}}
	want, _ := state.rule(t.Context())
	want.Policy, want.ID = "p", "r"
	rules.Rule = &want
	if d := r.complete(t.Context(), &same, &state, nil, memory{}, rules); len(d) > 0 || !same.ObjectReplication.Equal(state.ObjectReplication) {
		t.Errorf("%v, %v", same.ObjectReplication, d)
	}
}
