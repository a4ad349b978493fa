// Package region knows Azure's regions, offline, and keeps one gate per region that every call to it passes.
package region

import (
	"cmp"
	"slices"
	"strings"
	"unicode"
)

// Region is one Azure region.
type Region struct {
	Name        string // as Resource Manager takes it, for instance "westus2"
	DisplayName string // for instance "West US 2"
	Geography   string // as Azure names it, for instance "United States": the boundary of data residency
	Pair        string // the name of the paired region, "" when Azure gives none; a few pairs go one way only
	Cloud       string // public, usgovernment or china
}

var (
	sorted = catalogue()
	byName = index(sorted)
)

func catalogue() []Region {
	var all []Region
	for _, part := range []struct {
		cloud   string
		entries []entry
	}{{cloudPublic, publicRegions}, {cloudUSGovernment, governmentRegions}, {cloudChina, chinaRegions}} {
		for _, e := range part.entries {
			all = append(all, Region{
				Name:        Normalize(e.display),
				DisplayName: e.display,
				Geography:   e.geography,
				Pair:        e.pair,
				Cloud:       part.cloud,
			})
		}
	}
	slices.SortFunc(all, func(a, b Region) int { return cmp.Compare(a.Name, b.Name) })
	return all
}

func index(regions []Region) map[string]Region {
	m := make(map[string]Region, len(regions))
	for _, r := range regions {
		m[r.Name] = r
	}
	return m
}

// Normalize turns any spelling of a region's name into the one that Resource Manager uses: "West US 2" into "westus2".
func Normalize(name string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) {
			return -1
		}
		return unicode.ToLower(r)
	}, name)
}

// Lookup finds a region by any spelling of its name.
func Lookup(name string) (Region, bool) {
	r, ok := byName[Normalize(name)]
	return r, ok
}

// All returns every region, in the order of their names.
func All() []Region { return slices.Clone(sorted) }

// Geographies returns the names of all geographies, sorted, each once.
func Geographies() []string {
	var names []string
	for _, r := range sorted {
		names = append(names, r.Geography)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// Suggest returns the names of up to three regions that name may have been meant for, the nearest first.
func Suggest(name string) []string {
	const most = 3
	wanted := Normalize(name)
	if wanted == "" {
		return nil
	}
	type candidate struct {
		name     string
		distance int
	}
	var near []candidate
	for _, r := range sorted {
		d := distance(wanted, r.Name)
		if sameLetters(wanted, r.Name) {
			d = min(d, 1) // "uswest2": the right words in the wrong order
		}
		if d <= max(2, len(wanted)/4) || strings.HasPrefix(r.Name, wanted) {
			near = append(near, candidate{r.Name, d})
		}
	}
	slices.SortStableFunc(near, func(a, b candidate) int { return cmp.Compare(a.distance, b.distance) })
	var names []string
	for _, c := range near[:min(most, len(near))] {
		names = append(names, c.name)
	}
	return names
}

// sameLetters reports whether two names consist of the same letters and digits.
func sameLetters(a, b string) bool {
	clean := func(s string) []rune {
		runes := []rune(strings.Map(func(r rune) rune {
			if unicode.IsLetter(r) || unicode.IsDigit(r) {
				return r
			}
			return -1
		}, s))
		slices.Sort(runes)
		return runes
	}
	return slices.Equal(clean(a), clean(b))
}

// distance is Levenshtein's: how many characters have to be inserted, deleted or replaced.
func distance(a, b string) int {
	s, t := []rune(a), []rune(b)
	row := make([]int, len(t)+1)
	for j := range row {
		row[j] = j
	}
	for i, x := range s {
		diagonal := row[0]
		row[0] = i + 1
		for j, y := range t {
			change := diagonal
			if x != y {
				change++
			}
			diagonal = row[j+1]
			row[j+1] = min(change, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(t)]
}
