//go:build acceptance

package matrix

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/testing/acctest"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/testing/harness"
)

// The sides of a lane.
const (
	primary   = 0
	secondary = 1
)

// lane is two regions of the world, with a proxy before each of their servers
// and one before Resource Manager. One cell at a time has it.
type lane struct {
	*harness.World
	number  int
	region  [2]string
	service [2]*proxy
	blob    [2]*proxy
	manager *proxy
	tunnel  *tunnel     // before the primary's service, for what only TLS has
	lost    atomic.Bool // the primary's name does not resolve
}

func openLanes(t *testing.T) chan *lane {
	t.Helper()
	world, all := acctest.World(t), newProxies()
	lanes := make(chan *lane, len(pairs))
	for i, pair := range pairs {
		l := &lane{World: world, number: i, region: pair, manager: all.open(t, world.Emulator.Ready.ResourceManager)}
		for side, region := range pair {
			servers := world.Emulator.Ready.Regions[region]
			l.service[side], l.blob[side] = all.open(t, servers.Service), all.open(t, servers.Blob)
			if err := world.Front(t.Context(), region, "http://"+l.blob[side].address); err != nil {
				t.Fatal(err)
			}
		}
		l.tunnel = dig443(t, l.service[primary])
		names.add(l)
		lanes <- l
	}
	return lanes
}

// name is a host name that only this test resolves.
func (l *lane) name() string { return fmt.Sprintf("primary-%d.localhost", l.number) }

// heal takes every fault away.
func (l *lane) heal(ctx context.Context) error {
	l.lost.Store(false)
	l.tunnel.foreign.Store(false)
	failures := []error{l.manager.set()}
	for side, region := range l.region {
		failures = append(failures, l.ClearInjections(ctx, region), l.Up(ctx, region), l.service[side].set(), l.blob[side].set())
	}
	return errors.Join(failures...)
}

// where tells what a provider asked by its host and port.
func (l *lane) where(host string) string {
	_, port, _ := strings.Cut(host, ":")
	for side, word := range []string{"primary", "secondary"} {
		if strings.HasSuffix(l.service[side].address, ":"+port) || strings.HasSuffix(l.blob[side].address, ":"+port) {
			return word
		}
	}
	switch {
	case strings.HasSuffix(l.tunnel.address, ":"+port):
		return "primary"
	case strings.HasSuffix(l.manager.address, ":"+port):
		return "resource manager"
	}
	return "identity"
}
