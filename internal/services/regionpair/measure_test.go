package regionpair

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/failover"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/services"
)

const aKey = "abcdefghijklmnopqrstuvwxyz"

// workflow is one of the service's, with the mark of the pair's failover to a
// generation; 0 has none.
func workflow(id int, generation int64, created time.Time, ended *time.Time) string {
	mark := ""
	if generation > 0 {
		mark = "[tff:" + failover.Mark("lab", generation) + "]"
	}
	status, end := 10000, "null"
	if ended != nil {
		status, end = 20000, `"`+ended.Format(time.RFC3339)+`"`
	}
	return fmt.Sprintf(`{"Id":%d,"Status":%d,"CreatedDate":%q,"EndDate":%s,"Description":"[tfg:%s]%s s"}`, id, status, created.Format(time.RFC3339), end, aKey, mark)
}

// lists has the service of a region list workflows, and counts who asks for marks.
func (s *servers) lists(location string, asked *int, workflows *[]string) {
	s.refuse = func(w http.ResponseWriter, r *http.Request) bool {
		if !strings.HasPrefix(r.URL.Path, "/"+location+"/api/workflows") {
			return false
		}
		filter := r.URL.Query().Get("$filter")
		if strings.Contains(filter, "tff:") {
			*asked++
		}
		var out []string
		for _, one := range *workflows {
			about := strings.Trim(strings.TrimPrefix(strings.SplitN(filter, ",", 2)[0], "substringof("), "'")
			_, status, filtered := strings.Cut(filter, "Status eq ")
			if strings.Contains(one, about) && (!filtered || strings.Contains(one, `"Status":`+strings.Trim(status, "'"))) {
				out = append(out, one)
			}
		}
		if r.URL.Query().Get("$skip") != "0" {
			out = nil
		}
		_, _ = io.WriteString(w, "["+strings.Join(out, ",")+"]")
		return true
	}
}

// What a failover took is read by the refreshes after it, with one search, until its
// last run has ended, and costs nothing after that. The service lists page by page until
// one is empty.
func TestAFailoverIsMeasured(t *testing.T) {
	s := serve(t)
	asked, runs := 0, []string{}
	s.lists(east, &asked, &runs)
	state := s.pair(t, east, 2)
	detected := noon.Add(-90 * time.Second)
	record := failover.PairRecord{Pair: "lab", Active: east, Generation: 2, Phase: failover.PhaseActive, Writer: "me", At: noon, From: west, Mode: "forced", DetectedAt: &detected}
	s.record(east, record)
	at := func(minutes int) time.Time { return noon.Add(time.Duration(minutes) * time.Minute) }
	ends := func(minutes int) *time.Time { end := at(minutes); return &end }
	refresh := func(what string, searches int, want services.LastFailover) {
		t.Helper()
		before := asked
		r := s.resource(t)
		if d := r.refresh(t.Context(), state, ledger{Writer: "me", Seen: map[string]seen{}}); len(d) != 0 {
			t.Fatalf("%s: %v", what, d)
		}
		want.From, want.To, want.Generation, want.Mode = types.StringValue(west), types.StringValue(east), types.Int64Value(2), types.StringValue("forced")
		want.DetectedAt, want.DecidedAt = timestamp(detected), timestamp(noon)
		object, _ := types.ObjectValueFrom(t.Context(), lastTypes, want)
		if !state.LastFailover.Equal(object) {
			t.Errorf("%s: %s, want %s", what, state.LastFailover, object)
		}
		if asked-before != searches {
			t.Errorf("%s: %d searches, want %d", what, asked-before, searches)
		}
		r.note(t.Context(), state)
		if noted, ok := r.session.LastFailover("lab"); !ok || noted.Generation != 2 {
			t.Errorf("%s: noted %+v", what, noted)
		}
	}
	// The state is of before the attribute, and nothing is submitted yet; a run of
	// another failover and one of none are not it.
	runs = []string{workflow(8, 3, at(1), nil), workflow(9, 0, at(1), nil)}
	refresh("nothing", 1, services.LastFailover{Resubmitted: types.Int64Value(0)})
	refresh("nothing, again", 0, services.LastFailover{Resubmitted: types.Int64Value(0)})

	runs = append(runs, workflow(1, 2, at(1), nil), workflow(2, 2, at(2), ends(10)))
	accepted := services.LastFailover{Resubmitted: types.Int64Value(2), AcceptedAt: timestamp(at(2)), AcceptedSeconds: types.Int64Value(210)}
	refresh("one works", 2, accepted)

	runs[2] = workflow(1, 2, at(1), ends(30))
	accepted.FinishedAt, accepted.FinishedSeconds = timestamp(at(30)), types.Int64Value(1890)
	over := accepted
	refresh("all have ended", 2, over)
	refresh("all have ended, again", 0, over)

	// One was refused for an input, and is submitted after all.
	runs = append(runs, workflow(3, 2, at(60), nil))
	refresh("a late one", 2, services.LastFailover{Resubmitted: types.Int64Value(3), AcceptedAt: timestamp(at(60)), AcceptedSeconds: types.Int64Value(3690)})
}

