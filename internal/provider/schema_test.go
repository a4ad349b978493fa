package provider

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/provider/schema"
)

func TestTheSchemaIsSound(t *testing.T) {
	s := providerSchema()
	if diags := s.ValidateImplementation(t.Context()); diags.HasError() {
		t.Fatal(diags)
	}
	secrets := []string{"client_secret", "client_certificate_password", "oidc_token", "oidc_request_token", "access_keys", "endpoint_credentials"}
	for name, attribute := range s.Attributes {
		description := attribute.GetMarkdownDescription()
		if !attribute.IsOptional() || attribute.IsRequired() {
			t.Errorf("%s: is not optional", name)
		}
		if attribute.IsSensitive() != slices.Contains(secrets, name) {
			t.Errorf("%s: sensitive is %v", name, attribute.IsSensitive())
		}
		if name != "access_keys" && name != "endpoint_credentials" && !strings.Contains(description, " Environment: `") {
			t.Errorf("%s: the description does not say which variable gives it: %s", name, description)
		}
		if _, isText := attribute.(schema.StringAttribute); !isText && !strings.Contains(description, "Default: ") {
			t.Errorf("%s: the description does not say the default: %s", name, description)
		}
	}
}

func TestTheModelFitsTheSchema(t *testing.T) {
	attributes := providerSchema().Attributes
	model := reflect.TypeFor[configModel]()
	if model.NumField() != len(attributes) {
		t.Errorf("the model has %d fields, the schema %d attributes", model.NumField(), len(attributes))
	}
	for i := range model.NumField() {
		name := model.Field(i).Tag.Get("tfsdk")
		attribute, ok := attributes[name]
		if !ok {
			t.Errorf("%s is not in the schema", name)
			continue
		}
		if got, want := model.Field(i).Type, reflect.TypeOf(attribute.GetType().ValueType(t.Context())); got != want {
			t.Errorf("%s is a %s, the schema says %s", name, got, want)
		}
	}
}
