package harness

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

// adminPatience bounds one call of the admin interface.
const adminPatience = 15 * time.Second

// Admin is a client of the emulator's admin interface: it breaks things and
// tells what was seen. It passes no door, so no fault reaches it.
type Admin struct {
	base string
	http *http.Client
}

// NewAdmin returns a client for the admin interface at this base URL.
func NewAdmin(base string) *Admin {
	return &Admin{base: base, http: &http.Client{Timeout: adminPatience}}
}

// ResourceManager stands for Resource Manager where a region's name is expected.
const ResourceManager = "resource-manager"

// Mode is what is wrong with a region, or with Resource Manager.
type Mode string

// The modes.
const (
	Healthy    Mode = "none"
	Refused    Mode = "refused"    // nothing listens
	Blackhole  Mode = "blackhole"  // connections are accepted and never answered
	Error500   Mode = "error500"   // every answer is 500
	Error503   Mode = "error503"   // every answer is 503
	Gateway403 Mode = "gateway403" // the gateway says that the service is down
	Slow       Mode = "slow"       // every answer comes late
)

// Fault is a mode and how it shows.
type Fault struct {
	Mode Mode `json:"mode"`
	// Scope is "all", "service" or "storage"; empty means all.
	Scope string `json:"scope,omitempty"`
	// DelayMilliseconds is how late a slow region answers.
	DelayMilliseconds int `json:"delay_ms,omitempty"`
	// Jobs is "fail" or "keep"; empty lets an outage of the service fail them.
	Jobs string `json:"jobs,omitempty"`
}

// Fault puts a fault in force in a region, or in ResourceManager.
func (a *Admin) Fault(ctx context.Context, region string, fault Fault) error {
	return a.call(ctx, http.MethodPut, place(region)+"/fault", nil, fault, nil)
}

// Down takes a region down.
func (a *Admin) Down(ctx context.Context, region string, mode Mode) error {
	return a.Fault(ctx, region, Fault{Mode: mode})
}

// Up brings a region back. Its service then restarts the jobs that failed with it.
func (a *Admin) Up(ctx context.Context, region string) error {
	return a.Fault(ctx, region, Fault{Mode: Healthy})
}

// Front tells the emulator what stands before a region's blob door, such as a
// fault proxy; Resource Manager gives this URL out. Empty is nothing.
func (a *Admin) Front(ctx context.Context, region, blobURL string) error {
	return a.call(ctx, http.MethodPut, place(region)+"/front", nil, map[string]string{"blob": blobURL}, nil)
}

// Faults returns the fault in force by region, and that of ResourceManager.
func (a *Admin) Faults(ctx context.Context) (map[string]Fault, error) {
	var faults map[string]Fault
	err := a.read(ctx, "/admin/regions", nil, &faults)
	return faults, err
}

// Match selects requests; its empty fields select everything.
type Match struct {
	Method        string `json:"method,omitempty"`
	PathPrefix    string `json:"path_prefix,omitempty"`
	QueryContains string `json:"query_contains,omitempty"`
	Plane         string `json:"plane,omitempty"` // "service", which is the default, or "storage"
}

// Action is what an injection does to a request.
type Action string

// The actions.
const (
	DropBefore      Action = "drop_before"       // reset, and the request has no effect
	DropAfterAccept Action = "drop_after_accept" // reset after the request took effect
	Hang            Action = "hang"              // no effect and no answer
	HangAfterAccept Action = "hang_after_accept" // the request takes effect and is never answered
	Answer          Action = "status"            // no effect, and the given answer
	Delay           Action = "delay"             // served as usual, later
)

// Injection breaks the next requests that match.
type Injection struct {
	Match             Match             `json:"match"`
	Action            Action            `json:"action"`
	Status            int               `json:"status,omitempty"` // of an Answer
	Body              any               `json:"body,omitempty"`   // of an Answer; a string is sent as its text
	Headers           map[string]string `json:"headers,omitempty"`
	DelayMilliseconds int               `json:"delay_ms,omitempty"`
	Skip              int               `json:"skip,omitempty"` // matching requests that pass before
	Count             int               `json:"count"`          // requests that are hit; 0 means one
}

