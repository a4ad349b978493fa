package fault

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/emulator/journal"
)

// Action is what an injected fault does to a request.
type Action string

// The actions.
const (
	DropBefore      Action = "drop_before"       // the connection is reset, the request has no effect
	DropAfterAccept Action = "drop_after_accept" // the request takes effect, the connection is reset
	Hang            Action = "hang"              // no effect and no answer
	HangAfterAccept Action = "hang_after_accept" // the request takes effect and is never answered
	Status          Action = "status"            // no effect, the given answer
	Delay           Action = "delay"             // served as usual, later
)

// Match selects requests; its empty fields select everything.
type Match struct {
	Method        string        `json:"method,omitempty"`
	PathPrefix    string        `json:"path_prefix,omitempty"`
	QueryContains string        `json:"query_contains,omitempty"` // in the decoded query
	Plane         journal.Plane `json:"plane,omitempty"`
}

// Injection is a fault for the next Count requests that match.
type Injection struct {
	Match  Match  `json:"match"`
	Action Action `json:"action"`
	// Status, Body and Headers are the answer of the action status. A body
	// that is a JSON string is sent as its text, anything else as JSON.
	Status            int               `json:"status,omitempty"`
	Body              json.RawMessage   `json:"body,omitempty"`
	Headers           map[string]string `json:"headers,omitempty"`
	DelayMilliseconds int               `json:"delay_ms,omitempty"`
	// Skip lets that many matching requests pass before the first is hit.
	Skip int `json:"skip,omitempty"`
	// Count is how many requests are hit; 0 means one.
	Count int `json:"count"`
}

// Normalize fills what was left out and refuses what is unknown.
func (i Injection) Normalize() (Injection, error) {
	if i.Count == 0 {
		i.Count = 1
	}
	if i.Count < 0 || i.Skip < 0 || i.DelayMilliseconds < 0 {
		return i, fmt.Errorf("count, skip and delay_ms are not negative")
	}
	i.Match.Method = strings.ToUpper(i.Match.Method)
	switch i.Action {
	case DropBefore, DropAfterAccept, Hang, HangAfterAccept, Delay:
	case Status:
		if i.Status < 200 || i.Status > 599 {
			return i, fmt.Errorf("status %d is not an HTTP status from 200 to 599", i.Status)
		}
	default:
		return i, fmt.Errorf("unknown action %q: drop_before, drop_after_accept, hang, hang_after_accept, status or delay", i.Action)
	}
	return i, nil
}

func (i Injection) delay() time.Duration {
	return time.Duration(i.DelayMilliseconds) * time.Millisecond
}

func (m Match) matches(r *http.Request, plane journal.Plane) bool {
	query := r.URL.RawQuery
	if decoded, err := queryText(query); err == nil {
		query = decoded
	}
	return (m.Plane == "" || m.Plane == plane) &&
		(m.Method == "" || m.Method == r.Method) &&
		strings.HasPrefix(strings.ToLower(r.URL.Path), strings.ToLower(m.PathPrefix)) &&
		strings.Contains(query, m.QueryContains)
}

func (i Injection) write(w http.ResponseWriter) {
	body := []byte(i.Body)
	var text string
	if json.Unmarshal(i.Body, &text) == nil {
		body = []byte(text)
	} else if len(body) > 0 {
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
	}
	for name, value := range i.Headers {
		w.Header().Set(name, value)
	}
	w.WriteHeader(i.Status)
	_, _ = w.Write(body) // the client may be gone, which is no matter here
}
