package region

import (
	"context"
	"sync"
	"time"
)

// State is what a gate knows about its region.
type State int

// The states of a gate.
const (
	// Untried means that no call has had an outcome yet: calls go out one at a time.
	Untried State = iota
	// Open means that the region has answered.
	Open
	// Closed means that the region is regarded as unreachable until the end of the run.
	Closed
)

// String names the state.
func (s State) String() string {
	switch s {
	case Untried:
		return "untried"
	case Open:
		return "open"
	case Closed:
		return "closed"
	default:
		return "unknown"
	}
}

// Gates holds one gate per region, for the life of one provider process.
type Gates struct {
	timeout time.Duration
	mu      sync.Mutex
	gates   map[string]*Gate
}

// NewGates makes an empty set. timeout is how long a region may take to send its response header; it must be positive.
func NewGates(timeout time.Duration) *Gates {
	return &Gates{timeout: timeout, gates: map[string]*Gate{}}
}

// For returns the gate of a location, the same one for every spelling of its name. Any name will do: Resource Manager, which is
// no region, passes the gate "resource-manager".
func (g *Gates) For(location string) *Gate {
	key := Normalize(location)
	g.mu.Lock()
	defer g.mu.Unlock()
	gate, ok := g.gates[key]
	if !ok {
		gate = newGate(key, g.timeout)
		g.gates[key] = gate
	}
	return gate
}

// Timeout returns how long a region may take to send its response header.
func (g *Gates) Timeout() time.Duration { return g.timeout }

type patienceKey struct{}

// WithPatience lets the calls made with the returned context wait up to d for the response header, where d exceeds the region
// timeout. It is for requests that are slow by nature, such as a copy that the server makes before it answers. Such a call is
// given up early when another call proves the region unreachable.
func WithPatience(ctx context.Context, d time.Duration) context.Context {
	return context.WithValue(ctx, patienceKey{}, d)
}

// patience returns how long a call may wait for the response header, and whether that is longer than the region timeout.
func patience(ctx context.Context, timeout time.Duration) (time.Duration, bool) {
	if d, ok := ctx.Value(patienceKey{}).(time.Duration); ok && d > timeout {
		return d, true
	}
	return timeout, false
}