// Inject breaks requests to a region, or to ResourceManager.
func (a *Admin) Inject(ctx context.Context, region string, injection Injection) error {
	return a.call(ctx, http.MethodPost, place(region)+"/inject", nil, injection, nil)
}

// ClearInjections forgets what has not been hit yet.
func (a *Admin) ClearInjections(ctx context.Context, region string) error {
	return a.call(ctx, http.MethodDelete, place(region)+"/inject", nil, nil, nil)
}

// Hold selects the jobs that are kept running; its empty fields select every job.
type Hold struct {
	Region      string `json:"region,omitempty"`
	Description string `json:"description,omitempty"` // a part of the run's description
}

// Hold keeps jobs running until they are released.
func (a *Admin) Hold(ctx context.Context, hold Hold) error {
	return a.call(ctx, http.MethodPost, "/admin/hold", nil, hold, nil)
}

// Release lets held jobs go on; an empty Hold releases all.
func (a *Admin) Release(ctx context.Context, hold Hold) error {
	return a.call(ctx, http.MethodPost, "/admin/release", nil, hold, nil)
}

// Pace sets how long a job takes beside reading its inputs, and how long a
// cancellation takes, from now on and in all regions.
func (a *Admin) Pace(ctx context.Context, job, cancel time.Duration) error {
	settings := map[string]any{"duration_ms": job.Milliseconds(), "cancel_delay_ms": cancel.Milliseconds()}
	return a.call(ctx, http.MethodPut, "/admin/jobs", nil, settings, nil)
}

// JobRun is one run in the emulator's ledger.
type JobRun struct {
	Region          string       `json:"region"`
	Account         string       `json:"account"`
	Face            string       `json:"face"` // tes or wes; empty is the workflow service
	ID              int64        `json:"id"`
	Status          string       `json:"status_name"` // queued, working, success, failed, cancelling, cancelled
	Description     string       `json:"description"`
	Token           string       `json:"token"` // the submission key its description begins with, or that a tag holds
	Process         string       `json:"process"`
	ProcessArgs     string       `json:"process_args"`
	Inputs          []string     `json:"inputs"`
	InputContainer  string       `json:"input_container"` // account/container
	OutputContainer string       `json:"output_container"`
	OutputBasename  string       `json:"output_basename"`
	Attempts        int          `json:"attempts"` // how many times its job was started
	Restarts        int          `json:"restarts"` // how many times the service restarted it after an outage
	FailureCode     int          `json:"failure_code"`
	Message         string       `json:"message"`
	BasesProcessed  *int64       `json:"bases_processed"`
	Created         time.Time    `json:"created"`
	Ended           *time.Time   `json:"ended"`
	Held            bool         `json:"held"`
	Forgotten       bool         `json:"forgotten"` // the service knows nothing of it
	Stuck           bool         `json:"stuck"`     // it shows a state with nothing behind it
	Transitions     []Transition `json:"transitions"`
}

// Transition is one change of a run's status.
type Transition struct {
	Status string    `json:"name"`
	Time   time.Time `json:"time"`
	Reason string    `json:"reason"`
}

// Live reports whether a run may still do something.
func (r JobRun) Live() bool {
	return r.Status == "queued" || r.Status == "working" || r.Status == "cancelling"
}

// Runs returns the ledger: the runs of one region, or of all when it is empty,
// whose description contains a text.
func (a *Admin) Runs(ctx context.Context, region, description string) ([]JobRun, error) {
	var answer struct{ Runs []JobRun }
	query := url.Values{"region": {region}, "description": {description}}
	err := a.read(ctx, "/admin/runs", query, &answer)
	return answer.Runs, err
}

// Force is a change made to a run behind the service's back.
type Force struct {
	Status      *int   `json:"status,omitempty"` // the service's code
	State       string `json:"state,omitempty"`  // of a task or a run, in the words of TES and WES
	FailureCode *int   `json:"failure_code,omitempty"`
	Message     string `json:"message,omitempty"`
	Release     bool   `json:"release,omitempty"` // no hold applies to this run from now on
	Forget      bool   `json:"forget,omitempty"`  // the service knows nothing of this run from now on
}

