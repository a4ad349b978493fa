//go:build acceptance

package matrix

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/testing/harness"
)

// What must never be, over all cells.
var duplicates, lost atomic.Int64

func TestAccMatrix(t *testing.T) {
	serveNames(t)
	lanes := openLanes(t)
	if err := lanesWorld(t, lanes).Hold(t.Context(), harness.Hold{}); err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	results := map[string]result{}
	t.Run("commands", func(t *testing.T) { byCommand(t, lanes) })
	t.Run("cells", func(t *testing.T) {
		for _, f := range faults {
			for _, o := range operations {
				if impossible(f, o) != "" {
					continue
				}
				name := cellName(f, o)
				t.Run(name, func(t *testing.T) {
					t.Parallel()
					l := <-lanes
					defer func() { lanes <- l }()
					c := newCell(t, l, f, o)
					defer func() { c.ok(l.heal(context.WithoutCancel(t.Context()))) }()
					set(&mu, results, name, c.run())
				})
			}
		}
	})
	compare(t, results)
	possible := 0
	for _, f := range faults {
		for _, o := range operations {
			if impossible(f, o) == "" {
				possible++
			}
		}
	}
	green := "green"
	if t.Failed() {
		green = "run, not all of them green"
	}
	summary = fmt.Sprintf("matrix: %d cells %s (%d faults x %d operations, %d can't occur, %d more with a real CLI), %d duplicate runs, %d lost submissions",
		len(results)+len(faults), green, len(faults), len(operations), len(faults)*len(operations)-possible, len(faults), duplicates.Load(), lost.Load())
}

func lanesWorld(t *testing.T, lanes chan *lane) *harness.World {
	t.Helper()
	l := <-lanes
	lanes <- l
	return l.World
}
