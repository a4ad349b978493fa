package account

import (
	"context"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/azure"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/msgenomics"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/region"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/session"
)

const (
	subscription = "00000000-0000-0000-0000-000000000001"
	labID        = "/subscriptions/" + subscription + "/resourceGroups/rg/providers/Microsoft.Genomics/accounts/lab"
)

// resourceManager is one account's worth of Resource Manager.
type resourceManager struct {
	mu       sync.Mutex
	calls    []string // method, last segment of the path, body
	exists   bool
	location string
	tags     map[string]string
	state    string
	// workflows are what the account's region lists.
	workflows []map[string]any
	// regenerated counts how often each key was made anew.
	regenerated map[string]int
	// fault answers instead when it returns true.
	fault func(w http.ResponseWriter, r *http.Request) bool
	url   string
}

func (m *resourceManager) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	segments := strings.Split(r.URL.Path, "/")
	last := segments[len(segments)-1]
	m.mu.Lock()
	m.calls = append(m.calls, strings.TrimSpace(r.Method+" "+last+" "+string(body)))
	fault := m.fault
	m.mu.Unlock()
	if fault != nil && fault(w, r) {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	w.Header().Set("Content-Type", "application/json")
	answer := func(status int, v any) {
		w.WriteHeader(status)
		_ = json.NewEncoder(w).Encode(v)
	}
	switch {
	case last == "workflows":
		page := m.workflows
		if r.URL.Query().Get("$skip") != "0" {
			page = nil
		}
		answer(http.StatusOK, append([]map[string]any{}, page...))
	case last == "operation":
		answer(http.StatusOK, map[string]string{"status": m.state})
	case r.Method == http.MethodPut:
		var in struct {
			Location string
			Tags     map[string]string
		}
		_ = json.Unmarshal(body, &in)
		m.exists, m.location, m.tags = true, in.Location, in.Tags
		if m.state == "" {
			m.state = "Succeeded"
		}
		w.Header().Set("Azure-AsyncOperation", m.url+"/operation")
		answer(http.StatusCreated, m.account("Creating"))
	case !m.exists:
		answer(http.StatusNotFound, map[string]any{"error": map[string]string{"code": "ResourceNotFound", "message": "not found"}})
	case last == "listKeys":
		answer(http.StatusOK, map[string]string{"key1": "first-key-of-lab", "key2": "second-key-of-lab"})
	case last == "regenerateKey":
		m.regenerate(body)
		answer(http.StatusOK, map[string]string{"key1": "new-first-key-of-lab", "key2": "new-second-key-of-lab"})
	case r.Method == http.MethodPatch:
		var in struct{ Tags map[string]string }
		_ = json.Unmarshal(body, &in)
		m.tags = in.Tags
		answer(http.StatusOK, m.account(m.state))
	case r.Method == http.MethodDelete:
		m.exists = false
		w.WriteHeader(http.StatusNoContent)
	default:
		answer(http.StatusOK, m.account(m.state))
	}
}

// regenerate is called with the lock held.
func (m *resourceManager) regenerate(body []byte) {
	var in struct{ KeyName string }
	_ = json.Unmarshal(body, &in)
	if m.regenerated == nil {
		m.regenerated = map[string]int{}
	}
	m.regenerated[in.KeyName]++
}

func (m *resourceManager) account(state string) map[string]any {
	return map[string]any{"id": labID, "name": "lab", "location": m.location, "tags": m.tags, "properties": map[string]string{"provisioningState": state}}
}

func (m *resourceManager) with(change func()) {
	m.mu.Lock()
	defer m.mu.Unlock()
	change()
}

// saw gives the methods of all calls, in order.
func (m *resourceManager) saw() string {
	m.mu.Lock()
	defer m.mu.Unlock()
	var methods []string
	for _, c := range m.calls {
		method, rest, _ := strings.Cut(c, " ")
		if last, _, _ := strings.Cut(rest, " "); last == "workflows" || last == "operation" || last == "listKeys" || last == "regenerateKey" {
			method += ":" + last
		}
		methods = append(methods, method)
	}
	return strings.Join(methods, " ")
}

func (m *resourceManager) body(method string) string {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, c := range slices.Backward(m.calls) {
		if rest, ok := strings.CutPrefix(c, method+" "); ok {
			_, body, _ := strings.Cut(rest, " ")
			return body
		}
	}
	return ""
}

func (m *resourceManager) tagsNow() map[string]string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return maps.Clone(m.tags)
}

// run is one provider run against a fake Resource Manager.
type run struct {
	rm        *resourceManager
	gates     *region.Gates
	pipelines *azure.Pipelines
	// service is the URL of the account's region; the same server by default.
	service string
	// rotated are the accounts whose keys the session was told to forget.
	rotated []azure.AccountID
}

func (r *run) Rotated(id azure.AccountID) { r.rotated = append(r.rotated, id) }

type token struct{}

func (token) GetToken(context.Context, policy.TokenRequestOptions) (azcore.AccessToken, error) {
	return azcore.AccessToken{Token: "t", ExpiresOn: time.Now().Add(time.Hour)}, nil
}

func newRun(t *testing.T, rm *resourceManager) *run {
	t.Helper()
	server := httptest.NewServer(rm)
	t.Cleanup(server.Close)
	rm.url = server.URL
	return runAgainst(t, rm, server.URL)
}

// runAgainst takes any address for Resource Manager's, also one where nothing listens.
func runAgainst(t *testing.T, rm *resourceManager, endpoint string) *run {
	t.Helper()
	timeout := time.Minute
	gates := region.NewGates(timeout)
	pipelines, err := azure.NewPipelines(azure.Config{Environment: "public", ResourceManagerEndpoint: endpoint, RegionTimeout: timeout}, gates)
	if err != nil {
		t.Fatal(err)
	}
	return &run{rm: rm, gates: gates, pipelines: pipelines, service: endpoint}
}

func (r *run) SubscriptionID() string            { return subscription }
func (r *run) Gate(location string) *region.Gate { return r.gates.For(location) }
func (r *run) ServiceURL(location string) (string, error) {
	return "https://" + region.Normalize(location) + ".example", nil
}

func (r *run) Accounts() (*azure.AccountsClient, error) {
	return azure.NewAccountsClient(subscription, token{}, r.pipelines)
}

func (r *run) Service(account session.ServiceAccount) (*msgenomics.Client, error) {
	key := func(context.Context) (string, error) { return "first-key-of-lab", nil }
	return msgenomics.New(r.service, key, r.pipelines.New(r.Gate(account.Location))), nil
}
