package regionpair

import (
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

var (
	outputTypes = map[string]attr.Type{"storage_account_id": types.StringType, "container_name": types.StringType}
	serverTypes = map[string]attr.Type{"url": types.StringType}
	sideTypes   = map[string]attr.Type{"location": types.StringType, "account_id": types.StringType, "output": types.ObjectType{AttrTypes: outputTypes},
		"tes": types.ObjectType{AttrTypes: serverTypes}, "wes": types.ObjectType{AttrTypes: serverTypes}}
)

func sideObject(location types.String) types.Object {
	return types.ObjectValueMust(sideTypes, map[string]attr.Value{
		"location":   location,
		"account_id": types.StringValue("/subscriptions/s/resourceGroups/rg/providers/Microsoft.Genomics/accounts/lab"),
		"output": types.ObjectValueMust(outputTypes, map[string]attr.Value{
			"storage_account_id": types.StringUnknown(), "container_name": types.StringValue("outputs")}),
		"tes": types.ObjectNull(serverTypes), "wes": types.ObjectNull(serverTypes),
	})
}

func server(url string) types.Object {
	return types.ObjectValueMust(serverTypes, map[string]attr.Value{"url": types.StringValue(url)})
}

// Each side has one service, and both sides the same kind of one.
func TestOneServiceOfOneKind(t *testing.T) {
	for name, tc := range map[string]struct {
		primary, secondary map[string]attr.Value
		want               string
	}{
		"accounts":        {nil, nil, ""},
		"servers":         {map[string]attr.Value{"tes": server("https://a.example/v1")}, map[string]attr.Value{"tes": server("https://b.example/v1")}, ""},
		"of two kinds":    {map[string]attr.Value{"tes": server("https://a.example/v1")}, map[string]attr.Value{"wes": server("https://b.example/v1")}, "of two kinds"},
		"account and url": {nil, map[string]attr.Value{"wes": server("https://b.example/v1")}, "of two kinds"},
		"nothing":         {map[string]attr.Value{}, nil, "not clear"},
		"both":            {map[string]attr.Value{"tes": server("https://a.example/v1"), "wes": server("https://a.example/v1")}, nil, "not clear"},
	} {
		m := pairOfRegions("westus2", "westus2", "westeurope")
		for object, services := range map[*types.Object]map[string]attr.Value{&m.Primary: tc.primary, &m.Secondary: tc.secondary} {
			if services == nil {
				continue
			}
			attributes := object.Attributes()
			attributes["account_id"] = types.StringNull()
			for argument, value := range services {
				attributes[argument] = value
			}
			*object = types.ObjectValueMust(sideTypes, attributes)
		}
		diags := validate(t.Context(), m)
		if (tc.want == "") != !diags.HasError() || tc.want != "" && !strings.Contains(diags[0].Summary(), tc.want) {
			t.Errorf("%s: %v", name, diags)
		}
	}
}

func pairOfRegions(active, primary, secondary string, geographies ...string) model {
	unknownIfEmpty := func(s string) types.String {
		if s == "" {
			return types.StringUnknown()
		}
		return types.StringValue(s)
	}
	residency := types.ObjectNull(map[string]attr.Type{"allowed_geographies": types.SetType{ElemType: types.StringType}})
	if len(geographies) > 0 {
		var values []attr.Value
		for _, g := range geographies {
			values = append(values, types.StringValue(g))
		}
		residency = types.ObjectValueMust(map[string]attr.Type{"allowed_geographies": types.SetType{ElemType: types.StringType}},
			map[string]attr.Value{"allowed_geographies": types.SetValueMust(types.StringType, values)})
	}
	return model{Name: types.StringValue("lab"), ActiveRegion: unknownIfEmpty(active), Primary: sideObject(unknownIfEmpty(primary)),
		Secondary: sideObject(unknownIfEmpty(secondary)), DataResidency: residency, Failover: types.ObjectNull(nil)}
}

func TestValidate(t *testing.T) {
	tests := map[string]struct {
		config model
		want   []string
	}{
		"two regions":                   {config: pairOfRegions("westus2", "westus2", "westeurope", "United States", "Europe")},
		"display names":                 {config: pairOfRegions("West Europe", "West US 2", "westeurope", "United States", "Europe")},
		"the same region twice":         {config: pairOfRegions("westus2", "westus2", "West US 2"), want: []string{"Both sides are in the same region"}},
		"active region of another pair": {config: pairOfRegions("eastus", "westus2", "westeurope"), want: []string{"not one of the pair"}},
		"secondary outside its geography": {config: pairOfRegions("westus2", "westus2", "westeurope", "United States"),
			want: []string{"outside the allowed geographies", "westeurope", `"Europe"`, "allows only: United States"}},
		"not known yet": {config: pairOfRegions("", "", "westeurope", "Europe")},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			d := validate(t.Context(), tc.config)
			if len(tc.want) == 0 {
				if len(d) > 0 {
					t.Fatal(d)
				}
				return
			}
			if d.ErrorsCount() != 1 {
				t.Fatalf("want one error, got %v", d)
			}
			text := d[0].Summary() + "\n" + d[0].Detail()
			for _, part := range tc.want {
				if !strings.Contains(text, part) {
					t.Errorf("%q is missing in: %s", part, text)
				}
			}
		})
	}
}

func TestActiveSide(t *testing.T) {
	m := pairOfRegions("West Europe", "westus2", "westeurope")
	primary, d := m.side(t.Context(), rolePrimary)
	if d.HasError() {
		t.Fatal(d)
	}
	secondary, _ := m.side(t.Context(), roleSecondary)
	active, standby, known := activeSide(m.ActiveRegion, primary, secondary)
	if !known || active.role != roleSecondary || standby.role != rolePrimary {
		t.Errorf("%v %v %v", active.role, standby.role, known)
	}
	if _, _, known := activeSide(types.StringUnknown(), primary, secondary); known {
		t.Error("an unknown active_region decides nothing")
	}
}
