package identity

import (
	"errors"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
	"github.com/google/uuid"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/emulator/journal"
)

const management = "https://management.azure.com"

func newIssuer(now func() time.Time) *Issuer {
	return &Issuer{Tenant: "t", Lifetime: time.Hour, Vault: journal.NewVault(), Now: now}
}

// Azure's own client must get a token from the endpoint without knowing that
// it speaks to an emulator.
func TestAzidentityGetsAToken(t *testing.T) {
	issuer := newIssuer(time.Now)
	server := httptest.NewServer(&Endpoint{Issuer: issuer, Header: "let me in"})
	defer server.Close()
	t.Setenv("IDENTITY_ENDPOINT", server.URL+Path)
	t.Setenv("IDENTITY_HEADER", "let me in")

	// An identity of its own: the library caches tokens for the whole process.
	credential, err := azidentity.NewManagedIdentityCredential(&azidentity.ManagedIdentityCredentialOptions{ID: azidentity.ClientID(uuid.NewString())})
	if err != nil {
		t.Fatal(err)
	}
	token, err := credential.GetToken(t.Context(), policy.TokenRequestOptions{Scopes: []string{management + "/.default"}})
	if err != nil {
		t.Fatal(err)
	}
	if err := issuer.Verify(token.Token, []string{management}); err != nil {
		t.Errorf("its own token is refused: %v", err)
	}
	if left := time.Until(token.ExpiresOn); left < 50*time.Minute || left > time.Hour {
		t.Errorf("the token expires in %v", left)
	}
	secrets := issuer.Vault.All()
	if len(secrets) != 1 || secrets[0].Value != token.Token {
		t.Errorf("the token is not in the vault: %+v", secrets)
	}
}

func TestEndpointRefusesAWrongHeader(t *testing.T) {
	recorder := httptest.NewRecorder()
	request := httptest.NewRequestWithContext(t.Context(), "GET", Path+"?api-version=2019-08-01&resource="+management, nil)
	request.Header.Set("X-IDENTITY-HEADER", "wrong")
	(&Endpoint{Issuer: newIssuer(time.Now), Header: "right"}).ServeHTTP(recorder, request)
	if recorder.Code != 401 {
		t.Errorf("status %d", recorder.Code)
	}
}

func TestVerify(t *testing.T) {
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	issuer := newIssuer(func() time.Time { return now })
	good, _, err := issuer.Issue(management+"/", "c")
	if err != nil {
		t.Fatal(err)
	}
	storage, _, err := issuer.Issue("https://storage.azure.com", "c")
	if err != nil {
		t.Fatal(err)
	}
	later := &Issuer{Tenant: issuer.Tenant, Vault: issuer.Vault, Now: func() time.Time { return now.Add(time.Hour) }}
	stranger := &Issuer{Tenant: "other", Vault: issuer.Vault, Now: issuer.Now}
	for name, c := range map[string]struct {
		issuer *Issuer
		token  string
		want   error
	}{
		"good":           {issuer, good, nil},
		"other audience": {issuer, storage, ErrAudience},
		"expired":        {later, good, ErrExpired},
		"other tenant":   {stranger, good, ErrInvalid},
		"not a token":    {issuer, "abc", ErrInvalid},
		"empty":          {issuer, "", ErrInvalid},
	} {
		t.Run(name, func(t *testing.T) {
			if err := c.issuer.Verify(c.token, []string{management}); !errors.Is(err, c.want) {
				t.Errorf("got %v, want %v", err, c.want)
			}
		})
	}
}
