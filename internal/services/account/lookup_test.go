package account

import (
	"net/http"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/ephemeral"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

func TestDataSource(t *testing.T) {
	lookUp := func(t *testing.T, rm *resourceManager) datasource.ReadResponse {
		t.Helper()
		d := &DataSource{cloud: newRun(t, rm)}
		var s datasource.SchemaResponse
		d.Schema(t.Context(), datasource.SchemaRequest{}, &s)
		raw := map[string]tftypes.Value{}
		kind, ok := s.Schema.Type().TerraformType(t.Context()).(tftypes.Object)
		if !ok {
			t.Fatal("the schema is no object")
		}
		for name, attribute := range kind.AttributeTypes {
			raw[name] = tftypes.NewValue(attribute, nil)
		}
		raw["name"], raw["resource_group_name"] = tftypes.NewValue(tftypes.String, "lab"), tftypes.NewValue(tftypes.String, "rg")
		resp := datasource.ReadResponse{State: tfsdk.State{Schema: s.Schema, Raw: tftypes.NewValue(kind, nil)}}
		d.Read(t.Context(), datasource.ReadRequest{Config: tfsdk.Config{Schema: s.Schema, Raw: tftypes.NewValue(kind, raw)}}, &resp)
		return resp
	}
	resp := lookUp(t, &resourceManager{exists: true, location: "West US 2", state: "Succeeded"})
	expect(t, resp.Diagnostics)
	var got dataModel
	fatal(t, resp.State.Get(t.Context(), &got))
	if got.ID.ValueString() != labID || got.Location.ValueString() != "westus2" || got.APIURL.ValueString() != "https://westus2.example" || got.Tags.IsNull() {
		t.Errorf("got %+v", got)
	}
	expect(t, lookUp(t, &resourceManager{}).Diagnostics, "does not exist", "Check name")
}

func TestKeys(t *testing.T) {
	open := func(t *testing.T, rm *resourceManager) (keysModel, diag.Diagnostics) {
		t.Helper()
		k := &Keys{cloud: newRun(t, rm)}
		var s ephemeral.SchemaResponse
		k.Schema(t.Context(), ephemeral.SchemaRequest{}, &s)
		kind := s.Schema.Type().TerraformType(t.Context())
		null := tftypes.NewValue(tftypes.String, nil)
		config := tftypes.NewValue(kind, map[string]tftypes.Value{
			"account_id": tftypes.NewValue(tftypes.String, labID), "primary_key": null, "secondary_key": null, "api_url": null,
		})
		resp := ephemeral.OpenResponse{Result: tfsdk.EphemeralResultData{Schema: s.Schema, Raw: config}}
		k.Open(t.Context(), ephemeral.OpenRequest{Config: tfsdk.Config{Schema: s.Schema, Raw: config}}, &resp)
		var got keysModel
		fatal(t, resp.Result.Get(t.Context(), &got))
		return got, resp.Diagnostics
	}
	got, diags := open(t, &resourceManager{exists: true, location: "westus2", state: "Succeeded"})
	expect(t, diags)
	if got.PrimaryKey.ValueString() != "first-key-of-lab" || got.SecondaryKey.ValueString() != "second-key-of-lab" || got.APIURL.ValueString() != "https://westus2.example" {
		t.Errorf("got %+v", got)
	}
	// The plan that creates the account knows its ID before there are keys.
	got, diags = open(t, &resourceManager{})
	expect(t, diags)
	if !got.PrimaryKey.IsNull() || diags.WarningsCount() != 1 {
		t.Errorf("got %+v with %v", got, diags)
	}
	_, diags = open(t, &resourceManager{exists: true, location: "westus2", fault: refuse("POST", http.StatusForbidden, "AuthorizationFailed")})
	expect(t, diags, "keys cannot be read", "AuthorizationFailed")
}

func TestSchemasAreValid(t *testing.T) {
	fatal(t, resourceSchema(t.Context()).ValidateImplementation(t.Context()))
	var d datasource.SchemaResponse
	NewDataSource().Schema(t.Context(), datasource.SchemaRequest{}, &d)
	fatal(t, d.Schema.ValidateImplementation(t.Context()))
	var e ephemeral.SchemaResponse
	NewKeys().Schema(t.Context(), ephemeral.SchemaRequest{}, &e)
	fatal(t, e.Schema.ValidateImplementation(t.Context()))
	if !e.Schema.Attributes["primary_key"].IsSensitive() || !e.Schema.Attributes["secondary_key"].IsSensitive() {
		t.Error("keys are not sensitive")
	}
}
