package failover

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// explorer walks breadth first over all that can happen.
type explorer struct {
	variant
	checks
	// late as in world.
	late   bool
	met    map[world]int32
	states []world
	from   []int32
	by     []event
	// settled are the states, but for budgets, whose futures were checked.
	settled map[world]bool
	depth   int
	quiet   int
}

// run explores until there is nothing new, and returns the trace of the first
// fault, or "".
func (x *explorer) run(left budget) string {
	x.met, x.settled = map[world]int32{}, map[world]bool{}
	x.add(-1, event{"start", -1, 0}, world{left: left, late: x.late})
	next := 0
	for x.depth = 0; next < len(x.states); x.depth++ {
		for level := len(x.states); next < level; next++ {
			w, at := x.states[next], int32(next)
			emit := func(e event, to world) { x.add(at, e, to) }
			w.surroundings(emit)
			x.crash(w, emit)
			x.step(w, &x.checks, emit)
			var future string
			if x.fault == "" && w.job.at == idle {
				future = x.futures(w)
			}
			if x.fault != "" {
				return x.trace(at) + future + "FAULT: " + x.fault
			}
		}
	}
	return ""
}

func (x *explorer) add(from int32, by event, w world) {
	if _, met := x.met[w]; met {
		return
	}
	x.met[w] = int32(len(x.states))
	x.states, x.from, x.by = append(x.states, w), append(x.from, from), append(x.by, by)
}

func (x *explorer) trace(at int32) string {
	var lines []string
	for ; at >= 0; at = x.from[at] {
		lines = append(lines, fmt.Sprintf("%-60s [%s]\n", x.by[at], x.states[at].String()))
	}
	var out strings.Builder
	for i := len(lines) - 1; i >= 0; i-- {
		out.WriteString(lines[i])
	}
	return out.String()
}

// futures checks where a state between two applies must be able to lead, and
// returns the way there, for a trace.
func (x *explorer) futures(w world) string {
	w.left = budget{}
	if x.settled[w] {
		return ""
	}
	x.settled[w] = true
	for _, accept := range []bool{false, true} {
		if way := x.quieten(w, accept); x.fault != "" {
			return way
		}
	}
	for up := range places {
		if w.dark[up] && !w.dark[1-up] {
			continue
		}
		v := w
		v.back(up)
		if way := x.succeed(v, up); x.fault != "" {
			return way
		}
	}
	return ""
}

// apply runs one apply without disturbance, while services do what is under way.
// accept says that the operator lifts the guard if it refuses.
func (x *explorer) apply(w world, accept bool, way *strings.Builder) (after world, refused bool) {
	for first := true; first || w.job.at != idle; first = false {
		w.calm(false)
		taken := false
		var to world
		x.step(w, &x.checks, func(e event, next world) {
			if first && next.job.at == idle && e.what == "apply is refused" {
				refused = true
				if accept {
					return
				}
			}
			if !taken {
				taken, to = true, next
				if next == w {
					return
				}
				fmt.Fprintf(way, "  then %-53s [%s]\n", e, next.String())
			}
		})
		if !taken {
			return w, refused
		}
		w = to
	}
	return w, refused
}

// quieten lets all regions return and applies until nothing changes: then one
// run at most is alive.
func (x *explorer) quieten(w world, accept bool) string {
	var way strings.Builder
	w.back(0)
	w.back(1)
	for range 8 {
		before := w
		var refused bool
		w, refused = x.apply(w, accept, &way)
		if x.fault != "" {
			return way.String()
		}
		if refused && !accept {
			// The message says to apply with the active region unchanged first.
			home := w
			home.active = 1 - w.active
			home, _ = x.apply(home, false, &way)
			home.active = w.active
			w = home
		}
		if w == before {
			x.quiet++
			x.single(&w)
			return way.String()
		}
	}
	x.fail("applies go on to change things for ever")
	return way.String()
}

// succeed lets applies go on in a region that stays up, and jobs finish there: the
// state must come to know a success.
func (x *explorer) succeed(w world, up int) string {
	var way strings.Builder
	w.active = uint8(up)
	for round := range 8 {
		w, _ = x.apply(w, false, &way)
		if x.fault != "" {
			return way.String()
		}
		if w.succeeded() {
			return way.String()
		}
		w.calm(round >= 3)
	}
	x.fail("applies go on in %s, which stays up, and no success comes", places[up])
	return way.String()
}

// Within what may go wrong in each row, everything that can happen does, and all
// the rules hold.
func TestExplore(t *testing.T) {
	planned, drained := variant{planned: true}, variant{planned: true, drains: true}
	tests := map[string]struct {
		explorer
		left budget
	}{
		"forced":                {explorer{late: true}, budget{flips: 3, outages: 2}},
		"forced, losses":        {explorer{}, budget{flips: 2, outages: 2, losses: 1, kills: 1}},
		"forced, losses, late":  {explorer{late: true}, budget{flips: 2, outages: 1, losses: 1, kills: 1}},
		"forced, kills":         {explorer{}, budget{flips: 2, outages: 1, kills: 2}},
		"planned":               {explorer{variant: planned, late: true}, budget{flips: 3, outages: 2}},
		"planned, losses":       {explorer{variant: planned}, budget{flips: 2, outages: 2, losses: 1, kills: 1}},
		"planned, losses, late": {explorer{variant: planned, late: true}, budget{flips: 2, outages: 1, losses: 1, kills: 1}},
		"drained":               {explorer{variant: drained, late: true}, budget{flips: 2, outages: 2, kills: 1}},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if testing.Short() {
				tc.left.flips, tc.left.outages = 1, 1
			}
			start := time.Now()
			x := &tc.explorer
			if trace := x.run(tc.left); trace != "" {
				t.Errorf("\n%s", trace)
			}
			if x.cut > 0 {
				t.Error("the model has no room for all that can happen")
			}
			t.Logf("all %d states, the deepest after %d steps; %d between applies, %d quiet; %s",
				len(x.states), x.depth, len(x.settled), x.quiet, time.Since(start).Round(time.Millisecond))
		})
	}
}

// An explorer that finds nothing is worth something only if it finds what is
// wrong.
func TestExploreFindsMistakes(t *testing.T) {
	tests := map[string]struct {
		variant variant
		fault   string
		step    string
	}{
		"a lost answer is resent blindly":     {variant{resendBlindly: true}, "where a run is alive under the same key", "the answer is lost"},
		"the run that is left is forgotten":   {variant{forgetLeft: true, blind: true}, "two runs are alive", "B1=working; state B1=working]"},
		"a cancelled run is taken up":         {variant{adoptCancelled: true}, "no success comes", "then apply takes up A1"},
		"the old run is stopped before a new": {variant{stopFirst: true}, "no success comes", "apply cancels A1"},
		"no note is left before stopping":     {variant{noteless: true}, "no success comes", "killed: the apply"},
		"unknown runs are not looked for":     {variant{blind: true}, "two runs are alive", "killed: the apply"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			x := explorer{variant: tc.variant}
			trace := x.run(budget{flips: 2, outages: 1, losses: 1, kills: 1})
			t.Logf("after %d states:\n%s", len(x.states), trace)
			_, fault, found := strings.Cut(trace, "FAULT: ")
			if !found || !strings.Contains(fault, tc.fault) || !strings.Contains(trace, tc.step) {
				t.Errorf("want a fault with %q after %q", tc.fault, tc.step)
			}
		})
	}
}
