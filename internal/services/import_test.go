package services_test

import (
	"context"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/azure"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/services/account"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/services/inputstore"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/services/regionpair"
)

// importable is a resource with what an import needs of its schemas.
type importable struct {
	resource.ResourceWithImportState
	state    tfsdk.State
	identity tfsdk.ResourceIdentity
}

func prepare(ctx context.Context, r resource.Resource) importable {
	var s resource.SchemaResponse
	r.Schema(ctx, resource.SchemaRequest{}, &s)
	var i resource.IdentitySchemaResponse
	with, _ := r.(resource.ResourceWithIdentity)
	with.IdentitySchema(ctx, resource.IdentitySchemaRequest{}, &i)
	imports, _ := r.(resource.ResourceWithImportState)
	return importable{
		imports, tfsdk.State{Schema: s.Schema, Raw: tftypes.NewValue(s.Schema.Type().TerraformType(ctx), nil)},
		tfsdk.ResourceIdentity{Schema: i.IdentitySchema, Raw: tftypes.NewValue(i.IdentitySchema.Type().TerraformType(ctx), nil)},
	}
}

// imported is the ID in the state after an import; ok is false when it was refused.
func (r importable) imported(ctx context.Context, id string) (got string, ok bool) {
	state, identity := r.state, r.identity
	resp := resource.ImportStateResponse{State: state, Identity: &identity}
	r.ImportState(ctx, resource.ImportStateRequest{ID: id, Identity: &tfsdk.ResourceIdentity{Schema: r.identity.Schema, Raw: r.identity.Raw}}, &resp)
	if resp.Diagnostics.HasError() {
		return "", false
	}
	var value types.String
	resp.Diagnostics.Append(resp.State.GetAttribute(ctx, path.Root("id"), &value)...)
	return value.ValueString(), !resp.Diagnostics.HasError()
}

// An import takes what it is given or refuses it: whatever it puts into the state
// can be imported again and is then the same. (That of a submission asks its
// service; the ID is fuzzed there.)
func FuzzImport(f *testing.F) {
	ctx := context.Background()
	accounts, pairs, stores := prepare(ctx, account.NewResource()), prepare(ctx, regionpair.New()), prepare(ctx, inputstore.New())
	for _, seed := range []string{
		"lab", "", " lab", "é\x00", "/subscriptions/s/resourceGroups/rg/providers/Microsoft.Genomics/accounts/lab", "/SUBSCRIPTIONS/s/resourcegroups/rg/providers/microsoft.genomics/accounts/lab",
		"/subscriptions/s/resourceGroups/rg/providers/Microsoft.Genomics/accounts/..", "/subscriptions/s/resourceGroups/rg/providers/Microsoft.Storage/storageAccounts/x",
		"/subscriptions/s/resourceGroups/rg/providers/Microsoft.Genomics/accounts/lab/workflows/7",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, id string) {
		got, ok := accounts.imported(t.Context(), id)
		if parsed, err := azure.ParseAccountID(id); ok != (err == nil) || ok && got != parsed.String() {
			t.Errorf("account %q is imported as %q, %v (%v)", id, got, ok, err)
		}
		if ok {
			if again, ok := accounts.imported(t.Context(), got); !ok || again != got {
				t.Errorf("account %q is imported again as %q, %v", got, again, ok)
			}
		}
		// A pair and a store are their names.
		for _, r := range []importable{pairs, stores} {
			if got, ok := r.imported(t.Context(), id); ok && got != id {
				t.Errorf("%q is imported as %q", id, got)
			}
		}
	})
}