// What was measured stays when nobody answers, and nobody is asked in vain: the
// first connection that comes to nothing is the only one.
func TestADarkRegionIsNotMeasured(t *testing.T) {
	s := serve(t)
	state := s.pair(t, east, 2)
	r := s.resource(t)
	last, ok := failover.LastOf(failover.PairRecord{Active: east, Generation: 2, From: west, At: noon})
	if !ok {
		t.Fatal("no failover")
	}
	state.LastFailover, _ = lastObject(t.Context(), last)
	was := state.LastFailover
	active := roleModelOf(t, state.Active)
	active.APIURL = types.StringValue("http://127.0.0.1:1")
	if _, err := r.session.Live(t.Context(), account(active)); err == nil || r.session.Answers(east) {
		t.Fatalf("%s answers: %v", east, err)
	}
	active = roleModelOf(t, state.Active)
	before := len(s.asked)
	d := r.measure(t.Context(), state, ledger{}, active)
	if len(d) != 0 || len(s.asked) != before || !state.LastFailover.Equal(was) {
		t.Errorf("%v, %d requests, %s", d, len(s.asked)-before, state.LastFailover)
	}
}

func roleModelOf(t *testing.T, object types.Object) roleModel {
	t.Helper()
	role, ok, d := roleFrom(t.Context(), object)
	if !ok {
		t.Fatal(d)
	}
	return role
}

// A failover promises what it knows, and tells when the region was first seen dark.
func TestAFailoverTellsWhenItWasDetected(t *testing.T) {
	for name, tc := range map[string]struct {
		silent []string
		dark   map[string]time.Time
		want   types.String
	}{
		"it answered":           {nil, map[string]time.Time{}, types.StringNull()},
		"it was dark for hours": {[]string{west}, map[string]time.Time{west: noon.Add(-3 * time.Hour)}, timestamp(noon.Add(-3 * time.Hour))},
		"it came back":          {nil, map[string]time.Time{west: noon.Add(-3 * time.Hour)}, types.StringNull()},
	} {
		t.Run(name, func(t *testing.T) {
			s := serve(t)
			state, plan := s.pair(t, west, 1), s.pair(t, east, 1)
			k := known{book: ledger{Writer: "me", Seen: map[string]seen{}, Dark: tc.dark}, silent: tc.silent}
			r := s.resource(t)
			decision, d := r.complete(t.Context(), plan, state, k)
			if d.HasError() || decision.Action != failover.PairFlip {
				t.Fatalf("%+v %v", decision, d)
			}
			promised := plan.LastFailover.Attributes()
			if !promised["from"].Equal(types.StringValue(west)) || !promised["to"].Equal(types.StringValue(east)) || !promised["decided_at"].IsUnknown() || !promised["accepted_at"].IsNull() {
				t.Errorf("promised %v", promised)
			}
			if _, d = r.carryOut(t.Context(), plan, state, decision, &k); d.HasError() {
				t.Fatal(d)
			}
			came := plan.LastFailover.Attributes()
			if !came["detected_at"].Equal(tc.want) || !came["decided_at"].Equal(timestamp(noon)) || !came["mode"].Equal(promised["mode"]) || !came["resubmitted"].IsNull() {
				t.Errorf("came to %v", came)
			}
			// Whoever joins it is told the same.
			other := s.pair(t, west, 1)
			joins := s.pair(t, east, 1)
			k = known{book: ledger{Writer: "they", Seen: map[string]seen{"u": {Record: s.holds(t, east)}}}}
			if decision, d = s.resource(t).complete(t.Context(), joins, other, k); decision.Action != failover.PairJoin || !joins.LastFailover.Equal(plan.LastFailover) {
				t.Errorf("joined to %s, %v, %v", joins.LastFailover, decision, d)
			}
		})
	}
}

func TestSinceWhenARegionIsDark(t *testing.T) {
	book := ledger{}
	heed := func(minute int, silent ...string) map[string]time.Time {
		book.heed(noon.Add(time.Duration(minute)*time.Minute), func(l string) bool { return !strings.Contains(strings.Join(silent, " "), l) }, west, east)
		return book.Dark
	}
	if dark := heed(0); len(dark) != 0 {
		t.Errorf("%v", dark)
	}
	heed(1, west)
	if dark := heed(5, west, east); !dark[west].Equal(noon.Add(time.Minute)) || !dark[east].Equal(noon.Add(5*time.Minute)) {
		t.Errorf("%v", dark)
	}
	heed(6)
	if dark := heed(9, west); !dark[west].Equal(noon.Add(9*time.Minute)) || len(dark) != 1 {
		t.Errorf("it was seen since: %v", dark)
	}
}
