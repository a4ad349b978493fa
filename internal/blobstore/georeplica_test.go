package blobstore

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
)

const anyKey = "a2V5"

func openAt(t *testing.T, answer string) (*Container, *http.Request) {
	t.Helper()
	var asked http.Request
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked = *r
		w.Header().Set("Content-Type", "application/xml")
		_, _ = w.Write([]byte(answer))
	}))
	t.Cleanup(server.Close)
	c, err := Open(server.URL+"/lab-secondary/inputs", Credential{AccountName: "lab", Key: anyKey}, azcore.ClientOptions{InsecureAllowCredentialWithHTTP: true})
	if err != nil {
		t.Fatal(err)
	}
	return c, &asked
}

func TestLastSync(t *testing.T) {
	for answer, want := range map[string]struct {
		at     time.Time
		status string
		failed bool
	}{
		"<StorageServiceStats><GeoReplication><Status>live</Status><LastSyncTime>Thu, 01 Jan 2026 10:00:00 GMT</LastSyncTime></GeoReplication></StorageServiceStats>": {
			at: time.Date(2026, 1, 1, 10, 0, 0, 0, time.UTC), status: "live"},
		"<StorageServiceStats><GeoReplication><Status>bootstrap</Status><LastSyncTime></LastSyncTime></GeoReplication></StorageServiceStats>": {status: "bootstrap"},
		"<StorageServiceStats></StorageServiceStats>": {failed: true},
	} {
		c, asked := openAt(t, answer)
		at, status, err := c.LastSync(t.Context())
		if !at.Equal(want.at) || status != want.status || err != nil != want.failed {
			t.Errorf("%s: %v %s %v", answer, at, status, err)
		}
		if asked.URL.Path != "/lab-secondary/" || asked.URL.Query().Get("comp") != "stats" || !strings.HasPrefix(asked.Header.Get("Authorization"), "SharedKey lab:") {
			t.Errorf("asked %s with %s", asked.URL, asked.Header.Get("Authorization"))
		}
	}
}

// How a blob was replicated comes with the listing.
func TestListingTellsOfObjectReplication(t *testing.T) {
	c, _ := openAt(t, `<EnumerationResults><Blobs><Blob><Name>a</Name><Properties><Content-Length>1</Content-Length></Properties>
		<OrMetadata><or-p1_r1>complete</or-p1_r1><or-p2_r2>failed</or-p2_r2></OrMetadata></Blob>
		<Blob><Name>b</Name><Properties><Content-Length>1</Content-Length></Properties></Blob></Blobs><NextMarker/></EnumerationResults>`)
	var got []map[string]string
	for b, err := range c.List(t.Context(), "") {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, b.Replicated)
	}
	if len(got) != 2 || got[0]["p1_r1"] != "complete" || got[0]["p2_r2"] != "failed" || got[1] != nil {
		t.Errorf("%v", got)
	}
}

// The workflow service finds the replica by its own name; signatures are the account's.
func TestNameOfAReplica(t *testing.T) {
	for address, want := range map[string]string{
		"https://lab.blob.core.windows.net/inputs": "lab", "https://lab-secondary.blob.core.windows.net/inputs": "lab-secondary",
		"http://127.0.0.1:1/lab/inputs": "lab", "http://127.0.0.1:1/lab-secondary/inputs": "lab-secondary",
	} {
		c, err := Open(address, Credential{AccountName: "lab", Key: anyKey}, azcore.ClientOptions{})
		if err != nil || c.AccountName() != want || c.key.AccountName() != "lab" {
			t.Errorf("%s is %s, %v", address, c.AccountName(), err)
		}
	}
}
