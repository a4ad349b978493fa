package regionpair

import (
	"net/http"
	"testing"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/failover"
)

func written(by string, followers ...failover.Follower) failover.PairRecord {
	return failover.PairRecord{Pair: "lab", Active: west, Generation: 1, Phase: failover.PhaseActive, Writer: by, By: by + "@desk", At: noon, Followers: followers}
}

// A pair that is destroyed takes its record along only if nobody else goes by it,
// and says what it leaves.
func TestForget(t *testing.T) {
	ann := failover.Follower{Writer: "ann", By: "ann@lab"}
	for name, tc := range map[string]struct {
		seen, now failover.PairRecord
		refuse    func(http.ResponseWriter, *http.Request) bool
		says      []string
		gone      bool
	}{
		"nobody else's":        {seen: written("me"), now: written("me"), gone: true},
		"joined by others":     {seen: written("me"), now: written("me", ann), says: []string{"others go by it", "ann@lab"}},
		"others came after":    {seen: written("me"), now: written("ann")},
		"others' of which one": {seen: written("ann"), now: written("ann", failover.Follower{Writer: "me", By: "me@desk"})},
		"it may not be deleted": {seen: written("me"), now: written("me"), says: []string{"is left behind", "AuthorizationFailure"}, refuse: func(w http.ResponseWriter, r *http.Request) bool {
			if r.Method == http.MethodDelete {
				refused(w, http.StatusForbidden, "AuthorizationFailure")
			}
			return r.Method == http.MethodDelete
		}},
	} {
		t.Run(name, func(t *testing.T) {
			s := serve(t)
			s.refuse = tc.refuse
			s.record(west, tc.now)
			k := known{book: ledger{Writer: "me", Seen: map[string]seen{s.url + "/" + west + "st/out": {ETag: "0x0", Record: &tc.seen}}}}
			d := s.resource(t).forget(t.Context(), s.pair(t, west, 1), k)
			if d.HasError() {
				t.Error(d)
			}
			says(t, d, tc.says)
			left := s.holds(t, west)
			if (left == nil) != tc.gone {
				t.Fatalf("there is %+v", left)
			}
			if left != nil && (left.Writer != tc.now.Writer || left.Left("me").FollowedBy() != left.FollowedBy()) {
				t.Errorf("what is left is %+v", left)
			}
		})
	}
}

// Who joins a pair is entered into its record, and stays there when a third one
// fails over: the record is not to be taken away from them.
func TestFollowersAreEnteredAndHandedOn(t *testing.T) {
	s := serve(t)
	s.record(west, written("ann"))
	s.record(east, written("ann"))
	r := s.resource(t)
	book := ledger{Writer: "me", Seen: map[string]seen{}}
	state := s.pair(t, west, 1)
	if d := r.refresh(t.Context(), state, book); d.HasError() {
		t.Fatal(d)
	}
	roles, _ := state.roles(t.Context())
	c := &change{Resource: r, plan: state, active: roles[0], standby: roles[1], known: &known{book: book}, decision: failover.PairDecision{Action: failover.PairJoin, Generation: 1}}
	for range 2 {
		if d := c.follow(t.Context()); len(d) != 0 {
			t.Fatal(d)
		}
	}
	if s.wrote != 4 {
		t.Errorf("%d writes, want two of each of us", s.wrote)
	}
	for _, l := range []string{west, east} {
		if got := s.holds(t, l); got.Writer != "ann" || len(got.Followers) != 1 || got.Followers[0].Writer != "me" {
			t.Errorf("%s has %+v", l, got)
		}
	}
	third := written("bob")
	third.Generation, third.Active = 2, east
	if _, err := r.put(t.Context(), roles[1], third, seen{}); err != nil {
		t.Fatal(err)
	}
	if got := s.holds(t, east); got.Writer != "bob" || len(got.Followers) != 2 {
		t.Errorf("after another failover it is %+v", got)
	}
}
