package failover

import (
	"fmt"
	"math/bits"
)

// checks holds what must be true, and the first fault that was seen.
type checks struct {
	fault string
	// cut counts the steps that the model had no room for.
	cut int
}

func (c *checks) fail(format string, args ...any) {
	if c.fault == "" {
		c.fault = fmt.Sprintf(format, args...)
	}
}

// decision checks what was decided on the refreshed state.
func (c *checks) decision(w *world, d Decision) {
	entries := w.job.before.list()
	fences := map[int]bool{}
	for _, i := range d.Fence {
		fences[i] = true
		if w.job.silent[entries[i].region] {
			c.fail("it asks the silent region %s to stop a run", places[entries[i].region])
		}
	}
	if d.Action == Promote && w.job.silent[entries[d.Promote].region] {
		c.fail("it promotes a run of the silent region %s", places[entries[d.Promote].region])
	}
	var unfenced int64
	for i, e := range entries {
		// Where no run counts, the active region is searched and nothing else: a
		// success in the other one is promoted after the next refresh.
		if d.Action == Submit && d.Supersede >= 0 && e.seen == success {
			c.fail("it submits although %s%s is known to have succeeded", places[e.region], numbers[e.n])
		}
		superseded := (e.superseded && i != d.Promote) || i == d.Supersede
		takenUp := d.TakesUp && d.Action == Submit && e.superseded && e.region == w.active
		if superseded && e.seen.live() && !fences[i] && !takenUp {
			unfenced++
		}
	}
	if unfenced != d.Unfenced {
		c.fail("it counts %d unfenced runs where there are %d", d.Unfenced, unfenced)
	}
}

// post checks what is true when a submission is sent.
func (c *checks) post(w *world) {
	// A failed run that its service restarts after the search is nobody's fault.
	if at := int(w.active); w.running(at)&w.job.looked != 0 {
		c.fail("it submits in %s, where a run is alive under the same key", places[at])
	}
	for _, e := range w.job.before.list() {
		if e.region == w.active && e.seen == cancelling && w.runs[e.region][e.n] == cancelling && !w.job.accepted {
			c.fail("it submits in %s, where run %s is known to be stopping still", places[e.region], numbers[e.n])
		}
	}
}

// knowledge is who may know of a run. Each kind of loss leaves runs that fewer
// know of, and no rule of a decision can count what nobody sees.
type knowledge int

const (
	// everybody: nothing is lost and nothing dies, so that every run is known.
	everybody knowledge = iota
	// searchers: an apply that dies, or a lost answer whose region goes dark, leaves
	// a run that only a search of its region shows, and a flip looks elsewhere.
	searchers
	// holders: a failed run that a lookup passed over, and that restarts late, is
	// in no state file, and nobody searches while another run is in its place.
	holders
)

// single checks that no two runs compute for one submission.
func (x *explorer) single(w *world) {
	var all, counted int
	for r := range places {
		counts := w.running(r)
		all += bits.OnesCount8(counts)
		if x.known == holders || x.known == searchers && r != int(w.active) {
			counts &= w.shown[r]
		}
		counted += bits.OnesCount8(counts)
	}
	if all > counted {
		x.unseen++
	}
	if counted > 1 {
		x.fail("two runs are alive and nothing is left to do")
	}
}

// succeeded reports whether the state knows a success: that of the run that
// counts, or of one that counts as soon as its region answers. A kill between a
// cancellation and the next save is the one thing that costs the job: the state
// then takes the run for cancelled by its user.
func (w *world) succeeded() bool {
	e, ok := w.disk.counts()
	if ok && w.forgotten && (e.seen == cancelling || e.seen == cancelled) {
		return true
	}
	for _, s := range w.disk.list() {
		if s.seen == success && (s == e || w.dark[s.region]) {
			return true
		}
	}
	return false
}
