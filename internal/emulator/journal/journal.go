// Package journal records what the emulator's servers saw, so that a test can
// assert on requests and not on time.
package journal

import (
	"sync"
	"time"
)

// Plane is the kind of server that saw a request.
type Plane string

// The planes.
const (
	PlaneService  Plane = "service"  // a region's workflow service
	PlaneStorage  Plane = "storage"  // a region's blob door
	PlaneARM      Plane = "arm"      // Resource Manager
	PlaneIdentity Plane = "identity" // the managed-identity token endpoint
)

// Origin is who sent a request.
type Origin string

// The origins.
const (
	OriginClient Origin = "client" // a client of the emulator
	OriginJob    Origin = "job"    // a workflow run fetching inputs or writing outputs
	OriginCopy   Origin = "copy"   // the blob store reading the source of a server-side copy
)

// Outcome says how a request ended.
type Outcome string

// The outcomes.
const (
	OutcomePending  Outcome = "pending"  // no answer yet; a black-holed request stays so
	OutcomeAnswered Outcome = "answered" // an answer was sent, see Status
	OutcomeDropped  Outcome = "dropped"  // the connection was reset by a fault
	OutcomeGone     Outcome = "gone"     // the client went away, or its region returned, before an answer
)

// limit bounds the memory of a long session. The oldest entries are dropped.
const limit = 500_000

// Entry is one request. Secrets in it are masked.
type Entry struct {
	Seq     int64     `json:"seq"`
	Time    time.Time `json:"time"`
	Plane   Plane     `json:"plane"`
	Region  string    `json:"region,omitempty"`
	Origin  Origin    `json:"origin"`
	Method  string    `json:"method"`
	Path    string    `json:"path"`
	Query   string    `json:"query,omitempty"`
	Outcome Outcome   `json:"outcome"`
	Status  int       `json:"status,omitempty"`
	// Fault names what an outage or an injected fault did to this request.
	Fault string `json:"fault,omitempty"`
	// Account is the Genomics or the storage account the request was for, where known.
	Account string `json:"account,omitempty"`
	// CopySource is the source of a server-side copy, CopySourceRegion the region whose door it names.
	CopySource       string  `json:"copy_source,omitempty"`
	CopySourceRegion string  `json:"copy_source_region,omitempty"`
	RequestID        string  `json:"request_id,omitempty"`
	UserAgent        string  `json:"user_agent,omitempty"`
	Milliseconds     float64 `json:"milliseconds"`
}

// Journal is the list of requests seen so far.
type Journal struct {
	mu      sync.Mutex
	entries []Entry
	next    int64
	dropped int64
	now     func() time.Time
}

// New returns an empty journal that takes the time from now.
func New(now func() time.Time) *Journal { return &Journal{next: 1, now: now} }

// Begin records a request at its arrival, so that one which is never answered
// is seen as well, and returns its sequence number.
func (j *Journal) Begin(entry Entry) int64 {
	j.mu.Lock()
	defer j.mu.Unlock()
	entry.Seq, entry.Time = j.next, j.now().UTC()
	entry.Outcome = OutcomePending
	entry.Query, entry.CopySource = Mask(entry.Query), Mask(entry.CopySource)
	j.next++
	if len(j.entries) >= limit {
		cut := limit / 10
		j.entries = append(j.entries[:0], j.entries[cut:]...)
		j.dropped += int64(cut)
	}
	j.entries = append(j.entries, entry)
	return entry.Seq
}

// Update changes a recorded request. It does nothing when the journal was
// reset in between.
func (j *Journal) Update(seq int64, change func(*Entry)) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if len(j.entries) == 0 {
		return
	}
	index := seq - j.entries[0].Seq
	if index < 0 || index >= int64(len(j.entries)) {
		return
	}
	change(&j.entries[index])
}

// End records how a request ended.
func (j *Journal) End(seq int64, outcome Outcome, status int, fault string) {
	now := j.now()
	j.Update(seq, func(e *Entry) {
		e.Outcome, e.Status = outcome, status
		if fault != "" {
			e.Fault = fault
		}
		e.Milliseconds = float64(now.Sub(e.Time).Microseconds()) / 1000
	})
}

// Filter selects entries; its empty fields select everything.
type Filter struct {
	Region, Method string
	Plane          Plane
	Origin         Origin
	Since          int64 // only entries after this sequence number
}

// Page is an answer of the journal.
type Page struct {
	Entries []Entry `json:"entries"`
	Count   int     `json:"count"`
	Last    int64   `json:"last"`    // the newest sequence number, for the next Since
	Dropped int64   `json:"dropped"` // entries that fell out of memory since the last reset
}

// Entries returns the selected entries, oldest first.
func (j *Journal) Entries(f Filter) Page {
	j.mu.Lock()
	defer j.mu.Unlock()
	page := Page{Entries: []Entry{}, Last: j.next - 1, Dropped: j.dropped}
	for _, e := range j.entries {
		if e.Seq <= f.Since ||
			f.Region != "" && e.Region != f.Region ||
			f.Method != "" && e.Method != f.Method ||
			f.Plane != "" && e.Plane != f.Plane ||
			f.Origin != "" && e.Origin != f.Origin {
			continue
		}
		page.Entries = append(page.Entries, e)
	}
	page.Count = len(page.Entries)
	return page
}

// Reset forgets every entry. Sequence numbers go on, so that a Since taken
// before stays valid.
func (j *Journal) Reset() {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.entries, j.dropped = nil, 0
}
