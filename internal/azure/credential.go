package azure

import (
	"crypto"
	"crypto/x509"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
	"software.sslmate.com/src/go-pkcs12"
)

// identityTryTimeout is how long one try of a token request may take.
const identityTryTimeout = 30 * time.Second

// ErrNoCredential says that nothing is configured to log in with.
var ErrNoCredential = errors.New("no way to log in to Azure is configured: give a client certificate, a client secret or an OIDC " +
	"token together with client_id and tenant_id, or set use_msi or use_cli")

// IncompleteCredentialError says that a way to log in was chosen and lacks something.
type IncompleteCredentialError struct {
	// Method is the way to log in, as a person would name it.
	Method string
	// Missing are the provider arguments that are not set.
	Missing []string
}

// Error names what is missing.
func (e *IncompleteCredentialError) Error() string {
	return fmt.Sprintf("logging in with %s also needs %s", e.Method, strings.Join(e.Missing, " and "))
}

// NewCredential makes the credential that cfg asks for. Where it asks for several, the first of client certificate, client secret,
// OIDC, managed identity and Azure CLI is taken, in azurerm's order. Nothing is asked of the network, and no other credential
// stands in when the chosen one fails later.
func NewCredential(cfg Config) (azcore.TokenCredential, error) {
	found, err := CloudFor(cfg)
	if err != nil {
		return nil, err
	}
	options := policy.ClientOptions{
		Cloud:     found.Configuration,
		Retry:     policy.RetryOptions{MaxRetries: maxRetries, RetryDelay: retryDelay, MaxRetryDelay: maxRetryDelay, TryTimeout: identityTryTimeout},
		Transport: newHTTPClient(newHTTPTransport()),
	}
	var credential azcore.TokenCredential
	switch {
	case cfg.ClientCertificatePath != "":
		credential, err = certificateCredential(cfg, options)
	case cfg.ClientSecret != "":
		credential, err = secretCredential(cfg, options)
	case cfg.UseOIDC:
		credential, err = oidcCredential(cfg, options)
	case cfg.UseMSI:
		credential, err = managedIdentityCredential(cfg, options)
	case cfg.UseCLI:
		credential, err = cliCredential(cfg)
	default:
		return nil, ErrNoCredential
	}
	if err != nil {
		return nil, err
	}
	return credential, nil
}

// needApplication checks that it is known who logs in, and where.
func needApplication(method string, cfg Config) error {
	var missing []string
	if cfg.ClientID == "" {
		missing = append(missing, "client_id")
	}
	if cfg.TenantID == "" {
		missing = append(missing, "tenant_id")
	}
	if missing != nil {
		return &IncompleteCredentialError{Method: method, Missing: missing}
	}
	return nil
}

func certificateCredential(cfg Config, options policy.ClientOptions) (azcore.TokenCredential, error) {
	if err := needApplication("a client certificate", cfg); err != nil {
		return nil, err
	}
	data, err := os.ReadFile(cfg.ClientCertificatePath)
	if err != nil {
		return nil, fmt.Errorf("reading the client certificate: %w", err)
	}
	chain, key, err := parseCertificate(data, cfg.ClientCertificatePassword)
	if err != nil {
		return nil, fmt.Errorf("client certificate %s: %w", cfg.ClientCertificatePath, err)
	}
	return azidentity.NewClientCertificateCredential(cfg.TenantID, cfg.ClientID, chain, key,
		&azidentity.ClientCertificateCredentialOptions{ClientOptions: options, SendCertificateChain: true})
}

// parseCertificate reads PEM or PKCS#12. Azidentity's own parser takes PEM and old PKCS#12 only; what OpenSSL 3 writes by default
// it cannot read.
func parseCertificate(data []byte, password string) ([]*x509.Certificate, crypto.PrivateKey, error) {
	chain, key, err := azidentity.ParseCertificates(data, []byte(password))
	if err == nil {
		return chain, key, nil
	}
	decoded, leaf, authorities, pfxErr := pkcs12.DecodeChain(data, password)
	switch {
	case pfxErr == nil:
		return append([]*x509.Certificate{leaf}, authorities...), decoded, nil
	case errors.Is(pfxErr, pkcs12.ErrIncorrectPassword):
		return nil, nil, errors.New("the password is wrong")
	default:
		// What the parsers say may repeat the file's content.
		return nil, nil, errors.New("the file holds no certificate with private key in PEM or PKCS#12 format that can be read with this password")
	}
}

func secretCredential(cfg Config, options policy.ClientOptions) (azcore.TokenCredential, error) {
	if err := needApplication("a client secret", cfg); err != nil {
		return nil, err
	}
	return azidentity.NewClientSecretCredential(cfg.TenantID, cfg.ClientID, cfg.ClientSecret,
		&azidentity.ClientSecretCredentialOptions{ClientOptions: options})
}

func managedIdentityCredential(cfg Config, options policy.ClientOptions) (azcore.TokenCredential, error) {
	o := &azidentity.ManagedIdentityCredentialOptions{ClientOptions: options}
	if cfg.ClientID != "" {
		o.ID = azidentity.ClientID(cfg.ClientID)
	}
	return azidentity.NewManagedIdentityCredential(o)
}

func cliCredential(cfg Config) (azcore.TokenCredential, error) {
	o := &azidentity.AzureCLICredentialOptions{TenantID: cfg.TenantID}
	if cfg.TenantID == "" {
		o.Subscription = cfg.SubscriptionID // the CLI refuses both together
	}
	cli, err := azidentity.NewAzureCLICredential(o)
	if err != nil {
		return nil, err
	}
	return newTokenCache(cli), nil
}
