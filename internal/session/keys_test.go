package session

import (
	"context"
	"fmt"
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
)

var lab = azure.AccountID{SubscriptionID: "s", ResourceGroup: "rg", Name: "lab"}

type token struct{}

func (token) GetToken(context.Context, policy.TokenRequestOptions) (azcore.AccessToken, error) {
	return azcore.AccessToken{Token: "t", ExpiresOn: time.Now().Add(time.Hour)}, nil
}

// fakes is Resource Manager and a workflow service that takes its key only.
type fakes struct {
	mu     sync.Mutex
	key    string
	refuse int // so many requests with any key
	calls  []string
}

func (f *fakes) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	w.Header().Set("Content-Type", "application/json")
	if strings.HasSuffix(r.URL.Path, "/listKeys") {
		f.calls = append(f.calls, "listKeys")
		_, _ = fmt.Fprintf(w, `{"key1":%q,"key2":"second"}`, f.key)
		return
	}
	call := r.Method
	defer func() { f.calls = append(f.calls, call) }()
	if f.refuse > 0 || r.Header.Get("Ocp-Apim-Subscription-Key") != f.key {
		f.refuse--
		call += " 401"
		w.WriteHeader(http.StatusUnauthorized)
		_, _ = w.Write([]byte(`{"statusCode":401,"message":"Access denied"}`))
		return
	}
	if r.Method == http.MethodPost {
		w.WriteHeader(http.StatusCreated)
	}
	_, _ = w.Write([]byte(`{"Id":7,"Status":1000}`))
}

// saw gives the calls since the last time, one after another.
func (f *fakes) saw() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	out := strings.Join(f.calls, ", ")
	f.calls = nil
	return out
}

func (f *fakes) rotate(key string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.key = key
}

type rig struct {
	*testing.T
	*Session
	fakes   *fakes
	service *msgenomics.Client
}

// newRig is a session with keys handed over. Without Resource Manager nothing listens there.
func newRig(t *testing.T, key string, resourceManager bool, handed map[string]string) *rig {
	t.Helper()
	f := &fakes{key: key}
	server := httptest.NewServer(f)
	t.Cleanup(server.Close)
	cfg := azure.Config{Environment: "public", ResourceManagerEndpoint: server.URL, RegionTimeout: time.Minute, AccessKeys: handed}
	if !resourceManager {
		nowhere := httptest.NewServer(f)
		nowhere.Close()
		cfg.ResourceManagerEndpoint = nowhere.URL
	}
	gates := region.NewGates(cfg.RegionTimeout)
	pipelines, err := azure.NewPipelines(cfg, gates)
	if err != nil {
		t.Fatal(err)
	}
	s := &Session{cfg: cfg, credential: token{}, gates: gates, pipelines: pipelines, mute: map[string]bool{}, outdated: map[string]bool{}}
	service, err := s.Service(ServiceAccount{ID: lab.String(), Location: "westus2", URL: server.URL})
	if err != nil {
		t.Fatal(err)
	}
	return &rig{T: t, Session: s, fakes: f, service: service}
}

func (r *rig) get(calls string) {
	r.Helper()
	_, err := r.service.Get(r.Context(), 7)
	r.check(err, calls)
}

func (r *rig) submit(calls string) {
	r.Helper()
	_, err := r.service.Submit(r.Context(), msgenomics.Submission{})
	r.check(err, calls)
}

func (r *rig) check(err error, calls string) {
	r.Helper()
	if failed := strings.HasSuffix(calls, "401"); err != nil != failed {
		r.Error(err)
	}
	if got := r.fakes.saw(); got != calls {
		r.Errorf("saw %q, want %q", got, calls)
	}
}

// A submission is sent once. It must not be wasted on a key that a search just
// found refused, as it was when a key in access_keys had been rotated.
func TestHandedOverKeyThatWasRotated(t *testing.T) {
	r := newRig(t, "new", true, map[string]string{"lab": "old"})
	r.get("GET 401, listKeys, GET")
	r.submit("POST")
	r.get("GET")
}

func TestRotationInTheSameRun(t *testing.T) {
	for _, handed := range []map[string]string{nil, {"lab": "old"}} {
		r := newRig(t, "old", true, handed)
		if handed == nil {
			r.get("listKeys, GET")
		} else {
			r.get("GET")
		}
		r.fakes.rotate("new")
		r.Rotated(lab)
		r.submit("listKeys, POST")
		r.get("GET")
		if other := (azure.AccountID{SubscriptionID: "s", ResourceGroup: "rg", Name: "other"}); r.isOutdated(other.String(), false) {
			t.Error("another account's key is given up")
		}
	}
}

// One odd refusal must not make a flip with handed-over keys depend on Resource Manager.
func TestRefusedOnceWithoutResourceManager(t *testing.T) {
	r := newRig(t, "handed", false, map[string]string{"lab": "handed"})
	r.fakes.refuse = 1
	r.get("GET 401")
	if !r.Answers("westus2") {
		t.Error("the region is taken for one that cannot be asked")
	}
	r.submit("POST")
	if slices.Contains(r.fakes.calls, "listKeys") {
		t.Error("Resource Manager was asked")
	}
}
