package main

import (
	"cmp"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/testing/harness"
)

// kind is a kind of request to one server.
type kind struct {
	region string // "" for what belongs to no region
	what   string
}

// tally is how many requests of each kind there were.
type tally struct {
	kinds map[kind]int
	// attempts and answers are requests to the region that was dark, and those
	// that it answered.
	attempts, answers int
}

func count(seen []harness.Seen) tally {
	t := tally{kinds: map[kind]int{}}
	for _, s := range seen {
		t.kinds[kind{s.Region, name(s)}]++
		if s.Region == primary && s.Plane != "arm" && s.Plane != "identity" {
			t.attempts++
			if s.Outcome == "answered" {
				t.answers++
			}
		}
	}
	return t
}

// name says in words what a request asks for.
func name(s harness.Seen) string {
	one := strings.Count(strings.Trim(s.Path, "/"), "/") > 1 // /api/workflows/ID
	switch {
	case s.Plane == "service" && s.Method == http.MethodPost:
		return "submit"
	case s.Plane == "service" && s.Method == http.MethodDelete:
		return "cancel"
	case s.Plane == "service" && one:
		return "read one run"
	case s.Plane == "service" && strings.Contains(s.Query, "filter"):
		return "search runs"
	case s.Plane == "service":
		return "list runs"
	case s.Plane == "storage" && strings.Contains(s.Query, "comp=list"):
		return "list blobs"
	}
	return s.Plane + " " + s.Method
}

// total is how many requests there were.
func (t tally) total() int {
	n := 0
	for _, k := range t.kinds {
		n += k
	}
	return n
}

// of is how many there were of one kind, in all regions.
func (t tally) of(what string) int {
	n := 0
	for k, count := range t.kinds {
		if k.what == what {
			n += count
		}
	}
	return n
}

// lines writes the tally, one line for each kind.
func (t tally) lines() []string {
	keys := slices.SortedFunc(maps.Keys(t.kinds), func(a, b kind) int {
		return cmp.Or(strings.Compare(a.region, b.region), strings.Compare(a.what, b.what))
	})
	var out []string
	for _, k := range keys {
		out = append(out, fmt.Sprintf("%-12s %-18s %6d", cmp.Or(k.region, "-"), k.what, t.kinds[k]))
	}
	return out
}
