package msgenomics

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"math/big"
	"strconv"
	"strings"
	"time"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/azure"
)

// Status is a workflow's status as the service counts it. A number that is not
// among the constants is kept: it is unknown and not finished.
type Status int

// The statuses that the service is known to report.
const (
	StatusQueued     Status = 1000
	StatusInProgress Status = 10000
	StatusSucceeded  Status = 20000
	StatusFailed     Status = 50000
	StatusCancelling Status = 58000
	StatusCancelled  Status = 60000
)

var statusWords = map[Status]string{
	StatusQueued:     "queued",
	StatusInProgress: "working",
	StatusSucceeded:  "success",
	StatusFailed:     "failed",
	StatusCancelling: "cancelling",
	StatusCancelled:  "cancelled",
}

// String is the word that users read: queued, working, success, failed,
// cancelling, cancelled, or unknown.
func (s Status) String() string {
	if word, ok := statusWords[s]; ok {
		return word
	}
	return "unknown"
}

// ParseStatus finds the status of a word. It has none for "unknown".
func ParseStatus(word string) (Status, bool) {
	for status, w := range statusWords {
		if w == word {
			return status, true
		}
	}
	return 0, false
}

// Finished reports whether the status is final. The service itself may still
// restart a failed workflow after an outage.
func (s Status) Finished() bool {
	return s == StatusSucceeded || s == StatusFailed || s == StatusCancelled
}

// Workflow is one run as the service describes it.
type Workflow struct {
	// ID is unique in its account and region only.
	ID     int64
	Status Status
	// CreatedAt is zero when the service gave no time that could be read.
	CreatedAt time.Time
	// EndedAt is nil while the workflow is not finished.
	EndedAt *time.Time
	// FailureCode is zero unless the workflow failed.
	FailureCode int
	// Message is the service's own text; anything secret in it is masked.
	Message     string
	Description string
	// Process is the versioned name, such as snapgatk-20180730_1.
	Process string
	// BasesProcessed is nil while the service has not counted them.
	BasesProcessed *int64
}

// InputFailure reports whether a failure code blames the input, so that the same
// job fails in any region: 200-208 (BAM), 300-308 (FASTQ), 701 (read too long).
func InputFailure(code int) bool {
	return code >= 200 && code <= 208 || code >= 300 && code <= 308 || code == 701
}

// wireWorkflow takes fields in any form first. Only Id and Status matter enough
// to give up on the answer; a surprise elsewhere must not hide a run.
type wireWorkflow struct {
	ID             json.RawMessage `json:"Id"`
	Status         json.RawMessage
	CreatedDate    json.RawMessage
	EndDate        json.RawMessage
	FailureCode    json.RawMessage
	Message        json.RawMessage
	Description    json.RawMessage
	Process        json.RawMessage
	BasesProcessed json.RawMessage
}

var errNoID = errors.New("it has no workflow ID")

func (w wireWorkflow) workflow() (Workflow, error) {
	id, ok := integer(w.ID)
	if !ok || id <= 0 {
		return Workflow{}, errNoID
	}
	// A status in a form nobody has seen yet is an unknown status.
	status, ok := integer(w.Status)
	if !ok || status < 0 || status > math.MaxInt32 {
		status = 0
	}
	code, ok := integer(w.FailureCode)
	if !ok || code < 0 || code > math.MaxInt32 {
		code = 0
	}
	out := Workflow{
		ID:          id,
		Status:      Status(status),
		EndedAt:     timestamp(w.EndDate),
		FailureCode: int(code),
		Message:     azure.Clean(text(w.Message)),
		Description: text(w.Description),
		Process:     text(w.Process),
	}
	if t := timestamp(w.CreatedDate); t != nil {
		out.CreatedAt = *t
	}
	if n, ok := integer(w.BasesProcessed); ok {
		out.BasesProcessed = &n
	}
	return out, nil
}

// decodeWorkflow reads the answer to submit and get.
func decodeWorkflow(body []byte) (Workflow, error) {
	var w wireWorkflow
	if err := json.Unmarshal(body, &w); err != nil {
		return Workflow{}, fmt.Errorf("it is not a JSON object: %w", azure.Misread(err))
	}
	return w.workflow()
}

// decodeWorkflows reads the answer to list: a bare array.
func decodeWorkflows(body []byte) ([]Workflow, error) {
	if !bytes.HasPrefix(bytes.TrimSpace(body), []byte("[")) {
		return nil, errors.New("it is not a JSON array")
	}
	var page []wireWorkflow
	if err := json.Unmarshal(body, &page); err != nil {
		return nil, fmt.Errorf("it is not a JSON array of objects: %w", azure.Misread(err))
	}
	out := make([]Workflow, 0, len(page))
	for i, w := range page {
		workflow, err := w.workflow()
		if err != nil {
			return nil, fmt.Errorf("element %d: %w", i, err)
		}
		out = append(out, workflow)
	}
	return out, nil
}

// bare is a JSON scalar without its quotes; empty for null and for what is missing.
func bare(raw json.RawMessage) string {
	if len(raw) == 0 || string(raw) == "null" {
		return ""
	}
	var s string
	if json.Unmarshal(raw, &s) == nil {
		return strings.TrimSpace(s)
	}
	return string(raw)
}

func integer(raw json.RawMessage) (int64, bool) {
	s := bare(raw)
	if n, err := strconv.ParseInt(s, 10, 64); err == nil {
		return n, true
	}
	// 1.5e9 and 1500000000.0 are whole numbers too. Beyond 2^53 a float no longer
	// says which one.
	f, err := strconv.ParseFloat(s, 64)
	if err != nil || strings.Trim(s, "0123456789+-.eE") != "" || f == 0 && strings.ContainsAny(s, "123456789") || math.Abs(f) > 1<<53 {
		return 0, false
	}
	// A fraction too small for a float must not be lost: a number that is almost a
	// status is none.
	if exact, ok := new(big.Rat).SetString(s); !ok || !exact.IsInt() {
		return 0, false
	}
	return int64(f), true
}

func text(raw json.RawMessage) string {
	var s string
	if json.Unmarshal(raw, &s) != nil {
		return ""
	}
	return s
}

// timestamp reads RFC 3339 with any number of fraction digits (the service sends
// seven). A time without an offset is taken as UTC.
func timestamp(raw json.RawMessage) *time.Time {
	s := bare(raw)
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05.999999999"} {
		if t, err := time.Parse(layout, s); err == nil && t.Year() > 1 {
			t = t.UTC()
			return &t
		}
	}
	return nil
}
