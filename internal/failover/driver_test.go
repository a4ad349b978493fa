package failover

import (
	"math/bits"
	"slices"
)

// step yields every way in which the driver can go on from w. The undisturbed
// one comes first.
func (v variant) step(w world, check *checks, emit func(event, world)) {
	j := &w.job
	at := int(w.active)
	if j.at == idle {
		v.begin(w, check, emit)
		return
	}
	d := v.decide(&w)
	end := func(e event) {
		if j.given && d.Supersede >= 0 {
			// keep: a run stopped for one that did not come to be counts no longer.
			old, now := j.before.entries[d.Supersede], &j.now.entries[d.Supersede]
			gone := func(c condition) bool { return c == cancelling || c == cancelled }
			if gone(now.seen) && !gone(old.seen) {
				now.superseded = true
			}
		}
		w.disk, w.job = j.now, job{}
		emit(e, w)
	}
	take := func(e event, n int, seen condition) {
		if d.Supersede >= 0 {
			j.now.entries[d.Supersede].superseded = true
		}
		if v.forgetLeft && d.Supersede >= 0 {
			j.now, d.Fence = ledger{}, nil
		}
		fresh := entry{region: w.active, n: uint8(n), seen: seen}
		if i := slices.IndexFunc(j.now.list(), func(e entry) bool { return e.region == w.active && int(e.n) == n }); i >= 0 {
			j.now.entries[i] = fresh
		} else if j.now.size < maxEntries {
			j.now.entries[j.now.size] = fresh
			j.now.size++
		} else {
			check.cut++
			return
		}
		v.leave(&w, d)
		emit(e, w)
	}
	switch j.at {
	case idle:
	case fencing:
		if j.todo != 0 {
			v.cancel(&w, d, emit)
			return
		}
		switch {
		case j.trouble && (d.Action != Submit || v.planned):
			end(event{"apply stops: a superseded run could not be cancelled", -1, 0})
		case d.Action == Submit:
			j.at, j.trouble = clearing, false
			for _, i := range d.StopFirst {
				j.first |= 1 << i
			}
			v.step(w, check, emit)
		case d.Action == Promote:
			j.at = promoting
			v.step(w, check, emit)
		default:
			v.leave(&w, d)
			v.step(w, check, emit)
		}
	case clearing:
		if j.first != 0 {
			v.await(&w, &j.first, emit)
			return
		}
		if j.trouble || v.overtaken(&w, d) {
			end(event{"apply stops: a run in its way is not gone, or ended by itself", -1, 0})
			return
		}
		j.at = finding
		v.step(w, check, emit)
	case promoting:
		winner := &j.now.entries[d.Promote]
		winner.superseded, winner.stray = false, false
		if d.Supersede >= 0 {
			j.now.entries[d.Supersede].superseded = true
		}
		v.leave(&w, d)
		emit(event{"apply promotes", int(winner.region), int(winner.n)}, w)
	case finding:
		if w.dark[at] {
			end(event{"apply stops: no search in", at, -1})
			return
		}
		adoption := v.adopt(&w, d)
		j.looked, j.adopt, j.surplus = w.running(at), 0, 0
		if adoption.Adopt != nil {
			n := slices.Index(numbers[:], adoption.Adopt.WorkflowID)
			j.adopt, j.seen = uint8(n)+1, w.runs[at][n]
		}
		for _, f := range adoption.Cancel {
			j.surplus |= 1 << slices.Index(numbers[:], f.WorkflowID)
		}
		j.at = sparing
		emit(event{"apply searches", at, -1}, w)
	case sparing:
		cancels := j.surplus != 0
		if !v.spare(&w) {
			end(event{"apply stops: a second run goes on in", at, -1})
			return
		}
		j.at = sending
		if v.planned {
			j.at, j.trouble, j.todo = draining, false, fenced(d, true)
		}
		if cancels {
			emit(event{"apply cancels surplus runs in", at, -1}, w)
			return
		}
		v.step(w, check, emit)
	case draining:
		if v.drains && j.todo != 0 {
			if e := &j.now.entries[d.Supersede]; !w.dark[e.region] {
				e.seen = w.runs[e.region][e.n]
			}
			if v.overtaken(&w, d) {
				end(event{"apply ends: the old run has finished", -1, 0})
				return
			}
		}
		if !v.note(&w, d) {
			end(event{"apply stops: no note can be left", -1, 0})
			return
		}
		j.at, j.given = yielding, true
		emit(event{"apply has left a note", -1, 0}, w)
	case yielding:
		if j.todo != 0 {
			v.cancel(&w, d, emit)
			return
		}
		if j.asked != 0 {
			v.await(&w, &j.asked, emit)
			return
		}
		if j.trouble || v.overtaken(&w, d) {
			end(event{"apply stops: the old run was not seen to stop", -1, 0})
			return
		}
		j.at = sending
		v.step(w, check, emit)
	case sending:
		if j.adopt > 0 {
			take(event{"apply takes up", at, int(j.adopt) - 1}, int(j.adopt)-1, j.seen)
			return
		}
		if w.dark[at] {
			end(event{"apply stops: the submission was refused in", at, -1})
			return
		}
		check.post(&w)
		lost := w
		n, ok := w.accept(at)
		if !ok {
			check.cut++
			return
		}
		answerless := w
		take(event{"apply submits", at, n}, n, working)
		if lost.left.losses > 0 {
			answerless.left.losses--
			answerless.job.at, answerless.job.looked = lookingUp, 1<<maxRuns-1
			emit(event{"the answer is lost to the submission of", at, n}, answerless)
			lost.left.losses--
			lost.job.at, lost.job.looked = lookingUp, 1<<maxRuns-1
			emit(event{"the submission is lost on its way to", at, -1}, lost)
		}
	case lookingUp:
		if v.resendBlindly {
			j.at = sending
			v.step(w, check, emit)
			return
		}
		if w.dark[at] {
			end(event{"apply stops: no search in", at, -1})
			return
		}
		adoption := v.adopt(&w, d)
		if a := adoption.Adopt; a != nil {
			n := slices.Index(numbers[:], a.WorkflowID)
			for _, f := range adoption.Cancel {
				j.surplus |= 1 << slices.Index(numbers[:], f.WorkflowID)
			}
			v.spare(&w)
			take(event{"apply looks up its lost submission", at, n}, n, w.runs[at][n])
			return
		}
		end(event{"apply stops: its lost submission is not in", at, -1})
	case leaving:
		if j.todo != 0 {
			if e := j.now.entries[bits.TrailingZeros8(j.todo)]; w.notes[e.region]&(1<<e.n) == 0 && !v.noteless {
				v.note(&w, d)
				emit(event{"apply leaves a note, if it can", int(e.region), int(e.n)}, w)
				return
			}
			v.cancel(&w, d, emit)
			return
		}
		j.at = stopping
		v.step(w, check, emit)
	case stopping:
		if j.asked != 0 {
			v.await(&w, &j.asked, emit)
			return
		}
		j.given = false
		end(event{"apply ends", -1, 0})
	}
}

