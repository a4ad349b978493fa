package workflows

import (
	"cmp"
	"context"
	"encoding/json"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// Face is the interface by which a run came to its region.
type Face string

// The faces. A client of one face sees nothing of the others' runs.
const (
	FaceGenomics Face = ""
	FaceTES      Face = "tes"
	FaceWES      Face = "wes"
)

// Place is a file that a task reads or writes: where it is, and what the task
// calls it.
type Place struct {
	URL       string `json:"url"` // with its SAS
	Path      string `json:"path,omitempty"`
	Directory bool   `json:"directory,omitempty"` // a folder to write into, rather than one blob
}

// Task is what a client of a GA4GH face asked for, as its job needs it.
type Task struct {
	Face    Face              `json:"face"`
	Name    string            `json:"name"`
	Text    string            `json:"text,omitempty"` // the client's description
	Tags    map[string]string `json:"tags,omitempty"`
	Owner   string            `json:"owner,omitempty"` // who submitted it, where the face knows users
	Inputs  []Place           `json:"inputs,omitempty"`
	Outputs []Place           `json:"outputs,omitempty"`
	Request json.RawMessage   `json:"request"` // as the face shows it again
}

// Product is one output that a task has written.
type Product struct {
	Place
	Bytes int64 `json:"bytes"`
}

// Behaviour is how a region's server of one face runs its tasks.
type Behaviour struct {
	Stuck   bool // an outage leaves running tasks at RUNNING for ever
	NoQuota bool // no task gets a machine
}

// ledgerText is what a hold, a rule or a look into the ledger finds a task by.
func (t *Task) ledgerText() string {
	parts := []string{t.Name, t.Text}
	for _, key := range slices.Sorted(maps.Keys(t.Tags)) {
		parts = append(parts, t.Tags[key])
	}
	return strings.Join(slices.DeleteFunc(parts, func(part string) bool { return part == "" }), " ")
}

var tagToken = regexp.MustCompile(`^[a-z0-9]{26}$`)

// token is the submission key among the tags, "" without one.
func (t *Task) token() string {
	for _, key := range slices.Sorted(maps.Keys(t.Tags)) {
		if strings.HasPrefix(key, "tfg") && tagToken.MatchString(t.Tags[key]) {
			return t.Tags[key]
		}
	}
	return ""
}

// SubmitTask takes a task into the ledger and starts its job.
func (s *Service) SubmitTask(task Task) Run {
	s.mu.Lock()
	defer s.mu.Unlock()
	run := s.enter(task)
	s.turn(run, Queued, "submitted")
	s.launch(run)
	return run.clone()
}

// RefuseTask takes a task into the ledger that is over before it began: what a
// refused submission leaves behind on some servers.
func (s *Service) RefuseTask(task Task) Run {
	s.mu.Lock()
	defer s.mu.Unlock()
	run := s.enter(task)
	run.FailureCode, run.Message = CodeForced, "The submission was refused."
	s.turn(run, Failed, "left behind by a refused submission")
	return run.clone()
}

func (s *Service) enter(task Task) *Run {
	run := &Run{
		ID: s.next, Region: s.Region, Account: task.Owner, Process: string(task.Face), Created: s.Now().UTC(), Task: &task,
		Submission: Submission{Description: task.ledgerText()},
	}
	s.next++
	s.runs = append(s.runs, run)
	return run
}

// Tasks returns the runs of one face, oldest first.
func (s *Service) Tasks(face Face) []Run {
	s.mu.Lock()
	defer s.mu.Unlock()
	runs := []Run{}
	for _, run := range s.runs {
		if run.of(face) {
			runs = append(runs, run.clone())
		}
	}
	return runs
}

// Task returns one run of a face.
func (s *Service) Task(face Face, id int64) (Run, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	run := s.find(id)
	if run == nil || !run.of(face) {
		return Run{}, false
	}
	return run.clone(), true
}

// CancelTask asks for the end of a run. One that has ended stays as it is, and
// over tells that it had.
func (s *Service) CancelTask(face Face, id int64) (run Run, over, found bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := s.find(id)
	if r == nil || !r.of(face) {
		return Run{}, false, false
	}
	over = finished(r.Status)
	s.stopRun(r)
	return r.clone(), over, true
}

// of reports whether a face shows the run.
func (r *Run) of(face Face) bool {
	return !r.Forgotten && r.Task != nil && r.Task.Face == face
}

// behaviour is how the server runs this run.
func (s *Service) behaviour(run *Run) Behaviour {
	if run.Task == nil || s.Behave == nil {
		return Behaviour{}
	}
	return s.Behave(run.Task.Face)
}

// granted waits until the run gets a machine.
func (s *Service) granted(ctx context.Context, id int64) bool {
	for {
		s.mu.Lock()
		run := s.find(id)
		_, _, _, changed := s.Controls.ask(s.Region, "")
		short := s.behaviour(run).NoQuota
		if run.Initializing != short {
			run.Initializing = short
			s.save(run)
		}
		s.mu.Unlock()
		if !short {
			return true
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return false
		}
	}
}

// freeze leaves a run at what it shows, with nothing behind it.
func (s *Service) freeze(run *Run, shown string) {
	run.Shown, run.Stuck = shown, true
	s.save(run)
}

// states are the words of the GA4GH interfaces that the admin API may force,
// and what they are in the ledger. Words that are not here are shown as they
// are and have no job behind them.
var states = map[string]struct{ status, code int }{
	"RUNNING": {InProgress, 0}, "COMPLETE": {Succeeded, 0},
	"EXECUTOR_ERROR": {Failed, CodeExecutor}, "SYSTEM_ERROR": {Failed, CodeForced}, "PREEMPTED": {Failed, CodeForced},
	"CANCELING": {Cancelling, 0}, "CANCELED": {Cancelled, 0},
}

// forceState puts a task into a state of the GA4GH interfaces. A task that is
// queued by force stays so.
func (s *Service) forceState(run *Run, word string, c Change) {
	state, known := states[word]
	if !known {
		s.force(run, InProgress, c)
		s.halt(run, errReplaced)
		s.freeze(run, word)
		return
	}
	code := cmp.Or(valueOf(c.FailureCode), state.code)
	c.FailureCode = &code
	s.force(run, state.status, c)
	if word == "PREEMPTED" {
		run.Shown = word
		s.save(run)
	}
}

func valueOf(code *int) int {
	if code == nil {
		return 0
	}
	return *code
}
