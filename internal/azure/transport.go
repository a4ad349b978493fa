package azure

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"sync"
	"time"
)

// How long the parts of making a connection may take, where the region timeout does not end them sooner.
const (
	dialTimeout      = 30 * time.Second
	handshakeTimeout = 20 * time.Second
	keepAlive        = 30 * time.Second
	idleTimeout      = 90 * time.Second
	idlePerHost      = 64 // as many as calls to one region go out at a time
)

// newHTTPTransport makes the one transport that all clients share. It sets no limit for the response header: that is the gate's,
// which knows which calls are slow by nature.
func newHTTPTransport() *http.Transport {
	dialer := &net.Dialer{Timeout: dialTimeout, KeepAlive: keepAlive}
	return &http.Transport{
		Proxy:                 http.ProxyFromEnvironment,
		DialContext:           dialer.DialContext,
		TLSHandshakeTimeout:   handshakeTimeout,
		TLSClientConfig:       &tls.Config{MinVersion: tls.VersionTLS12},
		ForceAttemptHTTP2:     true,
		MaxIdleConnsPerHost:   idlePerHost,
		IdleConnTimeout:       idleTimeout,
		ExpectContinueTimeout: time.Second,
	}
}

// newHTTPClient wraps the transport. Redirects are not followed: no service here uses them, and one would carry the subscription
// key, or a POST, to a host that nobody chose.
func newHTTPClient(transport http.RoundTripper) *http.Client {
	return &http.Client{
		Transport:     transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// StalledError says that an answer stopped coming in the middle of its body.
type StalledError struct {
	// After is how long nothing came.
	After time.Duration
}

// Error says how long nothing came.
func (e *StalledError) Error() string {
	return fmt.Sprintf("the answer stalled: nothing came for %s", e.After)
}

// Timeout marks the error as a timeout, as net.Error does.
func (e *StalledError) Timeout() bool { return true }

// InsecureError says that a request was not sent because it would have gone over plain http to another machine.
type InsecureError struct {
	// Host is where the request would have gone.
	Host string
}

// Error names the host.
func (e *InsecureError) Error() string {
	return fmt.Sprintf("plain http to %s: that is accepted on loopback only", e.Host)
}

// NonRetriable marks the error for azcore's retry policy.
func (e *InsecureError) NonRetriable() {}

// transporter is what azcore's pipelines send with. It keeps plain http on this machine, ends answers that stall, and keeps
// queries, which may hold a signature, out of errors.
type transporter struct {
	client *http.Client
	stall  time.Duration
}

// Do sends one request.
func (t *transporter) Do(req *http.Request) (*http.Response, error) {
	if req.URL.Scheme != "https" && !IsLoopback(req.URL.Hostname()) {
		return nil, &InsecureError{Host: req.URL.Host}
	}
	ctx, cancel := context.WithCancelCause(req.Context())
	head := &headWatch{limit: t.stall, cancel: cancel}
	resp, err := t.client.Do(req.WithContext(httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{GotFirstResponseByte: head.begin}))) //nolint:gosec // where requests go is the user's to say
	head.end()
	if err != nil {
		cancel(nil)
		if stalled := head.stalled(ctx); stalled != nil {
			return nil, stalled
		}
		return nil, withoutQuery(err)
	}
	resp.Request = req
	resp.Body = &stallingBody{body: resp.Body, ctx: ctx, cancel: cancel, limit: t.stall}
	return resp, nil
}

// headWatch ends an answer that stops coming in the middle of its header: the gate waits for its first byte, and the body watches
// itself.
type headWatch struct {
	limit  time.Duration
	cancel context.CancelCauseFunc

	mu    sync.Mutex
	timer *time.Timer
	ended bool
}

func (w *headWatch) begin() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.ended || w.timer != nil {
		return
	}
	stalled := &StalledError{After: w.limit}
	w.timer = time.AfterFunc(w.limit, func() { w.cancel(stalled) })
}

func (w *headWatch) end() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.ended = true
	if w.timer != nil {
		w.timer.Stop()
	}
}

// stalled is the error when it was this that ended the request.
func (w *headWatch) stalled(ctx context.Context) error {
	var stalled *StalledError
	if errors.As(context.Cause(ctx), &stalled) {
		return stalled
	}
	return nil
}

// withoutQuery takes the query off the URL in a transport error.
func withoutQuery(err error) error {
	var failure *url.Error
	if !errors.As(err, &failure) {
		return err
	}
	location := failure.URL
	if u, parseErr := url.Parse(failure.URL); parseErr == nil {
		u.RawQuery, u.Fragment, u.User = "", "", nil
		location = u.String()
	}
	return &url.Error{Op: failure.Op, URL: Mask(location), Err: failure.Err}
}

// stallingBody ends a response whose body stops coming. Only the time spent waiting in Read counts, so a slow reader may take as
// long as it likes.
type stallingBody struct {
	body   io.ReadCloser
	ctx    context.Context //nolint:containedctx // it ends with the body, as net/http's own request context does
	cancel context.CancelCauseFunc
	limit  time.Duration
}

func (b *stallingBody) Read(p []byte) (int, error) {
	stalled := &StalledError{After: b.limit}
	timer := time.AfterFunc(b.limit, func() { b.cancel(stalled) })
	n, err := b.body.Read(p)
	timer.Stop()
	if err != nil && !errors.Is(err, io.EOF) && errors.Is(context.Cause(b.ctx), stalled) {
		err = stalled
	}
	return n, err
}

func (b *stallingBody) Close() error {
	err := b.body.Close()
	b.cancel(nil)
	return err
}
