package blobstore

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/region"
)

// A page in storage's place is an outage of its region, be it a blob's content that was asked for; storage's own word never is.
func TestPagesInStoragesPlaceAreAnOutage(t *testing.T) {
	own := map[string]string{"x-ms-request-id": "req-1", "x-ms-version": "2021-12-02", "Content-Type": "text/html"}
	page := map[string]string{"Content-Type": "text/html"}
	for _, tc := range []struct {
		name   string
		status int
		header map[string]string
		outage bool
	}{
		{"a login page", 200, page, true},
		{"a proxy's 404", 404, page, true},
		{"a 403 of somebody", 403, nil, true},
		{"a way to a login", 302, map[string]string{"Location": "https://login.example/"}, true},
		{"a blob that is a page", 200, own, false},
		{"storage's 404", 404, map[string]string{"x-ms-error-code": "BlobNotFound"}, false},
		{"storage's 403", 403, map[string]string{"x-ms-error-code": "AuthenticationFailed"}, false},
		{"a page about the form", 400, page, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			requests := 0
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				requests++
				for name, value := range tc.header {
					w.Header().Set(name, value)
				}
				w.WriteHeader(tc.status)
				_, _ = io.WriteString(w, "<html>sig=secret</html>")
			}))
			defer server.Close()
			gate := region.NewGates(time.Minute).For("westus2")
			options := quick(server.Client())
			options.Retry = policy.RetryOptions{MaxRetries: 2, RetryDelay: time.Millisecond}
			options.PerRetryPolicies = []policy.Policy{gate.Policy()}
			c, err := Open(server.URL+"/acct/box", Credential{Key: testKey}, options)
			if err != nil {
				t.Fatal(err)
			}
			body, _, err := c.Download(t.Context(), "a.html")
			if err == nil {
				_ = body.Close()
			}
			var dark *region.UnreachableError
			if got := errors.As(err, &dark); got != tc.outage || (gate.State() == region.Closed) != tc.outage {
				t.Fatalf("the gate is %s after %v", gate.State(), err)
			}
			if tc.outage != (requests == 3) || IsNotFound(err) != (tc.name == "storage's 404") {
				t.Errorf("%d requests, %v", requests, err)
			}
			if err != nil && strings.Contains(err.Error(), "secret") {
				t.Errorf("the error holds a secret: %v", err)
			}
		})
	}
}
