//go:build acceptance

package matrix

import (
	"fmt"
	"slices"
	"strings"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/testing/harness"
)

// result is what came of a cell.
type result struct {
	word  word
	said  []message
	names func(string) string // takes the names of the cell and its lane out of a text
}

// run plays a cell from its beginning to its end.
func (c *cell) run() result {
	c.operation.setup(c)
	before := string(c.state.text())
	over := c.succeeded()
	c.fault.set(c)
	c.acting = true
	report := c.operation.act(c)
	c.acting = false
	out := result{word: usual, said: report.messages, names: c.plainNames()}
	switch {
	case report.failed():
		out.word = stops
	case report.count("warning") > 0:
		out.word = warns
	}
	if want := expected(c.engine, c.fault, c.operation); out.word != want {
		c.Errorf("the operation %q, want %q: %v", out.word, want, report.messages)
	}
	if c.operation.name == "plan" && before != string(c.state.text()) {
		c.Error("a plan changed the state")
	}
	c.bounded(report)
	c.truthful(report)
	c.ok(c.heal(c.context()))
	c.converge(report)
	c.settled(over)
	c.secret()
	return out
}

// bounded holds how often the primary was asked: two processes at most, a plan's
// and an apply's, and three commands more in an import.
func (c *cell) bounded(r *report) {
	asked := 0
	for host, n := range r.asked {
		if c.where(host) == "primary" {
			asked += n
		}
	}
	limit, ok := tries[c.fault.name]
	if !ok {
		limit = triesOtherwise
	}
	if asked > 2*limit {
		c.Errorf("the region was asked %d times, want at most %d a process", asked, limit)
	}
}

// truthful holds the state that the operation left against the servers, while the
// fault is still there.
func (c *cell) truthful(r *report) {
	ledger := map[string]harness.JobRun{}
	alive := map[string]int{}
	for _, run := range c.runs("") {
		ledger[run.Region+"/"+c.engine.id(run)] = run
		if run.Live() {
			alive[run.Region+" "+run.Description]++
		}
	}
	for where, n := range alive {
		if n > 1 {
			c.Errorf("%d live runs of %s", n, where)
			duplicates.Add(1)
		}
	}
	mentioned := map[string]bool{}
	for _, name := range submissions {
		i, ok := c.state[c.address(name)]
		if !ok {
			continue
		}
		for n := range 20 {
			at := fmt.Sprintf("attempts.%d.", n)
			id := dig(i.state, at+c.engine.number)
			if id == "null" {
				break
			}
			key := dig(i.state, at+"location") + "/" + id
			mentioned[key] = true
			run, known := ledger[key]
			switch status := dig(i.state, at+"status"); {
			case !known:
				c.Errorf("the state of %s has the run %s that nobody knows", name, key)
			case run.Token != dig(i.state, at+"submission_key"):
				c.Errorf("the run %s of %s carries the key %s", key, name, run.Token)
			case run.Forgotten:
			case (status == "success" || status == "cancelled") && run.Status != status:
				c.Errorf("the state of %s says that the run %s is %s, the service that it is %s", name, key, status, run.Status)
			}
		}
	}
	for key, run := range ledger {
		if run.Live() && !mentioned[key] && !r.failed() && c.operation.name != "destroy" {
			c.Errorf("nobody was told of the run %s, which is %s", key, run.Status)
		}
	}
	if c.operation.name == "flip" && !r.failed() && dig(c.state[c.address(live)].state, "location") != c.region[secondary] {
		c.Error("the failover ended well, and the workflow is not in the other region")
	}
	if c.operation.name == "replicate" && len(r.messages) == 0 {
		c.replicated()
	}
}

// replicated holds what the store says of itself against the containers.
func (c *cell) replicated() {
	from, err := c.folder(primary, "-in").Names(c.context(), "")
	c.ok(err)
	to, err := c.folder(secondary, "-in").Names(c.context(), "")
	c.ok(err)
	missing := slices.DeleteFunc(from, func(name string) bool { return strings.HasPrefix(name, ".") || slices.Contains(to, name) })
	if store, ok := c.state[storeAddress]; ok && dig(store.state, "in_sync") == "true" && len(missing) > 0 {
		c.Errorf("the state says that the store is in sync, and %v are missing", missing)
	}
}

// rounds are how many applies it may take to be well again: one to learn what
// became of what was asked for, and one to do what is left.
const rounds = 2

