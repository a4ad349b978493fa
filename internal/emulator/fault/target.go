package fault

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/url"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/emulator/journal"
)

// Config is what a Target is made of.
type Config struct {
	Plane   journal.Plane
	Region  string // empty for Resource Manager and the identity endpoint
	Port    int    // 0 takes a free one
	Wish    bool   // any other port will do when this one is taken
	Handler http.Handler
	Journal *journal.Journal
	Vault   *journal.Vault
	Freeze  *Freeze // shared by all servers that stop together; nil never stops
	// Describe may add to a journal entry at its beginning; nil adds nothing.
	Describe func(*http.Request, *journal.Entry)
}

// Target is one server behind a switch: it writes the journal, applies the
// fault in force and the injected ones, and hands the rest to its handler.
type Target struct {
	Config
	port *Port

	mu         sync.Mutex
	fault      Fault
	changed    chan struct{} // closed when the fault changes
	injections []*Injection
}

// NewTarget prepares a server; Open starts it.
func NewTarget(config Config) *Target {
	t := &Target{Config: config, changed: make(chan struct{}), fault: Fault{Mode: None}}
	t.port = NewPort(config.Port, config.Wish, t)
	return t
}

// URL is the base URL of the server, final once it was opened.
func (t *Target) URL() string { return t.port.URL() }

// Host is the server's host:port, final once it was opened.
func (t *Target) Host() string { return t.port.Address() }

// Open starts the server, takes its port, and applies the fault in force.
func (t *Target) Open(ctx context.Context) error {
	if err := t.port.Open(ctx); err != nil {
		return err
	}
	return t.Set(ctx, t.Fault())
}

// Stop ends the server.
func (t *Target) Stop(ctx context.Context) error {
	t.mu.Lock()
	close(t.changed) // lets go of hung requests
	t.changed = make(chan struct{})
	t.mu.Unlock()
	return t.port.Stop(ctx)
}

// Set puts a fault in force. Requests that hang under the old one are dropped:
// their clients see the connection close, and they take no effect.
func (t *Target) Set(ctx context.Context, f Fault) error {
	t.mu.Lock()
	t.fault = f
	close(t.changed)
	t.changed = make(chan struct{})
	t.mu.Unlock()
	if f.Mode == Refused {
		return t.port.Shut()
	}
	return t.port.Open(ctx)
}

// Preset is Set before the server is open.
func (t *Target) Preset(f Fault) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.fault = f
}

// Fault returns the fault in force.
func (t *Target) Fault() Fault {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.fault
}

// Inject adds a fault for the next requests that match.
func (t *Target) Inject(i Injection) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.injections = append(t.injections, &i)
}

// Injections returns the injected faults that have not hit yet.
func (t *Target) Injections() []Injection {
	t.mu.Lock()
	defer t.mu.Unlock()
	pending := []Injection{}
	for _, i := range t.injections {
		pending = append(pending, *i)
	}
	return pending
}

// ClearInjections forgets the injected faults.
func (t *Target) ClearInjections() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.injections = nil
}

func (t *Target) take(r *http.Request) (Injection, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for index, i := range t.injections {
		if !i.Match.matches(r, t.Plane) {
			continue
		}
		if i.Skip > 0 {
			i.Skip--
			continue
		}
		hit := *i
		if i.Count--; i.Count <= 0 {
			t.injections = append(t.injections[:index:index], t.injections[index+1:]...)
		}
		return hit, true
	}
	return Injection{}, false
}

