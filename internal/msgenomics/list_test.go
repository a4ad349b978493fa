package msgenomics

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"pgregory.net/rapid"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/azure"
)

func collect(ctx context.Context, c *Client, q Query) ([]int64, error) {
	var ids []int64
	for w, err := range c.List(ctx, q) {
		if err != nil {
			return ids, err
		}
		ids = append(ids, w.ID)
	}
	return ids, nil
}

func TestListRequestsAsRecorded(t *testing.T) {
	s := &service{workflows: hundreds(1)}
	c := start(t, s)
	if _, err := collect(bounded(t), c, Query{Description: "it's & 100%+", Process: "gatk", Status: StatusFailed, OldestFirst: true, PageSize: 7}); err != nil {
		t.Fatal(err)
	}
	got := s.seen()[0]
	want := map[string]string{
		"$orderby": "CreatedDate asc", "$skip": "0", "$top": "7",
		"$filter": "substringof('it''s & 100%+', Description) and substringof('gatk', Process) and Status eq '50000'",
	}
	for name, value := range want {
		if got.Query.Get(name) != value {
			t.Errorf("%s = %q, want %q", name, got.Query.Get(name), value)
		}
	}
	if got.Method != http.MethodGet || got.Path != "/api/workflows" || got.Key != testKey || len(got.Query) != len(want) {
		t.Errorf("request %+v", got)
	}
	if err := c.Ping(bounded(t)); err != nil {
		t.Fatal(err)
	}
	if ping := s.seen()[len(s.seen())-1]; ping.Query.Get("$top") != "1" || ping.Query.Get("$filter") != "" {
		t.Errorf("ping asked for %v", ping.Query)
	}
}

// However the service pages and whether or not it filters, each workflow that
// was asked for comes exactly once.
func TestListIsComplete(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		s := &service{
			workflows:    hundreds(rapid.IntRange(0, 45).Draw(rt, "workflows")),
			pageCap:      rapid.IntRange(0, 9).Draw(rt, "cap"),
			ignoreFilter: rapid.Bool().Draw(rt, "ignore filter"),
		}
		// Newcomers push what was read onto the next page.
		newcomers := rapid.IntRange(0, maxStalePages-1).Draw(rt, "newcomers")
		before := len(s.workflows)
		calls := 0
		s.answer = func(http.ResponseWriter, *http.Request) bool {
			s.mu.Lock()
			defer s.mu.Unlock()
			if calls++; calls > 1 && newcomers > 0 {
				newcomers--
				s.workflows = slices.Insert(s.workflows, 0, Workflow{ID: int64(1000 + calls), Status: StatusQueued, Description: "new"})
			}
			return false
		}
		c := start(t, s)
		got, err := collect(bounded(t), c, Query{Description: "run=", PageSize: rapid.IntRange(1, 12).Draw(rt, "page")})
		if err != nil {
			rt.Fatal(err)
		}
		slices.Sort(got)
		if len(got) != before || len(slices.Compact(slices.Clone(got))) != before {
			rt.Fatalf("got %v of %d", got, before)
		}
	})
}

func TestListOrder(t *testing.T) {
	c := start(t, &service{workflows: hundreds(5)})
	newest, err := collect(bounded(t), c, Query{PageSize: 2})
	if err != nil || !slices.Equal(newest, []int64{5, 4, 3, 2, 1}) {
		t.Errorf("newest first: %v, %v", newest, err)
	}
	oldest, err := collect(bounded(t), c, Query{PageSize: 2, OldestFirst: true})
	if err != nil || !slices.Equal(oldest, []int64{1, 2, 3, 4, 5}) {
		t.Errorf("oldest first: %v, %v", oldest, err)
	}
}

