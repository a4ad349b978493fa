//go:build acceptance

package matrix

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/testing/acctest"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/testing/harness"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/testing/wire"
)

// The addresses of a cell's module.
const (
	pairAddress  = "genomics_region_pair.lab"
	storeAddress = "genomics_replicated_input_store.reads"
)

var accountAddresses = [2]string{"genomics_account.primary", "genomics_account.secondary"}

// submissions are those of every cell: one that runs on, and one that has
// finished before the fault, where the operation lets it.
var submissions = []string{live, over}

const (
	live = "sample1"
	over = "sample2"
)

// cell is one fault in one operation, with a name of its own in the world.
type cell struct {
	*testing.T
	*lane
	engine    engine
	fault     fault
	operation operation
	name      string
	state     state
	active    int               // side
	only      bool              // no submissions yet
	round     map[string]string // of triggers, by submission
	texts     map[string][]byte
	cli       *harness.Workspace // the operation is carried out with it; nil is the driver
	acting    bool               // the operation is under way
}

func newCell(t *testing.T, l *lane, e engine, f fault, o operation) *cell {
	return &cell{T: t, lane: l, engine: e, fault: f, operation: o, name: acctest.Name("m"), state: state{}, round: map[string]string{}, texts: map[string][]byte{}}
}

func (c *cell) ok(err error) {
	c.Helper()
	if err != nil {
		c.Fatal(err)
	}
}

func (c *cell) context() context.Context { return context.WithoutCancel(c.Context()) }

func (c *cell) account(side int) string { return c.name + [2]string{"-p", "-s"}[side] }

func (c *cell) accountID(side int) string {
	return fmt.Sprintf("/subscriptions/%s/resourceGroups/rg-%s/providers/Microsoft.Genomics/accounts/%s", c.Emulator.Ready.SubscriptionID, c.region[side], c.account(side))
}

func (c *cell) storageID(side int) string {
	account, err := c.StorageAccount(c.region[side])
	c.ok(err)
	return account.ID
}

func (c *cell) describe(submission string) string { return c.name + "/" + submission + "." }

// endpoint is where the provider finds the service of a side's region.
func (c *cell) endpoint(side int) string {
	_, port, _ := strings.Cut(c.service[primary].address, ":")
	switch {
	case side == primary && c.fault.wire == wireName && c.cli != nil && c.acting:
		// A name that only this process resolves is none to another.
		return "https://genomics.invalid"
	case side == primary && c.fault.wire == wireName:
		return "http://" + c.lane.name() + ":" + port
	case side == primary && c.fault.wire == wireTLS:
		return "https://" + c.tunnel.address
	}
	return "http://" + c.service[side].address
}

// module is the root module that a user has, as the cell wants it now.
func (c *cell) module() module {
	endpoints := map[string]any{}
	for side, region := range c.region {
		endpoints[region] = c.endpoint(side)
	}
	m := module{provider: map[string]any{
		"subscription_id": c.Emulator.Ready.SubscriptionID, "tenant_id": c.Emulator.Ready.TenantID, "use_msi": true,
		"resource_manager_endpoint": "http://" + c.manager.address, "service_endpoints": endpoints, "region_timeout": regionTimeout.String(),
	}}
	var accounts, all []node
	for side := range c.region {
		if c.engine.face == "" {
			accounts = append(accounts, node{accountAddresses[side], "genomics_account", func(references) map[string]any {
				return map[string]any{"name": c.account(side), "resource_group_name": "rg-" + c.region[side], "location": c.region[side]}
			}})
		}
	}
	for _, name := range submissions {
		all = append(all, node{c.address(name), c.engine.kind, func(of references) map[string]any {
			s := map[string]any{"name": name, "region": of(pairAddress, "active"), "input_store": of(storeAddress, "active")}
			c.engine.asks(c, name, s)
			if round := c.round[name]; round != "" {
				s["triggers"] = map[string]any{"round": round}
			}
			return s
		}})
	}
	m.levels = [][]node{accounts, {{pairAddress, "genomics_region_pair", c.pair}}, {{storeAddress, "genomics_replicated_input_store", c.store}}}
	if !c.only {
		m.levels = append(m.levels, all)
	}
	return m
}

func (c *cell) pair(of references) map[string]any {
	pair := map[string]any{"name": c.name, "active_region": c.region[c.active]}
	for side, role := range []string{"primary", "secondary"} {
		at := map[string]any{"location": c.region[side], "output": map[string]any{"storage_account_id": c.storageID(side), "container_name": c.name + "-out"}}
		if c.engine.face == "" {
			at["account_id"] = of(accountAddresses[side], "id")
		} else {
			at[c.engine.face] = map[string]any{"url": c.server(side)}
		}
		pair[role] = at
	}
	return pair
}