// converge applies in health until there is nothing to do.
func (c *cell) converge(r *report) {
	c.awaitJobs()
	if c.operation.gone {
		c.destroyed(r)
		return
	}
	if c.operation.again != nil {
		c.operation.again(c)
	}
	var said []string
	for range rounds {
		r := c.try("an apply in health", change)
		said = append(said, fmt.Sprint(r.messages))
		if c.fault.kind == skewed || c.fault.kind == missing {
			c.awaitJobs()
			c.refresh()
			if c.again() {
				continue
			}
		}
		plan, r := c.plan("the plan after it")
		if !r.failed() && len(plan.words()) == 0 {
			if r.count("warning") > 0 {
				c.Errorf("in health a plan warns: %v", r.messages)
			}
			return
		}
		said = append(said, fmt.Sprint(plan.words(), r.messages))
	}
	if plan, r := c.plan("the last plan"); r.failed() || len(plan.words()) > 0 {
		c.Errorf("it does not come to rest: %s", strings.Join(said, "\n"))
	}
}

// awaitJobs waits until no job is about to be restarted.
func (c *cell) awaitJobs() {
	for _, name := range submissions {
		for side := range c.region {
			if slices.ContainsFunc(c.runs(name), func(r harness.JobRun) bool { return r.Region == c.region[side] && r.Status == "queued" }) {
				c.await(name, side, "working", "success", "failed", "cancelled")
			}
		}
	}
}

// again runs the submissions anew whose newest run has failed, as a user does who
// has read that in the state: a changed trigger.
func (c *cell) again() bool {
	some := false
	for _, name := range submissions {
		if i, ok := c.state[c.address(name)]; ok && c.round[name] == "" && dig(i.state, "status") == "failed" {
			c.round[name], some = "again", true
		}
	}
	return some
}

// destroyed destroys in health. A run that was left behind in the dark is named
// by a warning, and cancelled with the service's own client as that says.
func (c *cell) destroyed(r *report) {
	for _, run := range c.runs("") {
		if named := r.says("warning", c.engine.segment+c.engine.id(run)); run.Live() && named {
			c.cancels(run)
		}
	}
	if r := c.try("a destroy in health", destroy); r.failed() || len(c.state) > 0 {
		c.Errorf("a destroy in health left %s: %v", c.state.text(), r.messages)
	}
	for _, run := range c.runs("") {
		if run.Live() {
			c.Errorf("the run %d in %s is %s after everything was destroyed", run.ID, run.Region, run.Status)
		}
	}
}

// settled says what has to be so in the end: of each submission one run counts,
// it is alive or has succeeded, and no other is.
func (c *cell) settled(over map[string]string) {
	if c.operation.gone {
		return
	}
	if r := c.refresh(); len(r.messages) > 0 {
		c.Errorf("in health a refresh says: %v", r.messages)
	}
	c.replicated()
	for _, name := range submissions {
		i, ok := c.state[c.address(name)]
		if !ok {
			c.Errorf("the submission %s is lost", name)
			lost.Add(1)
			continue
		}
		var counts []string
		for _, run := range c.runs(name) {
			// A success that the service has forgotten before anybody saw it is run again.
			unseen := run.Forgotten && over[name] != c.engine.id(run)
			if run.Live() || run.Status == "success" && !unseen {
				counts = append(counts, run.Region+"/"+c.engine.id(run))
			}
		}
		want := dig(i.state, "location") + "/" + dig(i.state, c.engine.number)
		switch {
		case len(counts) == 0:
			c.Errorf("no run of %s is left: %v", name, c.runs(name))
			lost.Add(1)
		case len(counts) > 1:
			c.Errorf("the runs %v of %s are alive or have succeeded", counts, name)
			duplicates.Add(1)
		case counts[0] != want:
			c.Errorf("the run that counts for %s is %s, the state says %s", name, counts[0], want)
		}
		if n := dig(i.state, "unfenced_attempts"); n != "0" {
			c.Errorf("%s has %s unfenced attempts in the end", name, n)
		}
		// What was known to have succeeded is never run again.
		if id, ok := over[name]; ok && id != dig(i.state, c.engine.number) {
			c.Errorf("%s had succeeded as %s, and %s counts now", name, id, want)
		}
	}
}

// succeeded are the runs that the state knows to have succeeded, by submission.
func (c *cell) succeeded() map[string]string {
	over := map[string]string{}
	for _, name := range submissions {
		if i, ok := c.state[c.address(name)]; ok && dig(i.state, "status") == "success" {
			over[name] = dig(i.state, c.engine.number)
		}
	}
	return over
}

// secret searches everything that was written for every secret there is.
func (c *cell) secret() {
	leaks, err := c.Leaks(c.context(), c.texts)
	c.ok(err)
	for _, leak := range leaks {
		c.Errorf("%s of %s is in %s", leak.Kind, leak.Owner, leak.Where)
	}
}
