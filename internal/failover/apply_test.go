package failover

import "math/bits"

// The driver of the explorer takes the steps of the submission resource, one at a
// time, so that anything may happen between any two.

// variant is how the driver is built: the two failover modes, and the mistakes
// that the explorer has to find.
type variant struct {
	planned bool
	// resendBlindly sends again when an answer was lost, without looking.
	resendBlindly bool
	// forgetLeft drops the superseded attempt on a flip.
	forgetLeft bool
	// adoptCancelled takes up a run that somebody wanted gone.
	adoptCancelled bool
	// stopFirst tells the run that counts to stop before another takes its place.
	stopFirst bool
}

// phase is what a running apply does next.
type phase uint8

const (
	idle phase = iota
	fencing
	finding
	sparing
	yielding
	sending
	lookingUp
	promoting
	leaving
	stopping
)

// job is a running apply: what the submission resource keeps in memory.
type job struct {
	at       phase
	accepted bool
	silent   [2]bool
	// before is the refreshed state that was decided on, now the attempts as they
	// unfold, saved what the CLI is handed if the apply is torn here.
	before, now, saved ledger
	// What has to be told to stop, and what was told, as bits of entries.
	todo, asked uint8
	// surplus are runs of the active region, as bits.
	surplus uint8
	// adopt is the run to take up plus one, seen the condition it was found in.
	adopt uint8
	seen  condition
	// looked are the runs that a search showed running in the active region the last
	// time. Before any search, and after a send, it is all of them.
	looked  uint8
	given   bool
	trouble bool
}

// leave goes on to stop what the run that counts now has replaced.
func (v variant) leave(w *world, d Decision) {
	j := &w.job
	j.at, j.saved, j.todo = leaving, j.now, fenced(d, true)
	if j.given {
		j.todo, j.asked = 0, 0
	}
}

// cancel tells one run to stop.
func (v variant) cancel(w *world, d Decision, emit func(event, world)) {
	j := &w.job
	i := bits.TrailingZeros8(j.todo)
	j.todo &^= 1 << i
	e := &j.now.entries[i]
	left := i == d.Supersede && e.region != w.active && !v.planned
	run := &w.runs[e.region][e.n]
	switch {
	case w.dark[e.region]:
		j.trouble = j.trouble || !left
	case run.live():
		*run, e.seen = cancelling, cancelling
		if !left {
			j.asked |= 1 << i
		}
	case !left:
		e.seen = *run
	}
	emit(event{"apply cancels", int(e.region), int(e.n)}, *w)
}

// await sees one run stopped, or gives up on it.
func (v variant) await(w *world, emit func(event, world)) {
	j := &w.job
	i := bits.TrailingZeros8(j.asked)
	j.asked &^= 1 << i
	e := &j.now.entries[i]
	run := w.runs[e.region][e.n]
	what := "apply has waited for"
	if w.dark[e.region] || run.live() {
		what, j.trouble = "apply gives up waiting for", true
	} else {
		e.seen = run
	}
	emit(event{what, int(e.region), int(e.n)}, *w)
}

// crash yields the ways in which an apply can die: killed with its CLI, which
// leaves the state file of before, or torn, with what it had saved by then.
func (v variant) crash(w world, emit func(event, world)) {
	if w.job.at == idle || w.left.kills == 0 {
		return
	}
	d, j := v.decide(&w), w.job
	w.left.kills--
	w.job = job{}
	for _, torn := range []bool{false, true} {
		next, what := w, "killed: the apply"
		if torn {
			next.save(j.saved)
			what = "torn: the apply, after it saved its state"
		}
		if i := d.Supersede; i >= 0 {
			e := j.before.entries[i]
			c := w.runs[e.region][e.n]
			if now, ok := next.disk.counts(); ok && now.region == e.region && now.n == e.n && e.seen != cancelling && (c == cancelling || c == cancelled) {
				next.forgotten = true
			}
		}
		emit(event{what, -1, 0}, next)
	}
}

// fenced is what a decision stops, as bits: of the run that counted until now, or
// of those that were superseded before.
func fenced(d Decision, counted bool) (bits uint8) {
	for _, i := range d.Fence {
		if (i == d.Supersede) == counted {
			bits |= 1 << i
		}
	}
	return bits
}