// A service that ignores $skip would be read for ever; one that filters by a part
// finds run=290 for run=29.
func TestListEndsAndFindsExactly(t *testing.T) {
	s := &service{workflows: hundreds(8), ignoreSkip: true}
	var unreadable *azure.UnreadableError
	if _, err := collect(bounded(t), start(t, s), Query{PageSize: 4}); !errors.As(err, &unreadable) {
		t.Errorf("repeating pages: %v", err)
	}
	if n := s.count(http.MethodGet); n > 1+maxStalePages {
		t.Errorf("%d requests to a list without end", n)
	}

	found, err := start(t, &service{workflows: hundreds(300), ignoreFilter: true}).FindByToken(bounded(t), "run=29")
	if err != nil {
		t.Fatal(err)
	}
	var descriptions []string
	for _, w := range found {
		descriptions = append(descriptions, w.Description)
	}
	if len(found) != 11 || !slices.Contains(descriptions, "run=290") || slices.ContainsFunc(descriptions, func(d string) bool { return !strings.HasPrefix(d, "run=29") }) {
		t.Errorf("found %v", descriptions)
	}
	if _, err := start(t, &service{}).FindByToken(bounded(t), ""); err == nil {
		t.Error("an empty token found everything")
	}
}

// Any number of readers asking at the same time for any workflows cost no more
// requests than the farthest of them is pages away.
func TestListingSharesPages(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		total := rapid.IntRange(1, 450).Draw(rt, "total")
		s := &service{workflows: hundreds(total)}
		wanted := rapid.SliceOfN(rapid.IntRange(1, total+20), 1, 40).Draw(rt, "wanted")
		listing := NewListing(start(t, s))

		farthest := 0
		errs := make([]error, len(wanted))
		var wg sync.WaitGroup
		for i, id := range wanted {
			position := total - id // newest first: the newest has the highest ID
			if position < 0 {
				position = total // not there: the whole list must be read
			}
			farthest = max(farthest, position)
			wg.Go(func() {
				w, ok, err := listing.Find(bounded(t), int64(id))
				if err != nil || ok != (id <= total) || ok && w.ID != int64(id) {
					errs[i] = fmt.Errorf("Find(%d) = %+v, %v, %w", id, w, ok, err)
				}
			})
		}
		wg.Wait()
		if err := errors.Join(errs...); err != nil {
			rt.Fatal(err)
		}
		if got, most := s.count(http.MethodGet), (farthest+DefaultPageSize)/DefaultPageSize+1; got > most {
			rt.Fatalf("%d requests, at most %d needed", got, most)
		}
	})
}

func TestThousandReadersCostTenRequests(t *testing.T) {
	s := &service{workflows: hundreds(1000)}
	listing := NewListing(start(t, s))
	all, err := listing.All(bounded(t))
	if err != nil || len(all) != 1000 || all[0].ID != 1000 || all[999].ID != 1 {
		t.Fatalf("%d workflows, %v", len(all), err)
	}
	for id := range int64(1000) {
		if _, ok, err := listing.Find(bounded(t), id+1); !ok || err != nil {
			t.Fatalf("Find(%d): %v, %v", id+1, ok, err)
		}
	}
	if n := s.count(http.MethodGet); n != 11 {
		t.Errorf("%d requests", n)
	}
}

func TestListingForgetsFailures(t *testing.T) {
	s := &service{workflows: hundreds(3), answer: reply(http.StatusInternalServerError, "application/json", `{"Message":"later"}`)}
	listing := NewListing(start(t, s))
	var api *APIError
	if _, ok, err := listing.Find(bounded(t), 2); ok || !errors.As(err, &api) {
		t.Fatalf("Find = %v, %v", ok, err)
	}
	s.mu.Lock()
	s.answer = nil
	s.mu.Unlock()
	if w, ok, err := listing.Find(bounded(t), 2); !ok || err != nil || w.ID != 2 {
		t.Fatalf("Find = %+v, %v, %v", w, ok, err)
	}
}

// A reader that gives up while another one is asking does not wait for it.
func TestListingEndsOnCancellation(t *testing.T) {
	entered, release := make(chan struct{}), make(chan struct{})
	var once sync.Once
	s := &service{workflows: hundreds(1), answer: func(http.ResponseWriter, *http.Request) bool {
		once.Do(func() { close(entered); <-release })
		return false
	}}
	listing := NewListing(start(t, s))
	first := make(chan error, 1)
	go func() {
		_, _, err := listing.Find(bounded(t), 1)
		first <- err
	}()
	<-entered
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, _, err := listing.Find(ctx, 1); !errors.Is(err, context.Canceled) {
		t.Errorf("a cancelled reader got %v", err)
	}
	close(release)
	if err := <-first; err != nil {
		t.Errorf("the reader that asked got %v", err)
	}
}