// spare stops second runs with the key. One that cannot be stopped is taken into
// the state, for the next apply to stop.
func (v variant) spare(w *world) (done bool) {
	j, at := &w.job, w.active
	done = true
	for n := range w.runs[at] {
		if j.surplus&(1<<n) == 0 || w.runs[at][n] != working {
			continue
		}
		if !w.dark[at] {
			w.runs[at][n] = cancelling
			continue
		}
		done = false
		if !j.now.knows(at, uint8(n)) && j.now.size < maxEntries {
			j.now.entries[j.now.size] = entry{region: at, n: uint8(n), seen: working, superseded: true}
			j.now.size++
		}
	}
	j.surplus = 0
	return done
}

// refresh is what a plan reads: the runs that can still change, the notes beside
// those that were cancelled, and the runs of the other region that nobody knows.
func (v variant) refresh(w *world) (on ledger, silent [2]bool) {
	on = w.disk
	current := Current(on.attempts())
	for i := range on.list() {
		e := &on.entries[i]
		silent[e.region] = w.dark[e.region]
		if w.dark[e.region] || e.seen == success || e.seen == cancelled {
			continue
		}
		now := w.runs[e.region][e.n]
		if i == current && HandedOver(statuses[now], w.notes[e.region]&(1<<e.n) != 0) {
			e.superseded = true
		}
		e.seen = now
	}
	if on.size == 0 || v.blind {
		return on, silent
	}
	for r := range uint8(len(places)) {
		silent[r] = w.dark[r]
		for n, c := range w.runs[r] {
			if !w.dark[r] && c == working && !on.knows(r, uint8(n)) && on.size < maxEntries {
				on.entries[on.size] = entry{region: r, n: uint8(n), seen: c, superseded: true, stray: true}
				on.size++
			}
		}
	}
	return on, silent
}

// begin refreshes and decides.
func (v variant) begin(w world, check *checks, emit func(event, world)) {
	on, silent := v.refresh(&w)
	w.job = job{silent: silent, before: on, now: on, saved: on, looked: 1<<maxRuns - 1}
	d := v.decide(&w)
	check.decision(&w, d)
	if d.Action == Keep && len(d.Fence) == 0 {
		w.job = job{}
		w.disk = on
		emit(event{"apply changes nothing", -1, 0}, w)
		return
	}
	if d.Action == Refuse {
		stays := w
		stays.job = job{}
		emit(event{"apply is refused", -1, 0}, stays)
		w.job.accepted = true
		d = v.decide(&w)
		check.decision(&w, d)
	}
	w.job.at, w.job.todo = fencing, fenced(d, false)
	if v.stopFirst {
		w.job.todo |= fenced(d, true)
	}
	emit(event{"apply refreshes and decides to " + string(d.Action), -1, 0}, w)
}

func (v variant) decide(w *world) Decision { return v.decideOn(w, w.job.before) }

func (v variant) decideOn(w *world, on ledger) Decision {
	o := Observation{
		Location: places[w.active], AccountID: "/accounts/" + places[w.active], Key: key, Policy: ResubmitUnfinished, Attempts: on.attempts(),
		Answers: func(l string) bool { return !w.job.silent[slices.Index(places[:], l)] },
	}
	if w.job.accepted {
		o.Accept = []string{AcceptStaleRuns}
	}
	return Decide(o)
}

func (v variant) adopt(w *world, d Decision) Adoption {
	var superseded []string
	for i, e := range w.job.now.list() {
		if e.region == w.active && (e.superseded || i == d.Supersede) {
			superseded = append(superseded, numbers[e.n])
		}
	}
	found := w.found(int(w.active))
	out := Adopt(key, ResubmitUnfinished, found, superseded)
	if v.adoptCancelled && out.Adopt == nil && len(found) > 0 {
		out.Adopt = &found[0]
	}
	return out
}
