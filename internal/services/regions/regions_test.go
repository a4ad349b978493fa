package regions

import (
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/function"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

func call(t *testing.T, f function.Function, argument string, result attr.Value) (attr.Value, *function.FuncError) {
	t.Helper()
	resp := function.RunResponse{Result: function.NewResultData(result)}
	f.Run(t.Context(), function.RunRequest{Arguments: function.NewArgumentsData([]attr.Value{types.StringValue(argument)})}, &resp)
	return resp.Result.Value(), resp.Error
}

func TestTextFunctions(t *testing.T) {
	for name, tc := range map[string]struct {
		f              function.Function
		argument, want string
	}{
		"pair":                 {NewPairedRegion(), "westus2", "westcentralus"},
		"pair by display name": {NewPairedRegion(), "West Europe", "northeurope"},
		"no such region":       {NewPairedRegion(), "atlantis", ""},
		"no pair":              {NewPairedRegion(), "polandcentral", ""},
		"geography":            {NewGeography(), "westeurope", "Europe"},
		"geography of nothing": {NewGeography(), "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := call(t, tc.f, tc.argument, types.StringUnknown())
			if tc.want == "" {
				if err == nil {
					t.Errorf("no error, but %s", got)
				}
				return
			}
			if err != nil || !got.Equal(types.StringValue(tc.want)) {
				t.Errorf("%s %v", got, err)
			}
		})
	}
}

func TestParseAccountID(t *testing.T) {
	got, err := call(t, NewParseAccountID(), "/SUBSCRIPTIONS/s/resourcegroups/rg/providers/microsoft.genomics/accounts/lab", types.ObjectUnknown(accountIDTypes))
	if err != nil {
		t.Fatal(err)
	}
	want := types.ObjectValueMust(accountIDTypes, map[string]attr.Value{
		"subscription_id": types.StringValue("s"), "resource_group_name": types.StringValue("rg"), "name": types.StringValue("lab")})
	if !got.Equal(want) {
		t.Errorf("%s", got)
	}
	if _, err := call(t, NewParseAccountID(), "/subscriptions/s", types.ObjectUnknown(accountIDTypes)); err == nil {
		t.Error("no error for half an ID")
	}
}

func TestCatalogue(t *testing.T) {
	all, europe := catalogue(types.StringNull()), catalogue(types.StringValue("Europe"))
	if len(europe) == 0 || len(europe) >= len(all) {
		t.Fatalf("%d of %d", len(europe), len(all))
	}
	for _, r := range europe {
		if r.Geography.ValueString() != "Europe" {
			t.Errorf("%s lies in %s", r.Name, r.Geography)
		}
	}
}
