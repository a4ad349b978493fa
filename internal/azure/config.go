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

	Version          string // the provider's
	TerraformVersion string // the CLI's
}
