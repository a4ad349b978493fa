package regionpair

import (
	"io"
	"net/http"
	"strings"
	"testing"
)

// A region whose service refuses the list of its runs may run one that nobody
// knows of. That is said, once a run, also of the region that nothing else is read of.
func TestRefreshSaysWhereRunsCannotBeLookedFor(t *testing.T) {
	s := serve(t)
	s.refuse = func(w http.ResponseWriter, r *http.Request) bool {
		if !strings.HasPrefix(r.URL.Path, "/"+east+"/api/") {
			return false
		}
		w.WriteHeader(http.StatusForbidden)
		_, _ = io.WriteString(w, `{"Message":"You may not list runs."}`)
		return true
	}
	r := s.resource(t)
	state := s.pair(t, west, 1)
	book := ledger{Writer: "me", Seen: map[string]seen{}}
	d := r.refresh(t.Context(), state, book)
	if d.HasError() || d.WarningsCount() != 1 {
		t.Fatalf("got %v", d)
	}
	says(t, d, []string{"Runs in westeurope cannot be looked for", "You may not list runs.", "accounts/" + east, "access_keys"})
	if d := r.refresh(t.Context(), state, book); len(d) != 0 {
		t.Errorf("it is said again: %v", d)
	}
}
