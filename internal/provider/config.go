package provider

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/azure"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/region"
)

// The region timeout: what it is when nobody says, and what it may be. Less would take a busy region for a dead one, more would
// hold up a plan for longer than anybody waits.
const (
	defaultRegionTimeout = 10 * time.Second
	minimumRegionTimeout = 100 * time.Millisecond
	maximumRegionTimeout = 10 * time.Minute
)

// configModel is the provider block as it was written.
type configModel struct {
	SubscriptionID            types.String `tfsdk:"subscription_id"`
	TenantID                  types.String `tfsdk:"tenant_id"`
	ClientID                  types.String `tfsdk:"client_id"`
	ClientSecret              types.String `tfsdk:"client_secret"`
	ClientCertificatePath     types.String `tfsdk:"client_certificate_path"`
	ClientCertificatePassword types.String `tfsdk:"client_certificate_password"`
	UseOIDC                   types.Bool   `tfsdk:"use_oidc"`
	OIDCToken                 types.String `tfsdk:"oidc_token"`
	OIDCTokenFilePath         types.String `tfsdk:"oidc_token_file_path"`
	OIDCRequestURL            types.String `tfsdk:"oidc_request_url"`
	OIDCRequestToken          types.String `tfsdk:"oidc_request_token"`
	UseMSI                    types.Bool   `tfsdk:"use_msi"`
	UseCLI                    types.Bool   `tfsdk:"use_cli"`
	Environment               types.String `tfsdk:"environment"`
	StorageUseAzureAD         types.Bool   `tfsdk:"storage_use_azuread"`
	ResourceManagerEndpoint   types.String `tfsdk:"resource_manager_endpoint"`
	ServiceEndpointTemplate   types.String `tfsdk:"service_endpoint_template"`
	ServiceEndpoints          types.Map    `tfsdk:"service_endpoints"`
	RegionTimeout             types.String `tfsdk:"region_timeout"`
	AccessKeys                types.Map    `tfsdk:"access_keys"`
	EndpointCredentials       types.Map    `tfsdk:"endpoint_credentials"`
}

// resolve turns the provider block and the environment into a configuration. Configuration goes before environment, and that
// before the default; an empty string counts as not given. It looks at nothing but its arguments.
func resolve(model configModel, getenv func(string) string) (azure.Config, diag.Diagnostics) {
	r := &resolver{getenv: getenv}
	cfg := azure.Config{
		SubscriptionID:            r.text("subscription_id", model.SubscriptionID, envSubscriptionID).value,
		TenantID:                  r.text("tenant_id", model.TenantID, envTenantID).value,
		ClientID:                  r.text("client_id", model.ClientID, envClientID).value,
		ClientSecret:              r.text("client_secret", model.ClientSecret, envClientSecret).value,
		ClientCertificatePath:     r.text("client_certificate_path", model.ClientCertificatePath, envClientCertificatePath).value,
		ClientCertificatePassword: r.text("client_certificate_password", model.ClientCertificatePassword, envClientCertificatePassword).value,
		UseOIDC:                   r.flag("use_oidc", model.UseOIDC, envUseOIDC, false),
		OIDCToken:                 r.text("oidc_token", model.OIDCToken, envOIDCToken).value,
		OIDCTokenFilePath:         r.text("oidc_token_file_path", model.OIDCTokenFilePath, envOIDCTokenFilePath).value,
		OIDCRequestURL:            r.text("oidc_request_url", model.OIDCRequestURL, envOIDCRequestURL, envActionsRequestURL).value,
		OIDCRequestToken:          r.text("oidc_request_token", model.OIDCRequestToken, envOIDCRequestToken, envActionsRequestToken).value,
		UseMSI:                    r.flag("use_msi", model.UseMSI, envUseMSI, false),
		UseCLI:                    r.flag("use_cli", model.UseCLI, envUseCLI, true),
		Environment:               r.environment(r.text("environment", model.Environment, envEnvironment)),
		StorageUseAzureAD:         r.flag("storage_use_azuread", model.StorageUseAzureAD, envStorageUseAzureAD, false),
		ResourceManagerEndpoint:   r.endpoint(r.text("resource_manager_endpoint", model.ResourceManagerEndpoint, envResourceManagerEndpoint)),
		ServiceEndpointTemplate:   r.template(r.text("service_endpoint_template", model.ServiceEndpointTemplate, envServiceEndpointTemplate)),
		ServiceEndpoints:          r.endpoints(model.ServiceEndpoints),
		RegionTimeout:             r.timeout(r.text("region_timeout", model.RegionTimeout, envRegionTimeout)),
		AccessKeys:                r.accessKeys(model.AccessKeys),
		EndpointCredentials:       r.endpointCredentials(model.EndpointCredentials),
	}
	return cfg, r.diags
}

