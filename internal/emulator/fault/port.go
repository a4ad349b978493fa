package fault

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"strconv"
	"sync"
	"syscall"
	"time"
)

// reopenFor bounds the wait for a port that something else holds for a moment.
const reopenFor = 5 * time.Second

// Port is a loopback HTTP server that can be closed and opened again on the
// same port.
type Port struct {
	handler http.Handler

	mu       sync.Mutex
	address  string // fixed from the first Open on
	opened   bool
	wish     bool // at the first Open another port will do
	server   *http.Server
	listener net.Listener
	reserved io.Closer
}

// NewPort prepares a server on a loopback port; 0 takes any free one. With
// wish set another one is taken when this one is not free.
func NewPort(port int, wish bool, handler http.Handler) *Port {
	return &Port{address: loopback(port), wish: wish, handler: handler}
}

func loopback(port int) string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(port)) }

// Address is host:port, final after the first Open.
func (p *Port) Address() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.address
}

// URL is the base URL of the server, without a slash at its end.
func (p *Port) URL() string { return "http://" + p.Address() }

// Open starts to listen. Opening an open port does nothing.
func (p *Port) Open(ctx context.Context) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.server != nil {
		return nil
	}
	p.release()
	listener, err := p.listen(ctx)
	if err != nil {
		return fmt.Errorf("listen on %s: %w", p.address, err)
	}
	p.address, p.opened = listener.Addr().String(), true
	server := &http.Server{
		Handler:           p.handler,
		ReadHeaderTimeout: 30 * time.Second,
		// Broken connections are this program's business, not its user's.
		ErrorLog: log.New(io.Discard, "", 0),
	}
	p.server, p.listener = server, listener
	go func() { _ = server.Serve(listener) }() // ends with ErrServerClosed when the port is shut
	return nil
}

// listen takes the port. One that this program had before may be held by
// something else for a moment, and is waited for.
func (p *Port) listen(ctx context.Context) (net.Listener, error) {
	var config net.ListenConfig
	listener, err := config.Listen(ctx, "tcp", p.address)
	if !errors.Is(err, syscall.EADDRINUSE) {
		return listener, err
	}
	if !p.opened {
		if p.wish {
			return config.Listen(ctx, "tcp", loopback(0))
		}
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, reopenFor)
	defer cancel()
	retry := time.NewTicker(20 * time.Millisecond)
	defer retry.Stop()
	for errors.Is(err, syscall.EADDRINUSE) {
		select {
		case <-ctx.Done():
			return nil, err
		case <-retry.C:
			listener, err = config.Listen(ctx, "tcp", p.address)
		}
	}
	return listener, err
}

// Shut closes the port and every connection, and keeps anyone else from
// taking it: from now on connections are refused.
func (p *Port) Shut() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.server == nil {
		return nil
	}
	// The server may not have taken its listener over yet: closing it here makes
	// sure that no connection is accepted from now on.
	_ = p.listener.Close()
	err := p.server.Close()
	if errors.Is(err, net.ErrClosed) {
		err = nil
	}
	p.server, p.listener = nil, nil
	if reserved, reserveErr := reserve(p.address); reserveErr == nil {
		p.reserved = reserved
	}
	return err
}

// Stop ends the server for good, letting requests under way finish until ctx ends.
func (p *Port) Stop(ctx context.Context) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.release()
	if p.server == nil {
		return nil
	}
	server := p.server
	p.server = nil
	if err := server.Shutdown(ctx); err != nil {
		return server.Close() // black-holed requests never finish by themselves
	}
	return nil
}

func (p *Port) release() {
	if p.reserved != nil {
		_ = p.reserved.Close() // a placeholder, nothing can be lost
		p.reserved = nil
	}
}
