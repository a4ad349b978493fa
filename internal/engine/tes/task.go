package tes

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/engine"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/engine/rest"
)

// Task is what is submitted, by the names of TES 1.1. Its URLs may hold
// signatures: never log it or put it in an error.
type Task struct {
	Name        string            `json:"name,omitempty"`
	Description string            `json:"description,omitempty"`
	Inputs      []Input           `json:"inputs,omitempty"`
	Outputs     []Output          `json:"outputs,omitempty"`
	Resources   *Resources        `json:"resources,omitempty"`
	Executors   []Executor        `json:"executors"`
	Volumes     []string          `json:"volumes,omitempty"`
	Tags        map[string]string `json:"tags,omitempty"`
}

// Input is a file or folder that is there before the first executor runs.
type Input struct {
	Name        string `json:"name,omitempty"`
	Description string `json:"description,omitempty"`
	URL         string `json:"url,omitempty"`
	Path        string `json:"path"`
	Type        string `json:"type,omitempty"`
	Content     string `json:"content,omitempty"`
	Streamable  *bool  `json:"streamable,omitempty"`
}

// Output is a file or folder that is kept after the last executor ended.
type Output struct {
	Name        string `json:"name,omitempty"`
	Description string `json:"description,omitempty"`
	URL         string `json:"url"`
	Path        string `json:"path"`
	PathPrefix  string `json:"path_prefix,omitempty"`
	Type        string `json:"type,omitempty"`
}

// Resources are what a task asks for.
type Resources struct {
	CPUCores                *int64            `json:"cpu_cores,omitempty"`
	Preemptible             *bool             `json:"preemptible,omitempty"`
	RAMGb                   *float64          `json:"ram_gb,omitempty"`
	DiskGb                  *float64          `json:"disk_gb,omitempty"`
	Zones                   []string          `json:"zones,omitempty"`
	BackendParameters       map[string]string `json:"backend_parameters,omitempty"`
	BackendParametersStrict *bool             `json:"backend_parameters_strict,omitempty"`
}

// Executor is one command in one image; a task's run one after another.
type Executor struct {
	Image       string            `json:"image"`
	Command     []string          `json:"command"`
	Workdir     string            `json:"workdir,omitempty"`
	Stdin       string            `json:"stdin,omitempty"`
	Stdout      string            `json:"stdout,omitempty"`
	Stderr      string            `json:"stderr,omitempty"`
	Env         map[string]string `json:"env,omitempty"`
	IgnoreError *bool             `json:"ignore_error,omitempty"`
}

// encode makes the request body, with the token among the tags.
func (t Task) encode(token engine.Token) ([]byte, error) {
	t.Tags = token.Tags(t.Tags)
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	// The & in a signature stays as it is: not every server reads JSON's escapes in URLs.
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(t); err != nil {
		return nil, err
	}
	return bytes.TrimSpace(out.Bytes()), nil
}

// Described is a task as its server describes it.
type Described struct {
	Name string
	Tags map[string]string
}

var errNoID = errors.New("it has no task ID")

// decodeTask reads a task. Only its ID matters enough to give up on the answer.
func decodeTask(body []byte) (engine.Run, error) {
	f, err := rest.Object(body)
	if err != nil {
		return engine.Run{}, err
	}
	run := engine.Run{ID: f.ID("id"), Word: f.Text("state"), State: engine.ParseState(f.Text("state"))}
	if !rest.UsableID(run.ID) {
		return engine.Run{}, errNoID
	}
	tags := f.Object("tags")
	described := Described{Name: f.Text("name")}
	for name := range tags {
		if described.Tags == nil {
			described.Tags = map[string]string{}
		}
		described.Tags[name] = tags.Text(name)
	}
	run.Key, run.Mark = engine.KeyOf(tags.Text), engine.MarkOf(tags.Text)
	run.Detail = described
	if created := f.Time("creation_time"); created != nil {
		run.CreatedAt = *created
	}
	readLogs(f, &run)
	return run, nil
}

// readLogs takes from the last attempt when it ran and how it ended.
func readLogs(task rest.Fields, run *engine.Run) {
	attempts, _ := task.List("logs")
	if len(attempts) == 0 {
		return
	}
	last, err := rest.Object(attempts[len(attempts)-1])
	if err != nil {
		return
	}
	run.StartedAt = last.Time("start_time")
	if run.State.Finished() {
		run.EndedAt = last.Time("end_time")
	}
	if !run.State.Failed() {
		return
	}
	var said []string
	executors, _ := last.List("logs")
	for i, raw := range executors {
		executor, err := rest.Object(raw)
		if err != nil {
			continue
		}
		if code := executor.ExitCode("exit_code"); code != 0 && run.Code == 0 {
			run.Code = code
			said = append(said, fmt.Sprintf("executor %d ended with exit code %d", i+1, code))
		}
	}
	// Only the full view has these. What tools print may be anybody's data and stays
	// where it is.
	said = append(said, last.Lines("system_logs")...)
	run.Message = rest.Clean(strings.Join(said, "; "), "")
}

// decodePage reads a page of the list.
func decodePage(body []byte) (runs []engine.Run, next string, err error) {
	f, err := rest.Object(body)
	if err != nil {
		return nil, "", err
	}
	tasks, ok := f.List("tasks")
	if !ok && len(f) > 0 && !f.Has("next_page_token") {
		// A server that leaves out what is empty sends {} for no tasks; anything else is
		// not a list.
		return nil, "", errors.New("it has no list of tasks")
	}
	for i, raw := range tasks {
		run, err := decodeTask(raw)
		if err != nil {
			return nil, "", fmt.Errorf("task %d: %w", i, err)
		}
		runs = append(runs, run)
	}
	return runs, f.Text("next_page_token"), nil
}
