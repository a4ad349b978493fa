package door

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/emulator/journal"
)

const sourceHost = "127.0.0.1:1111"

// newDoor returns a door of westus2 that owns the account "mine"; the region
// westeurope's door is at sourceHost.
func newDoor(t *testing.T, store string, dark bool) *Door {
	t.Helper()
	d := &Door{
		Region: "westus2", JobMark: "mark", Vault: journal.NewVault(),
		Owns:     func(account string) bool { return account == "mine" },
		RegionOf: func(host string) (string, bool, bool) { return "westeurope", dark, host == sourceHost },
	}
	if store != "" {
		u, err := url.Parse(store)
		if err != nil {
			t.Fatal(err)
		}
		d.Store = u
	}
	d.Open()
	t.Cleanup(d.Close)
	return d
}

func ask(t *testing.T, d *Door, method, path string, header map[string]string) *httptest.ResponseRecorder {
	t.Helper()
	request := httptest.NewRequestWithContext(t.Context(), method, path, nil)
	for name, value := range header {
		request.Header.Set(name, value)
	}
	recorder := httptest.NewRecorder()
	d.ServeHTTP(recorder, request)
	return recorder
}

func TestDoorPassesWhatIsSigned(t *testing.T) {
	var seen *http.Request
	store := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		seen = r
		_, _ = io.WriteString(w, "blob")
	}))
	defer store.Close()
	d := newDoor(t, store.URL, false)
	// A signature covers the path and the query as they were sent.
	const path = "/mine/inputs/a%20b%2Fc%2541?sv=1&sig=x%2By%3D"
	recorder := ask(t, d, "GET", path, map[string]string{JobHeader: "mark", "x-ms-range": "bytes=0-1"})
	if recorder.Body.String() != "blob" || seen.RequestURI != path || seen.Header.Get("x-ms-range") == "" {
		t.Errorf("%q, asked for %s with %v", recorder.Body, seen.RequestURI, seen.Header)
	}
	if seen.Header.Get(JobHeader) != "" {
		t.Error("the mark of a job got through")
	}
}

func TestDoorCopiesUnderTheSourcesHost(t *testing.T) {
	var host string
	store := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { host = r.Host }))
	defer store.Close()
	source := map[string]string{copySource: "http://" + sourceHost + "/theirs/c/b?sig=1"}
	if recorder := ask(t, newDoor(t, store.URL, false), "PUT", "/mine/c/b", source); recorder.Code != 200 || host != sourceHost {
		t.Errorf("%d under %s", recorder.Code, host)
	}
	recorder := ask(t, newDoor(t, store.URL, true), "PUT", "/mine/c/b", source)
	if recorder.Code != 500 || recorder.Header().Get("x-ms-error-code") != "CannotVerifyCopySource" {
		t.Errorf("from a dark region: %d %v", recorder.Code, recorder.Header())
	}
	elsewhere := map[string]string{copySource: "http://127.0.0.1:2222/other"}
	if recorder := ask(t, newDoor(t, store.URL, true), "PUT", "/mine/c/b", elsewhere); recorder.Code != 200 {
		t.Errorf("from somewhere else: %d", recorder.Code)
	}
}

func TestDoorRefusesInStoragesForm(t *testing.T) {
	dead := httptest.NewServer(http.NotFoundHandler())
	dead.Close()
	for name, c := range map[string]struct {
		store, path string
		status      int
		code        string
	}{
		"no account":       {dead.URL, "/", 400, "InvalidUri"},
		"another region's": {dead.URL, "/theirs/c/b", 404, "ResourceNotFound"},
		"no store":         {"", "/mine/c/b", 503, "ServerBusy"},
		"store is not up":  {dead.URL, "/mine/c/b", 502, "BlobStoreUnreachable"},
		"markup in a name": {dead.URL, "/%3Cb%3E/c", 404, "ResourceNotFound"},
	} {
		t.Run(name, func(t *testing.T) {
			recorder := ask(t, newDoor(t, c.store, false), "GET", c.path, nil)
			body := recorder.Body.String()
			if recorder.Code != c.status || recorder.Header().Get("x-ms-error-code") != c.code || !strings.Contains(body, "<Code>"+c.code+"</Code>") || strings.Contains(body, "<b>") {
				t.Errorf("%d %v %s", recorder.Code, recorder.Header(), body)
			}
		})
	}
}

func TestDoorTellsWhoAsks(t *testing.T) {
	d := newDoor(t, "", false)
	for name, c := range map[string]struct {
		header map[string]string
		origin journal.Origin
	}{
		"client":           {nil, journal.OriginClient},
		"job":              {map[string]string{JobHeader: "mark"}, journal.OriginJob},
		"pretends to be":   {map[string]string{JobHeader: "guess"}, journal.OriginClient},
		"the store itself": {map[string]string{"User-Agent": "axios/1.7.0"}, journal.OriginCopy},
	} {
		t.Run(name, func(t *testing.T) {
			request := httptest.NewRequestWithContext(t.Context(), "PUT", "/mine/c/b", nil)
			request.Header.Set(copySource, "http://"+sourceHost+"/theirs/c/b?sig=se%2Bcret")
			for key, value := range c.header {
				request.Header.Set(key, value)
			}
			entry := journal.Entry{Origin: journal.OriginClient}
			d.Describe(request, &entry)
			if entry.Origin != c.origin || entry.Account != "mine" || entry.CopySourceRegion != "westeurope" {
				t.Errorf("%+v", entry)
			}
		})
	}
	if secrets := d.Vault.All(); len(secrets) != 1 || secrets[0].Value != "se+cret" {
		t.Errorf("secrets: %+v", secrets)
	}
}
