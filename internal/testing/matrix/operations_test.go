//go:build acceptance

package matrix

import "strings"

// operation is what an operator does while something is broken.
type operation struct {
	name string
	what string // for the page
	// setup brings a cell to where the operation begins, in health.
	setup func(*cell)
	// act is the operation. The module stays as the operation left it, so that
	// applying it again in health is what an operator does next.
	act func(*cell) *report
	// again, if set, is what an operator does before applying in health.
	again func(*cell)
	// gone says that nothing is to be left at the end.
	gone bool
}

var operations = []operation{
	{name: "plan", what: "`plan` while one workflow runs and one has finished", setup: running, act: func(c *cell) *report {
		_, r := c.plan("plan")
		return r
	}},
	{name: "prepare", what: "the first `apply`: accounts, pair, store and submissions", setup: func(c *cell) { c.put(primary, reads("r")) }, act: applies},
	{name: "submit", what: "`apply` with two new submissions", setup: func(c *cell) {
		prepared(c)
		c.only = false
	}, act: applies},
	{name: "refresh", what: "`apply -refresh-only` after a workflow has finished", setup: func(c *cell) {
		running(c)
		c.finish(live, primary)
	}, act: (*cell).refresh},
	{name: "flip", what: "`apply` with the other region active, the fault being in the region that is left", setup: running, act: func(c *cell) *report {
		c.active = secondary
		return applies(c)
	}},
	{name: "fence", what: "`apply` after a failover, the fault being in the region that came back and restarted its job", setup: func(c *cell) {
		running(c)
		flipInTheDark(c)
	}, act: applies},
	{name: "failback", what: "`apply` with the first region active again, the fault being in that region", setup: func(c *cell) {
		running(c)
		flipInTheDark(c)
		c.apply()
		c.await(live, primary, "cancelled")
		c.active = primary
	}, act: applies},
	{name: "replicate", what: "`apply` while two new blobs wait to be copied, the fault being in the region they are copied from", setup: func(c *cell) {
		running(c)
		c.put(primary, reads("new"))
	}, act: applies},
	{name: "import", what: "`import` of an account, the pair, the store and a running workflow", setup: func(c *cell) {
		running(c)
		for _, address := range c.imports() {
			delete(c.state, address)
		}
	}, act: takesIn, again: func(c *cell) { takesIn(c) }},
	{name: "destroy", what: "`destroy` of everything while a workflow runs", setup: running, gone: true, act: func(c *cell) *report { return c.try("destroy", destroy) }},
}

// imports are what the operation of that name takes in.
func (c *cell) imports() []string {
	all := []string{pairAddress, storeAddress, c.address(live)}
	if c.engine.face == "" {
		all = append([]string{accountAddresses[primary]}, all...)
	}
	return all
}

// takesIn imports what is not in the state, one command for each.
func takesIn(c *cell) *report {
	r := newReport()
	ids := map[string]string{accountAddresses[primary]: c.accountID(primary), pairAddress: c.name, storeAddress: "reads"}
	for _, run := range c.runs(live) {
		ids[c.address(live)] = c.importID(run, primary)
	}
	for _, address := range c.imports() {
		if _, known := c.state[address]; !known {
			kind, _, _ := strings.Cut(address, ".")
			c.takeIn(r, address, kind, ids[address])
		}
	}
	return r
}

func applies(c *cell) *report { return c.try("apply", change) }

// prepared is everything but submissions.
func prepared(c *cell) {
	c.put(primary, reads("r"))
	c.only = true
	c.apply()
}

// running has a workflow that runs and one that has finished.
func running(c *cell) {
	c.put(primary, reads("r"))
	c.apply()
	c.await(live, primary, "working")
	c.finish(over, primary)
	c.apply()
}

// flipInTheDark fails over while the primary is dark, and ends the outage: its
// service restarts the job.
func flipInTheDark(c *cell) {
	shuts(true, true, primary)(c)
	c.active = secondary
	c.apply()
	c.ok(c.heal(c.context()))
	c.await(live, primary, "working")
	c.await(live, secondary, "working")
}
