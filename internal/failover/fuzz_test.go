package failover

import (
	"strings"
	"testing"
)

// Two submissions share a search only when they are one.
func FuzzKey(f *testing.F) {
	f.Add("lab", "a", "lab", "b", int64(1), "R=hg38m1")
	f.Add("a", "bc", "ab", "c", int64(2), "")
	f.Add("1:a", "", "", "1:a", int64(4096), "\xff")
	f.Fuzz(func(t *testing.T, pair, name, otherPair, otherName string, generation int64, args string) {
		one, other := Identity{pair, name}, Identity{otherPair, otherName}
		content := Content{ProcessArgs: args}
		a := Key(one, generation, content)
		if len(a) != KeyLength || a != Key(one, generation, content) {
			t.Errorf("key %q", a)
		}
		if found := strings.HasPrefix(a, Part(other)); found != (one == other) {
			t.Errorf("%+v is found by a search for %+v: %v", one, other, found)
		}
		if generation >= 1 && generation <= 64 {
			if got, ok := Generation(one, content, a); !ok || got != generation {
				t.Errorf("generation %d is recognised as %d, %v", generation, got, ok)
			}
		}
	})
}
