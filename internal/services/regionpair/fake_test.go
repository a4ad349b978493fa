package regionpair

import (
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/azure"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/failover"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/replication"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/session"
)

const (
	west = "westus2"
	east = "westeurope"
)

// servers are both regions' services and storage: the least of them that a pair
// needs, and what they were asked.
type servers struct {
	url string

	mu    sync.Mutex
	blobs map[string]stored // by the path of the container and the name
	wrote int
	asked []string
	// refuse answers a request in a server's place; nil serves it.
	refuse func(w http.ResponseWriter, r *http.Request) bool
}

type stored struct{ etag, content string }

func serve(t *testing.T) *servers {
	t.Helper()
	s := &servers{blobs: map[string]stored{}}
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	s.url = server.URL
	return s
}

func (s *servers) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked = append(s.asked, r.Method+" "+r.URL.Path)
	switch {
	case s.refuse != nil && s.refuse(w, r):
	case strings.Contains(r.URL.Path, "/api/workflows"):
		_, _ = io.WriteString(w, "[]")
	default:
		s.storage(w, r)
	}
}

func refused(w http.ResponseWriter, status int, code string) {
	w.Header().Set("x-ms-error-code", code)
	w.WriteHeader(status)
}

func (s *servers) storage(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("x-ms-request-id", "1")
	if r.URL.Query().Get("restype") == "container" {
		w.WriteHeader(http.StatusOK)
		return
	}
	blob, there := s.blobs[r.URL.Path]
	if want := r.Header.Get("If-Match"); want != "" && want != blob.etag || r.Header.Get("If-None-Match") == "*" && there {
		refused(w, http.StatusPreconditionFailed, "ConditionNotMet")
		return
	}
	switch r.Method {
	case http.MethodPut:
		content, _ := io.ReadAll(r.Body)
		s.put(r.URL.Path, string(content))
		w.Header().Set("ETag", s.blobs[r.URL.Path].etag)
		w.WriteHeader(http.StatusCreated)
	case http.MethodDelete:
		delete(s.blobs, r.URL.Path)
		w.WriteHeader(http.StatusAccepted)
	default:
		if !there {
			refused(w, http.StatusNotFound, "BlobNotFound")
			return
		}
		w.Header().Set("ETag", blob.etag)
		_, _ = io.WriteString(w, blob.content)
	}
}

func (s *servers) put(path, content string) {
	s.wrote++
	s.blobs[path] = stored{etag: fmt.Sprintf(`"0x%d"`, s.wrote), content: content}
}

// place is the path of a region's record.
func place(location string) string {
	return "/" + location + "st/out/" + replication.Reserved + failover.RecordName("lab")
}

// holds is the record that lies in a region; nil if there is none.
func (s *servers) holds(t *testing.T, location string) *failover.PairRecord {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	blob, there := s.blobs[place(location)]
	if !there {
		return nil
	}
	record, err := failover.ParseRecord("lab", []byte(blob.content))
	if err != nil {
		t.Fatal(err)
	}
	return &record
}

// record puts a record where somebody else would have.
func (s *servers) record(location string, r failover.PairRecord) {
	r.Pair = "lab"
	s.mu.Lock()
	defer s.mu.Unlock()
	s.put(place(location), string(r.Encode()))
}

// resource is a pair's in a run of its own.
func (s *servers) resource(t *testing.T) *Resource {
	t.Helper()
	keys := map[string]string{}
	endpoints := map[string]string{}
	for _, l := range []string{west, east} {
		keys[l], keys[l+"st"] = "key", base64.StdEncoding.EncodeToString([]byte("key"))
		endpoints[l] = s.url + "/" + l
	}
	run, err := session.New(azure.Config{Environment: "public", UseMSI: true, RegionTimeout: time.Minute, AccessKeys: keys, ServiceEndpoints: endpoints})
	if err != nil {
		t.Fatal(err)
	}
	return &Resource{session: run, now: func() time.Time { return noon }}
}

// pair is a pair in both regions, as configured and, with a generation, as created.
func (s *servers) pair(t *testing.T, active string, generation int64) *model {
	t.Helper()
	m := pairOfRegions(active, west, east)
	m.ID = m.Name
	for l, object := range map[string]*types.Object{west: &m.Primary, east: &m.Secondary} {
		*object = types.ObjectValueMust(sideTypes, map[string]attr.Value{
			"location": types.StringValue(l), "account_id": types.StringValue("/subscriptions/s/resourceGroups/rg/providers/Microsoft.Genomics/accounts/" + l),
			"output": types.ObjectValueMust(outputTypes, map[string]attr.Value{
				"storage_account_id": types.StringValue("/subscriptions/s/resourceGroups/rg/providers/Microsoft.Storage/storageAccounts/" + l + "st"),
				"container_name":     types.StringValue("out"),
			}),
			"tes": types.ObjectNull(serverTypes), "wes": types.ObjectNull(serverTypes),
		})
	}
	m.Accept = types.SetNull(types.StringType)
	primary, _ := m.side(t.Context(), rolePrimary)
	secondary, _ := m.side(t.Context(), roleSecondary)
	for _, side := range []*side{&primary, &secondary} {
		l := side.location.ValueString()
		side.service.APIURL, side.url = types.StringValue(s.url+"/"+l), types.StringValue(s.url+"/"+l+"st/out")
	}
	settings, _ := m.failover(t.Context())
	first, second, _ := activeSide(m.ActiveRegion, primary, secondary)
	m.Generation, m.Phase, m.LastFailoverAt = types.Int64Value(generation), types.StringValue("active"), types.StringNull()
	m.LastFailover = types.ObjectNull(lastTypes)
	m.Active, _ = m.describe(first, second, settings).object(t.Context())
	m.Standby, _ = m.describe(second, first, settings).object(t.Context())
	return &m
}
