package replica

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/emulator/arm"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/emulator/journal"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/emulator/state"
)

func engine(t *testing.T) *Engine {
	t.Helper()
	log, err := state.Open("")
	if err != nil {
		t.Fatal(err)
	}
	store := &arm.Store{Log: log, Vault: journal.NewVault()}
	log.Put("replication-policy", "src/p", arm.Policy{Account: "src", ID: "p", Source: "src", Destination: "dst", Rules: []arm.Rule{{ID: "r", SourceContainer: "in", DestinationContainer: "out"}}})
	log.Put("replication-policy", "dst/p", arm.Policy{Account: "dst", ID: "p", Source: "src", Destination: "dst", Rules: []arm.Rule{{ID: "r", SourceContainer: "in", DestinationContainer: "out"}}})
	if err := store.Load(); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"src", "dst"} {
		store.AddStorage(arm.StorageAccount{Name: name, Location: "westus2"})
	}
	return &Engine{Store: store, Now: func() time.Time { return time.Date(2026, 1, 2, 0, 0, 0, 0, time.UTC) }}
}

func blob(name, etag, day string) string {
	return fmt.Sprintf("<Blob><Name>%s</Name><Properties><Last-Modified>Thu, %s Jan 2026 00:00:00 GMT</Last-Modified><Etag>%s</Etag></Properties></Blob>", name, day, etag)
}

// Each blob of the source tells how it fared, if it still is what it was then; the next one stays whole.
func TestListingOfASource(t *testing.T) {
	e := engine(t)
	e.states = map[string]map[string]blobState{"p_r": {"a&b": {etag: "1"}, "c": {etag: "1", failed: true}, "d": {etag: "1"}}}
	body := "<Blobs>" + blob("a&amp;b", "1", "01") + blob("c", "1", "01") + blob("d", "2", "01") + "</Blobs><NextMarker/>"
	got := string(e.listing(placeOf("/src/in"), []byte(body)))
	want := "<Blobs>" + strings.Replace(blob("a&amp;b", "1", "01"), "</Blob>", "<OrMetadata><or-p_r>complete</or-p_r></OrMetadata></Blob>", 1) +
		strings.Replace(blob("c", "1", "01"), "</Blob>", "<OrMetadata><or-p_r>failed</or-p_r></OrMetadata></Blob>", 1) + blob("d", "2", "01") + "</Blobs><NextMarker/>"
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	for _, other := range []string{"/dst/out", "/src/else"} {
		if got := string(e.listing(placeOf(other), []byte(body))); got != body {
			t.Errorf("%s became %s", other, got)
		}
	}
	if e.ReadOnly("src", "in") || !e.ReadOnly("dst", "out") || e.ReadOnly("dst", "else") {
		t.Error("not the destination alone is read-only")
	}
}

// A replica that was held shows nothing that came later.
func TestListingOfAReplica(t *testing.T) {
	e := engine(t)
	if _, err := e.Store.ChangeStorage("src", func(s *arm.StorageSettings) error {
		s.LastSync = time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	old, late := blob("a", "1", "01"), strings.Replace(blob("b", "1", "02"), "Thu", "Fri", 1)
	if got := string(e.listing(placeOf("/src-secondary/in"), []byte(old+late))); got != old {
		t.Errorf("got %s", got)
	}
	if got := string(e.statistics(placeOf("/src-secondary/"), nil)); !strings.Contains(got, "Thu, 01 Jan 2026 12:00:00 GMT") {
		t.Errorf("got %s", got)
	}
}
