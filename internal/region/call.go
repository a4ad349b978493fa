package region

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptrace"
	"sync"
	"sync/atomic"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
)

// errGivenUp ends a patient call when another call has proved its region unreachable.
var errGivenUp = errors.New("the region was found unreachable meanwhile")

// call is one try of one request on its way through a gate.
type call struct {
	gate    *Gate
	req     *policy.Request
	parent  context.Context //nolint:containedctx // a call is one use of its context
	cancel  context.CancelCauseFunc
	limit   time.Duration // how long to wait for the response header
	patient bool
	release func() // gives the probe token back

	mu       sync.Mutex
	timer    *time.Timer
	handover *time.Timer // of a patient call: when to let others ask
	finished bool        // the wait for the header is over, one way or the other

	answered  atomic.Bool // at least the first byte of a response header has come
	tlsFailed atomic.Bool // the handshake of a connection made for this call failed
	bodyError atomic.Bool // the caller's own request body could not be read
}

func newCall(g *Gate, req *policy.Request, release func()) *call {
	c := &call{gate: g, parent: req.Raw().Context(), release: release}
	c.limit, c.patient = patience(c.parent, g.timeout)
	ctx, cancel := context.WithCancelCause(c.parent)
	c.cancel = cancel
	// The header is watched through the transport's trace: the pipeline returns only after the body was downloaded, and a large
	// body may well take longer than the header is allowed to.
	c.req = req.WithContext(httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GotFirstResponseByte: func() {
			c.answered.Store(true)
			c.stop()
		},
		TLSHandshakeDone: func(_ tlsState, err error) {
			if err != nil {
				c.tlsFailed.Store(true)
			}
		},
	}))
	if raw := c.req.Raw(); raw.Body != nil && raw.Body != http.NoBody {
		raw.Body = &watchedBody{ReadCloser: raw.Body, call: c}
	}
	return c
}

// send sends the request and waits, for the response header at most c.limit.
func (c *call) send() (*http.Response, error) {
	c.start()
	resp, err := c.req.Next()
	c.stop()
	if err != nil {
		c.cancel(nil)
		return resp, err
	}
	if _, downloaded := resp.Body.(io.Seeker); downloaded {
		c.cancel(nil)
	} else {
		// The body is still to be streamed: the context must live until it is closed.
		resp.Body = &cancellingBody{ReadCloser: resp.Body, cancel: c.cancel}
	}
	return resp, nil
}

func (c *call) start() {
	c.mu.Lock()
	c.timer = time.AfterFunc(c.limit, func() { c.expire(&TimeoutError{After: c.limit}) })
	c.mu.Unlock()
	if !c.patient {
		return
	}
	c.gate.register(c)
	// A slow call is no good probe: others may ask the region for themselves once the usual time is over.
	c.mu.Lock()
	c.handover = time.AfterFunc(c.gate.timeout, c.release)
	c.mu.Unlock()
}

// stop ends the wait for the header.
func (c *call) stop() {
	c.mu.Lock()
	already := c.finished
	c.finished = true
	c.timer.Stop()
	if c.handover != nil {
		c.handover.Stop()
	}
	c.mu.Unlock()
	if c.patient && !already {
		c.gate.unregister(c)
	}
}

// expire ends the call for want of a header.
func (c *call) expire(cause error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.finished {
		c.finished = true
		c.cancel(cause)
	}
}

func (c *call) giveUp() { c.expire(errGivenUp) }

// progress starts the wait anew: while the request's body is going out, the region cannot be expected to answer.
func (c *call) progress() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.finished {
		c.timer.Reset(c.limit)
	}
}

func (g *Gate) register(c *call) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.patient[c] = struct{}{}
	if g.closed != nil {
		c.giveUp()
	}
}

func (g *Gate) unregister(c *call) {
	g.mu.Lock()
	defer g.mu.Unlock()
	delete(g.patient, c)
}

// watchedBody tells a call that its request is still going out, and remembers when the body's own source failed: an upload that
// streams from another region must not have that region's failure counted here.
type watchedBody struct {
	io.ReadCloser
	call *call
}

func (b *watchedBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	b.call.progress()
	if err != nil && !errors.Is(err, io.EOF) {
		b.call.bodyError.Store(true)
	}
	return n, err
}

// cancellingBody releases a call's context when the response's body is closed.
type cancellingBody struct {
	io.ReadCloser
	cancel context.CancelCauseFunc
}

func (b *cancellingBody) Close() error {
	err := b.ReadCloser.Close()
	b.cancel(nil)
	return err
}
