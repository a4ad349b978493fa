package blobstore

import (
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"pgregory.net/rapid"
)

// shelf is a service that lists names, as pages and by folders.
type shelf struct {
	names []string
	mu    sync.Mutex
	asked map[string]int
	// before, when set, is called for each page that is asked for, by its prefix.
	before func(prefix string) error
}

func (s *shelf) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	prefix, delimiter := q.Get("prefix"), q.Get("delimiter")
	most, _ := strconv.Atoi(q.Get("maxresults"))
	s.mu.Lock()
	s.asked[delimiter]++
	s.mu.Unlock()
	if s.before != nil {
		if err := s.before(prefix); err != nil {
			refuse(w, http.StatusForbidden, "AuthorizationFailure")
			return
		}
	}
	var body strings.Builder
	tell := func(tag, name string) {
		body.WriteString("<" + tag + "><Name>")
		_ = xml.EscapeText(&body, []byte(name))
		body.WriteString("</Name></" + tag + ">")
	}
	at, _ := strconv.Atoi(q.Get("marker"))
	shown, folder := 0, ""
	for ; at < len(s.names) && shown < most; at++ {
		name := s.names[at]
		if !strings.HasPrefix(name, prefix) || folder != "" && strings.HasPrefix(name, folder) {
			continue
		}
		shown++
		if below, _, ok := strings.Cut(name[len(prefix):], "/"); ok && delimiter != "" {
			folder = prefix + below + "/"
			tell("BlobPrefix", folder)
			continue
		}
		tell("Blob", name)
	}
	next := ""
	for rest := at; rest < len(s.names); rest++ {
		if name := s.names[rest]; strings.HasPrefix(name, prefix) && (folder == "" || !strings.HasPrefix(name, folder)) {
			next = strconv.Itoa(rest)
			break
		}
	}
	w.Header().Set("Content-Type", "application/xml")
	_, _ = fmt.Fprintf(w, `<?xml version="1.0"?><EnumerationResults><Blobs>%s</Blobs><NextMarker>%s</NextMarker></EnumerationResults>`, body.String(), next)
}

// open makes a container that lists pages of so many, and splits after so many of them.
func (s *shelf) open(t interface {
	Cleanup(func())
	Fatal(...any)
}, page int32, after int,
) *Container {
	s.asked = map[string]int{}
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	c, err := Open(server.URL+"/acct/box", Credential{Key: testKey}, azcore.ClientOptions{Transport: server.Client(), InsecureAllowCredentialWithHTTP: true})
	if err != nil {
		t.Fatal(err)
	}
	c.pageSize, c.splitAfter = page, after
	return c
}

// TestASplitListingIsTheSameListing: in the same order, each name once, whatever the names and the pages are.
func TestASplitListingIsTheSameListing(t *testing.T) {
	segment := rapid.SampledFrom([]string{"a", "b", "ab", "run-01", "run-02", "run-10", "run", "é", "\uFF5E", "\U0001F600", "\U0001F601", "z"})
	rapid.Check(t, func(t *rapid.T) {
		names := rapid.SliceOfNDistinct(rapid.Custom(func(t *rapid.T) string {
			return strings.Join(rapid.SliceOfN(segment, 1, 4).Draw(t, "segments"), rapid.SampledFrom([]string{"/", "-"}).Draw(t, "separator"))
		}), 0, 60, rapid.ID).Draw(t, "names")
		slices.SortFunc(names, CompareNames)
		prefix := rapid.SampledFrom([]string{"", "run", "run-01/", "a"}).Draw(t, "prefix")
		s := &shelf{names: names}
		c := s.open(t, rapid.Int32Range(1, 12).Draw(t, "page"), rapid.IntRange(1, 3).Draw(t, "after"))
		var got []string
		for b, err := range c.List(t.Context(), prefix) {
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, b.Name)
		}
		want := slices.DeleteFunc(slices.Clone(names), func(name string) bool { return !strings.HasPrefix(name, prefix) })
		if !slices.Equal(got, want) {
			t.Fatalf("%q\nnot %q", got, want)
		}
	})
}

func TestPartition(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		names := rapid.SliceOfNDistinct(rapid.StringN(1, 6, -1), 1, 80, rapid.ID).Draw(t, "names")
		slices.SortFunc(names, CompareNames)
		prefixes := partition(names, rapid.IntRange(1, 20).Draw(t, "most"))
		at := 0
		for _, name := range names {
			if at+1 < len(prefixes) && strings.HasPrefix(name, prefixes[at+1]) && !strings.HasPrefix(name, prefixes[at]) {
				at++
			}
			for i, p := range prefixes {
				if strings.HasPrefix(name, p) != (i == at) {
					t.Fatalf("%q in %q", name, prefixes)
				}
			}
		}
		if at != len(prefixes)-1 {
			t.Fatalf("%q has parts without a name", prefixes)
		}
	})
}

