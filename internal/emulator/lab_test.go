package emulator

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/emulator/workflows"
)

// blobs is a blob store of the simplest kind: whoever brings any signature may
// read and write.
type blobs struct {
	mu    sync.Mutex
	held  map[string][]byte
	hosts []string // the Host of every request that copies
}

func (b *blobs) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !r.URL.Query().Has("sig") {
		http.Error(w, "no signature", http.StatusForbidden)
		return
	}
	content, there := b.held[r.URL.Path]
	switch {
	case r.Header.Get("x-ms-copy-source") != "":
		b.hosts = append(b.hosts, r.Host)
		w.WriteHeader(http.StatusAccepted)
	case r.Method == http.MethodPut && there && r.Header.Get("If-None-Match") == "*":
		http.Error(w, "exists", http.StatusConflict)
	case r.Method == http.MethodPut:
		body, err := io.ReadAll(r.Body)
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		b.held[r.URL.Path] = body
		w.WriteHeader(http.StatusCreated)
	case !there:
		w.Header().Set("x-ms-error-code", "BlobNotFound")
		http.Error(w, "not found", http.StatusNotFound)
	default:
		_, _ = w.Write(content)
	}
}

func (b *blobs) get(path string) []byte {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.held[path]
}

// lab is an emulator with two regions, an account in each, and inputs.
type lab struct {
	t *testing.T
	*Emulator
	blobs *blobs
	keys  map[string]string // region to key
}

const (
	west, europe = "westus2", "westeurope"
	reads1       = "@r1\nACGT\n+\nIIII\n"
)

func newLab(t *testing.T, config Config) *lab {
	t.Helper()
	store := &blobs{held: map[string][]byte{}}
	for _, account := range []string{"emuwestus2", "emuwesteurope"} {
		store.held["/"+account+"/inputs/s_1.fq"] = []byte(reads1)
		store.held["/"+account+"/inputs/s_2.fq"] = []byte(reads1)
		store.held["/"+account+"/inputs/cut_1.fq"] = []byte(strings.TrimSpace(reads1))
	}
	server := httptest.NewServer(store)
	t.Cleanup(server.Close)
	config.BlobStore = server.URL
	l := &lab{t: t, blobs: store, keys: map[string]string{}}
	l.start(config)
	for _, region := range []string{west, europe} {
		l.keys[region] = l.createAccount(region, "rg-"+region, "lab-"+region)
	}
	return l
}

func (l *lab) start(config Config) {
	l.t.Helper()
	e, err := New(config)
	if err != nil {
		l.t.Fatal(err)
	}
	if err := e.Start(l.t.Context()); err != nil {
		l.t.Fatal(err)
	}
	l.Emulator = e
	l.t.Cleanup(func() {
		if err := e.Close(); err != nil {
			l.t.Error(err)
		}
	})
}

// answer is a response that was read to its end.
type answer struct {
	status int
	header http.Header
	body   string
}

func (a answer) decode(t *testing.T, into any) {
	t.Helper()
	if err := json.Unmarshal([]byte(a.body), into); err != nil {
		t.Fatalf("%v in %q", err, a.body)
	}
}

func (l *lab) do(method, url string, header map[string]string, body string) (answer, error) {
	l.t.Helper()
	request, err := http.NewRequestWithContext(l.t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		l.t.Fatal(err)
	}
	for name, value := range header {
		request.Header.Set(name, value)
	}
	request.Close = true // a reset is never hidden by a retry on another connection
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return answer{}, err
	}
	defer response.Body.Close()
	content, err := io.ReadAll(response.Body)
	return answer{response.StatusCode, response.Header, string(content)}, err
}

func (l *lab) must(method, url string, header map[string]string, body string, status int) answer {
	l.t.Helper()
	a, err := l.do(method, url, header, body)
	if err != nil {
		l.t.Fatal(err)
	}
	if a.status != status {
		l.t.Fatalf("%s %s: %d %s, want %d", method, url, a.status, a.body, status)
	}
	return a
}

func (l *lab) admin(method, path, body string) answer {
	l.t.Helper()
	return l.must(method, l.Ready().Admin+path, nil, body, http.StatusOK)
}

