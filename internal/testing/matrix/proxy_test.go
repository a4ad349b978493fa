//go:build acceptance

package matrix

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/Shopify/toxiproxy/v2"
	"github.com/Shopify/toxiproxy/v2/toxics"
	"github.com/rs/zerolog"
)

// The network half of the faults is Toxiproxy's, used as a library: it is kept
// well, and it breaks connections themselves, where the emulator answers requests.

// toxic is one of Toxiproxy's faults, or cut, as its interface takes it.
type toxic struct {
	Type       string         `json:"type"`
	Stream     string         `json:"stream"` // upstream or downstream
	Toxicity   float32        `json:"toxicity"`
	Attributes map[string]any `json:"attributes"`
}

func poison(kind, stream string, attributes map[string]any) toxic {
	return toxic{Type: kind, Stream: stream, Toxicity: 1, Attributes: attributes}
}

// cut is a toxic of our own, because Toxiproxy knows nothing of HTTP: it lets the
// first answer through up to so many bytes of its body, and closes.
type cut struct {
	Body int `json:"body"`
	// Stall keeps the connection open and sends nothing more.
	Stall bool `json:"stall"`
}

// Pipe implements Toxiproxy's interface for toxics.
func (t *cut) Pipe(stub *toxics.ToxicStub) {
	var head []byte
	for {
		select {
		case <-stub.Interrupt:
			return
		case c := <-stub.Input:
			if c == nil {
				stub.Close()
				return
			}
			before := len(head)
			head = append(head, c.Data...)
			end := bytes.Index(head, []byte("\r\n\r\n"))
			if end >= 0 {
				c.Data = head[before:max(before, min(len(head), end+4+t.Body))]
			}
			if len(c.Data) > 0 {
				stub.Output <- c
			}
			if end >= 0 && len(head) >= end+4+t.Body && !t.Stall {
				stub.Close()
				return
			}
		}
	}
}

// The ports of the proxies lie below those that systems give to outgoing
// connections: one that is shut for a while must not be taken by one of them.
const (
	firstPort = 21000
	lastPort  = 32000
)

// Another run of these tests on this machine begins elsewhere.
var nextPort = func() *atomic.Int64 {
	var next atomic.Int64
	next.Store(rand.Int64N((lastPort - firstPort) / 2))
	return &next
}()

// freePort is a port that nobody listens on.
func freePort(ctx context.Context) (string, error) {
	var config net.ListenConfig
	for {
		port := firstPort + nextPort.Add(1)
		if port > lastPort {
			return "", errors.New("no free port is left for a proxy")
		}
		address := fmt.Sprintf("127.0.0.1:%d", port)
		listener, err := config.Listen(ctx, "tcp", address)
		if errors.Is(err, syscall.EADDRINUSE) {
			continue
		}
		if err != nil {
			return "", err
		}
		return address, listener.Close()
	}
}

// proxies is what all proxies share.
type proxies struct{ server *toxiproxy.ApiServer }

func newProxies() *proxies {
	toxics.Register("cut", new(cut))
	return &proxies{server: toxiproxy.NewServer(toxiproxy.NewMetricsContainer(nil), zerolog.Nop())}
}

// proxy stands before one server on a port of its own.
type proxy struct {
	all      *proxies
	address  string
	upstream string
	now      *toxiproxy.Proxy
}

func (p *proxies) open(t testing.TB, url string) *proxy {
	t.Helper()
	address, err := freePort(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	out := &proxy{all: p, address: address, upstream: strings.TrimPrefix(url, "http://")}
	if err := out.set(); err != nil {
		t.Fatal(err)
	}
	return out
}

// set ends every connection and goes on with these toxics and no other: a new
// proxy on the same port, because Toxiproxy changes living links one by one.
func (p *proxy) set(toxics ...toxic) error {
	p.shut()
	// A child that was forked and has not begun yet holds what this process had open.
	retry := time.NewTicker(10 * time.Millisecond)
	defer retry.Stop()
	for range retries {
		err := p.start(toxics)
		if !errors.Is(err, syscall.EADDRINUSE) {
			return err
		}
		<-retry.C
	}
	return p.start(toxics)
}

// retries bound the wait for a port that was just shut: ten seconds.
const retries = 1000

func (p *proxy) start(toxics []toxic) error {
	fresh := toxiproxy.NewProxy(p.all.server, p.address, p.address, p.upstream)
	for _, t := range toxics {
		raw, err := json.Marshal(t)
		if err != nil {
			return err
		}
		if _, err := fresh.Toxics.AddToxicJson(strings.NewReader(string(raw))); err != nil {
			return err
		}
	}
	if err := fresh.Start(); err != nil {
		return fmt.Errorf("proxy before %s: %w", p.upstream, err)
	}
	p.now = fresh
	return nil
}

// shut refuses connections from now on.
func (p *proxy) shut() {
	if p.now != nil {
		p.now.Stop()
		p.now = nil
	}
}
