package failover

import "math/bits"

// The driver of the explorer takes the steps of the submission resource, one at a
// time, so that anything may happen between any two.

// variant is how the driver is built: the two failover modes, and the mistakes
// that the explorer has to find.
type variant struct {
	planned bool
	// drains lets the old run of a planned failover finish first.
	drains bool
	// resendBlindly sends again when an answer was lost, without looking.
	resendBlindly bool
	// forgetLeft drops the superseded attempt on a flip.
	forgetLeft bool
	// adoptCancelled takes up a run that somebody wanted gone.
	adoptCancelled bool
	// stopFirst tells the run that counts to stop before another takes its place.
	stopFirst bool
	// noteless leaves no note before it stops the run that counts.
	noteless bool
	// blind does not look for runs that nobody knows of in the other region.
	blind bool
}

// phase is what a running apply does next.
type phase uint8

const (
	idle phase = iota
	fencing
	clearing
	finding
	sparing
	draining
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
	// first has to be seen stopped before anything is submitted, as bits of entries.
	first uint8
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

// note leaves a note beside the run that counts, which has to be there before it
// is told to stop. Without it nothing is stopped.
func (v variant) note(w *world, d Decision) (written bool) {
	j := &w.job
	if j.todo == 0 || v.noteless {
		return true
	}
	e := j.now.entries[d.Supersede]
	if w.dark[e.region] {
		j.todo, j.trouble = 0, true
		return false
	}
	w.notes[e.region] |= 1 << e.n
	return true
}

// overtaken reports whether a run ended by itself, so that there is nothing to
// submit any more.
func (v variant) overtaken(w *world, d Decision) bool {
	if d.Action != Submit {
		return false
	}
	now := w.job.now
	if i := d.Supersede; i >= 0 && w.job.given && (now.entries[i].seen == cancelling || now.entries[i].seen == cancelled) {
		now.entries[i].superseded = true
	}
	again := v.decideOn(w, now)
	return again.Action == Keep || again.Action == Promote
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
func (v variant) await(w *world, which *uint8, emit func(event, world)) {
	j := &w.job
	i := bits.TrailingZeros8(*which)
	*which &^= 1 << i
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
	j := w.job
	w.left.kills--
	w.job = job{}
	emit(event{"killed: the apply", -1, 0}, w)
	w.disk = j.saved
	emit(event{"torn: the apply, after it saved its state", -1, 0}, w)
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
