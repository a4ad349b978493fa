package region

import (
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// oneWay are the pairs that Azure does not return.
var oneWay = map[string]string{
	"brazilsouth":     "southcentralus",
	"brazilsoutheast": "brazilsouth",
	"westindia":       "southindia",
	"westus3":         "eastus",
	"usgovarizona":    "usgovtexas",
}

func TestCatalogueIsConsistent(t *testing.T) {
	seen := map[string]bool{}
	for _, r := range All() {
		if r.Name == "" || r.DisplayName == "" || r.Geography == "" {
			t.Errorf("%+v: something is empty", r)
		}
		if Normalize(r.Name) != r.Name {
			t.Errorf("%s: the name is not normalised", r.Name)
		}
		if seen[r.Name] {
			t.Errorf("%s: listed twice", r.Name)
		}
		seen[r.Name] = true
		if !slices.Contains([]string{"public", "usgovernment", "china"}, r.Cloud) {
			t.Errorf("%s: cloud %q", r.Name, r.Cloud)
		}
		if r.Pair == "" {
			continue
		}
		pair, ok := Lookup(r.Pair)
		switch {
		case !ok:
			t.Errorf("%s: the pair %q does not exist", r.Name, r.Pair)
		case pair.Name == r.Name:
			t.Errorf("%s: is its own pair", r.Name)
		case pair.Cloud != r.Cloud:
			t.Errorf("%s: the pair %s is in another cloud", r.Name, pair.Name)
		case pair.Pair != r.Name && oneWay[r.Name] != pair.Name:
			t.Errorf("%s is paired with %s, which is paired with %q", r.Name, pair.Name, pair.Pair)
		case pair.Pair == r.Name && oneWay[r.Name] != "":
			t.Errorf("%s: the pair goes both ways", r.Name)
		}
	}
	if len(seen) < 60 {
		t.Errorf("only %d regions", len(seen))
	}
}

func TestLookup(t *testing.T) {
	for _, tc := range []struct{ spelling, name, display, geography, pair, cloud string }{
		{"westus2", "westus2", "West US 2", "United States", "westcentralus", "public"},
		{"West US 2", "westus2", "West US 2", "United States", "westcentralus", "public"},
		{" WESTEUROPE ", "westeurope", "West Europe", "Europe", "northeurope", "public"},
		{"southeastasia", "southeastasia", "Southeast Asia", "Asia Pacific", "eastasia", "public"},
		{"uksouth", "uksouth", "UK South", "United Kingdom", "ukwest", "public"},
		{"canadacentral", "canadacentral", "Canada Central", "Canada", "canadaeast", "public"},
		{"qatarcentral", "qatarcentral", "Qatar Central", "Qatar", "", "public"},
		{"brazilsouth", "brazilsouth", "Brazil South", "Brazil", "southcentralus", "public"},
		{"usgovvirginia", "usgovvirginia", "US Gov Virginia", "US Government", "usgovtexas", "usgovernment"},
		{"chinanorth3", "chinanorth3", "China North 3", "China", "chinaeast3", "china"},
	} {
		got, ok := Lookup(tc.spelling)
		want := Region{Name: tc.name, DisplayName: tc.display, Geography: tc.geography, Pair: tc.pair, Cloud: tc.cloud}
		if !ok || got != want {
			t.Errorf("Lookup(%q) = %+v, %v; want %+v", tc.spelling, got, ok, want)
		}
	}
	for _, unknown := range []string{"", "westus9", "global", "mars"} {
		if got, ok := Lookup(unknown); ok {
			t.Errorf("Lookup(%q) = %+v", unknown, got)
		}
	}
}

func TestAllIsACopyInOrder(t *testing.T) {
	first := All()
	if !slices.IsSortedFunc(first, func(a, b Region) int {
		if a.Name < b.Name {
			return -1
		}
		return 1
	}) {
		t.Error("not in the order of names")
	}
	first[0] = Region{}
	if All()[0] == (Region{}) {
		t.Error("a caller can change the catalogue")
	}
}

func TestGeographies(t *testing.T) {
	got := Geographies()
	for _, want := range []string{"United States", "Europe", "Asia Pacific", "China"} {
		if !slices.Contains(got, want) {
			t.Errorf("%q is missing", want)
		}
	}
	if !slices.IsSorted(got) || len(slices.Compact(slices.Clone(got))) != len(got) {
		t.Errorf("not sorted, or not each once: %v", got)
	}
}

func TestSuggest(t *testing.T) {
	for _, tc := range []struct{ typed, first string }{
		{"westus22", "westus2"},
		{"uswest2", "westus2"},
		{"West-Europe", "westeurope"},
		{"westeurop", "westeurope"},
		{"southeastasai", "southeastasia"},
	} {
		got := Suggest(tc.typed)
		if len(got) == 0 || got[0] != tc.first || len(got) > 3 {
			t.Errorf("Suggest(%q) = %v, want %s first", tc.typed, got, tc.first)
		}
	}
	for _, typed := range []string{"", "atlantis-prime"} {
		if got := Suggest(typed); len(got) != 0 {
			t.Errorf("Suggest(%q) = %v", typed, got)
		}
	}
}

func TestNormalizeIsIdempotent(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		once := Normalize(rapid.String().Draw(t, "name"))
		if twice := Normalize(once); twice != once {
			t.Fatalf("%q becomes %q", once, twice)
		}
	})
}

func TestDistanceIsAMetric(t *testing.T) {
	word := rapid.StringMatching(`[a-c]{0,6}`)
	rapid.Check(t, func(t *rapid.T) {
		a, b, c := word.Draw(t, "a"), word.Draw(t, "b"), word.Draw(t, "c")
		if (distance(a, b) == 0) != (a == b) || distance(a, b) != distance(b, a) || distance(a, c) > distance(a, b)+distance(b, c) {
			t.Fatalf("distances of %q, %q, %q: %d %d %d", a, b, c, distance(a, b), distance(b, c), distance(a, c))
		}
	})
}
