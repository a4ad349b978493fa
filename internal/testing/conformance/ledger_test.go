package conformance

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/engine"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/region"
)

// entry is one run in a fake server's memory.
type entry struct {
	id      string
	number  int
	token   engine.Token
	state   engine.State
	created time.Time
	started time.Time
	ended   time.Time
	stopped bool
	// phantom says that it is what a server keeps of a refused submission.
	phantom bool
}

// ledger is a fake server's memory, whatever its face.
type ledger struct {
	mu          sync.Mutex
	runs        []*entry
	faults      []Fault
	submissions int
	now         time.Time
}

// face is a protocol over a ledger.
type face interface {
	http.Handler
	client(base string, pl runtime.Pipeline) engine.Engine
	job(name string) engine.Job
	id(number int) string
}

// fake is a server of one face.
type fake struct {
	*ledger
	face   face
	server *httptest.Server
	tries  atomic.Int64
}

func start(t *testing.T, build func(*ledger) face) *fake {
	t.Helper()
	f := &fake{ledger: &ledger{now: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)}}
	f.face = build(f.ledger)
	f.server = httptest.NewServer(f.face)
	t.Cleanup(f.server.Close)
	return f
}

func (f *fake) Engine(t *testing.T) engine.Engine {
	t.Helper()
	return f.face.client(f.server.URL, f.gated(region.NewGates(30*time.Second).For("westus2")))
}

// gated is a pipeline whose calls pass a gate, and which sends nothing twice.
func (f *fake) gated(gate *region.Gate) runtime.Pipeline {
	return runtime.NewPipeline("test", "v0.0.0", runtime.PipelineOptions{PerRetry: []policy.Policy{gate.Policy()}},
		&policy.ClientOptions{Retry: policy.RetryOptions{MaxRetries: -1}, Transport: f})
}

// Do counts what goes out.
func (f *fake) Do(req *http.Request) (*http.Response, error) {
	f.tries.Add(1)
	return f.server.Client().Do(req)
}

func (f *fake) Job(name string) engine.Job { return f.face.job(name) }

func (f *fake) Next(_ *testing.T, fault Fault) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.faults = append(f.faults, fault)
}

func (f *fake) Submissions(*testing.T) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.submissions
}

func (f *fake) Plant(_ *testing.T, token engine.Token) string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.add(f.face, token).id
}

func (f *fake) Move(t *testing.T, id string, to engine.State) {
	t.Helper()
	f.mu.Lock()
	defer f.mu.Unlock()
	e := f.get(id)
	if e == nil {
		t.Fatalf("no run %s", id)
	}
	f.move(e, to)
}

func (f *fake) Stops(_ *testing.T, id string) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.get(id).stopped
}

func (f *fake) Dark(t *testing.T) func() int {
	t.Helper()
	f.server.Close()
	f.tries.Store(0)
	return func() int { return int(f.tries.Load()) }
}

// add, get and move want the lock held.
func (l *ledger) add(f face, token engine.Token) *entry {
	l.now = l.now.Add(time.Minute)
	e := &entry{number: len(l.runs) + 1001, token: token, state: engine.StateQueued, created: l.now}
	e.id = f.id(e.number)
	l.runs = append(l.runs, e)
	return e
}

func (l *ledger) get(id string) *entry {
	for _, e := range l.runs {
		if e.id == id {
			return e
		}
	}
	return nil
}

func (l *ledger) move(e *entry, to engine.State) {
	e.state = to
	if to == engine.StateRunning && e.started.IsZero() {
		e.started = e.created.Add(time.Second)
	}
	if to.Finished() {
		e.ended = e.created.Add(time.Hour)
	}
}

// take lets a submission arrive. done says that it was answered with a fault.
func (l *ledger) take(w http.ResponseWriter, f face, token engine.Token, refuse func(http.ResponseWriter)) (e *entry, done bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.submissions++
	if len(l.faults) == 0 {
		return l.add(f, token), false
	}
	fault := l.faults[0]
	l.faults = l.faults[1:]
	switch fault {
	case LoseAnswer:
		l.add(f, token)
		panic(http.ErrAbortHandler)
	case Drop:
		panic(http.ErrAbortHandler)
	case Throttle:
		w.WriteHeader(http.StatusTooManyRequests)
	default:
		refuse(w)
	}
	return nil, true
}

func answer(w http.ResponseWriter, status int, contentType, format string, args ...any) {
	w.Header().Set("Content-Type", contentType)
	w.WriteHeader(status)
	fmt.Fprintf(w, format, args...)
}
