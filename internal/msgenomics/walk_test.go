package msgenomics

import (
	"net/http"
	"testing"
	"time"
)

func TestWalkReadsNoFurtherThanItHasTo(t *testing.T) {
	s := &service{workflows: hundreds(450)}
	listing := NewListing(start(t, s))
	for _, row := range []struct{ wanted, requests int }{
		{50, 1},   // the first page
		{50, 1},   // which is known now
		{150, 2},  // and one more
		{1000, 6}, // all of them, and an empty page that ends it
	} {
		seen := 0
		if err := listing.Walk(bounded(t), func(w Workflow) bool {
			if want := int64(450 - seen); w.ID != want {
				t.Fatalf("workflow %d, want %d", w.ID, want)
			}
			seen++
			return seen < row.wanted
		}); err != nil {
			t.Fatal(err)
		}
		if want := min(row.wanted, 450); seen != want {
			t.Errorf("%d seen, want %d", seen, want)
		}
		if got := s.count(http.MethodGet); got != row.requests {
			t.Errorf("%d requests, want %d", got, row.requests)
		}
	}
}

func TestEndOfLife(t *testing.T) {
	retired := time.Date(2025, 1, 6, 0, 0, 0, 0, time.UTC)
	for endpoint, want := range map[string]time.Time{
		"https://westus2.microsoftgenomics.net":  retired,
		"https://westus2.MicrosoftGenomics.NET/": retired,
		"https://microsoftgenomics.net.example":  {},
		"http://127.0.0.1:8080":                  {},
		"://":                                    {},
	} {
		if got := EndOfLife(endpoint); !got.Equal(want) {
			t.Errorf("%s ends %s", endpoint, got)
		}
	}
}
