package regionpair

import (
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// stateOf is a model as the CLI hands it over.
func stateOf(t *testing.T, m *model) tfsdk.State {
	t.Helper()
	schema := resourceSchema(t.Context())
	state := tfsdk.State{Schema: schema, Raw: tftypes.NewValue(schema.Type().TerraformType(t.Context()), nil)}
	whole := *m
	null := func(name string) types.Object {
		of, ok := schema.Type().(attr.TypeWithAttributeTypes).AttributeTypes()[name].(attr.TypeWithAttributeTypes)
		if !ok {
			t.Fatalf("%s is no object", name)
		}
		return types.ObjectNull(of.AttributeTypes())
	}
	whole.Timeouts.Object, whole.Failover = null("timeouts"), null("failover")
	if d := state.Set(t.Context(), &whole); d.HasError() {
		t.Fatal(d)
	}
	return state
}

// What the plan has promised and an apply comes to otherwise is said before
// anything is done, in words that lead on: the CLI would call it a fault of the
// provider afterwards.
func TestUpdateKeepsToThePlanOrSaysSo(t *testing.T) {
	for name, change := range map[string]func(*model){
		"another generation": func(m *model) { m.Generation = types.Int64Value(3) },
		"another phase":      func(m *model) { m.Phase = types.StringValue("failing_over") },
	} {
		t.Run(name, func(t *testing.T) {
			s := serve(t)
			state, plan := s.pair(t, west, 1), s.pair(t, west, 1)
			change(plan)
			resp := resource.UpdateResponse{State: stateOf(t, state)}
			s.resource(t).Update(t.Context(), resource.UpdateRequest{State: stateOf(t, state), Plan: tfsdk.Plan(stateOf(t, plan))}, &resp)
			says(t, resp.Diagnostics.Errors(), []string{"The pair changed after the plan", "Next step: plan again."})
			if len(s.asked) != 0 {
				t.Errorf("it asked %v", s.asked)
			}
		})
	}
}
