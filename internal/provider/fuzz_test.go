package provider

import (
	"maps"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/azure"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/region"
)

func FuzzParseEndpoints(f *testing.F) {
	f.Add("westus2=http://127.0.0.1:1,westeurope=http://127.0.0.1:2")
	f.Add(" westus2 = https://a.example/?x=y ,,")
	f.Add("a==b,,=")
	f.Fuzz(func(t *testing.T, text string) {
		got, err := parseEndpoints(text)
		if err != nil {
			return
		}
		var parts []string
		for name, endpoint := range got {
			if name == "" || endpoint == "" || strings.ContainsAny(name, "=,") || strings.Contains(endpoint, ",") {
				t.Errorf("%q: %q is %q", text, name, endpoint)
			}
			parts = append(parts, name+"="+endpoint)
		}
		slices.Sort(parts)
		again, err := parseEndpoints(strings.Join(parts, ","))
		if err != nil || !maps.Equal(got, again) {
			t.Errorf("%q: %v, then %v, %v", text, got, again, err)
		}
	})
}

// Whatever the environment says: there is a complete configuration or an error;
// what is sent keys goes to https, or stays on this machine; and no secret is in
// what is said.
func FuzzConfiguration(f *testing.F) {
	f.Add("westus2=http://127.0.0.1:1,West Europe=https://weu.example/", "https://{location}.example", "https://manager.example/", "10s", "public", "true")
	f.Add("westus2=http://far.example", "http://{location}.localhost:1", "http://[::1]:1", "1ns", "China", "1")
	f.Add("nowhere=https://x", "{location}", "https://u:@KEY@@h.example", "-1h", "é", "maybe")
	f.Add("westus2=https://u:@KEY@@h.example", "https://{location}.example?sig=@KEY@", "https://h.example/?sig=@KEY@", "9999h", "", "")
	f.Add("westus2=https://h.example#@KEY@", "https://h.example/{location}/%zz", "//h", "1e3s", "usgovernment", "TRUE")
	f.Fuzz(func(t *testing.T, endpoints, template, manager, timeout, environment, flag string) {
		const secret = "Zx81secretZx81secret"
		fill := func(s string) string { return strings.ReplaceAll(s, "@KEY@", secret) }
		env := map[string]string{
			envServiceEndpoints: fill(endpoints), envServiceEndpointTemplate: fill(template), envResourceManagerEndpoint: fill(manager),
			envRegionTimeout: timeout, envEnvironment: environment, envUseCLI: flag, envClientSecret: secret, envOIDCToken: secret, envClientCertificatePassword: secret,
		}
		model := configModel{ServiceEndpoints: types.MapNull(types.StringType), AccessKeys: types.MapNull(types.StringType)}
		cfg, diags := resolve(model, func(name string) string { return env[name] })
		for _, d := range diags {
			if strings.Contains(d.Summary()+d.Detail(), secret) {
				t.Errorf("it leaks: %s: %s", d.Summary(), d.Detail())
			}
		}
		if cfg.RegionTimeout < minimumRegionTimeout || cfg.RegionTimeout > maximumRegionTimeout {
			t.Errorf("%q is %s", timeout, cfg.RegionTimeout)
		}
		if !slices.Contains(azure.Environments(), cfg.Environment) || !strings.Contains(cfg.ServiceEndpointTemplate, azure.LocationPlaceholder) {
			t.Errorf("environment %q, template %q", cfg.Environment, cfg.ServiceEndpointTemplate)
		}
		targets := []string{strings.ReplaceAll(cfg.ServiceEndpointTemplate, azure.LocationPlaceholder, "westeurope")}
		if cfg.ResourceManagerEndpoint != "" {
			targets = append(targets, cfg.ResourceManagerEndpoint)
		}
		for name, endpoint := range cfg.ServiceEndpoints {
			if known, ok := region.Lookup(name); !ok || known.Name != name {
				t.Errorf("an endpoint of %q", name)
			}
			targets = append(targets, endpoint)
		}
		for _, target := range targets {
			u, err := url.Parse(target)
			if err != nil || u.Hostname() == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" ||
				u.Scheme != "https" && (u.Scheme != "http" || !azure.IsLoopback(u.Hostname())) {
				t.Errorf("keys are sent to %q (%v)", target, err)
			}
		}
	})
}
