package azure

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func drawBytes(t *rapid.T, n int, label string) []byte {
	return rapid.SliceOfN(rapid.Byte(), n, n).Draw(t, label)
}

// drawSAS makes a SAS as the service and our own code write them: any order, percent-encoded by one of several tastes.
func drawSAS(t *rapid.T) (query, signature string) {
	signature = base64.StdEncoding.EncodeToString(drawBytes(t, 32, "signature"))
	escape := rapid.SampledFrom([]func(string) string{url.QueryEscape, url.PathEscape, func(s string) string { return s }}).Draw(t, "escape")
	parts := rapid.Permutation([]string{"sv=2026-02-06", "sr=b", "sp=r", "se=" + escape("2026-01-02T03:04:05Z"), "spr=https", "sig=" + escape(signature)}).Draw(t, "order")
	return strings.Join(parts, "&"), escape(signature)
}

func TestNoSignatureSurvives(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		query, signature := drawSAS(t)
		other, otherSignature := drawSAS(t)
		address := "https://acct.blob.core.windows.net/inputs/a%20b.fq.gz?" + query
		inJSON, err := json.Marshal(map[string]any{"InputArgs": map[string]string{
			"BLOBNAMES_WITH_SAS": "s_1.fq.gz?" + query + ",s_2.fq.gz?" + other + ",", "CONTAINER_SAS": other,
		}})
		if err != nil {
			t.Fatal(err)
		}
		for _, text := range []string{
			query,
			address,
			fmt.Sprintf("Get %q: EOF", address),
			"x-ms-copy-source: " + address + "\nx-ms-date: today",
			"<Message>cannot read " + strings.ReplaceAll(address, "&", "&amp;") + "</Message>",
			string(inJSON),
			fmt.Sprintf("%q", inJSON),
			"https://proxy.example/?target=" + url.QueryEscape(address) + "&x=1",
			address + " and " + other,
		} {
			clean := Mask(text)
			for _, secret := range []string{signature, otherSignature, url.QueryEscape(signature)} {
				if strings.Contains(clean, secret) {
					t.Fatalf("the signature %s survives in %s", secret, clean)
				}
			}
			if Mask(clean) != clean {
				t.Fatalf("masking twice changes %q to %q", clean, Mask(clean))
			}
		}
	})
}

func TestNoKeyOrTokenSurvives(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		storageKey := base64.StdEncoding.EncodeToString(drawBytes(t, 64, "storage key"))
		serviceKey := fmt.Sprintf("%x", drawBytes(t, 16, "service key"))
		part := func(n int, label string) string {
			return base64.RawURLEncoding.EncodeToString(drawBytes(t, n, label))
		}
		token := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"RS256","typ":"JWT"}`)) + "." + part(40, "claims") + "." + part(64, "signed")
		password := part(20, "password")
		for text, secret := range map[string]string{
			"the key " + storageKey + " does not fit":                                                        storageKey,
			"DefaultEndpointsProtocol=https;AccountName=a;AccountKey=" + storageKey + ";":                    storageKey,
			`{"keys":[{"keyName":"key1","value":"` + storageKey + `"}]}`:                                     storageKey,
			"k=" + url.PathEscape(storageKey):                                                                url.PathEscape(storageKey),
			"k=" + url.QueryEscape(storageKey):                                                               url.QueryEscape(storageKey),
			"Ocp-Apim-Subscription-Key: " + serviceKey:                                                       serviceKey,
			`map[Ocp-Apim-Subscription-Key:[` + serviceKey + `]]`:                                            serviceKey,
			`{"key1":"` + serviceKey + `","key2": "other"}`:                                                  serviceKey,
			`"{\"key1\":\"` + serviceKey + `\"}"`:                                                            serviceKey,
			"Authorization: Bearer " + token:                                                                 token,
			"login failed for " + token:                                                                      token,
			`{"access_token":"` + password + `"}`:                                                            password,
			"grant_type=client_credentials&client_secret=" + password + "&scope=x":                           password,
			"Authorization: SharedKey acct:" + storageKey[:43] + "=":                                         storageKey[:43],
			"The MAC signature found in the HTTP request '" + password + "' is not the same as any computed": password,
		} {
			if clean := Mask(text); strings.Contains(clean, secret) {
				t.Fatalf("%s survives in %s", secret, clean)
			}
		}
	})
}

func TestRegisteredSecretsDoNotSurviveAnywhere(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var v vault
		secrets := rapid.SliceOfN(rapid.StringMatching(`[A-Za-z0-9+/=!~]{4,40}`), 1, 5).Draw(t, "secrets")
		v.add(secrets...)
		before := rapid.StringMatching(`[a-z ,:]{0,10}`).Draw(t, "before")
		for _, secret := range secrets {
			for _, form := range []string{secret, url.QueryEscape(secret), url.PathEscape(secret)} {
				if clean := v.mask(before + form + " after"); strings.Contains(clean, secret) && !strings.Contains(masked, secret) {
					t.Fatalf("%q survives in %q", secret, clean)
				}
			}
		}
	})
}

func TestMaskLeavesOrdinaryTextAlone(t *testing.T) {
	for _, text := range []string{
		"",
		"region westus2 is unreachable: no answer within 10s",
		"https://westus2.microsoftgenomics.net/api/workflows?$filter=substringof('x', Description)&$top=100",
		"https://management.azure.com/subscriptions/0000/resourceGroups/rg?api-version=2017-08-01-preview",
		"GET design=blue&assignment=4",
		"request ID 3f2504e0-4f89-11d3-9a0c-0305e82c3301, sha256 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
		`{"error":{"code":"ResourceNotFound","message":"The Resource was not found."}}`,
		"the bearer of this message",
	} {
		if got := Mask(text); got != text {
			t.Errorf("%q became %q", text, got)
		}
	}
}

func TestAVaultIgnoresWhatIsTooShort(t *testing.T) {
	var v vault
	v.add("", "a", "abc")
	if got := v.mask("abc a"); got != "abc a" {
		t.Errorf("got %q", got)
	}
}
