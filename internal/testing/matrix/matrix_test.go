//go:build acceptance

package matrix

import (
	"context"
	"fmt"
	"strings"
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
		for _, e := range engines {
			e.cells(func(f fault, o operation, possible bool) {
				if !possible {
					return
				}
				name := cellName(e, f, o)
				t.Run(name, func(t *testing.T) {
					t.Parallel()
					l := <-lanes
					defer func() { lanes <- l }()
					c := newCell(t, l, e, f, o)
					defer func() { c.ok(l.heal(context.WithoutCancel(t.Context()))) }()
					set(&mu, results, name, c.run())
				})
			})
		}
	})
	compare(t, results)
	var counts []string
	barred := 0
	for _, e := range engines {
		count := 0
		e.cells(func(_ fault, _ operation, possible bool) {
			if possible {
				count++
			} else {
				barred++
			}
		})
		counts = append(counts, fmt.Sprintf("%s %d", e.name, count))
	}
	green := "green"
	if t.Failed() {
		green = "run, not all of them green"
	}
	summary = fmt.Sprintf("matrix: %d cells %s (%s; %d faults, %d operations, %d can't occur, %d more with a real CLI), %d duplicate runs, %d lost submissions",
		len(results)+len(faults), green, strings.Join(counts, ", "), len(faults), len(operations), barred, len(faults), duplicates.Load(), lost.Load())
}

func lanesWorld(t *testing.T, lanes chan *lane) *harness.World {
	t.Helper()
	l := <-lanes
	lanes <- l
	return l.World
}
