package provider

import (
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/azure"
)

func str(s string) types.String { return types.StringValue(s) }

func texts(pairs ...string) types.Map {
	elements := map[string]attr.Value{}
	for i := 0; i < len(pairs); i += 2 {
		elements[pairs[i]] = types.StringValue(pairs[i+1])
	}
	return types.MapValueMust(types.StringType, elements)
}

// defaults is what nothing at all resolves to.
func defaults() azure.Config {
	return azure.Config{
		UseCLI:                  true,
		Environment:             "public",
		ServiceEndpointTemplate: "https://{location}.microsoftgenomics.net",
		RegionTimeout:           10 * time.Second,
	}
}

func environment(pairs map[string]string) func(string) string {
	return func(name string) string { return pairs[name] }
}

func same(a, b azure.Config) bool {
	if !maps.Equal(a.ServiceEndpoints, b.ServiceEndpoints) || !maps.Equal(a.AccessKeys, b.AccessKeys) {
		return false
	}
	a.ServiceEndpoints, b.ServiceEndpoints, a.AccessKeys, b.AccessKeys = nil, nil, nil, nil
	return a.SubscriptionID == b.SubscriptionID && a.TenantID == b.TenantID && a.ClientID == b.ClientID && a.ClientSecret == b.ClientSecret &&
		a.ClientCertificatePath == b.ClientCertificatePath && a.ClientCertificatePassword == b.ClientCertificatePassword &&
		a.UseOIDC == b.UseOIDC && a.OIDCToken == b.OIDCToken && a.OIDCTokenFilePath == b.OIDCTokenFilePath &&
		a.OIDCRequestURL == b.OIDCRequestURL && a.OIDCRequestToken == b.OIDCRequestToken && a.UseMSI == b.UseMSI && a.UseCLI == b.UseCLI &&
		a.Environment == b.Environment && a.StorageUseAzureAD == b.StorageUseAzureAD &&
		a.ResourceManagerEndpoint == b.ResourceManagerEndpoint && a.ServiceEndpointTemplate == b.ServiceEndpointTemplate &&
		a.RegionTimeout == b.RegionTimeout
}

