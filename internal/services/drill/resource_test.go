package drill

import (
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// Terraform before 1.12 keeps no identity, and a change that runs no drill has to give
// one all the same: it was refused as a defect of the provider.
func TestIdentityAfterAChangeWithoutADrill(t *testing.T) {
	ctx := t.Context()
	s := resourceSchema(ctx)
	state := tfsdk.State{Schema: s, Raw: tftypes.NewValue(s.Type().TerraformType(ctx), nil)}
	for name, value := range map[string]string{"id": "westeurope=" + storage + "/outputs/lab/march", "drill_id": "march"} {
		if diags := state.SetAttribute(ctx, path.Root(name), value); diags.HasError() {
			t.Fatal(diags)
		}
	}
	kept := identitySchema()
	identity := &tfsdk.ResourceIdentity{Schema: kept, Raw: tftypes.NewValue(kept.Type().TerraformType(ctx), nil)}
	resp := resource.UpdateResponse{State: state, Identity: identity}
	New().Update(ctx, resource.UpdateRequest{Plan: tfsdk.Plan(state), State: state}, &resp)
	var drill types.String
	resp.Diagnostics.Append(resp.Identity.GetAttribute(ctx, path.Root("drill_id"), &drill)...)
	if resp.Diagnostics.HasError() || drill.ValueString() != "march" {
		t.Errorf("the identity is %s: %v", resp.Identity.Raw, resp.Diagnostics)
	}
}
