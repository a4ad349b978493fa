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
		if d.Action == Submit && e.seen == success {
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

// single checks that no two runs compute for one submission. A run of a state that
// was lost before it was ever written is known to the service alone.
func (x *explorer) single(w *world) {
	if bits.OnesCount8(w.running(0))+bits.OnesCount8(w.running(1)) > 1 {
		x.fail("two runs are alive and nothing is left to do")
	}
}

// succeeded reports whether the state knows a success: that of the run that
// counts, or of one that counts as soon as its region answers.
func (w *world) succeeded() bool {
	e, ok := w.disk.counts()
	for _, s := range w.disk.list() {
		if s.seen == success && (ok && s == e || w.dark[s.region]) {
			return true
		}
	}
	return false
}