// folders makes names below folders.
func folders(count, each int) (names []string) {
	for i := range count {
		for k := range each {
			names = append(names, fmt.Sprintf("project/sample-%03d/%05d.fq", i, k))
		}
	}
	return names
}

// The parts are listed at the same time, no more than some, and by no more requests than one after the other, about.
func TestPartsAreListedAhead(t *testing.T) {
	s := &shelf{names: folders(20, 100)}
	c := s.open(t, 50, 2)
	var mu sync.Mutex
	met := make(chan struct{})
	together := sync.OnceFunc(func() { close(met) })
	under := map[string]bool{}
	s.before = func(prefix string) error {
		if !strings.HasPrefix(prefix, "project/sample-") {
			return nil
		}
		mu.Lock()
		under[prefix] = true
		if len(under) == aside {
			together()
		}
		mu.Unlock()
		// None of them is answered before as many are asked for as may be.
		<-met
		return nil
	}
	n := 0
	for _, err := range c.List(t.Context(), "") {
		if err != nil {
			t.Fatal(err)
		}
		n++
	}
	if n != 2000 || s.asked["/"] != 2 || s.asked[""] > 2000/50+20 {
		t.Errorf("%d blobs by %v", n, s.asked)
	}
}

func TestAListingWithoutFoldersGoesOnAsItIs(t *testing.T) {
	for name, names := range map[string][]string{"too many folders": folders(200, 5), "one folder": folders(1, 1000)} {
		s := &shelf{names: names}
		c := s.open(t, 50, 2)
		n := 0
		for _, err := range c.List(t.Context(), "") {
			if err != nil {
				t.Fatal(err)
			}
			n++
		}
		if n != len(names) || s.asked[""] != len(names)/50 || s.asked["/"] > deepest {
			t.Errorf("%s: %d blobs by %v", name, n, s.asked)
		}
	}
}

// A part that can't be listed ends the listing with its error, and a caller that gives up ends them all.
func TestAPartThatFailsEndsTheListing(t *testing.T) {
	s := &shelf{names: folders(20, 100)}
	c := s.open(t, 50, 2)
	s.before = func(prefix string) error {
		if strings.HasPrefix(prefix, "project/sample-01") {
			return errors.New("refused")
		}
		return nil
	}
	n := 0
	var failed error
	for b, err := range c.List(t.Context(), "") {
		if failed != nil {
			t.Fatal("it went on")
		}
		if failed = err; err == nil && b.Name != s.names[n] {
			t.Fatalf("%q at %d", b.Name, n)
		}
		n++
	}
	var refused *Error
	if !errors.As(failed, &refused) || n != 1000+1 {
		t.Errorf("%d, then %v", n, failed)
	}
	s.before = nil
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	failed, n = nil, 0
	for _, err := range c.List(ctx, "") {
		if n++; n == 700 {
			cancel()
		}
		failed = err
	}
	if !errors.Is(failed, context.Canceled) || n == 2000 {
		t.Errorf("%d, then %v", n, failed)
	}
	for _, err := range c.List(t.Context(), "") {
		if err != nil {
			t.Error(err)
		}
		break
	}
}

// busy answers some requests of each page with a refusal, without a network.
type busy struct {
	shelf   *shelf
	refused int
	left    int
}

func (b *busy) Do(req *http.Request) (*http.Response, error) {
	w := httptest.NewRecorder()
	if b.left > 0 {
		b.left--
		b.refused++
		refuse(w, http.StatusServiceUnavailable, "ServerBusy")
	} else {
		b.shelf.ServeHTTP(w, req)
	}
	return w.Result(), nil
}

// A service that is too busy for one page for a while is waited for; one that stays so, or is from the start, ends the
// listing.
func TestAListingWaitsForABusyService(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := &busy{shelf: &shelf{names: folders(1, 10), asked: map[string]int{}}}
		c, err := Open("http://127.0.0.1/acct/box", Credential{Key: testKey}, azcore.ClientOptions{
			Transport: b, InsecureAllowCredentialWithHTTP: true, Retry: policy.RetryOptions{MaxRetries: -1},
		})
		if err != nil {
			t.Fatal(err)
		}
		c.pageSize = 4
		n := 0
		for l, err := range c.List(t.Context(), "") {
			if err != nil || l.Name != b.shelf.names[n] {
				t.Fatal(l.Name, err)
			}
			if n++; n == 5 {
				b.left, b.refused = 3, 0
			}
		}
		if n != 10 || b.refused != 3 {
			t.Errorf("%d blobs after %d refusals", n, b.refused)
		}
		for at, want := range map[int]int{0: 1, 5: listTries + 1} {
			b.left, b.refused, n = 0, 0, 0
			if at == 0 {
				b.left = 1000
			}
			var last error
			for _, err := range c.List(t.Context(), "") {
				if n++; n == at {
					b.left = 1000
				}
				last = err
			}
			if !Throttled(last) || b.refused != want {
				t.Errorf("%v after %d refusals", last, b.refused)
			}
		}
	})
}
