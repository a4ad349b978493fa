//go:build acceptance

package matrix

import "github.com/genomics-continuity/terraform-provider-genomics/internal/testing/harness"

// operation is what an operator does while something is broken.
type operation struct {
	name string
	what string // for the page
	// setup brings a cell to where the operation begins, in health.
	setup func(*cell)
	// act is the operation. The module stays as the operation left it, so that
	// applying it again in health is what an operator does next.
	act func(*cell) *report
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
		c.finish("live", primary)
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
		c.await("live", primary, "cancelled")
		c.active = primary
	}, act: applies},
	{name: "replicate", what: "`apply` while two new blobs wait to be copied, the fault being in the region they are copied from", setup: func(c *cell) {
		running(c)
		c.put(primary, reads("new"))
	}, act: applies},
	{name: "import", what: "`import` of an account, the pair, the store and a running workflow", setup: func(c *cell) {
		running(c)
		for _, address := range imports {
			delete(c.state, address)
		}
	}, act: func(c *cell) *report {
		r := newReport()
		id := ""
		for _, run := range c.runs("live") {
			id = c.accountID(primary) + "/workflows/" + itoa(run.ID)
		}
		c.takeIn(r, accountAddresses[primary], "genomics_account", c.accountID(primary))
		c.takeIn(r, pairAddress, "genomics_region_pair", c.name)
		c.takeIn(r, storeAddress, "genomics_replicated_input_store", "reads")
		c.takeIn(r, address("live"), "genomics_workflow_submission", id)
		return r
	}},
	{name: "destroy", what: "`destroy` of everything while a workflow runs", setup: running, gone: true, act: func(c *cell) *report { return c.try("destroy", destroy) }},
}

// imports are what the operation of that name takes in.
var imports = []string{accountAddresses[primary], pairAddress, storeAddress, address("live")}

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
	c.await("live", primary, "working")
	c.finish("over", primary)
	c.apply()
}

// flipInTheDark fails over while the primary is dark, and ends the outage: its
// service restarts the job.
func flipInTheDark(c *cell) {
	c.ok(c.Fault(c.context(), c.region[primary], harness.Fault{Mode: harness.Refused}))
	c.active = secondary
	c.apply()
	c.ok(c.Up(c.context(), c.region[primary]))
	c.await("live", primary, "working")
	c.await("live", secondary, "working")
}
