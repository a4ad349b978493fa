//go:build acceptance

package matrix

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/testing/harness"
)

// result is what came of a cell.
type result struct {
	word  string
	asked map[string]int
	said  []message
	plan  []string
}

func TestAccMatrix(t *testing.T) {
	serveNames(t)
	lanes := openLanes(t)
	if err := lanesWorld(t, lanes).Hold(t.Context(), harness.Hold{}); err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	results := map[string]result{}
	t.Run("cells", func(t *testing.T) {
		for _, f := range faults {
			for _, o := range operations {
				name := o.name + "/" + strings.ReplaceAll(f.name, " ", "-")
				t.Run(name, func(t *testing.T) {
					t.Parallel()
					l := <-lanes
					defer func() { lanes <- l }()
					c := newCell(t, l, f, o)
					defer func() { c.ok(l.heal(context.WithoutCancel(t.Context()))) }()
					got := c.run()
					set(&mu, results, name, got)
					t.Logf("%s %v %v", got.word, got.asked, got.said)
				})
			}
		}
	})
	summary = fmt.Sprintf("matrix: %d cells green", len(results))
}

func lanesWorld(t *testing.T, lanes chan *lane) *harness.World {
	t.Helper()
	l := <-lanes
	lanes <- l
	return l.World
}

// run plays a cell from its beginning to its end.
func (c *cell) run() result {
	c.operation.setup(c)
	before := string(c.state.text())
	c.fault.set(c)
	report := c.operation.act(c)
	out := result{word: "as usual", asked: map[string]int{}, said: report.messages}
	for host, n := range report.asked {
		out.asked[c.where(host)] += n
	}
	switch {
	case report.failed():
		out.word = "stops"
	case report.count("warning") > 0:
		out.word = "warns"
	}
	_ = before
	c.ok(c.heal(c.context()))
	c.converge()
	c.leaks()
	return out
}

// converge applies in health until there is nothing to do, which has to be soon.
func (c *cell) converge() {
	want := change
	if c.operation.gone {
		want = destroy
	}
	for round := range 3 {
		r := c.try("converge", want)
		if r.failed() {
			c.Logf("round %d: %v", round, r.messages)
			continue
		}
		if want == destroy {
			if len(c.state) > 0 {
				c.Errorf("after a destroy the state holds %s", c.state.text())
			}
			return
		}
		plan, r := c.plan("converged")
		if words := plan.words(); !r.failed() && len(words) == 0 {
			return
		} else {
			c.Logf("round %d: %v %v", round, words, r.messages)
		}
	}
	c.Error("it does not converge")
}

func (c *cell) leaks() {
	leaks, err := c.Leaks(c.context(), c.texts)
	c.ok(err)
	for _, leak := range leaks {
		c.Errorf("%s of %s is in %s", leak.Kind, leak.Owner, leak.Where)
	}
}
