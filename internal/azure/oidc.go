package azure

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
)

// tokenExchangeAudiences is whom an ID token must be meant for, by cloud, as Entra's documentation of workload identity
// federation has it.
var tokenExchangeAudiences = map[string]string{
	EnvironmentPublic:       "api://AzureADTokenExchange",
	EnvironmentUSGovernment: "api://AzureADTokenExchangeUSGov",
	EnvironmentChina:        "api://AzureADTokenExchangeChina",
}

// oidcCredential logs in with an ID token: one that was given, one in a file, which is read again as it is renewed, or one that a
// CI system hands out on request.
func oidcCredential(cfg Config, options policy.ClientOptions) (azcore.TokenCredential, error) {
	if err := needApplication("OIDC", cfg); err != nil {
		return nil, err
	}
	var assertion func(context.Context) (string, error)
	switch {
	case cfg.OIDCToken != "":
		assertion = func(context.Context) (string, error) { return cfg.OIDCToken, nil }
	case cfg.OIDCTokenFilePath != "":
		return azidentity.NewWorkloadIdentityCredential(&azidentity.WorkloadIdentityCredentialOptions{
			ClientOptions: options,
			ClientID:      cfg.ClientID,
			TenantID:      cfg.TenantID,
			TokenFilePath: cfg.OIDCTokenFilePath,
		})
	case cfg.OIDCRequestURL != "" && cfg.OIDCRequestToken != "":
		if err := checkScheme(cfg.OIDCRequestURL); err != nil {
			return nil, fmt.Errorf("the OIDC request URL is not usable: %w", err)
		}
		assertion = requestAssertion(cfg, options)
	default:
		return nil, &IncompleteCredentialError{
			Method:  "OIDC",
			Missing: []string{"oidc_token, oidc_token_file_path, or the request URL and request token of a CI system"},
		}
	}
	return azidentity.NewClientAssertionCredential(cfg.TenantID, cfg.ClientID, assertion,
		&azidentity.ClientAssertionCredentialOptions{ClientOptions: options})
}

// checkScheme accepts https, and http on loopback. Unlike a base URL, a request URL has a query.
func checkScheme(location string) error {
	u, err := url.Parse(location)
	if err != nil || u.Hostname() == "" || (u.Scheme != "https" && u.Scheme != "http") {
		return errors.New("it is not an absolute http or https URL")
	}
	if u.Scheme == "http" && !IsLoopback(u.Hostname()) {
		return errors.New("it is plain http: that is accepted on loopback only")
	}
	return nil
}

// requestAssertion asks for an ID token as GitHub Actions documents it: GET with the bearer token of the job, the audience in the
// query, the ID token in the answer's "value".
func requestAssertion(cfg Config, options policy.ClientOptions) func(context.Context) (string, error) {
	options.Telemetry.Disabled = true
	pipeline := runtime.NewPipeline("", "", runtime.PipelineOptions{}, &options)
	audience := tokenExchangeAudiences[cfg.Environment]
	if audience == "" {
		audience = tokenExchangeAudiences[EnvironmentPublic]
	}
	return func(ctx context.Context) (string, error) {
		req, err := runtime.NewRequest(ctx, http.MethodGet, cfg.OIDCRequestURL)
		if err != nil {
			return "", errors.New("the OIDC request URL is not usable")
		}
		query := req.Raw().URL.Query()
		query.Set("audience", audience)
		req.Raw().URL.RawQuery = query.Encode()
		req.Raw().Header.Set("Accept", "application/json")
		req.Raw().Header.Set("Authorization", "Bearer "+cfg.OIDCRequestToken)
		resp, err := pipeline.Do(req)
		if err != nil {
			return "", fmt.Errorf("asking for an OIDC token: %w", withoutQuery(err))
		}
		defer func() { _ = resp.Body.Close() }()
		if resp.StatusCode != http.StatusOK {
			return "", fmt.Errorf("asking for an OIDC token: the answer was HTTP %d", resp.StatusCode)
		}
		var answer struct {
			Value string `json:"value"`
		}
		if err := runtime.UnmarshalAsJSON(resp, &answer); err != nil || answer.Value == "" {
			return "", errors.New("asking for an OIDC token: the answer holds none")
		}
		return answer.Value, nil
	}
}
