package store

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestSpread(t *testing.T) {
	for _, test := range []struct {
		values []float64
		want   spread
		text   string
	}{
		{nil, spread{}, "0.0"},
		{[]float64{2}, spread{2, 2, 2}, "2.0"},
		{[]float64{3, 1, 2}, spread{2, 1, 3}, "2.0 (1.0–3.0)"},
		{[]float64{4, 1, 3, 2}, spread{2.5, 1, 4}, "2.5 (1.0–4.0)"},
	} {
		if got := spreadOf(test.values); got != test.want || got.text("%.1f") != test.text {
			t.Errorf("%v: %v, %s", test.values, got, got.text("%.1f"))
		}
	}
}

// Each run is held against the other's of the same round: what slows a round down slows both.
func TestRatiosAreOfOneRound(t *testing.T) {
	took := func(seconds ...float64) *runner {
		r := &runner{}
		for _, s := range seconds {
			r.samples = append(r.samples, sample{took: time.Duration(s * float64(time.Second))})
		}
		return r
	}
	if got, want := took(2, 20, 3).slowerThan(took(1, 10, 2)), (spread{2, 1.5, 2}); got != want {
		t.Errorf("%v", got)
	}
}

func TestOnlyABrokenBoundThatDecidesBreaks(t *testing.T) {
	for name, test := range map[string]struct {
		claim  claim
		strict bool
		broken bool
	}{
		"held":             {claim{got: one(1), most: 1}, false, false},
		"too much":         {claim{got: one(1.1), most: 1}, false, true},
		"too little":       {claim{got: one(0.9), least: 1}, false, true},
		"slow":             {claim{got: one(0.9), least: 1, time: true}, false, false},
		"slow, strictly":   {claim{got: one(0.9), least: 1, time: true}, true, true},
		"the median holds": {claim{got: spread{1, 0.5, 9}, least: 1, time: true}, true, false},
	} {
		r := &report{strict: test.strict}
		r.claims("job", test.claim)
		if r.broken() != test.broken {
			t.Errorf("%s: broken is %t", name, r.broken())
		}
		if said := strings.Contains(r.summary("a machine"), "NOT HELD"); said == test.claim.held() {
			t.Errorf("%s: the summary says that it is not held: %t", name, said)
		}
	}
}

// A front counts what its clients ask, not what the store asks of itself.
func TestFrontCounts(t *testing.T) {
	store := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		_, _ = io.WriteString(w, r.Host)
	}))
	defer store.Close()
	f, err := newFront(t.Context(), store.URL, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.close()
	host := strings.TrimPrefix(f.url, "http://")
	ask := func(method, path, body string, headers ...string) {
		t.Helper()
		r, err := http.NewRequestWithContext(t.Context(), method, f.url+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		for i := 0; i < len(headers); i += 2 {
			r.Header.Set(headers[i], headers[i+1])
		}
		answer, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer answer.Body.Close()
		if said, err := io.ReadAll(answer.Body); err != nil || method != http.MethodHead && string(said) != host {
			t.Errorf("the store was asked as %q, %v", said, err)
		}
	}
	ask(http.MethodGet, "/a/c?restype=container&comp=list", "")
	ask(http.MethodPut, "/a/c/x", "", "x-ms-copy-source", "http://a/c/x")
	ask(http.MethodHead, "/a/c/x", "", "User-Agent", "axios/1.7")
	ask(http.MethodPut, "/a/c/x?comp=block&blockid=1", "1234567890")
	got := f.seen()
	if got.pages() != 1 || got.others() != 2 || got.kinds["PUT from URL"] != 1 || got.kinds["PUT block"] != 1 {
		t.Errorf("%v", got.kinds)
	}
	if want := int64(10 + 2*len(host)); got.content != want {
		t.Errorf("%d bytes, want %d", got.content, want)
	}
}

// The engine takes the generator for a Blob service.
func TestGeneratorIsListed(t *testing.T) {
	server := httptest.NewServer(&generator{blobs: 12_345})
	defer server.Close()
	at := end{Location: primary, Account: "made", Key: "a2V5", Container: "up"}
	o, err := task{Do: doSurvey, Source: at, Destination: at, Base: server.URL, Every: 1000}.do(t.Context())
	if err != nil || o.Pending != 0 || len(o.Points) != 12 || o.Points[11].Blobs != 12_000 || o.Points[11].Memory == 0 {
		t.Errorf("%+v %v", o, err)
	}
}

func TestGeneratorPages(t *testing.T) {
	server := httptest.NewServer(&generator{blobs: 25_000})
	defer server.Close()
	for query, want := range map[string]int{
		"": 5000, "&marker=24998": 2, "&maxresults=7": 7, "&maxresults=9000": 5000,
		"&prefix=cohort-002/": 5000, "&prefix=cohort-002/&marker=20000": 5000, "&prefix=cohort-003": 0,
		"&prefix=cohort-000/sample_0000123": 10, "&delimiter=/": 3, "&delimiter=/&prefix=cohort-001/": 5000,
		"&delimiter=_": 3,
	} {
		if got := strings.Count(list(t.Context(), t, server.URL+"/a/c?restype=container&comp=list"+query), "<Name>"); got != want {
			t.Errorf("%s: %d, want %d", query, got, want)
		}
	}
}

func list(ctx context.Context, t *testing.T, url string) string {
	t.Helper()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

func TestHalves(t *testing.T) {
	points := []point{{1, 1, 1, 10}, {2, 2, 1, 30}, {3, 4, 2, 20}, {4, 6, 4, 40}}
	early, late, err := halves(points)
	if err != nil || early != (half{2, 1, 30}) || late != (half{4, 3, 40}) {
		t.Errorf("%v %v %v", early, late, err)
	}
	if _, _, err := halves(points[:1]); err == nil {
		t.Error("one point has two halves")
	}
}

func TestDraw(t *testing.T) {
	path := filepath.Join(t.TempDir(), "images", "x.svg")
	if err := draw(path, "a title", []point{{1e6, 30, 9, 40 << 20}, {2e6, 61, 20, 41 << 20}}); err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range []string{"a title", ">80<", ">2<", fmt.Sprintf("%.1f,", marginLeft+panelWidth)} {
		if !strings.Contains(string(content), part) {
			t.Errorf("no %q in the graph", part)
		}
	}
}
