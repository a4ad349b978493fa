package fault

import (
	"bytes"
	"io"
	"net/http"
	"slices"
	"sync"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/emulator/journal"
)

// FreezeFault is what the journal says of a request that a freeze held.
const FreezeFault = "frozen"

// FreezeRule says at which request everything stops.
type FreezeRule struct {
	// Methods and Planes are what counts; empty counts every request.
	Methods []string        `json:"methods,omitempty"`
	Planes  []journal.Plane `json:"planes,omitempty"`
	// Skip is how many requests that count pass before the one that stops everything.
	Skip int `json:"skip"`
	// After lets that one take effect: only its answer is held.
	After bool `json:"after,omitempty"`
}

// Frozen says how far a freeze has come.
type Frozen struct {
	Armed bool `json:"armed"`
	// Reached says that the request has arrived and, with After, has taken effect.
	Reached bool `json:"reached"`
	// Held is how many requests wait for the thaw, that one included.
	Held int `json:"held"`
	// Seen is how many requests that count have arrived.
	Seen int `json:"seen"`
	// Request is the one that stopped everything.
	Request *journal.Entry `json:"request,omitempty"`
}

// Freeze stops all servers that share it at one request of a client, so that a test
// can end that client at a moment of its choice. What arrives from then on waits
// without effect until the thaw, and is dropped if its client leaves before. Jobs
// and copies go on.
type Freeze struct {
	mu   sync.Mutex
	rule FreezeRule
	now  Frozen
	thaw chan struct{}
}

// Arm begins to count, and thaws what is frozen.
func (f *Freeze) Arm(rule FreezeRule) {
	f.Thaw()
	f.mu.Lock()
	defer f.mu.Unlock()
	f.rule, f.now, f.thaw = rule, Frozen{Armed: true}, make(chan struct{})
}

// Thaw lets everything go on.
func (f *Freeze) Thaw() {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.now.Armed {
		close(f.thaw)
	}
	f.now.Armed = false
}

// State tells how far it has come; after the thaw, how far it had.
func (f *Freeze) State() Frozen {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.now
}

// arrives counts a request. thaw is not nil when its turn is over: it waits for
// that channel, now or, with late, when its answer begins.
func (f *Freeze) arrives(entry journal.Entry, answers bool) (thaw <-chan struct{}, late bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if !f.now.Armed || entry.Origin != journal.OriginClient {
		return nil, false
	}
	counts := (len(f.rule.Methods) == 0 || slices.Contains(f.rule.Methods, entry.Method)) &&
		(len(f.rule.Planes) == 0 || slices.Contains(f.rule.Planes, entry.Plane))
	if counts {
		f.now.Seen++
	}
	switch {
	case f.now.Request != nil:
		return f.thaw, false
	case !counts || f.now.Seen <= f.rule.Skip:
		return nil, false
	}
	entry.Query = journal.Mask(entry.Query)
	f.now.Request = &entry
	// A server in an outage has no effect to wait for.
	return f.thaw, f.rule.After && answers
}

// holds counts a request that waits; its own is the one that stopped everything.
func (f *Freeze) holds(seq int64, by int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.now.Held += by
	if f.now.Request != nil && f.now.Request.Seq == seq {
		f.now.Reached = true
	}
}

// chill applies the freeze to a request, and returns what to answer it through.
func (t *Target) chill(entry journal.Entry, answers bool, w http.ResponseWriter, r *http.Request) http.ResponseWriter {
	if t.Freeze == nil {
		return w
	}
	thaw, late := t.Freeze.arrives(entry, answers)
	if thaw == nil {
		return w
	}
	// Only a request read to its end tells when its client leaves.
	body, err := io.ReadAll(r.Body)
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	wait := func() {
		t.Journal.Update(entry.Seq, func(e *journal.Entry) { e.Fault = FreezeFault })
		t.Freeze.holds(entry.Seq, 1)
		defer t.Freeze.holds(entry.Seq, -1)
		select {
		case <-thaw:
		case <-r.Context().Done():
			t.Journal.End(entry.Seq, journal.OutcomeGone, 0, FreezeFault)
			panic(http.ErrAbortHandler)
		}
	}
	if late {
		return &withheld{ResponseWriter: w, wait: sync.OnceFunc(wait)}
	}
	wait()
	return w
}

// withheld is an answer that waits before it begins.
type withheld struct {
	http.ResponseWriter
	wait func()
}

// WriteHeader waits.
func (w *withheld) WriteHeader(status int) {
	if status >= http.StatusOK {
		w.wait()
	}
	w.ResponseWriter.WriteHeader(status)
}

// Write waits.
func (w *withheld) Write(b []byte) (int, error) {
	w.wait()
	return w.ResponseWriter.Write(b)
}

// Unwrap lets http.ResponseController find the connection.
func (w *withheld) Unwrap() http.ResponseWriter { return w.ResponseWriter }
