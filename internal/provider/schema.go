package provider

import (
	"fmt"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/provider/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/azure"
)

const providerDescription = "Runs genomics workflows in a pair of Azure regions and keeps them going when one is lost.\n\n" +
	"The arguments that azurerm has too carry azurerm's names and read azurerm's environment variables. A value in the provider " +
	"block goes before the environment variable, and that before the default; an empty string counts as not given. " +
	"Configuring the provider makes no network call.\n\n" +
	"To log in, the first of these that is configured is used: client certificate, client secret, OIDC, managed identity, Azure CLI."

// providerSchema describes the provider block.
func providerSchema() schema.Schema {
	return schema.Schema{
		MarkdownDescription: providerDescription,
		Attributes: map[string]schema.Attribute{
			"subscription_id": text("The subscription in which Genomics accounts are created and read.", envSubscriptionID),
			"tenant_id":       text("The Microsoft Entra tenant to log in to.", envTenantID),
			"client_id": text("The application to log in as: needed with a client certificate, a client secret and OIDC. "+
				"With `use_msi` it chooses a user-assigned identity.", envClientID),
			"client_secret": secret("The application's secret, to log in with.", envClientSecret),
			"client_certificate_path": text("Path of a PKCS#12 or PEM file with the application's certificate and private key, to log in with.",
				envClientCertificatePath),
			"client_certificate_password": secret("The password of the file at `client_certificate_path`. Default: none.",
				envClientCertificatePassword),

			"use_oidc": flag("Log in with an OIDC ID token, from `oidc_token`, `oidc_token_file_path`, or `oidc_request_url` with "+
				"`oidc_request_token`; the first that is set is used.", false, envUseOIDC),
			"oidc_token":           secret("The ID token to log in with.", envOIDCToken),
			"oidc_token_file_path": text("Path of a file with the ID token. It is read again as the token is renewed.", envOIDCTokenFilePath),
			"oidc_request_url": text("Where the CI system hands out ID tokens. GitHub Actions sets it by itself.",
				envOIDCRequestURL, envActionsRequestURL),
			"oidc_request_token": secret("The bearer token to send to `oidc_request_url`. GitHub Actions sets it by itself.",
				envOIDCRequestToken, envActionsRequestToken),
			"use_msi": flag("Log in with the managed identity of the machine this runs on.", false, envUseMSI),
			"use_cli": flag("Log in as the Azure CLI is logged in, when nothing else is configured.", true, envUseCLI),

			"environment": text(fmt.Sprintf("The Azure cloud: one of %s. It decides where to log in, where Resource Manager is, and what "+
				"tokens are for. Default: `%s`.", code(azure.Environments()), azure.EnvironmentPublic), envEnvironment),
			"storage_use_azuread": flag("Reach blobs as the identity that is logged in, rather than with the storage account's key. The "+
				"identity then needs a role such as *Storage Blob Data Contributor*.", false, envStorageUseAzureAD),

			"resource_manager_endpoint": text("The base URL of Azure Resource Manager. Tokens stay those of the `environment`. Plain "+
				"`http` is accepted on loopback only. Default: by `environment`.", envResourceManagerEndpoint),
			"service_endpoint_template": text(fmt.Sprintf("The base URL of the workflow service in a region, with `%s` for the region's "+
				"name. Plain `http` is accepted on loopback only. Default: `%s`.", azure.LocationPlaceholder, azure.DefaultServiceEndpointTemplate),
				envServiceEndpointTemplate),
			"service_endpoints": schema.MapAttribute{
				ElementType: types.StringType,
				Optional:    true,
				MarkdownDescription: "The base URL of the workflow service by region, for regions where the template does not fit. " +
					"Plain `http` is accepted on loopback only. Default: none." +
					fromEnvironment(envServiceEndpoints) + " There it is written `westus2=https://one.example,westeurope=https://two.example`.",
			},
			"region_timeout": text(fmt.Sprintf("How long one region may take to answer, as a duration such as `10s`, between %s and %s. A "+
				"region that takes longer is treated as unreachable by the rest of the run: its resources keep their last known state, "+
				"and one warning says so. Default: `%s`.", minimumRegionTimeout, maximumRegionTimeout, defaultRegionTimeout), envRegionTimeout),
			"endpoint_credentials": schema.MapNestedAttribute{
				Optional:  true,
				Sensitive: true,
				MarkdownDescription: "How to log in to servers of GA4GH's TES and WES, by base URL as a `genomics_region_pair` has it: with `username` and `password`, with a " +
					"`bearer_token`, or with a token of Microsoft Entra ID for a `scope`, as the identity that is logged in. Default: none, for servers that know nobody. " +
					"There is no environment variable.",
				NestedObject: schema.NestedAttributeObject{Attributes: map[string]schema.Attribute{
					"username":     schema.StringAttribute{Optional: true, MarkdownDescription: "Name for HTTP's basic authentication."},
					"password":     schema.StringAttribute{Optional: true, Sensitive: true, MarkdownDescription: "Password for HTTP's basic authentication."},
					"bearer_token": schema.StringAttribute{Optional: true, Sensitive: true, MarkdownDescription: "Token that is sent as it is."},
					"scope":        schema.StringAttribute{Optional: true, MarkdownDescription: "Scope to get a token for, such as `api://tes/.default`."},
				}},
			},
			"access_keys": schema.MapAttribute{
				ElementType: types.StringType,
				Optional:    true,
				Sensitive:   true,
				MarkdownDescription: "Keys handed over in advance, by account name: those of the workflow service, and those of storage " +
					"accounts. With a key here Resource Manager is not asked for it, so that a failover works while Resource Manager does " +
					"not. A key that is not known at plan time is asked for as usual. Default: none. There is no environment variable.",
			},
		},
	}
}

func text(description string, variables ...string) schema.StringAttribute {
	return schema.StringAttribute{Optional: true, MarkdownDescription: description + fromEnvironment(variables...)}
}

func secret(description string, variables ...string) schema.StringAttribute {
	attribute := text(description, variables...)
	attribute.Sensitive = true
	return attribute
}

func flag(description string, otherwise bool, variables ...string) schema.BoolAttribute {
	return schema.BoolAttribute{
		Optional:            true,
		MarkdownDescription: fmt.Sprintf("%s Default: `%t`.%s", description, otherwise, fromEnvironment(variables...)),
	}
}

// fromEnvironment says which environment variables give an argument.
func fromEnvironment(variables ...string) string {
	return " Environment: " + code(variables) + "."
}

// code lists words as Markdown code.
func code(words []string) string {
	return "`" + strings.Join(words, "`, `") + "`"
}