func TestResolve(t *testing.T) {
	everyVariable := map[string]string{
		"ARM_SUBSCRIPTION_ID": "e-sub", "ARM_TENANT_ID": "e-tenant", "ARM_CLIENT_ID": "e-client", "ARM_CLIENT_SECRET": "e-secret",
		"ARM_CLIENT_CERTIFICATE_PATH": "e.pfx", "ARM_CLIENT_CERTIFICATE_PASSWORD": "e-password", "ARM_USE_OIDC": "true",
		"ARM_OIDC_TOKEN": "e-token", "ARM_OIDC_TOKEN_FILE_PATH": "e-file", "ARM_OIDC_REQUEST_URL": "https://e.example/",
		"ARM_OIDC_REQUEST_TOKEN": "e-request", "ACTIONS_ID_TOKEN_REQUEST_URL": "https://actions.example/", "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "a-request",
		"ARM_USE_MSI": "1", "ARM_USE_CLI": "false", "ARM_ENVIRONMENT": "USGovernment", "ARM_STORAGE_USE_AZUREAD": "TRUE",
		"GENOMICS_RESOURCE_MANAGER_ENDPOINT": "http://127.0.0.1:1/", "GENOMICS_SERVICE_ENDPOINT_TEMPLATE": "https://{location}.e.example/",
		"GENOMICS_SERVICE_ENDPOINTS": "westus2=http://127.0.0.1:2, West Europe = http://[::1]:3/ ,", "GENOMICS_REGION_TIMEOUT": "3s",
	}
	fromEnvironment := azure.Config{
		SubscriptionID: "e-sub", TenantID: "e-tenant", ClientID: "e-client", ClientSecret: "e-secret",
		ClientCertificatePath: "e.pfx", ClientCertificatePassword: "e-password", UseOIDC: true,
		OIDCToken: "e-token", OIDCTokenFilePath: "e-file", OIDCRequestURL: "https://e.example/", OIDCRequestToken: "e-request",
		UseMSI: true, UseCLI: false, Environment: "usgovernment", StorageUseAzureAD: true,
		ResourceManagerEndpoint: "http://127.0.0.1:1", ServiceEndpointTemplate: "https://{location}.e.example",
		ServiceEndpoints: map[string]string{"westus2": "http://127.0.0.1:2", "westeurope": "http://[::1]:3"}, RegionTimeout: 3 * time.Second,
	}
	everyArgument := configModel{
		SubscriptionID: str("c-sub"), TenantID: str("c-tenant"), ClientID: str("c-client"), ClientSecret: str("c-secret"),
		ClientCertificatePath: str("c.pfx"), ClientCertificatePassword: str("c-password"), UseOIDC: types.BoolValue(false),
		OIDCToken: str("c-token"), OIDCTokenFilePath: str("c-file"), OIDCRequestURL: str("https://c.example/"), OIDCRequestToken: str("c-request"),
		UseMSI: types.BoolValue(false), UseCLI: types.BoolValue(true), Environment: str("china"), StorageUseAzureAD: types.BoolValue(false),
		ResourceManagerEndpoint: str("https://arm.example"), ServiceEndpointTemplate: str("https://c.example/{location}"),
		ServiceEndpoints: texts("East US", "https://eastus.example/"), RegionTimeout: str("1m"),
		AccessKeys: texts("lab-westus2", "c-key", "empty", ""),
	}
	fromConfiguration := azure.Config{
		SubscriptionID: "c-sub", TenantID: "c-tenant", ClientID: "c-client", ClientSecret: "c-secret",
		ClientCertificatePath: "c.pfx", ClientCertificatePassword: "c-password", UseOIDC: false,
		OIDCToken: "c-token", OIDCTokenFilePath: "c-file", OIDCRequestURL: "https://c.example/", OIDCRequestToken: "c-request",
		UseMSI: false, UseCLI: true, Environment: "china", StorageUseAzureAD: false,
		ResourceManagerEndpoint: "https://arm.example", ServiceEndpointTemplate: "https://c.example/{location}",
		ServiceEndpoints: map[string]string{"eastus": "https://eastus.example"}, RegionTimeout: time.Minute,
		AccessKeys: map[string]string{"lab-westus2": "c-key"},
	}
	with := func(change func(*azure.Config)) azure.Config {
		cfg := defaults()
		change(&cfg)
		return cfg
	}
	for _, tc := range []struct {
		name      string
		model     configModel
		variables map[string]string
		want      azure.Config
	}{
		{"nothing", configModel{}, nil, defaults()},
		{"environment over default", configModel{}, everyVariable, fromEnvironment},
		{"configuration over default", everyArgument, nil, fromConfiguration},
		{"configuration over environment", everyArgument, everyVariable, fromConfiguration},
		{
			"an empty string is not given",
			configModel{SubscriptionID: str(""), ResourceManagerEndpoint: str(""), RegionTimeout: str("")},
			map[string]string{"ARM_SUBSCRIPTION_ID": "e-sub"},
			with(func(c *azure.Config) { c.SubscriptionID = "e-sub" }),
		},
		{
			"GitHub Actions", configModel{UseOIDC: types.BoolValue(true)},
			map[string]string{"ACTIONS_ID_TOKEN_REQUEST_URL": "https://actions.example/?a=b", "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "a-request"},
			with(func(c *azure.Config) {
				c.UseOIDC, c.OIDCRequestURL, c.OIDCRequestToken = true, "https://actions.example/?a=b", "a-request"
			}),
		},
		{
			"an empty map means none", configModel{ServiceEndpoints: texts()},
			map[string]string{"GENOMICS_SERVICE_ENDPOINTS": "westus2=http://127.0.0.1:2"}, defaults(),
		},
		{
			"the shortest and the longest timeout", configModel{RegionTimeout: str("100ms")},
			map[string]string{"GENOMICS_REGION_TIMEOUT": "10m"},
			with(func(c *azure.Config) { c.RegionTimeout = 100 * time.Millisecond }),
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got, diags := resolve(tc.model, environment(tc.variables))
			if len(diags) != 0 {
				t.Fatalf("%v", diags)
			}
			if !same(got, tc.want) {
				t.Errorf("got  %+v\nwant %+v", got, tc.want)
			}
		})
	}
}