// Force changes one run.
func (a *Admin) Force(ctx context.Context, region string, id int64, force Force) error {
	return a.call(ctx, http.MethodPost, "/admin/runs/"+url.PathEscape(region)+"/"+strconv.FormatInt(id, 10), nil, force, nil)
}

// Seen is one request in the emulator's journal.
type Seen struct {
	Seq       int64     `json:"seq"`
	Time      time.Time `json:"time"`
	Plane     string    `json:"plane"` // service, storage, arm, identity
	Region    string    `json:"region"`
	Origin    string    `json:"origin"` // client, job (a run that reads or writes), copy (a server-side copy that reads)
	Method    string    `json:"method"`
	Path      string    `json:"path"`
	Query     string    `json:"query"`
	Outcome   string    `json:"outcome"` // pending, answered, dropped, gone
	Status    int       `json:"status"`
	Fault     string    `json:"fault"`
	Account   string    `json:"account"`
	UserAgent string    `json:"user_agent"`
	RequestID string    `json:"request_id"`
}

// Query selects journal entries; its empty fields select everything.
type Query struct {
	Region, Plane, Method, Origin string
	Since                         int64 // only what came after this Seq
}

// Journal returns what the servers saw, oldest first, and the newest Seq. A
// request stands in it from its arrival on, answered or not.
func (a *Admin) Journal(ctx context.Context, q Query) ([]Seen, int64, error) {
	var answer struct {
		Entries       []Seen
		Last, Dropped int64
	}
	query := url.Values{
		"region": {q.Region}, "plane": {q.Plane}, "method": {q.Method}, "origin": {q.Origin},
		"since": {strconv.FormatInt(q.Since, 10)},
	}
	err := a.read(ctx, "/admin/journal", query, &answer)
	if err == nil && answer.Dropped > 0 {
		err = fmt.Errorf("the journal is incomplete: %d entries fell out of it", answer.Dropped)
	}
	return answer.Entries, answer.Last, err
}

// Mark returns the newest Seq, for a later Query's Since.
func (a *Admin) Mark(ctx context.Context) (int64, error) {
	_, last, err := a.Journal(ctx, Query{Since: 1 << 62})
	return last, err
}

// ClearJournal forgets what was seen; sequence numbers go on.
func (a *Admin) ClearJournal(ctx context.Context) error {
	return a.call(ctx, http.MethodDelete, "/admin/journal", nil, nil, nil)
}

// Secret is one value that must appear nowhere.
type Secret struct {
	Kind    string `json:"kind"` // account_key, storage_key, token, signature, identity_header
	Owner   string `json:"owner"`
	Value   string `json:"value"`
	Encoded string `json:"encoded"` // as in a query string, where that differs
}

// Secrets returns every secret the emulator handed out or was sent.
func (a *Admin) Secrets(ctx context.Context) ([]Secret, error) {
	var answer struct{ Secrets []Secret }
	err := a.read(ctx, "/admin/secrets", nil, &answer)
	return answer.Secrets, err
}

func place(region string) string {
	if region == ResourceManager {
		return "/admin/resource-manager"
	}
	return "/admin/regions/" + url.PathEscape(region)
}

func (a *Admin) read(ctx context.Context, path string, query url.Values, into any) error {
	return a.call(ctx, http.MethodGet, path, query, nil, into)
}

func (a *Admin) call(ctx context.Context, method, path string, query url.Values, body, into any) error {
	var content io.Reader
	if body != nil {
		text, err := json.Marshal(body)
		if err != nil {
			return err
		}
		content = bytes.NewReader(text)
	}
	request, err := http.NewRequestWithContext(ctx, method, a.base+path+"?"+query.Encode(), content)
	if err != nil {
		return err
	}
	response, err := a.http.Do(request)
	if err != nil {
		return fmt.Errorf("emulator's admin interface: %w", err)
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	if err != nil {
		return fmt.Errorf("emulator's admin interface: %w", err)
	}
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("emulator's admin interface: %s %s: %s: %s", method, path, response.Status, answer)
	}
	if into == nil {
		return nil
	}
	if err := json.Unmarshal(answer, into); err != nil {
		return fmt.Errorf("emulator's admin interface: %s %s: %w", method, path, err)
	}
	return nil
}
