package account

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework-timeouts/resource/timeouts"
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

var noTimeouts = timeouts.Value{Object: types.ObjectNull(map[string]attr.Type{
	"create": types.StringType, "read": types.StringType, "update": types.StringType, "delete": types.StringType,
})}

// lab is an account as a plan for a new one has it.
func lab() *model {
	return &model{
		ID: types.StringUnknown(), Name: types.StringValue("lab"), ResourceGroupName: types.StringValue("rg"), Location: types.StringValue("West US 2"),
		Tags: types.MapNull(types.StringType), ForceDestroy: types.BoolValue(false),
		APIURL: types.StringUnknown(), ProvisioningState: types.StringUnknown(), Timeouts: noTimeouts,
	}
}

// existing is the same account once it exists.
func existing() *model {
	m := lab()
	m.ID, m.APIURL, m.ProvisioningState = types.StringValue(labID), types.StringValue("https://westus2.example"), types.StringValue("Succeeded")
	return m
}

func tagged(m *model, pairs ...string) *model {
	elements := map[string]attr.Value{}
	for i := 0; i < len(pairs); i += 2 {
		elements[pairs[i]] = types.StringValue(pairs[i+1])
	}
	m.Tags = types.MapValueMust(types.StringType, elements)
	return m
}

func emptyState(ctx context.Context) tfsdk.State {
	s := resourceSchema(ctx)
	return tfsdk.State{Schema: s, Raw: tftypes.NewValue(s.Type().TerraformType(ctx), nil)}
}

func stateOf(t *testing.T, m *model) tfsdk.State {
	t.Helper()
	s := emptyState(t.Context())
	if m != nil {
		fatal(t, s.Set(t.Context(), m))
	}
	return s
}

func planOf(t *testing.T, m *model) tfsdk.Plan {
	t.Helper()
	return tfsdk.Plan(stateOf(t, m))
}

func noIdentity(ctx context.Context) *tfsdk.ResourceIdentity {
	s := identitySchema()
	return &tfsdk.ResourceIdentity{Schema: s, Raw: tftypes.NewValue(s.Type().TerraformType(ctx), nil)}
}

func fatal(t *testing.T, diags diag.Diagnostics) {
	t.Helper()
	if diags.HasError() {
		t.Fatalf("%v", diags.Errors())
	}
}

func modelOf(t *testing.T, s tfsdk.State) *model {
	t.Helper()
	if s.Raw.IsNull() {
		return nil
	}
	m := new(model)
	fatal(t, s.Get(t.Context(), m))
	return m
}

func identityOf(t *testing.T, i *tfsdk.ResourceIdentity) string {
	t.Helper()
	var m identityModel
	fatal(t, i.Get(t.Context(), &m))
	return strings.Join([]string{m.SubscriptionID.ValueString(), m.ResourceGroupName.ValueString(), m.Name.ValueString()}, "/")
}

// expect checks that there is one error, or none for "", and what it says.
func expect(t *testing.T, diags diag.Diagnostics, parts ...string) {
	t.Helper()
	if len(parts) == 0 {
		fatal(t, diags)
		return
	}
	if diags.ErrorsCount() != 1 {
		t.Fatalf("want one error, got %v", diags)
	}
	text := diags.Errors()[0].Summary() + "\n" + diags.Errors()[0].Detail()
	for _, part := range parts {
		if !strings.Contains(text, part) {
			t.Errorf("%q is not in the error:\n%s", part, text)
		}
	}
}

// refuse answers requests of one method with an error of Resource Manager.
func refuse(method string, status int, code string) func(http.ResponseWriter, *http.Request) bool {
	return func(w http.ResponseWriter, r *http.Request) bool {
		if r.Method != method {
			return false
		}
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_, _ = w.Write([]byte(`{"error":{"code":"` + code + `","message":"because"}}`))
		return true
	}
}

// nowhere is the URL of a server that has gone.
func nowhere() string {
	server := httptest.NewServer(http.NotFoundHandler())
	server.Close()
	return server.URL
}
