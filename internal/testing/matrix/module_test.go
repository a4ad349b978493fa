//go:build acceptance

package matrix

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"

	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/testing/wire"
)

// references finds an attribute of a resource that stands before another: its
// value, or the expression that a CLI finds it by.
type references func(address, attribute string) any

// node is one resource of a root module.
type node struct {
	address, kind string
	config        func(references) map[string]any
}

// module is a root module: nodes of a level need nothing but the levels before
// it, and are worked on at the same time, as a CLI does.
type module struct {
	provider map[string]any
	levels   [][]node
}

// state is a state file.
type state map[string]instance

// text is the state as it is stored, for a search that must find nothing.
func (s state) text() []byte {
	var all []byte
	for _, address := range slices.Sorted(maps.Keys(s)) {
		all = append(all, address...)
		all = append(all, wire.JSON(s[address].state)...)
		all = append(all, s[address].private...)
	}
	return all
}

// changes is a plan of all resources.
type changes struct {
	intents map[string]intent
	prior   state // as refreshed
}

// words are what the plan would do, by address.
func (c *changes) words() []string {
	var all []string
	for _, address := range slices.Sorted(maps.Keys(c.intents)) {
		in := c.intents[address]
		word := "update"
		switch {
		case !in.changes():
			continue
		case in.replaces:
			word = "replace"
		case in.prior.state.IsNull():
			word = "create"
		case in.planned.IsNull():
			word = "destroy"
		}
		all = append(all, address+" "+word)
	}
	return all
}

// walk works on the nodes of each level at once. A node whose work failed holds
// up the levels behind it, as a CLI's graph does.
func walk(levels [][]node, work func(node) bool) bool {
	for _, level := range levels {
		well := make([]bool, len(level))
		var wg sync.WaitGroup
		for i, n := range level {
			wg.Go(func() { well[i] = work(n) })
		}
		wg.Wait()
		if slices.Contains(well, false) {
			return false
		}
	}
	return true
}

// command is one run of a command on a module and its state.
type command struct {
	*process
	module module
	mu     sync.Mutex
}

func (m module) start(ctx context.Context, r *report) (*command, error) {
	p, err := start(ctx, r, m.provider)
	return &command{process: p, module: m}, err
}

func (c *command) resolver(values map[string]tftypes.Value) references {
	return func(address, attribute string) any {
		c.mu.Lock()
		defer c.mu.Unlock()
		v, ok := object(values[address])[attribute]
		if !ok {
			panic(fmt.Sprintf("%s has no %s", address, attribute))
		}
		return v
	}
}

func set[K comparable, V any](mu *sync.Mutex, m map[K]V, key K, v V) {
	mu.Lock()
	defer mu.Unlock()
	m[key] = v
}

// read loads and refreshes one resource; one that is not in the state, or is gone,
// has a null state.
func (c *command) read(n node, s state) (instance, bool) {
	i, known := s[n.address]
	if !known {
		return instance{kind: n.kind, state: c.null(n.kind)}, true
	}
	i, ok := c.loaded(n.address, i)
	if ok {
		i, ok = c.refreshed(n.address, i)
	}
	return i, ok
}

// mode is what a command wants of the resources.
type mode int

const (
	change mode = iota
	destroy
	refreshOnly
)

// plan refreshes and plans, resource by resource in the order of the module.
func (m module) plan(ctx context.Context, r *report, s state, want mode) (*changes, error) {
	c, err := m.start(ctx, r)
	if err != nil {
		return nil, err
	}
	defer c.end()
	out := &changes{intents: map[string]intent{}, prior: state{}}
	planned := map[string]tftypes.Value{}
	resolve := c.resolver(planned)
	walk(m.levels, func(n node) bool {
		prior, ok := c.read(n, s)
		if !ok {
			return false
		}
		if !prior.state.IsNull() {
			set(&c.mu, out.prior, n.address, prior)
		}
		if want == refreshOnly {
			return true
		}
		config := c.null(n.kind)
		if want == change {
			config = value(c.typeOf(n.kind), n.config(resolve))
		}
		in, ok := c.plan(n.address, prior, config)
		set(&c.mu, planned, n.address, in.planned)
		set(&c.mu, out.intents, n.address, in)
		return ok
	})
	return out, nil
}

// carryOut applies a plan in a process of its own, which asks for each plan once
// more with what has become known: it must come to the same. The state is what a
// CLI writes, also when it fails on the way.
func (m module) carryOut(ctx context.Context, r *report, plan *changes, want mode) (state, error) {
	c, err := m.start(ctx, r)
	if err != nil {
		return plan.prior, err
	}
	defer c.end()
	after := maps.Clone(plan.prior)
	values := map[string]tftypes.Value{}
	resolve := c.resolver(values)
	levels := m.levels
	if want == destroy {
		levels = slices.Clone(levels)
		slices.Reverse(levels)
	}
	walk(levels, func(n node) bool {
		in := plan.intents[n.address]
		if want == destroy && in.prior.state.IsNull() {
			return true
		}
		if want == change {
			again, ok := c.plan(n.address, in.prior, value(c.typeOf(n.kind), n.config(resolve)))
			if !ok {
				return false
			}
			r.defect(n.address, consistent("inconsistent final plan of "+n.kind, in.planned, again.planned)...)
			in = again
		}
		result, ok := in.prior, true
		if in.changes() {
			result, ok = c.apply(n.address, in)
			c.mu.Lock()
			delete(after, n.address)
			if !result.state.IsNull() {
				after[n.address] = result
			}
			c.mu.Unlock()
		}
		set(&c.mu, values, n.address, result.state)
		return ok
	})
	return after, nil
}

// apply plans and applies without asking. A plan that fails changes nothing, and
// the state stays as it was.
func (m module) apply(ctx context.Context, r *report, s state, want mode) (*changes, state, error) {
	plan, err := m.plan(ctx, r, s, want)
	if err != nil || r.failed() {
		return plan, s, err
	}
	s, err = m.carryOut(ctx, r, plan, want)
	return plan, s, err
}

// refresh reads everything and writes the state. One error leaves it as it was.
func (m module) refresh(ctx context.Context, r *report, s state) (state, error) {
	plan, err := m.plan(ctx, r, s, refreshOnly)
	if err != nil || r.failed() {
		return s, err
	}
	return plan.prior, nil
}

// imports takes one resource in, as its own command, and saves it.
func (m module) imports(ctx context.Context, r *report, s state, address, kind, id string) (state, error) {
	c, err := m.start(ctx, r)
	if err != nil {
		return s, err
	}
	defer c.end()
	found, ok := c.imported(address, kind, id)
	if ok {
		s = maps.Clone(s)
		s[address] = found
	}
	return s, nil
}
