package azure

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"software.sslmate.com/src/go-pkcs12"
)

// certificates writes one certificate in several formats and returns their paths by name.
func certificates(t *testing.T, password string) map[string]string {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test"}, NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	certificate, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	pkcs8, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	modern, err := pkcs12.Modern2023.Encode(key, certificate, nil, password)
	if err != nil {
		t.Fatal(err)
	}
	legacy, err := pkcs12.LegacyDES.Encode(key, certificate, nil, password)
	if err != nil {
		t.Fatal(err)
	}
	other, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	otherDER, err := x509.MarshalECPrivateKey(other)
	if err != nil {
		t.Fatal(err)
	}
	block := func(kind string, data []byte) []byte { return pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: data}) }
	paths := map[string]string{"missing": filepath.Join(t.TempDir(), "missing.pem")}
	for name, content := range map[string][]byte{
		"pem":       append(block("PRIVATE KEY", pkcs8), block("CERTIFICATE", der)...),
		"modern":    modern,
		"legacy":    legacy,
		"no key":    block("CERTIFICATE", der),
		"no rsa":    append(block("EC PRIVATE KEY", otherDER), block("CERTIFICATE", der)...),
		"something": []byte("not a certificate, but hunter2"),
	} {
		paths[name] = filepath.Join(t.TempDir(), "certificate")
		if err := os.WriteFile(paths[name], content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return paths
}

func TestCredentialSelection(t *testing.T) {
	t.Setenv("IDENTITY_ENDPOINT", "")
	t.Setenv("IDENTITY_HEADER", "")
	files := certificates(t, "pässword")
	const id = "11111111-1111-1111-1111-111111111111"
	application := Config{TenantID: id, ClientID: id}
	with := func(base Config, change func(*Config)) Config {
		change(&base)
		return base
	}
	everything := with(application, func(c *Config) {
		c.ClientCertificatePath, c.ClientCertificatePassword = files["modern"], "pässword"
		c.ClientSecret, c.UseOIDC, c.OIDCToken, c.UseMSI, c.UseCLI = "hunter2", true, "hunter2", true, true
	})
	for _, tc := range []struct {
		name  string
		cfg   Config
		want  string // the type of the credential, or
		error string // a part of the error
	}{
		{"the certificate goes first", everything, "*azidentity.ClientCertificateCredential", ""},
		{"then the secret", with(everything, func(c *Config) { c.ClientCertificatePath = "" }), "*azidentity.ClientSecretCredential", ""},
		{"then OIDC", with(everything, func(c *Config) { c.ClientCertificatePath, c.ClientSecret = "", "" }), "*azidentity.ClientAssertionCredential", ""},
		{"then managed identity", with(everything, func(c *Config) { c.ClientCertificatePath, c.ClientSecret, c.UseOIDC = "", "", false }), "*azidentity.ManagedIdentityCredential", ""},
		{"then the CLI", Config{UseCLI: true}, "*azure.tokenCache", ""},
		{"the CLI with tenant and subscription", Config{UseCLI: true, TenantID: id, SubscriptionID: id}, "*azure.tokenCache", ""},
		{"a system-assigned identity", Config{UseMSI: true}, "*azidentity.ManagedIdentityCredential", ""},
		{"a token file", with(application, func(c *Config) { c.UseOIDC, c.OIDCTokenFilePath = true, "/run/token" }), "*azidentity.WorkloadIdentityCredential", ""},
		{"a token on request", with(application, func(c *Config) {
			c.UseOIDC, c.OIDCRequestURL, c.OIDCRequestToken = true, "https://ci.example/?a=b", "x"
		}), "*azidentity.ClientAssertionCredential", ""},
		{"another cloud", with(application, func(c *Config) { c.ClientSecret, c.Environment = "hunter2", "china" }), "*azidentity.ClientSecretCredential", ""},
		{"PEM", with(application, func(c *Config) { c.ClientCertificatePath = files["pem"] }), "*azidentity.ClientCertificateCredential", ""},
		{"old PKCS#12", with(application, func(c *Config) {
			c.ClientCertificatePath, c.ClientCertificatePassword = files["legacy"], "pässword"
		}), "*azidentity.ClientCertificateCredential", ""},

		{"nothing", Config{}, "", ErrNoCredential.Error()},
		{"OIDC that is not switched on", with(application, func(c *Config) { c.OIDCToken = "x" }), "", ErrNoCredential.Error()},
		{"a secret for nobody", Config{ClientSecret: "hunter2", UseCLI: true}, "", "a client secret also needs client_id and tenant_id"},
		{"a certificate without tenant", Config{ClientCertificatePath: files["pem"], ClientID: id}, "", "a client certificate also needs tenant_id"},
		{"OIDC for nobody", Config{UseOIDC: true, OIDCToken: "hunter2", TenantID: id}, "", "OIDC also needs client_id"},
		{"OIDC without token", with(application, func(c *Config) { c.UseOIDC = true }), "", "OIDC also needs oidc_token"},
		{"half a token request", with(application, func(c *Config) { c.UseOIDC, c.OIDCRequestURL = true, "https://ci.example" }), "", "OIDC also needs oidc_token"},
		{"a token request over plain http", with(application, func(c *Config) {
			c.UseOIDC, c.OIDCRequestURL, c.OIDCRequestToken = true, "http://ci.example/?x=hunter2", "x"
		}), "", "loopback only"},
		{"a token request to nowhere", with(application, func(c *Config) {
			c.UseOIDC, c.OIDCRequestURL, c.OIDCRequestToken = true, "ci.example?x=hunter2", "x"
		}), "", "absolute"},
		{"no such file", with(application, func(c *Config) { c.ClientCertificatePath = files["missing"] }), "", "no such file"},
		{"a wrong password", with(application, func(c *Config) {
			c.ClientCertificatePath, c.ClientCertificatePassword = files["modern"], "hunter2"
		}), "", "the password is wrong"},
		{"no certificate", with(application, func(c *Config) { c.ClientCertificatePath = files["something"] }), "", "the file holds no certificate"},
		{"no private key", with(application, func(c *Config) { c.ClientCertificatePath = files["no key"] }), "", "certificate"},
		{"an unknown cloud", Config{UseCLI: true, Environment: "mars"}, "", "choose one of"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got, err := NewCredential(tc.cfg)
			if tc.error != "" {
				if err == nil || !strings.Contains(err.Error(), tc.error) || strings.Contains(err.Error(), "hunter2") {
					t.Errorf("got %T, %v", got, err)
				}
				if got != nil {
					t.Errorf("an error comes with a %T", got)
				}
				return
			}
			if err != nil || fmt.Sprintf("%T", got) != tc.want {
				t.Errorf("got %T, %v", got, err)
			}
		})
	}
}

