package provider

import (
	"context"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/providerserver"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
)

// TestSchemas holds every schema on offer: it must be valid, and every attribute
// must say what happens, for docs/ is made of it.
func TestSchemas(t *testing.T) {
	server, err := providerserver.NewProtocol6WithError(New("test")())()
	if err != nil {
		t.Fatal(err)
	}
	resp, err := server.GetProviderSchema(context.Background(), &tfprotov6.GetProviderSchemaRequest{})
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range resp.Diagnostics {
		t.Errorf("%s: %s", d.Summary, d.Detail)
	}
	want := []string{"genomics_account", "genomics_region_pair", "genomics_replicated_input_store", "genomics_workflow_submission"}
	for _, name := range want {
		if resp.ResourceSchemas[name] == nil {
			t.Errorf("%s is missing", name)
		}
	}
	schemas := map[string]*tfprotov6.Schema{"provider": resp.Provider}
	for name, s := range resp.ResourceSchemas {
		schemas[name] = s
	}
	for name, s := range resp.DataSourceSchemas {
		schemas["data."+name] = s
	}
	for name, s := range resp.EphemeralResourceSchemas {
		schemas["ephemeral."+name] = s
	}
	for name, s := range resp.ActionSchemas {
		schemas["action."+name] = s.Schema
	}
	for name, s := range schemas {
		describe(t, name, s.Block.Attributes)
	}
}

func describe(t *testing.T, at string, attributes []*tfprotov6.SchemaAttribute) {
	t.Helper()
	for _, a := range attributes {
		name := at + "." + a.Name
		if strings.TrimSpace(a.Description) == "" {
			t.Errorf("%s has no description", name)
		}
		if a.NestedType != nil {
			describe(t, name, a.NestedType.Attributes)
		}
	}
}

// TestIdentities holds that every resource can be imported by identity.
func TestIdentities(t *testing.T) {
	server, err := providerserver.NewProtocol6WithError(New("test")())()
	if err != nil {
		t.Fatal(err)
	}
	resp, err := server.GetResourceIdentitySchemas(context.Background(), &tfprotov6.GetResourceIdentitySchemasRequest{})
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range resp.Diagnostics {
		t.Errorf("%s: %s", d.Summary, d.Detail)
	}
	schemas, err := server.GetProviderSchema(t.Context(), &tfprotov6.GetProviderSchemaRequest{})
	if err != nil {
		t.Fatal(err)
	}
	for name := range schemas.ResourceSchemas {
		if resp.IdentitySchemas[name] == nil {
			t.Errorf("%s has no identity", name)
		}
	}
}
