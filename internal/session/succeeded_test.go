package session

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/azure"
)

// A run that no state knows and that has ended is found, for all who ask with one listing that does not grow with the account.
func TestSucceeded(t *testing.T) {
	const key = "abcdefghijklmnopqrstuvwxyz"
	for name, tc := range map[string]struct {
		first, last, requests int
	}{
		"few":  {first: 3, last: 1, requests: 2},
		"many": {first: 5000, last: 4901, requests: 1},
	} {
		t.Run(name, func(t *testing.T) {
			var asked atomic.Int32
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				asked.Add(1)
				if !strings.Contains(r.URL.Query().Get("$filter"), "Status eq '20000'") {
					t.Errorf("asked for %s", r.URL.Query().Get("$filter"))
				}
				var page []string
				for id := tc.first; id >= tc.last && r.URL.Query().Get("$skip") == "0"; id-- {
					page = append(page, fmt.Sprintf(`{"Id":%d,"Status":20000,"Description":"[tfg:%s] s"}`, id, key))
				}
				_, _ = io.WriteString(w, "["+strings.Join(page, ",")+"]")
			}))
			defer server.Close()
			s, err := New(azure.Config{Environment: "public", UseMSI: true, RegionTimeout: time.Minute, AccessKeys: map[string]string{"lab": "key"}})
			if err != nil {
				t.Fatal(err)
			}
			for range 2 {
				got, err := s.Succeeded(t.Context(), ServiceAccount{ID: lab.String(), Location: "westus2", URL: server.URL})
				if err != nil {
					t.Fatal(err)
				}
				if runs := got.With(key); len(runs) != tc.first-tc.last+1 || runs[0].ID != fmt.Sprint(tc.first) {
					t.Errorf("%d runs", len(runs))
				}
			}
			if n := int(asked.Load()); n != tc.requests {
				t.Errorf("%d requests, want %d", n, tc.requests)
			}
		})
	}
}
