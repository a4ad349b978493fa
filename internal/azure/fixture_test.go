package azure

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/region"
)

// seen is what a server saw of one request.
type seen struct {
	method, path, query, body string
	header                    http.Header
}

// server answers from a script and remembers what it was asked.
type server struct {
	*httptest.Server
	mu       sync.Mutex
	requests []seen
}

// answer writes the answer to the n-th request, counted from 1.
type answer func(n int, w http.ResponseWriter, r *http.Request)

func serve(t *testing.T, script answer) *server {
	t.Helper()
	s := &server{}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		s.mu.Lock()
		s.requests = append(s.requests, seen{r.Method, r.URL.Path, r.URL.RawQuery, string(body), r.Header.Clone()})
		n := len(s.requests)
		s.mu.Unlock()
		script(n, w, r)
	}))
	t.Cleanup(s.Close)
	return s
}

func (s *server) saw() []seen {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.requests)
}

func reply(w http.ResponseWriter, status int, body string) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	_, _ = io.WriteString(w, body)
}

func always(status int, body string) answer {
	return func(_ int, w http.ResponseWriter, _ *http.Request) { reply(w, status, body) }
}

// pipelinesFor makes pipelines that take the server for Resource Manager and do not wait between tries.
func pipelinesFor(t *testing.T, endpoint string) *Pipelines {
	t.Helper()
	p, err := NewPipelines(Config{ResourceManagerEndpoint: endpoint, Version: "1.2.3", TerraformVersion: "1.11.4"}, region.NewGates(time.Minute))
	if err != nil {
		t.Fatal(err)
	}
	p.retry.RetryDelay = time.Millisecond
	return p
}

// fakeCredential gives tokens without asking anyone.
type fakeCredential struct {
	mu     sync.Mutex
	scopes []string
	asked  int
	life   time.Duration
}

func (c *fakeCredential) GetToken(_ context.Context, options policy.TokenRequestOptions) (azcore.AccessToken, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.asked++
	c.scopes = append(c.scopes, options.Scopes...)
	life := c.life
	if life == 0 {
		life = time.Hour
	}
	return azcore.AccessToken{Token: fmt.Sprintf("token-%d", c.asked), ExpiresOn: time.Now().Add(life)}, nil
}
