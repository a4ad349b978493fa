// Package workflows is the emulator's workflow service of one region: its REST
// interface, its ledger of runs, and the jobs that really read their inputs.
package workflows

import (
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"
)

// Status codes of a workflow.
const (
	Queued     = 1000
	InProgress = 10000
	Succeeded  = 20000
	Failed     = 50000
	Cancelling = 58000
	Cancelled  = 60000
)

// Failure codes of the emulator's own: the service documents codes for input
// errors only, and everything else counts as its own fault.
const (
	CodeOutage       = 900 // the region went down under a running job
	CodeStorage      = 901 // the region's storage did not deliver an input or take an output
	CodeAccess       = 902 // storage refused the SAS, or the blob is not there
	CodeOutputExists = 903 // OVERWRITE is false and the output is there
	CodeExecutor     = 904 // a task's own program ended with an error, as the admin API says
	CodeForced       = 999 // set over the admin API without a code
)

// StatusName is the word for a status, for the ledger's readers.
func StatusName(status int) string {
	switch status {
	case Queued:
		return "queued"
	case InProgress:
		return "working"
	case Succeeded:
		return "success"
	case Failed:
		return "failed"
	case Cancelling:
		return "cancelling"
	case Cancelled:
		return "cancelled"
	}
	return "unknown"
}

// finished reports whether a run in this status will not change by itself.
func finished(status int) bool {
	return status == Succeeded || status == Failed || status == Cancelled
}

// Transition is one change of a run's status.
type Transition struct {
	Status int       `json:"status"`
	Name   string    `json:"name"`
	Time   time.Time `json:"time"`
	Reason string    `json:"reason"`
}

// Run is one workflow as the service keeps it.
type Run struct {
	ID       int64  `json:"id"`
	Region   string `json:"region"`
	Account  string `json:"account"`   // the Genomics account's name
	TenantID int64  `json:"tenant_id"` // the account's number, which runs are seen by
	Process  string `json:"process"`   // with its version
	Attempts int    `json:"attempts"`  // how many times its job was started
	Restarts int    `json:"restarts"`  // how many times the service queued it again after an outage
	Restart  bool   `json:"restart"`   // the next return of the region queues it again
	Exempt   bool   `json:"exempt"`    // released by name: no hold applies
	Status   int    `json:"status"`
	// Forgotten runs are shown to nobody but the admin API.
	Forgotten bool `json:"forgotten,omitempty"`

	FailureCode    int          `json:"failure_code"`
	Message        string       `json:"message"`
	BasesProcessed *int64       `json:"bases_processed"`
	Created        time.Time    `json:"created"`
	Ended          *time.Time   `json:"ended"`
	Submission     Submission   `json:"submission"`
	Transitions    []Transition `json:"transitions"`

	// Task is what a client of a GA4GH face asked for; nil is a run of the service's own.
	Task     *Task     `json:"task,omitempty"`
	Products []Product `json:"products,omitempty"` // what the task has written
	// Shown is the state that a face shows whatever the status says.
	Shown        string `json:"shown,omitempty"`
	Stuck        bool   `json:"stuck,omitempty"`        // nothing is behind it, and nothing will change it
	Initializing bool   `json:"initializing,omitempty"` // it waits for a machine

	epoch int // of the job now running, so that a dead job's result is ignored
}

// belongs reports whether an account sees the run.
func (r *Run) belongs(tenant int64) bool {
	return r.Task == nil && r.TenantID == tenant && !r.Forgotten
}

func (r *Run) clone() Run {
	c := *r
	c.Transitions = slices.Clone(r.Transitions)
	c.Submission.Inputs = slices.Clone(r.Submission.Inputs)
	c.Products = slices.Clone(r.Products)
	c.Submission.Optional = maps.Clone(r.Submission.Optional)
	return c
}

// dateForm has the seven fraction digits that the service's clients know.
const dateForm = "2006-01-02T15:04:05.0000000+00:00"