func TestManagedIdentityThroughAppService(t *testing.T) {
	s := serve(t, always(http.StatusOK, fmt.Sprintf(`{"access_token":"from-the-platform","expires_on":"%d","resource":"https://management.core.windows.net/","token_type":"Bearer"}`, time.Now().Add(time.Hour).Unix())))
	t.Setenv("IDENTITY_ENDPOINT", s.URL+"/msi/token")
	t.Setenv("IDENTITY_HEADER", "hunter2")
	credential, err := NewCredential(Config{UseMSI: true, UseCLI: true})
	if err != nil {
		t.Fatal(err)
	}
	if len(s.saw()) != 0 {
		t.Error("making the credential asked the network")
	}
	token, err := credential.GetToken(t.Context(), policy.TokenRequestOptions{Scopes: []string{"https://management.core.windows.net//.default"}})
	if err != nil || token.Token != "from-the-platform" {
		t.Fatalf("%+v, %v", token, err)
	}
	got := s.saw()
	if len(got) != 1 || got[0].header.Get("X-Identity-Header") != "hunter2" || !strings.Contains(got[0].query, "management.core.windows.net") {
		t.Errorf("%+v", got)
	}
}

func TestAnIDTokenOnRequest(t *testing.T) {
	for _, tc := range []struct {
		name, environment, audience string
		script                      answer
		want, error                 string
	}{
		{"public", "", "api://AzureADTokenExchange", always(200, `{"value":"id-token"}`), "id-token", ""},
		{"government", "usgovernment", "api://AzureADTokenExchangeUSGov", always(200, `{"value":"id-token"}`), "id-token", ""},
		{"refused", "", "api://AzureADTokenExchange", always(403, `{"message":"hunter2"}`), "", "HTTP 403"},
		{"empty", "", "api://AzureADTokenExchange", always(200, `{}`), "", "holds none"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := serve(t, tc.script)
			cfg := Config{Environment: tc.environment, OIDCRequestURL: s.URL + "/token?job=1", OIDCRequestToken: "hunter2"}
			got, err := requestAssertion(cfg, policy.ClientOptions{Transport: newHTTPClient(newHTTPTransport())})(t.Context())
			if got != tc.want || (err != nil) != (tc.error != "") {
				t.Fatalf("%q, %v", got, err)
			}
			if err != nil && (!strings.Contains(err.Error(), tc.error) || strings.Contains(err.Error(), "hunter2")) {
				t.Errorf("got %v", err)
			}
			request := s.saw()[0]
			if request.header.Get("Authorization") != "Bearer hunter2" || !strings.Contains(request.query, "job=1") ||
				!strings.Contains(request.query, "audience="+strings.NewReplacer(":", "%3A", "/", "%2F").Replace(tc.audience)) {
				t.Errorf("asked %+v", request)
			}
		})
	}
}

func TestTokenCache(t *testing.T) {
	scope := policy.TokenRequestOptions{Scopes: []string{"one"}}
	t.Run("asks once for many", func(t *testing.T) {
		fake := &fakeCredential{}
		cache := newTokenCache(fake)
		var wg sync.WaitGroup
		for range 50 {
			wg.Go(func() {
				if token, err := cache.GetToken(t.Context(), scope); err != nil || token.Token != "token-1" {
					t.Errorf("%+v, %v", token, err)
				}
			})
		}
		wg.Wait()
		if fake.asked != 1 {
			t.Errorf("asked %d times", fake.asked)
		}
	})
	t.Run("keeps scopes, tenants and challenges apart", func(t *testing.T) {
		fake := &fakeCredential{}
		cache := newTokenCache(fake)
		for _, options := range []policy.TokenRequestOptions{scope, {Scopes: []string{"two"}}, {Scopes: []string{"one"}, TenantID: "t"}, {Scopes: []string{"one"}, Claims: "c"}} {
			if _, err := cache.GetToken(t.Context(), options); err != nil {
				t.Fatal(err)
			}
		}
		if fake.asked != 4 {
			t.Errorf("asked %d times", fake.asked)
		}
	})
	t.Run("renews before the end", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			fake := &fakeCredential{life: time.Hour}
			cache := newTokenCache(fake)
			for _, wait := range []time.Duration{0, 54 * time.Minute, 2 * time.Minute} {
				<-time.After(wait)
				if _, err := cache.GetToken(t.Context(), scope); err != nil {
					t.Fatal(err)
				}
			}
			if fake.asked != 2 {
				t.Errorf("asked %d times", fake.asked)
			}
		})
	})
	t.Run("a waiting caller can leave", func(t *testing.T) {
		cache := newTokenCache(&fakeCredential{})
		cache.turn <- struct{}{}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := cache.GetToken(ctx, scope); !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
	})
}