// ServeHTTP journals the request and treats it as the faults demand.
func (t *Target) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	entry := journal.Entry{
		Plane: t.Plane, Region: t.Region, Origin: journal.OriginClient, Method: r.Method,
		Path: r.URL.EscapedPath(), Query: r.URL.RawQuery, UserAgent: r.UserAgent(),
	}
	t.Vault.AddSignatures(r.URL.Path, r.URL.RawQuery)
	if t.Describe != nil {
		t.Describe(r, &entry)
	}
	entry.Seq = t.Journal.Begin(entry)

	t.mu.Lock()
	current := t.fault
	t.mu.Unlock()
	w = t.chill(entry, !current.Dark(), w, r)

	// The fault may be another one after a freeze.
	t.mu.Lock()
	current, changed := t.fault, t.changed
	t.mu.Unlock()
	seq := entry.Seq
	exchange := &exchange{target: t, seq: seq, changed: changed, w: w, r: r}

	switch current.Mode {
	case Blackhole:
		exchange.hang(string(Blackhole))
	case Error500:
		exchange.outage(http.StatusInternalServerError, current.Mode)
	case Error503:
		exchange.outage(http.StatusServiceUnavailable, current.Mode)
	case Gateway403:
		exchange.outage(http.StatusForbidden, current.Mode)
	case Slow:
		if exchange.wait(current.Delay()) {
			exchange.inject(string(Slow))
		} else {
			exchange.gone(string(Slow))
		}
	default:
		exchange.inject("")
	}
}

// exchange is one request on its way through a target.
type exchange struct {
	target  *Target
	seq     int64
	changed <-chan struct{}
	w       http.ResponseWriter
	r       *http.Request
}

func (x *exchange) inject(fault string) {
	injection, hit := x.target.take(x.r)
	if !hit {
		x.serve(x.w, fault)
		return
	}
	fault = string(injection.Action)
	switch injection.Action {
	case DropBefore:
		x.drop(fault)
	case DropAfterAccept:
		x.target.Handler.ServeHTTP(&discard{header: http.Header{}}, x.r)
		x.drop(fault)
	case Hang:
		x.hang(fault)
	case HangAfterAccept:
		x.target.Handler.ServeHTTP(&discard{header: http.Header{}}, x.r)
		x.hang(fault)
	case Status:
		_, _ = io.Copy(io.Discard, x.r.Body) // so that the connection can be used again
		injection.write(x.w)
		x.target.Journal.End(x.seq, journal.OutcomeAnswered, injection.Status, fault)
	case Delay:
		if x.wait(injection.delay()) {
			x.serve(x.w, fault)
		} else {
			x.gone(fault)
		}
	}
}

func (x *exchange) serve(w http.ResponseWriter, fault string) {
	recorder := &recorder{ResponseWriter: w, status: http.StatusOK}
	ended := false
	defer func() {
		if !ended { // the handler gave up on its client
			x.target.Journal.End(x.seq, journal.OutcomeGone, 0, fault)
		}
	}()
	if x.target.Plane != journal.PlaneStorage {
		w.Header().Set("x-ms-request-id", uuid.NewString())
	}
	x.target.Handler.ServeHTTP(recorder, x.r)
	ended = true
	id := w.Header().Get("x-ms-request-id")
	x.target.Journal.Update(x.seq, func(e *journal.Entry) { e.RequestID = id })
	x.target.Journal.End(x.seq, journal.OutcomeAnswered, recorder.status, fault)
}

// hang reads the whole request and never answers it.
func (x *exchange) hang(fault string) {
	x.target.Journal.Update(x.seq, func(e *journal.Entry) { e.Fault = fault })
	_, _ = io.Copy(io.Discard, x.r.Body) // only a request read to its end tells when its client leaves
	select {
	case <-x.r.Context().Done():
	case <-x.changed:
	}
	x.gone(fault)
}

func (x *exchange) gone(fault string) {
	x.target.Journal.End(x.seq, journal.OutcomeGone, 0, fault)
	panic(http.ErrAbortHandler) // net/http's way to close a connection without an answer
}

// drop resets the connection, as a crashed server or a cut line does.
func (x *exchange) drop(fault string) {
	x.target.Journal.End(x.seq, journal.OutcomeDropped, 0, fault)
	connection, _, err := http.NewResponseController(x.w).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	if tcp, ok := connection.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0) // a reset instead of an orderly end
	}
	_ = connection.Close()
}

func (x *exchange) outage(status int, mode Mode) {
	_, _ = io.Copy(io.Discard, x.r.Body) // so that the connection can be used again
	status = writeOutage(x.w, x.target.Plane, status)
	x.target.Journal.End(x.seq, journal.OutcomeAnswered, status, string(mode))
}

func (x *exchange) wait(d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-x.r.Context().Done():
	case <-x.changed:
	}
	return false
}

func queryText(raw string) (string, error) { return url.QueryUnescape(raw) }