// setting is a text with where it came from, so that an error can name it.
type setting struct {
	value    string
	argument string
	variable string // "" when the text came from the configuration
}

// resolver collects what is wrong while it resolves.
type resolver struct {
	getenv func(string) string
	diags  diag.Diagnostics
}

// refuse reports a value that cannot be used.
func (r *resolver) refuse(s setting, err error) {
	if s.variable != "" {
		r.diags.AddError("Invalid environment variable "+s.variable,
			fmt.Sprintf("The variable gives the provider argument %s. %s.", s.argument, sentence(err)))
		return
	}
	r.diags.AddAttributeError(path.Root(s.argument), "Invalid provider argument "+s.argument, sentence(err)+".")
}

// sentence begins an error's text with a capital letter.
func sentence(err error) string {
	text := err.Error()
	return strings.ToUpper(text[:1]) + text[1:]
}

// known reports whether a value can be used now, and says what to do when it is only known after an apply.
func (r *resolver) known(argument string, value attr.Value, variables ...string) bool {
	if !value.IsUnknown() {
		return true
	}
	detail := fmt.Sprintf("The value of %s depends on something that does not exist yet, and the provider cannot plan without it. "+
		"Give it a value that is known before the apply", argument)
	if len(variables) > 0 {
		detail += fmt.Sprintf(", for instance in the environment variable %s", variables[0])
	}
	r.diags.AddAttributeError(path.Root(argument), "Provider argument "+argument+" is not known yet", detail+".")
	return false
}

func (r *resolver) text(argument string, value types.String, variables ...string) setting {
	if !r.known(argument, value, variables...) {
		return setting{argument: argument}
	}
	if configured := value.ValueString(); configured != "" {
		return setting{value: configured, argument: argument}
	}
	for _, variable := range variables {
		if found := r.getenv(variable); found != "" {
			return setting{value: found, argument: argument, variable: variable}
		}
	}
	return setting{argument: argument}
}

func (r *resolver) flag(argument string, value types.Bool, variable string, otherwise bool) bool {
	if !r.known(argument, value, variable) {
		return otherwise
	}
	if !value.IsNull() {
		return value.ValueBool()
	}
	found := r.getenv(variable)
	if found == "" {
		return otherwise
	}
	parsed, err := strconv.ParseBool(found)
	if err != nil {
		r.refuse(setting{argument: argument, variable: variable}, fmt.Errorf("%q is neither true nor false", found))
		return otherwise
	}
	return parsed
}

func (r *resolver) environment(s setting) string {
	if s.value == "" {
		return azure.EnvironmentPublic
	}
	name := strings.ToLower(s.value)
	if !slices.Contains(azure.Environments(), name) {
		r.refuse(s, fmt.Errorf("%q is no Azure environment: choose one of %s", s.value, strings.Join(azure.Environments(), ", ")))
		return azure.EnvironmentPublic
	}
	return name
}

func (r *resolver) endpoint(s setting) string {
	if s.value == "" {
		return ""
	}
	if err := azure.CheckEndpoint(s.value); err != nil {
		r.refuse(s, err)
		return ""
	}
	return strings.TrimRight(s.value, "/")
}

func (r *resolver) template(s setting) string {
	if s.value == "" {
		return azure.DefaultServiceEndpointTemplate
	}
	if !strings.Contains(s.value, azure.LocationPlaceholder) {
		r.refuse(s, fmt.Errorf("the template lacks %s, so that both regions would be one; to name one region's URL use service_endpoints",
			azure.LocationPlaceholder))
		return azure.DefaultServiceEndpointTemplate
	}
	if err := azure.CheckEndpoint(strings.ReplaceAll(s.value, azure.LocationPlaceholder, "westus2")); err != nil {
		r.refuse(s, err)
		return azure.DefaultServiceEndpointTemplate
	}
	return strings.TrimRight(s.value, "/")
}

