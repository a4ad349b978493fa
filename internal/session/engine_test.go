package session

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/azure"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/engine/genomics"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/engine/tes"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/engine/wes"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/region"
)

// Each endpoint is shown its own credential and nobody else's, and endpoints of one
// region share its gate.
func TestEndpoints(t *testing.T) {
	seen := map[string]string{}
	serve := func(name, body string) *httptest.Server {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			seen[name] = r.Header.Get("Authorization")
			w.Header().Set("Content-Type", "application/json")
			fmt.Fprint(w, body)
		}))
		t.Cleanup(server.Close)
		return server
	}
	basic, bearer, open := serve("basic", `{"tasks":[]}`), serve("bearer", `{"runs":[]}`), serve("open", `{"tasks":[]}`)
	s, err := New(azure.Config{
		UseCLI: true, RegionTimeout: 30 * time.Second,
		EndpointCredentials: map[string]azure.EndpointCredential{
			basic.URL + "/v1": {Username: "lab", Password: "a long password"}, bearer.URL: {BearerToken: "a-long-token"},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	for name, account := range map[string]ServiceAccount{
		"basic":  {Kind: tes.Kind, ID: basic.URL + "/v1", URL: basic.URL + "/v1/", Location: "westus2"},
		"bearer": {Kind: wes.Kind, ID: bearer.URL, URL: bearer.URL, Location: "westus2"},
		"open":   {Kind: tes.Kind, ID: open.URL, URL: open.URL, Location: "westeurope"},
	} {
		e, err := s.Engine(account)
		if err != nil {
			t.Fatal(err)
		}
		if again, _ := s.Engine(account); again != e || e.Capabilities().Kind != account.Kind {
			t.Errorf("%s: another engine for one endpoint", name)
		}
		if _, err := e.Health(t.Context()); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if seen["basic"] != "Basic bGFiOmEgbG9uZyBwYXNzd29yZA==" || seen["bearer"] != "Bearer a-long-token" || seen["open"] != "" {
		t.Errorf("shown were %v", seen)
	}
	if masked := s.pipelines.Mask("a-long-token and a long password"); strings.Contains(masked, "long") {
		t.Errorf("a log would say %q", masked)
	}

	bearer.Close()
	e, _ := s.Engine(ServiceAccount{Kind: wes.Kind, ID: bearer.URL, URL: bearer.URL, Location: "West US 2"})
	_, err = e.Live(t.Context())
	var dark *region.UnreachableError
	if !errors.As(err, &dark) || s.Answers("westus2") || !s.Answers("westeurope") {
		t.Errorf("a dead endpoint: %v", err)
	}

	for _, wrong := range []ServiceAccount{{Kind: "slurm"}, {Kind: tes.Kind, URL: "http://tes.example/v1"}, {Kind: genomics.Kind, ID: "x"}, {ID: "x"}} {
		if _, err := s.Engine(wrong); err == nil {
			t.Errorf("%+v has an engine", wrong)
		}
	}
}