func TestResolveRefuses(t *testing.T) {
	for _, tc := range []struct {
		name            string
		model           configModel
		variables       map[string]string
		summary, detail string
	}{
		{"an unknown cloud", configModel{Environment: str("german")}, nil, "environment", "choose one of china, public, usgovernment"},
		{"an unknown cloud in a variable", configModel{}, map[string]string{"ARM_ENVIRONMENT": "mars"}, "ARM_ENVIRONMENT", `"mars" is no Azure environment`},
		{"no bool", configModel{}, map[string]string{"ARM_USE_MSI": "maybe"}, "ARM_USE_MSI", `"maybe" is neither true nor false`},
		{"plain http elsewhere", configModel{ResourceManagerEndpoint: str("http://arm.example")}, nil, "resource_manager_endpoint", "loopback only"},
		{"no URL", configModel{}, map[string]string{"GENOMICS_RESOURCE_MANAGER_ENDPOINT": "arm.example"}, "GENOMICS_RESOURCE_MANAGER_ENDPOINT", "resource_manager_endpoint"},
		{"a template without a place", configModel{ServiceEndpointTemplate: str("https://one.example")}, nil, "service_endpoint_template", "lacks {location}"},
		{"a template over plain http", configModel{ServiceEndpointTemplate: str("http://{location}.example")}, nil, "service_endpoint_template", "loopback only"},
		{"an unknown region", configModel{ServiceEndpoints: texts("westus22", "https://x.example")}, nil, "service_endpoints", "did you mean westus2"},
		{"a region that resembles none", configModel{ServiceEndpoints: texts("atlantis-prime", "https://x.example")}, nil, "service_endpoints", `"atlantis-prime" is no Azure region.`},
		{"a region twice", configModel{ServiceEndpoints: texts("westus2", "https://x.example", "West US 2", "https://y.example")}, nil, "service_endpoints", "westus2 is named twice"},
		{"a region's plain http", configModel{ServiceEndpoints: texts("westus2", "http://x.example")}, nil, "service_endpoints", "URL for westus2 cannot be used"},
		{"a region's empty URL", configModel{ServiceEndpoints: texts("westus2", "")}, nil, "service_endpoints", "URL for westus2 cannot be used"},
		{"a list without URLs", configModel{}, map[string]string{"GENOMICS_SERVICE_ENDPOINTS": "westus2"}, "GENOMICS_SERVICE_ENDPOINTS", "westus2=https://one.example"},
		{"a list with a region twice", configModel{}, map[string]string{"GENOMICS_SERVICE_ENDPOINTS": "westus2=https://x.example,westus2=https://y.example"}, "GENOMICS_SERVICE_ENDPOINTS", "named twice"},
		{"no duration", configModel{RegionTimeout: str("10")}, nil, "region_timeout", `"10" is not a duration`},
		{"no time at all", configModel{RegionTimeout: str("0s")}, nil, "region_timeout", "between 100ms and 10m0s"},
		{"time running backwards", configModel{}, map[string]string{"GENOMICS_REGION_TIMEOUT": "-1s"}, "GENOMICS_REGION_TIMEOUT", "between"},
		{"all the time in the world", configModel{RegionTimeout: str("1h")}, nil, "region_timeout", "between"},

		{"an unknown text", configModel{TenantID: types.StringUnknown()}, map[string]string{"ARM_TENANT_ID": "e"}, "tenant_id is not known yet", "ARM_TENANT_ID"},
		{"an unknown bool", configModel{UseMSI: types.BoolUnknown()}, nil, "use_msi is not known yet", "ARM_USE_MSI"},
		{"an unknown map", configModel{ServiceEndpoints: types.MapUnknown(types.StringType)}, nil, "service_endpoints is not known yet", "GENOMICS_SERVICE_ENDPOINTS"},
		{
			"an unknown element",
			configModel{ServiceEndpoints: types.MapValueMust(types.StringType, map[string]attr.Value{"westus2": types.StringUnknown()})}, nil,
			"service_endpoints is not known yet", "before the apply",
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			_, diags := resolve(tc.model, environment(tc.variables))
			if diags.ErrorsCount() != 1 || diags.WarningsCount() != 0 {
				t.Fatalf("got %v", diags)
			}
			got := diags.Errors()[0]
			if !strings.Contains(got.Summary(), tc.summary) || !strings.Contains(got.Detail(), tc.detail) {
				t.Errorf("%s: %s", got.Summary(), got.Detail())
			}
			_, located := got.(diag.DiagnosticWithPath)
			if fromVariable := strings.Contains(got.Summary(), "environment variable"); located == fromVariable {
				t.Errorf("%s: located in the configuration: %v", got.Summary(), located)
			}
		})
	}
}

func TestResolveCollectsAllErrors(t *testing.T) {
	_, diags := resolve(configModel{Environment: str("mars"), RegionTimeout: str("soon"), TenantID: types.StringUnknown()}, environment(nil))
	if diags.ErrorsCount() != 3 {
		t.Errorf("got %v", diags)
	}
}

func TestAnUnknownAccessKeyIsNoObstacle(t *testing.T) {
	some := types.MapValueMust(types.StringType, map[string]attr.Value{
		"known": types.StringValue("c-key"), "unknown": types.StringUnknown(), "null": types.StringNull(),
	})
	for _, tc := range []struct {
		keys types.Map
		want map[string]string
	}{
		{types.MapUnknown(types.StringType), nil},
		{some, map[string]string{"known": "c-key"}},
	} {
		got, diags := resolve(configModel{AccessKeys: tc.keys}, environment(nil))
		if diags.HasError() || diags.WarningsCount() != 1 || !maps.Equal(got.AccessKeys, tc.want) {
			t.Errorf("%v: %v, %v", tc.keys, got.AccessKeys, diags)
		}
		if strings.Contains(diags[0].Detail(), "c-key") {
			t.Error("the warning gives a key away")
		}
	}
}