// endpoints reads the map of base URLs, from the configuration or, where that has none, from the environment.
func (r *resolver) endpoints(configured types.Map) map[string]string {
	const argument = "service_endpoints"
	s := setting{argument: argument}
	given := map[string]string{}
	switch {
	case !r.known(argument, configured, envServiceEndpoints):
		return nil
	case !configured.IsNull():
		for name, value := range configured.Elements() {
			if text, ok := value.(types.String); ok && r.known(argument, text, envServiceEndpoints) {
				given[name] = text.ValueString()
			}
		}
	default:
		s.variable = envServiceEndpoints
		var err error
		if given, err = parseEndpoints(r.getenv(envServiceEndpoints)); err != nil {
			r.refuse(s, err)
			return nil
		}
	}
	resolved := map[string]string{}
	for name, endpoint := range given {
		known, ok := region.Lookup(name)
		if !ok {
			r.refuse(s, unknownRegion(name))
			continue
		}
		if _, twice := resolved[known.Name]; twice {
			r.refuse(s, fmt.Errorf("region %s is named twice", known.Name))
			continue
		}
		if err := azure.CheckEndpoint(endpoint); err != nil {
			r.refuse(s, fmt.Errorf("the URL for %s cannot be used: %w", known.Name, err))
			continue
		}
		resolved[known.Name] = strings.TrimRight(endpoint, "/")
	}
	return resolved
}

// parseEndpoints reads "westus2=https://…,westeurope=https://…". Spaces around the parts do not count.
func parseEndpoints(text string) (map[string]string, error) {
	endpoints := map[string]string{}
	for part := range strings.SplitSeq(text, ",") {
		part = strings.TrimSpace(part)
		if part == "" {
			continue
		}
		name, endpoint, found := strings.Cut(part, "=")
		name, endpoint = strings.TrimSpace(name), strings.TrimSpace(endpoint)
		if !found || name == "" || endpoint == "" {
			return nil, errors.New("it must be a list like westus2=https://one.example,westeurope=https://two.example")
		}
		if _, twice := endpoints[name]; twice {
			return nil, fmt.Errorf("region %s is named twice", name)
		}
		endpoints[name] = endpoint
	}
	return endpoints, nil
}

func unknownRegion(name string) error {
	if near := region.Suggest(name); len(near) > 0 {
		return fmt.Errorf("%q is no Azure region; did you mean %s?", name, strings.Join(near, " or "))
	}
	return fmt.Errorf("%q is no Azure region", name)
}

func (r *resolver) timeout(s setting) time.Duration {
	if s.value == "" {
		return defaultRegionTimeout
	}
	parsed, err := time.ParseDuration(s.value)
	switch {
	case err != nil:
		r.refuse(s, fmt.Errorf("%q is not a duration such as 10s or 1m30s", s.value))
	case parsed < minimumRegionTimeout || parsed > maximumRegionTimeout:
		r.refuse(s, fmt.Errorf("%s is not between %s and %s", s.value, minimumRegionTimeout, maximumRegionTimeout))
	default:
		return parsed
	}
	return defaultRegionTimeout
}

// accessKeys reads the keys that are there. One that is not known yet is no obstacle: Resource Manager is asked for it, as for any
// account that has none here.
func (r *resolver) accessKeys(configured types.Map) map[string]string {
	const argument = "access_keys"
	unknown := configured.IsUnknown()
	keys := map[string]string{}
	for account, value := range configured.Elements() {
		text, ok := value.(types.String)
		switch {
		case !ok || text.IsNull() || (!text.IsUnknown() && text.ValueString() == ""):
		case text.IsUnknown():
			unknown = true
		default:
			keys[account] = text.ValueString()
		}
	}
	if unknown {
		r.diags.AddAttributeWarning(path.Root(argument), "Some access keys are not known yet",
			"They depend on something that does not exist yet. Until they are known, Resource Manager is asked for the keys of these accounts.")
	}
	return keys
}
