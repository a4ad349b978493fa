package region

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/sony/gobreaker/v2"
)

// strikes is how many soft proofs in a row (server errors, broken connections) close a gate.
const strikes = 3

// forever is the breaker's rest after it tripped: longer than any run. It stays clear of the end of time.Time's range.
const forever = 100 * 365 * 24 * time.Hour

var (
	errStrike    = errors.New("strike")
	errUndecided = errors.New("undecided")
)

// Gate is what every call to one region passes. While the region is untried, calls go out one at a time, so that a dead region is
// asked once and costs one timeout whatever the parallelism. The first proof that it is dead closes the gate until the end of
// the run.
//
// The counting is left to a circuit breaker. Its words are the other way round: its closed state lets calls pass.
type Gate struct {
	location string
	timeout  time.Duration
	probe    chan struct{} // holds one token; whoever has it may ask an untried region

	mu      sync.Mutex
	breaker *gobreaker.TwoStepCircuitBreaker[struct{}]
	opened  bool
	proof   error // set just before the breaker is told of a proof that closes at once
	closed  *UnreachableError
	warned  bool
	settled chan struct{}      // closed when the gate leaves Untried
	patient map[*call]struct{} // calls that wait longer than the timeout, to be given up when the gate closes
	heard   map[string]bool    // the hosts that have answered something else than that they are busy
}

func newGate(location string, timeout time.Duration) *Gate {
	g := &Gate{
		location: location,
		timeout:  timeout,
		probe:    make(chan struct{}, 1),
		settled:  make(chan struct{}),
		patient:  map[*call]struct{}{},
		heard:    map[string]bool{},
	}
	g.breaker = gobreaker.NewTwoStepCircuitBreaker[struct{}](gobreaker.Settings{
		Name:    location,
		Timeout: forever,
		// Called from within settle, hence with g.mu held.
		ReadyToTrip: func(counts gobreaker.Counts) bool {
			return g.proof != nil || counts.ConsecutiveFailures >= strikes
		},
		IsExcluded: func(err error) bool { return errors.Is(err, errUndecided) },
	})
	return g
}

// Location returns the region's normalised name.
func (g *Gate) Location() string { return g.location }

// State returns what is known about the region now.
func (g *Gate) State() State {
	g.mu.Lock()
	defer g.mu.Unlock()
	switch {
	case g.closed != nil:
		return Closed
	case g.opened:
		return Open
	default:
		return Untried
	}
}

// Err returns an *UnreachableError when the gate is closed, and nil otherwise.
func (g *Gate) Err() error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.closed == nil {
		return nil
	}
	refusal := *g.closed
	return &refusal
}

// WarnOnce returns true exactly once in the life of a closed gate, and false for every other: the caller that gets true warns.
func (g *Gate) WarnOnce() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.closed == nil || g.warned {
		return false
	}
	g.warned = true
	return true
}

// Policy returns the azcore policy that makes a pipeline's calls pass the gate. It belongs after the retry policy (per try), so
// that each try counts, and it watches for the response header itself.
func (g *Gate) Policy() policy.Policy { return gatePolicy{gate: g} }

// FrontPolicy is Policy for a gate in front of others that each pass their calls on through it: any answer shows that what stands
// in front is alive. What a server error says is for the gate behind.
func (g *Gate) FrontPolicy() policy.Policy { return gatePolicy{gate: g, front: true} }

type gatePolicy struct {
	gate  *Gate
	front bool
}

func (p gatePolicy) Do(req *policy.Request) (*http.Response, error) {
	g := p.gate
	done, leave, err := g.enter(req.Raw().Context())
	if err != nil {
		return nil, err
	}
	defer leave()
	c := newCall(g, req, leave)
	resp, err := c.send()
	o := c.judge(resp, err)
	if p.front && !o.foreign() && answered(resp, err) {
		o = outcome{verdict: alive}
	}
	if o.verdict == alive && resp != nil && resp.StatusCode != http.StatusTooManyRequests {
		g.heardOf(req.Raw().URL.Host)
	}
	fatal := g.settle(done, o)
	if fatal == nil && o.foreign() {
		fatal = o.proof
	}
	if fatal != nil {
		if resp != nil {
			_ = resp.Body.Close()
		}
		return nil, fatal
	}
	return resp, err
}

// enter waits for permission to send. While the region is untried that is the probe token, which leave gives back. done takes the
// outcome to the breaker.
func (g *Gate) enter(ctx context.Context) (done func(error), leave func(), err error) {
	leave = func() {}
	if g.State() == Untried {
		select {
		case g.probe <- struct{}{}:
			leave = sync.OnceFunc(func() { <-g.probe })
		case <-g.settled:
		case <-ctx.Done():
			return nil, nil, ctx.Err()
		}
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	done, err = g.breaker.Allow()
	if err != nil {
		leave()
		refusal := *g.closed
		return nil, nil, &refusal
	}
	if g.opened {
		leave() // the region answered someone while this call was waiting
	}
	return done, leave, nil
}

// settle records an outcome and returns the error that replaces it when the gate is closed by it, or was closed meanwhile.
func (g *Gate) settle(done func(error), o outcome) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.closed != nil {
		if !o.dead() && o.verdict != strike {
			return nil
		}
		return &UnreachableError{Location: g.location, Cause: o.proof, At: g.closed.At, Sent: true}
	}
	verdict := o.verdict
	if verdict == busy {
		verdict = strike
		if g.opened {
			verdict = undecided
		}
	}
	switch verdict {
	case alive:
		done(nil)
		if !g.opened {
			g.opened = true
			close(g.settled)
		}
	case strike:
		done(errStrike)
	case dead:
		g.proof = o.proof
		done(errStrike)
	default:
		done(errUndecided)
	}
	if g.breaker.State() != gobreaker.StateOpen {
		return nil
	}
	g.shut(o.proof)
	return &UnreachableError{Location: g.location, Cause: o.proof, At: g.closed.At, Sent: true}
}

// shut closes the gate with a proof. It is called with g.mu held, once the breaker has tripped.
func (g *Gate) shut(proof error) {
	g.closed = &UnreachableError{Location: g.location, Cause: proof, At: time.Now()}
	if !g.opened {
		close(g.settled)
	}
	for c := range g.patient {
		c.giveUp()
	}
}
