// Package azure reaches Azure: who logs in and where, one HTTP pipeline for everything, and the clients of Resource Manager.
package azure

import "time"

// Config is everything the provider was told about Azure: resolved once from configuration and environment, and never changed.
type Config struct {
	SubscriptionID            string
	TenantID                  string
	ClientID                  string
	ClientSecret              string
	ClientCertificatePath     string // a PFX (PKCS#12) or PEM file
	ClientCertificatePassword string
	UseOIDC                   bool
	OIDCToken                 string
	OIDCTokenFilePath         string
	OIDCRequestURL            string // where a CI system hands out ID tokens
	OIDCRequestToken          string // the bearer token for OIDCRequestURL
	UseMSI                    bool
	UseCLI                    bool
	Environment               string // public, usgovernment or china; "" is public
	ResourceManagerEndpoint   string // "" is the cloud's own
	StorageUseAzureAD         bool   // reach blobs with the credential's token instead of the account's key

	ServiceEndpointTemplate string            // with LocationPlaceholder
	ServiceEndpoints        map[string]string // base URL by normalised location
	RegionTimeout           time.Duration     // how long a region may take to send its response header
	AccessKeys              map[string]string // workflow service keys by account name

	// EndpointCredentials are how endpoints want to know their clients, by base URL without a slash at its end.
	EndpointCredentials map[string]EndpointCredential

	Version          string // the provider's
	TerraformVersion string // the CLI's
}

// EndpointCredential is what an endpoint that is no Azure service is shown. Exactly one of the three is given.
type EndpointCredential struct {
	Username, Password string // HTTP's basic authentication
	BearerToken        string
	Scope              string // of a token of Entra ID, such as api://tes/.default
}
