package engine

import (
	"context"
	"strings"
)

// MarkLength is how many characters the mark of a failover has; all of them are a-z
// and 0-9.
const MarkLength = 12

// Marked is an engine that finds the runs that one failover submitted, by the mark
// that travels with their tokens.
type Marked interface {
	Engine
	// Marked gives every run with the mark, in whatever state, each once. It is
	// complete, or an error.
	Marked(ctx context.Context, mark string) ([]Run, error)
}

// ValidMark reports whether a text that a service sent is the mark of a failover.
func ValidMark(mark string) bool {
	return len(mark) == MarkLength && strings.Trim(mark, keyAlphabet) == ""
}

// MarkOf is the mark that a run's tags carry; empty if they carry none.
func MarkOf(tag func(name string) string) string {
	if mark := tag(TagMark); ValidMark(mark) && KeyOf(tag) != "" {
		return mark
	}
	return ""
}
