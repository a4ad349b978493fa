//go:build acceptance

package acceptance

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/testing/harness"
)

// What a failover asks is what the guide says: with keys handed over, nothing of
// Resource Manager and of the region that is left, and of the new one only what is
// listed there.
func TestAccCallsOfAFailover(t *testing.T) {
	l := running(t, "calls", setup{}, "one", "two")
	l.write(setup{Provider: l.accessKeys(), Submissions: map[string]submission{"one": {}, "two": {}}})
	l.outage(primary, harness.Blackhole)
	l.outage(harness.ResourceManager, harness.Blackhole)
	plan := l.plan(flip...)
	mark := l.mark()
	l.apply(plan.Path)

	if asked := l.requests(mark, primary); len(asked) != 0 {
		t.Errorf("the apply asked the region that is left: %+v", asked)
	}
	if asked := l.managed(mark); len(asked) != 0 {
		t.Errorf("the apply asked Resource Manager: %+v", asked)
	}
	calls := map[string]int{}
	for _, seen := range l.requests(mark, secondary) {
		calls[l.kind(seen)]++
	}
	want := map[string]int{
		"service GET list": 1, "service GET search": 2, "service POST": 2,
		"storage GET record": 1, "storage PUT record": 2,
		"storage HEAD input": 4, "storage HEAD manifest": 2, "storage GET manifest": 1,
	}
	for kind, n := range calls {
		// The record and the manifest may be looked at less often, never more.
		if n > want[kind] {
			t.Errorf("%s: %d, want at most %d", kind, n, want[kind])
		}
	}
	for _, kind := range []string{"service GET search", "service POST"} {
		if calls[kind] != want[kind] {
			t.Errorf("%s: %d, want %d", kind, calls[kind], want[kind])
		}
	}
	t.Logf("a failover of two submissions calls %v", calls)
}

// accessKeys hands every key over in advance.
func (l *lab) accessKeys() string {
	l.Helper()
	var pairs []string
	for _, region := range []string{primary, secondary} {
		pairs = append(pairs, fmt.Sprintf("%q = %q", l.account(region), l.key(region)), fmt.Sprintf("%q = %q", places[region].storage, l.storageKey(region)))
	}
	return "access_keys = {\n" + strings.Join(pairs, "\n") + "\n}"
}

// kind is what a request was for, in the words of the guide.
func (l *lab) kind(seen harness.Seen) string {
	path, err := url.PathUnescape(seen.Path)
	l.ok(err)
	name := path[strings.LastIndex(path, "/")+1:]
	var what string
	switch {
	case seen.Plane == "service" && seen.Method == http.MethodGet && strings.Contains(seen.Query, "substringof"):
		what = " search"
	case seen.Plane == "service" && seen.Method == http.MethodGet:
		what = " list"
	case seen.Plane == "service":
	case strings.HasPrefix(name, "pair-"):
		what = " record"
	case strings.HasPrefix(name, "manifest-"):
		what = " manifest"
	case strings.HasSuffix(name, ".fq.gz"):
		what = " input"
	default:
		what = " " + name
	}
	return seen.Plane + " " + seen.Method + what
}
