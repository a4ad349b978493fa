package store

import (
	"fmt"
	"slices"
)

// spread is what several measurements of one thing came to.
type spread struct{ median, least, most float64 }

func spreadOf(values []float64) spread {
	if len(values) == 0 {
		return spread{}
	}
	sorted := slices.Sorted(slices.Values(values))
	middle := sorted[len(sorted)/2]
	if len(sorted)%2 == 0 {
		middle = (middle + sorted[len(sorted)/2-1]) / 2
	}
	return spread{median: middle, least: sorted[0], most: sorted[len(sorted)-1]}
}

// one is a figure that was measured once, or that does not vary.
func one(value float64) spread { return spread{value, value, value} }

func (s spread) text(format string) string {
	if s.least == s.most {
		return fmt.Sprintf(format, s.median)
	}
	return fmt.Sprintf(format+" ("+format+"–"+format+")", s.median, s.least, s.most)
}
