package failover

import (
	"strings"
	"testing"
)

// What Describe wrote is read as it was; what anybody else wrote is theirs.
func FuzzParseDescription(f *testing.F) {
	f.Add(Describe(key, "hello"))
	f.Add(tokenOpen + key + "]")
	f.Add(tokenOpen + key + "]tight")
	f.Add(tokenOpen + key + "]  two spaces")
	f.Add(tokenOpen + strings.ToUpper(key) + "] x")
	f.Add("[tfg:")
	f.Add("[tfg:short] x")
	f.Add(Describe(key, Describe(key, "")))
	f.Add("\ufeff" + Describe(key, ""))
	f.Fuzz(func(t *testing.T, s string) {
		got, rest, ok := ParseDescription(s)
		switch {
		case !ok && (got != "" || rest != s):
			t.Errorf("a foreign description was changed: %q %q", got, rest)
		case ok && (len(got) != KeyLength || strings.ToLower(got) != got || !strings.HasPrefix(s, tokenOpen+got+"]") || !strings.HasSuffix(s, rest)):
			t.Errorf("%q is read as %q and %q", s, got, rest)
		case ok && len(s)-len(rest) > TokenLength:
			t.Errorf("the user's text lost something: %q is read as %q and %q", s, got, rest)
		}
		// Any text is safe behind a token, one that looks like a token too.
		if got, rest, ok := ParseDescription(Describe(key, s)); !ok || got != key || rest != s {
			t.Errorf("%q comes back as %q, %q, %v", s, got, rest, ok)
		}
	})
}

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
		if got, _, ok := ParseDescription(Describe(a, args)); !ok || got != a {
			t.Errorf("%q is not read from its own description", a)
		}
		if found := strings.Contains(Describe(a, ""), SearchTerm(other)); found != (one == other) {
			t.Errorf("%+v is found by a search for %+v: %v", one, other, found)
		}
		if generation >= 1 && generation <= 64 {
			if got, ok := Generation(one, content, a); !ok || got != generation {
				t.Errorf("generation %d is recognised as %d, %v", generation, got, ok)
			}
		}
	})
}
