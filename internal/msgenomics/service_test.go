package msgenomics

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"
)

const testKey = "0123456789abcdef-key"

// request is one call as the service saw it.
type request struct {
	Method, Path, Key, ContentType string
	Query                          url.Values
	Body                           string
}

// service is the least of a workflow service that a test needs. Whatever answer
// returns first wins over the list it holds.
type service struct {
	mu       sync.Mutex
	requests []request
	// workflows are newest first.
	workflows []Workflow
	// pageCap is the service's own limit to a page; zero means none.
	pageCap      int
	ignoreFilter bool
	ignoreSkip   bool
	answer       func(w http.ResponseWriter, r *http.Request) bool
}

func (s *service) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body := new(strings.Builder)
	buffer := make([]byte, 4096)
	for {
		n, err := r.Body.Read(buffer)
		body.Write(buffer[:n])
		if err != nil {
			break
		}
	}
	s.mu.Lock()
	s.requests = append(s.requests, request{
		Method: r.Method, Path: r.URL.Path, Key: r.Header.Get(keyHeader), ContentType: r.Header.Get("Content-Type"),
		Query: r.URL.Query(), Body: body.String(),
	})
	answer := s.answer
	s.mu.Unlock()
	if answer != nil && answer(w, r) {
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(s.page(r.URL.Query()))
}

func (s *service) page(q url.Values) []map[string]any {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := []map[string]any{}
	all := slices.Clone(s.workflows)
	if q.Get("$orderby") == "CreatedDate asc" {
		slices.Reverse(all)
	}
	skip, _ := strconv.Atoi(q.Get("$skip"))
	top, _ := strconv.Atoi(q.Get("$top"))
	if s.pageCap > 0 {
		top = min(top, s.pageCap)
	}
	if s.ignoreSkip {
		skip = 0
	}
	for _, w := range all {
		if !s.ignoreFilter && !filterMatches(q.Get("$filter"), w) {
			continue
		}
		if skip > 0 {
			skip--
			continue
		}
		if len(out) == top {
			break
		}
		out = append(out, wire(w))
	}
	return out
}

// filterMatches understands just the conditions that this client may send.
func filterMatches(filter string, w Workflow) bool {
	if filter == "" {
		return true
	}
	for _, condition := range strings.Split(filter, " and ") {
		var field, value string
		if rest, ok := strings.CutPrefix(condition, "substringof('"); ok {
			i := strings.LastIndex(rest, "', ")
			value, field = strings.ReplaceAll(rest[:i], "''", "'"), strings.TrimSuffix(rest[i+3:], ")")
		} else {
			field, value = "Status", strings.Trim(strings.TrimPrefix(condition, "Status eq "), "'")
		}
		switch field {
		case "Description":
			if !strings.Contains(w.Description, value) {
				return false
			}
		case "Process":
			if !strings.Contains(w.Process, value) {
				return false
			}
		case "Status":
			if fmt.Sprint(int(w.Status)) != value {
				return false
			}
		}
	}
	return true
}

func wire(w Workflow) map[string]any {
	return map[string]any{
		"Id": w.ID, "TenantId": 7, "Status": int(w.Status), "CreatedDate": "2017-02-08T00:57:16.3403168+00:00", "EndDate": nil,
		"FailureCode": w.FailureCode, "Message": nil, "Description": w.Description, "Process": w.Process, "BasesProcessed": nil,
	}
}

func (s *service) seen() []request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.requests)
}

func (s *service) count(method string) int {
	n := 0
	for _, r := range s.seen() {
		if r.Method == method {
			n++
		}
	}
	return n
}

func constantKey(context.Context) (string, error) { return testKey, nil }

// start serves the service and gives a client for it. policies take the place of
// the region's gate.
func start(t *testing.T, s *service, policies ...policy.Policy) *Client {
	t.Helper()
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	return New(server.URL, constantKey, plain(policies...))
}

// plain is a pipeline without retries.
func plain(policies ...policy.Policy) runtime.Pipeline {
	return runtime.NewPipeline("test", "v0.0.0", runtime.PipelineOptions{PerRetry: policies},
		&policy.ClientOptions{Retry: policy.RetryOptions{MaxRetries: -1}})
}

// reply answers every request alike.
func reply(status int, contentType, body string) func(http.ResponseWriter, *http.Request) bool {
	return func(w http.ResponseWriter, _ *http.Request) bool {
		w.Header().Set("Content-Type", contentType)
		w.Header().Set("x-ms-request-id", "req-1")
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body))
		return true
	}
}

func hundreds(n int) []Workflow {
	out := make([]Workflow, n)
	for i := range out {
		out[i] = Workflow{ID: int64(n - i), Status: StatusInProgress, Description: fmt.Sprintf("run=%d", n-i), Process: "snapgatk-20180730_1"}
	}
	return out
}

func bounded(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	t.Cleanup(cancel)
	return ctx
}