// wireRun is a workflow as clients see it.
type wireRun struct {
	ID             int64   `json:"Id"`
	TenantID       int64   `json:"TenantId"`
	Status         int     `json:"Status"`
	CreatedDate    string  `json:"CreatedDate"`
	EndDate        *string `json:"EndDate"`
	FailureCode    int     `json:"FailureCode"`
	Message        *string `json:"Message"`
	Description    *string `json:"Description"`
	Process        string  `json:"Process"`
	BasesProcessed *int64  `json:"BasesProcessed"`
}

func (r *Run) wire() wireRun {
	w := wireRun{
		ID: r.ID, TenantID: r.TenantID, Status: r.Status, CreatedDate: r.Created.UTC().Format(dateForm),
		FailureCode: r.FailureCode, Process: r.Process, BasesProcessed: r.BasesProcessed,
	}
	if r.Ended != nil {
		end := r.Ended.UTC().Format(dateForm)
		w.EndDate = &end
	}
	if r.Message != "" {
		w.Message = &r.Message
	}
	if r.Submission.Description != "" {
		w.Description = &r.Submission.Description
	}
	return w
}

var tokenForm = regexp.MustCompile(`^\[tfg:([a-z0-9]+)\]`)

// Record is a run as the ledger of the admin API shows it. It holds no secret.
type Record struct {
	Region          string       `json:"region"`
	Account         string       `json:"account"`
	Face            Face         `json:"face,omitempty"` // tes or wes; empty is the service's own
	ID              int64        `json:"id"`
	Status          int          `json:"status"`
	StatusName      string       `json:"status_name"`
	Description     string       `json:"description"`
	Token           string       `json:"token,omitempty"` // from a description that begins with [tfg:…], or from a tag
	Process         string       `json:"process"`
	ProcessArgs     string       `json:"process_args"`
	Inputs          []string     `json:"inputs"`
	InputContainer  string       `json:"input_container"` // account/container
	OutputContainer string       `json:"output_container"`
	OutputBasename  string       `json:"output_basename"`
	Attempts        int          `json:"attempts"`
	Restarts        int          `json:"restarts"`
	FailureCode     int          `json:"failure_code"`
	Message         string       `json:"message"`
	BasesProcessed  *int64       `json:"bases_processed"`
	Created         time.Time    `json:"created"`
	Ended           *time.Time   `json:"ended"`
	Held            bool         `json:"held"`
	Forgotten       bool         `json:"forgotten,omitempty"`
	Stuck           bool         `json:"stuck,omitempty"`
	Transitions     []Transition `json:"transitions"`
}

func (r *Run) record(held bool) Record {
	if r.Task != nil {
		return r.taskRecord(held)
	}
	token := ""
	if match := tokenForm.FindStringSubmatch(r.Submission.Description); match != nil {
		token = match[1]
	}
	inputs := make([]string, 0, len(r.Submission.Inputs))
	for _, input := range r.Submission.Inputs {
		inputs = append(inputs, input.Name)
	}
	return Record{
		Region: r.Region, Account: r.Account, ID: r.ID, Status: r.Status, StatusName: StatusName(r.Status),
		Description: r.Submission.Description, Token: token, Process: r.Process, ProcessArgs: r.Submission.ProcessArgs,
		Inputs: inputs, InputContainer: strings.Join([]string{r.Submission.InputAccount, r.Submission.InputContainer}, "/"),
		OutputContainer: strings.Join([]string{r.Submission.OutputAccount, r.Submission.OutputContainer}, "/"),
		OutputBasename:  r.Submission.OutputBase, Attempts: r.Attempts, Restarts: r.Restarts, FailureCode: r.FailureCode,
		Message: r.Message, BasesProcessed: r.BasesProcessed, Created: r.Created, Ended: r.Ended, Held: held, Forgotten: r.Forgotten,
		Transitions: slices.Clone(r.Transitions),
	}
}
