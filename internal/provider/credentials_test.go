package provider

import (
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/azure"
)

func TestEndpointCredentials(t *testing.T) {
	typesOf := map[string]attr.Type{"username": types.StringType, "password": types.StringType, "bearer_token": types.StringType, "scope": types.StringType}
	credential := func(fields map[string]attr.Value) attr.Value {
		all := map[string]attr.Value{}
		for name := range typesOf {
			all[name] = types.StringNull()
		}
		for name, value := range fields {
			all[name] = value
		}
		return types.ObjectValueMust(typesOf, all)
	}
	text := types.StringValue
	for name, tc := range map[string]struct {
		base   string
		fields map[string]attr.Value
		want   azure.EndpointCredential
		fails  bool
	}{
		"basic":            {"https://tes.example/v1/", map[string]attr.Value{"username": text("lab"), "password": text("p")}, azure.EndpointCredential{Username: "lab", Password: "p"}, false},
		"bearer":           {"https://tes.example/v1", map[string]attr.Value{"bearer_token": text("t")}, azure.EndpointCredential{BearerToken: "t"}, false},
		"entra":            {"https://tes.example/v1", map[string]attr.Value{"scope": text("api://tes/.default")}, azure.EndpointCredential{Scope: "api://tes/.default"}, false},
		"nothing":          {"https://tes.example/v1", nil, azure.EndpointCredential{}, true},
		"two ways":         {"https://tes.example/v1", map[string]attr.Value{"bearer_token": text("t"), "scope": text("s")}, azure.EndpointCredential{}, true},
		"password only":    {"https://tes.example/v1", map[string]attr.Value{"password": text("p")}, azure.EndpointCredential{}, true},
		"plain http":       {"http://tes.example/v1", map[string]attr.Value{"bearer_token": text("t")}, azure.EndpointCredential{}, true},
		"not known yet":    {"https://tes.example/v1", map[string]attr.Value{"bearer_token": types.StringUnknown()}, azure.EndpointCredential{}, true},
		"loopback in test": {"http://127.0.0.1:8000/v1", map[string]attr.Value{"bearer_token": text("t")}, azure.EndpointCredential{BearerToken: "t"}, false},
	} {
		r := &resolver{getenv: func(string) string { return "" }}
		got := r.endpointCredentials(types.MapValueMust(types.ObjectType{AttrTypes: typesOf}, map[string]attr.Value{tc.base: credential(tc.fields)}))
		if r.diags.HasError() != tc.fails {
			t.Errorf("%s: %v", name, r.diags)
			continue
		}
		for base, c := range got {
			if !tc.fails && (c != tc.want || base[len(base)-1] == '/') {
				t.Errorf("%s: %s has %+v", name, base, c)
			}
		}
		if !tc.fails && len(got) != 1 {
			t.Errorf("%s: %v", name, got)
		}
	}
}
