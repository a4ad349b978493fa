package replication

import (
	"cmp"
	"errors"
	"iter"
	"slices"
	"testing"
	"unicode/utf16"

	"pgregory.net/rapid"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/blobstore"
)

func TestNamesCompareByUTF16(t *testing.T) {
	names := rapid.StringOf(rapid.SampledFrom([]rune("ab/\x7f\u00e9\u07ff\u0800\uD7FF\uE000\uFF5E\uFFFD\U00010000\U0001F600\U0010FFFF")))
	rapid.Check(t, func(t *rapid.T) {
		a, b := names.Draw(t, "a"), names.Draw(t, "b")
		want := slices.Compare(utf16.Encode([]rune(a)), utf16.Encode([]rune(b)))
		if got := cmp.Compare(compareNames(a, b), 0); got != want {
			t.Fatalf("%q and %q: %d, want %d", a, b, got, want)
		}
	})
}

func listing(names ...string) iter.Seq2[blobstore.Blob, error] {
	return func(yield func(blobstore.Blob, error) bool) {
		for _, n := range names {
			if !yield(blobstore.Blob{Name: n}, nil) {
				return
			}
		}
	}
}

func recorded(names ...string) iter.Seq2[Entry, error] {
	return func(yield func(Entry, error) bool) {
		for _, n := range names {
			if !yield(Entry{Name: n}, nil) {
				return
			}
		}
	}
}

// TestMergeIsAFullJoin holds the streaming merge against a join made with maps.
func TestMergeIsAFullJoin(t *testing.T) {
	sets := rapid.SliceOfDistinct(rapid.StringOfN(rapid.SampledFrom([]rune("ab\uFF5E\U0001F600")), 1, 4, -1), rapid.ID[string])
	rapid.Check(t, func(t *rapid.T) {
		var in [4][]string
		all := map[string]bool{}
		for i := range in {
			in[i] = sets.Draw(t, "names")
			slices.SortFunc(in[i], compareNames)
			for _, n := range in[i] {
				all[n] = true
			}
		}
		var last string
		for r, err := range merge(listing(in[0]...), listing(in[1]...), recorded(in[2]...), recorded(in[3]...)) {
			if err != nil {
				t.Fatal(err)
			}
			if !all[r.name] || last != "" && compareNames(last, r.name) >= 0 {
				t.Fatalf("%q after %q", r.name, last)
			}
			delete(all, r.name)
			last = r.name
			for i, there := range []bool{r.src != nil, r.dst != nil, r.entry != nil, r.reverse != nil} {
				if there != slices.Contains(in[i], r.name) {
					t.Fatalf("%q in input %d: %v", r.name, i, there)
				}
			}
		}
		if len(all) != 0 {
			t.Fatalf("missing %v", all)
		}
	})
}

func TestMergeRefusesDisorder(t *testing.T) {
	var last error
	for _, err := range merge(listing("b", "a"), listing(), recorded(), recorded()) {
		last = err
	}
	var order *OrderError
	if !errors.As(last, &order) || order.After != "a" {
		t.Errorf("%v", last)
	}
}

func TestAListingThatFailsFailsTheSurvey(t *testing.T) {
	for _, side := range []int{0, 1} {
		src, dst, _ := pair()
		src.put("a", "x")
		broken := errors.New("broken")
		[]*fakeStore{src, dst}[side].before = func(op, _ string) error {
			if op == "list" {
				return broken
			}
			return nil
		}
		if _, err := Survey(t.Context(), src.side("w"), dst.side("e"), Options{}); !errors.Is(err, broken) {
			t.Errorf("side %d: %v", side, err)
		}
	}
}

func TestAMissingSourceContainerIsNotAnEmptyOne(t *testing.T) {
	for side, want := range []bool{true, false} {
		src, dst, _ := pair()
		[]*fakeStore{src, dst}[side].before = func(op, _ string) error {
			if op == "list" {
				return failure(404, "ContainerNotFound", "")
			}
			return nil
		}
		if _, err := Survey(t.Context(), src.side("w"), dst.side("e"), Options{}); blobstore.IsNotFound(err) != want {
			t.Errorf("side %d: %v", side, err)
		}
	}
}

func TestFilter(t *testing.T) {
	for _, tc := range []struct {
		prefix           string
		include, exclude []string
		name             string
		want             bool
	}{
		{name: "a/b.fq", want: true},
		{name: Reserved + "manifest-x.jsonl.gz"},
		{prefix: "a/", name: "a/b", want: true},
		{prefix: "a/", name: "b/a"},
		{include: []string{"*.fq"}, name: "a.fq", want: true},
		{include: []string{"*.fq"}, name: "a/b.fq"},
		{include: []string{"**/*.fq"}, name: "a/b.fq", want: true},
		{include: []string{"**/*.fq"}, name: "b.fq", want: true},
		{include: []string{"*.{fq,bam}"}, name: "b.bam", want: true},
		{exclude: []string{"tmp/**"}, name: "tmp/x/y"},
		{include: []string{"**"}, exclude: []string{"**/x"}, name: "a/x"},
		{include: []string{"**"}, name: Reserved + "x"},
	} {
		f, err := NewFilter(tc.prefix, tc.include, tc.exclude)
		if err != nil {
			t.Fatal(err)
		}
		if got := f.Match(tc.name); got != tc.want {
			t.Errorf("%+v: %v", tc, got)
		}
	}
	if _, err := NewFilter("", nil, []string{"ok", "{a"}); err == nil || err.Error() != `exclude: "{a" is not a valid glob` {
		t.Errorf("%v", err)
	}
	f, _ := NewFilter("", nil, nil)
	if f.matchBlob(blobstore.Blob{Name: "dir", Metadata: map[string]string{"Hdi_isfolder": "true"}}) {
		t.Error("a directory passed")
	}
}