func (l *lab) token(resource string) string {
	l.t.Helper()
	a := l.must("GET", l.Ready().Identity+"?api-version=2019-08-01&resource="+resource, map[string]string{"X-IDENTITY-HEADER": l.Ready().IdentityHeader}, "", 200)
	var body struct {
		Token string `json:"access_token"`
	}
	a.decode(l.t, &body)
	return body.Token
}

// arm asks Resource Manager with a good token.
func (l *lab) arm(method, path, body string) (answer, error) {
	l.t.Helper()
	return l.do(method, l.Ready().ResourceManager+path, map[string]string{"Authorization": "Bearer " + l.token("https://management.azure.com")}, body)
}

func accountPath(group, name string) string {
	return fmt.Sprintf("/subscriptions/%s/resourceGroups/%s/providers/Microsoft.Genomics/accounts/%s", DefaultSubscription, group, name)
}

const version = "?api-version=2017-08-01-preview"

func (l *lab) createAccount(region, group, name string) (key string) {
	l.t.Helper()
	if a, err := l.arm("PUT", accountPath(group, name)+version, `{"location":"`+region+`"}`); err != nil || a.status != 201 {
		l.t.Fatalf("%d %s %v", a.status, a.body, err)
	}
	eventually(l.t, func() bool {
		a, err := l.arm("GET", accountPath(group, name)+version, "")
		return err == nil && strings.Contains(a.body, `"Succeeded"`)
	})
	a, err := l.arm("POST", accountPath(group, name)+"/listKeys"+version, "")
	if err != nil {
		l.t.Fatal(err)
	}
	var keys map[string]string
	a.decode(l.t, &keys)
	return keys["key1"]
}

// ask speaks to a region's workflow service with its account's key.
func (l *lab) ask(method, region, path, body string) (answer, error) {
	l.t.Helper()
	return l.do(method, l.Ready().Regions[region].Service+path, map[string]string{"Ocp-Apim-Subscription-Key": l.keys[region], "Content-Type": "application/json"}, body)
}

func submission(region, description, base, first string) string {
	account := "emu" + region
	return fmt.Sprintf(`{"Process":"gatk4","ProcessArgs":"R=hg38m1","Description":%q,"InputStorageType":"AZURE_BLOCK_BLOB",
		"InputArgs":{"ACCOUNT":%q,"CONTAINER":"inputs","BLOBNAMES":"%[4]s,s_2.fq","BLOBNAMES_WITH_SAS":"%[4]s?sv=1&sig=in%%2Bput,s_2.fq?sv=1&sig=input2"},
		"OutputArgs":{"ACCOUNT":%[2]q,"CONTAINER":"outputs","CONTAINER_SAS":"sv=1&sig=output","OVERWRITE":"false","OUTPUT_FILENAME_BASE":%[3]q},"OptionalArgs":{}}`,
		description, account, base, first)
}

func (l *lab) submit(region, description, base, first string) int64 {
	l.t.Helper()
	a, err := l.ask("POST", region, "/api/workflows", submission(region, description, base, first))
	if err != nil || a.status != 200 {
		l.t.Fatalf("%d %s %v", a.status, a.body, err)
	}
	var w struct{ ID int64 }
	a.decode(l.t, &w)
	return w.ID
}

func (l *lab) run(region string, id int64) workflows.Record {
	l.t.Helper()
	for _, r := range l.Runs(region, "", "") {
		if r.ID == id {
			return r
		}
	}
	l.t.Fatalf("no run %d in %s", id, region)
	return workflows.Record{}
}

func (l *lab) await(region string, id int64, status int) workflows.Record {
	l.t.Helper()
	eventually(l.t, func() bool { return l.run(region, id).Status == status })
	return l.run(region, id)
}

// eventually looks until it is so; a bound far beyond what it takes ends it otherwise.
func eventually(t *testing.T, so func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	look := time.NewTicker(time.Millisecond)
	defer look.Stop()
	for !so() {
		select {
		case <-look.C:
		case <-ctx.Done():
			t.Fatal("it never happened")
		}
	}
}

func contains(haystack []byte, needle string) bool { return bytes.Contains(haystack, []byte(needle)) }
