package failover

import (
	"fmt"
	"slices"
	"time"
)

// The model world of the explorer: two regional services that run jobs under one
// key, and an operator who flips between them. It is a comparable value, so that
// a state met twice is explored once.
const (
	maxRuns    = 3 // in one region
	maxEntries = 5 // in the saved state
)

var (
	places  = [2]string{"A", "B"}
	numbers = [maxEntries]string{"1", "2", "3", "4", "5"}
)

// condition is a Status, small enough to be hashed often. The zero value is a
// run that does not exist.
type condition uint8

const (
	absent condition = iota
	working
	success
	failed
	cancelling
	cancelled
)

var statuses = [...]Status{"", StatusWorking, StatusSuccess, StatusFailed, StatusCancelling, StatusCancelled}

func (c condition) live() bool { return c == working || c == cancelling }

// entry is an attempt as the state file holds it: run number n of a region.
type entry struct {
	region, n  uint8
	seen       condition
	superseded bool
	stray      bool
}

// ledger is the attempts of a state file.
type ledger struct {
	size    uint8
	entries [maxEntries]entry
}

func (l *ledger) list() []entry { return l.entries[:l.size] }

// knows reports whether a run is in the state.
func (l *ledger) knows(region, n uint8) bool {
	return slices.ContainsFunc(l.list(), func(e entry) bool { return e.region == region && e.n == n })
}

func (l *ledger) attempts() []Attempt {
	var out []Attempt
	for _, e := range l.list() {
		a := attempt(numbers[e.n], places[e.region], statuses[e.seen], e.superseded)
		a.Stray = e.stray
		out = append(out, a)
	}
	return out
}

// counts is the entry that counts, if there is one.
func (l *ledger) counts() (entry, bool) {
	if i := Current(l.attempts()); i >= 0 {
		return l.entries[i], true
	}
	return entry{}, false
}

// budget is what may still go wrong on a path. It makes the world finite.
type budget struct{ flips, outages, losses, kills int8 }

// world is everything there is between two steps.
type world struct {
	dark   [2]bool
	active uint8
	runs   [2][maxRuns]condition
	// notes are the runs, as bits, beside which the note of a handover lies.
	notes [2]uint8
	disk  ledger
	job   job
	left  budget
	// late says that a service restarts its failed runs some time after its
	// region's return, not with it.
	late bool
}

// event names a step, for the trace.
type event struct {
	what   string
	region int
	n      int
}

func (e event) String() string {
	switch {
	case e.region < 0:
		return e.what
	case e.n < 0:
		return fmt.Sprintf("%s %s", e.what, places[e.region])
	default:
		return fmt.Sprintf("%s %s%s", e.what, places[e.region], numbers[e.n])
	}
}

func (w *world) String() string {
	out := "active " + places[w.active]
	for r := range places {
		if w.dark[r] {
			out += ", " + places[r] + " dark"
		}
	}
	out += "; runs"
	for r := range places {
		for n, c := range w.runs[r] {
			if c != absent {
				out += fmt.Sprintf(" %s%s=%s", places[r], numbers[n], statuses[c])
			}
		}
	}
	out += "; state"
	for _, e := range w.disk.list() {
		out += fmt.Sprintf(" %s%s=%s", places[e.region], numbers[e.n], statuses[e.seen])
		switch {
		case e.stray:
			out += "(stray)"
		case e.superseded:
			out += "(superseded)"
		}
	}
	return out
}

// accept makes a run of a request that reached the service.
func (w *world) accept(region int) (n int, ok bool) {
	for n, c := range w.runs[region] {
		if c == absent {
			w.runs[region][n] = working
			return n, true
		}
	}
	return 0, false
}

func minute(n int) time.Time { return time.Date(2026, 1, 1, 0, n, 0, 0, time.UTC) }

// found is the answer to a search for the submission's token.
func (w *world) found(region int) []Found {
	var out []Found
	for n, c := range w.runs[region] {
		if c != absent {
			out = append(out, Found{WorkflowID: numbers[n], Key: key, Status: statuses[c], SubmittedAt: minute(n)})
		}
	}
	return out
}

// running are the runs of a region that nobody has told to stop, as bits.
func (w *world) running(region int) (bits uint8) {
	for n, c := range w.runs[region] {
		if c == working {
			bits |= 1 << n
		}
	}
	return bits
}

// surroundings yields every step that services, regions and operator may take.
func (w *world) surroundings(emit func(event, world)) {
	for r := range places {
		for n, c := range w.runs[r] {
			if w.dark[r] {
				continue
			}
			next := *w
			switch c {
			case working:
				next.runs[r][n] = success
				emit(event{"the service finishes", r, n}, next)
			case cancelling:
				next.runs[r][n] = cancelled
				emit(event{"the service has cancelled", r, n}, next)
			case failed:
				next.runs[r][n] = working
				emit(event{"the service restarts", r, n}, next)
			case absent, success, cancelled:
			}
		}
		next := *w
		if w.dark[r] {
			next.back(r)
			emit(event{"back is region", r, -1}, next)
		} else if w.left.outages > 0 {
			next.outage(r)
			emit(event{"dark goes region", r, -1}, next)
		}
	}
	if w.job.at == idle && w.left.flips > 0 {
		next := *w
		next.left.flips--
		next.active = 1 - w.active
		emit(event{"the operator flips to", int(next.active), -1}, next)
	}
}

// outage fails what runs in a region. What was told to stop still will.
func (w *world) outage(region int) {
	w.left.outages--
	w.dark[region] = true
	for n, c := range w.runs[region] {
		if c == working {
			w.runs[region][n] = failed
		}
	}
}

func (w *world) back(region int) {
	w.dark[region] = false
	for n, c := range w.runs[region] {
		if c == failed && !w.late {
			w.runs[region][n] = working
		}
	}
}

// calm lets what is under way in regions that answer come to its end: failed
// runs restart, cancelled ones stop and, if told to, the others succeed.
func (w *world) calm(finish bool) {
	for r := range places {
		for n, c := range w.runs[r] {
			switch {
			case w.dark[r]:
			case c == failed:
				w.runs[r][n] = working
			case c == cancelling:
				w.runs[r][n] = cancelled
			case c == working && finish:
				w.runs[r][n] = success
			}
		}
	}
}