func (c *cell) store(of references) map[string]any {
	store := map[string]any{"name": "reads", "active_region": of(pairAddress, "active_region")}
	for side, role := range []string{"primary", "secondary"} {
		store[role] = map[string]any{"location": c.region[side], "storage_account_id": c.storageID(side), "container_name": c.name + "-in"}
	}
	return store
}

// reads are the smallest input that the service finds nothing wrong with.
func reads(prefix string) map[string][]byte {
	return map[string][]byte{
		prefix + "_1.fq": []byte("@r1/1\nACGTACGT\n+\nIIIIIIII\n"),
		prefix + "_2.fq": []byte("@r1/2\nTTGGCCAA\n+\nIIIIIIII\n"),
	}
}

func (c *cell) folder(side int, name string) *harness.Container {
	container, err := c.Container(c.region[side], c.name+name)
	c.ok(err)
	return container
}

func (c *cell) put(side int, blobs map[string][]byte) {
	folder := c.folder(side, "-in")
	c.ok(folder.Create(c.context()))
	c.ok(folder.Put(c.context(), blobs))
}

// keep remembers what a command wrote, for the search for secrets.
func (c *cell) keep(what string, r *report, plan *changes) {
	at := fmt.Sprintf("%d %s: ", len(c.texts), what)
	c.texts[at+"log"] = r.log.Bytes()
	c.texts[at+"messages"] = []byte(fmt.Sprint(r.messages, r.defects))
	c.texts[at+"state"] = c.state.text()
	if plan != nil {
		var all []byte
		for _, in := range plan.intents {
			all = append(append(all, wire.JSON(in.planned)...), in.private...)
		}
		c.texts[at+"plan"] = all
	}
	if len(r.defects) > 0 {
		c.Errorf("%s: what a CLI takes for a defect of the provider:\n%s", what, strings.Join(r.defects, "\n"))
	}
	if r.late {
		c.Errorf("%s did not end by itself", what)
	}
}

func (c *cell) plan(what string) (*changes, *report) {
	r := newReport()
	if c.byCLI() {
		c.command(r, "plan", "-json", "-input=false")
		return nil, r
	}
	plan, err := c.module().plan(c.context(), r, c.state, change)
	c.ok(err)
	c.keep(what, r, plan)
	return plan, r
}

func (c *cell) try(what string, want mode) *report {
	r := newReport()
	if c.byCLI() {
		c.command(r, map[mode]string{change: "apply", destroy: "destroy"}[want], "-json", "-input=false", "-auto-approve")
		return r
	}
	plan, after, err := c.module().apply(c.context(), r, c.state, want)
	c.ok(err)
	c.state = after
	c.keep(what, r, plan)
	return r
}

// apply applies in health.
func (c *cell) apply() {
	c.Helper()
	if r := c.try("setup", change); r.failed() {
		c.Fatalf("an apply failed without a fault: %v", r.messages)
	}
}

func (c *cell) refresh() *report {
	r := newReport()
	if c.byCLI() {
		c.command(r, "apply", "-refresh-only", "-json", "-input=false", "-auto-approve")
		return r
	}
	after, err := c.module().refresh(c.context(), r, c.state)
	c.ok(err)
	c.state = after
	c.keep("refresh", r, nil)
	return r
}

// takeIn imports one resource, as a command of its own.
func (c *cell) takeIn(r *report, address, kind, id string) {
	if c.byCLI() {
		c.command(r, "import", "-input=false", "-no-color", address, id)
		return
	}
	after, err := c.module().imports(c.context(), r, c.state, address, kind, id)
	c.ok(err)
	c.state = after
	c.keep("import "+address, r, nil)
}

// runs is the ledger of this cell, oldest first.
func (c *cell) runs(submission string) []harness.JobRun {
	text := c.name + "/"
	if submission != "" {
		text = c.describe(submission)
	}
	all, err := c.Runs(c.context(), "", text)
	c.ok(err)
	return slices.DeleteFunc(all, func(r harness.JobRun) bool { return !slices.Contains(c.region[:], r.Region) })
}

// await waits until the runs of a submission in a region are as wanted.
func (c *cell) await(submission string, side int, want ...string) {
	c.Helper()
	acctest.Await(c.T, nil, func() (bool, error) {
		found := false
		for _, run := range c.runs(submission) {
			if run.Region == c.region[side] {
				found = true
				if !slices.Contains(want, run.Status) {
					return false, nil
				}
			}
		}
		return found, nil
	})
}

// finish lets a held run go and waits for its success.
func (c *cell) finish(submission string, side int) {
	for _, run := range c.runs(submission) {
		if run.Region == c.region[side] && run.Live() {
			c.ok(c.Force(c.context(), run.Region, run.ID, harness.Force{Release: true}))
		}
	}
	c.await(submission, side, "success")
}
