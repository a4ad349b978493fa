package provider

// The environment variables that the provider reads. Where azurerm has a variable for the same argument, it is that one.
//
//nolint:gosec // these are names of variables, not secrets
const (
	envSubscriptionID            = "ARM_SUBSCRIPTION_ID"
	envTenantID                  = "ARM_TENANT_ID"
	envClientID                  = "ARM_CLIENT_ID"
	envClientSecret              = "ARM_CLIENT_SECRET"
	envClientCertificatePath     = "ARM_CLIENT_CERTIFICATE_PATH"
	envClientCertificatePassword = "ARM_CLIENT_CERTIFICATE_PASSWORD"
	envUseOIDC                   = "ARM_USE_OIDC"
	envOIDCToken                 = "ARM_OIDC_TOKEN"
	envOIDCTokenFilePath         = "ARM_OIDC_TOKEN_FILE_PATH"
	envOIDCRequestURL            = "ARM_OIDC_REQUEST_URL"
	envOIDCRequestToken          = "ARM_OIDC_REQUEST_TOKEN"
	envActionsRequestURL         = "ACTIONS_ID_TOKEN_REQUEST_URL" // set by GitHub Actions
	envActionsRequestToken       = "ACTIONS_ID_TOKEN_REQUEST_TOKEN"
	envUseMSI                    = "ARM_USE_MSI"
	envUseCLI                    = "ARM_USE_CLI"
	envEnvironment               = "ARM_ENVIRONMENT"
	envStorageUseAzureAD         = "ARM_STORAGE_USE_AZUREAD"

	envResourceManagerEndpoint = "GENOMICS_RESOURCE_MANAGER_ENDPOINT"
	envServiceEndpointTemplate = "GENOMICS_SERVICE_ENDPOINT_TEMPLATE"
	envServiceEndpoints        = "GENOMICS_SERVICE_ENDPOINTS"
	envRegionTimeout           = "GENOMICS_REGION_TIMEOUT"
)
