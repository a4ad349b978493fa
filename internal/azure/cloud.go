package azure

import (
	"fmt"
	"maps"
	"net"
	"net/url"
	"slices"
	"strings"

	// arm/runtime registers Resource Manager's endpoint and audience with each cloud.
	_ "github.com/Azure/azure-sdk-for-go/sdk/azcore/arm/runtime"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/cloud"
)

// The clouds that Config.Environment may name.
const (
	EnvironmentPublic       = "public"
	EnvironmentUSGovernment = "usgovernment"
	EnvironmentChina        = "china"
)

// DefaultServiceEndpointTemplate is where the hosted workflow service had its regional instances.
const DefaultServiceEndpointTemplate = "https://" + LocationPlaceholder + ".microsoftgenomics.net"

// LocationPlaceholder stands for a region's name in a service endpoint template.
const LocationPlaceholder = "{location}"

// Cloud is one Azure cloud: where to get tokens, where Resource Manager is, and what storage host names end in.
type Cloud struct {
	// Configuration is what azcore's clients and azidentity take.
	Configuration cloud.Configuration
	// Name is public, usgovernment or china.
	Name string
	// StorageSuffix follows "<account>.blob.", for instance "core.windows.net".
	StorageSuffix string
}

var clouds = map[string]Cloud{
	EnvironmentPublic:       {Name: EnvironmentPublic, Configuration: cloud.AzurePublic, StorageSuffix: "core.windows.net"},
	EnvironmentUSGovernment: {Name: EnvironmentUSGovernment, Configuration: cloud.AzureGovernment, StorageSuffix: "core.usgovcloudapi.net"},
	EnvironmentChina:        {Name: EnvironmentChina, Configuration: cloud.AzureChina, StorageSuffix: "core.chinacloudapi.cn"},
}

// Environments lists the values that Config.Environment may have.
func Environments() []string { return slices.Sorted(maps.Keys(clouds)) }

// CloudFor returns the cloud that cfg names, with Resource Manager at cfg's endpoint if it has one. The audience of the tokens
// stays the cloud's own, wherever Resource Manager is.
func CloudFor(cfg Config) (Cloud, error) {
	name := cfg.Environment
	if name == "" {
		name = EnvironmentPublic
	}
	found, ok := clouds[name]
	if !ok {
		return Cloud{}, fmt.Errorf("environment %q is not known: choose one of %s", name, strings.Join(Environments(), ", "))
	}
	manager := found.Configuration.Services[cloud.ResourceManager]
	if cfg.ResourceManagerEndpoint != "" {
		if err := CheckEndpoint(cfg.ResourceManagerEndpoint); err != nil {
			return Cloud{}, fmt.Errorf("the Resource Manager endpoint is not usable: %w", err)
		}
		manager.Endpoint = strings.TrimRight(cfg.ResourceManagerEndpoint, "/")
	}
	found.Configuration = cloud.Configuration{
		ActiveDirectoryAuthorityHost: found.Configuration.ActiveDirectoryAuthorityHost,
		Services:                     map[cloud.ServiceName]cloud.ServiceConfiguration{cloud.ResourceManager: manager},
	}
	return found, nil
}

// CheckEndpoint reports what is wrong with a base URL: it must be absolute, without query, fragment and credentials, and https
// unless its host is a loopback address.
func CheckEndpoint(endpoint string) error {
	u, err := url.Parse(endpoint)
	shown := withoutSecrets(endpoint)
	switch {
	case err != nil:
		return fmt.Errorf("%q is not a URL", shown)
	case u.User != nil:
		return fmt.Errorf("a base URL carries no user name or password")
	case u.RawQuery != "" || u.ForceQuery || u.Fragment != "":
		return fmt.Errorf("%q is not a base URL: it has a query or a fragment", shown)
	case u.Hostname() == "":
		return fmt.Errorf("%q is not an absolute URL", shown)
	case u.Scheme == "https":
		return nil
	case u.Scheme != "http":
		return fmt.Errorf("%q is neither https nor http", shown)
	case !IsLoopback(u.Hostname()):
		return fmt.Errorf("%q is plain http: that is accepted on loopback only, elsewhere use https", shown)
	}
	return nil
}

// withoutSecrets is what of a text that should be a base URL can be shown: nothing of a query, a fragment or credentials.
func withoutSecrets(endpoint string) string {
	if i := strings.IndexAny(endpoint, "?#"); i >= 0 {
		endpoint = endpoint[:i] + "…"
	}
	if i := strings.LastIndex(endpoint, "@"); i >= 0 {
		endpoint = masked + endpoint[i:]
	}
	return Mask(endpoint)
}

// IsLoopback reports whether a host name or address is this machine's loopback. Names are not looked up: only "localhost" and
// what lies below it count, as RFC 6761 reserves them.
func IsLoopback(host string) bool {
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	if ip := net.ParseIP(strings.Trim(host, "[]")); ip != nil {
		return ip.IsLoopback()
	}
	return host == "localhost" || strings.HasSuffix(host, ".localhost")
}
