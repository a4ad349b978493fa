package ga4gh

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/emulator/workflows"
)

// tesFace answers one request to the Task Execution Service.
type tesFace struct {
	*Faces
	settings Settings
}

func (f *tesFace) serve(w http.ResponseWriter, r *http.Request, path string) {
	user, err := f.authorize(r, f.settings.Auth)
	if err != nil {
		f.refuse(w, http.StatusUnauthorized, err)
		return
	}
	reference, isTask := strings.CutPrefix(path, "/tasks/")
	reference, isCancel := strings.CutSuffix(reference, ":cancel")
	switch {
	case path == "/service-info" && r.Method == http.MethodGet:
		reply(w, http.StatusOK, jsonType, f.info())
	case path == "/tasks" && r.Method == http.MethodGet:
		f.list(w, r.URL.Query())
	case path == "/tasks" && r.Method == http.MethodPost:
		f.submit(w, r, user)
	case isTask && !isCancel && r.Method == http.MethodGet:
		f.get(w, reference, r.URL.Query().Get("view"))
	case isTask && isCancel && r.Method == http.MethodPost:
		f.cancel(w, reference)
	default:
		f.refuse(w, http.StatusNotFound, errors.New("not found"))
	}
}

// refuse answers as the best known server does: JSON that says it is text.
func (f *tesFace) refuse(w http.ResponseWriter, status int, err error) {
	if status == http.StatusUnauthorized {
		w.Header().Set("WWW-Authenticate", "Basic")
	}
	reply(w, status, "text/plain; charset=utf-8", map[string]string{"error": err.Error()})
}

func (f *tesFace) info() map[string]any {
	return map[string]any{
		"id": "emulator." + f.Region, "name": "Emulated TES of " + f.Region, "version": "1.0",
		"type":         map[string]string{"group": "org.ga4gh", "artifact": "tes", "version": "1.1.0"},
		"organization": map[string]string{"name": "Emulator", "url": "https://example.org"},
		"storage":      []string{},
	}
}

// wireTask is a task as clients send it and see it. What the emulator has no
// use for is kept as it came.
type wireTask struct {
	ID           string            `json:"id,omitempty"`
	State        string            `json:"state,omitempty"`
	Name         string            `json:"name,omitempty"`
	Description  string            `json:"description,omitempty"`
	Inputs       []wireFile        `json:"inputs,omitempty"`
	Outputs      []wireFile        `json:"outputs,omitempty"`
	Resources    json.RawMessage   `json:"resources,omitempty"`
	Executors    []wireExecutor    `json:"executors,omitempty"`
	Volumes      []string          `json:"volumes,omitempty"`
	Tags         map[string]string `json:"tags,omitempty"`
	Logs         []wireLog         `json:"logs,omitempty"`
	CreationTime string            `json:"creation_time,omitempty"`
}

type wireFile struct {
	Name        string `json:"name,omitempty"`
	Description string `json:"description,omitempty"`
	URL         string `json:"url,omitempty"`
	Path        string `json:"path,omitempty"`
	PathPrefix  string `json:"path_prefix,omitempty"`
	Type        string `json:"type,omitempty"`
	Content     string `json:"content,omitempty"`
	Streamable  bool   `json:"streamable,omitempty"`
}

type wireExecutor struct {
	Image       string            `json:"image"`
	Command     []string          `json:"command"`
	Workdir     string            `json:"workdir,omitempty"`
	Stdin       string            `json:"stdin,omitempty"`
	Stdout      string            `json:"stdout,omitempty"`
	Stderr      string            `json:"stderr,omitempty"`
	Env         map[string]string `json:"env,omitempty"`
	IgnoreError bool              `json:"ignore_error,omitempty"`
}

type wireLog struct {
	Logs       []wireExecution `json:"logs"`
	StartTime  string          `json:"start_time,omitempty"`
	EndTime    string          `json:"end_time,omitempty"`
	Outputs    []wireOutput    `json:"outputs"`
	SystemLogs []string        `json:"system_logs,omitempty"`
}

type wireExecution struct {
	StartTime string `json:"start_time,omitempty"`
	EndTime   string `json:"end_time,omitempty"`
	Stdout    string `json:"stdout,omitempty"`
	Stderr    string `json:"stderr,omitempty"`
	ExitCode  int    `json:"exit_code"`
}

type wireOutput struct {
	URL   string `json:"url"`
	Path  string `json:"path"`
	Bytes string `json:"size_bytes"` // a number in quotation marks, as the specification has it
}

// validate finds what the specification requires.
func (t *wireTask) validate() error {
	if len(t.Executors) == 0 {
		return errors.New("Task.Executors: at least one executor is required")
	}
	for i, e := range t.Executors {
		if e.Image == "" || len(e.Command) == 0 {
			return fmt.Errorf("Task.Executors[%d]: image and command are required", i)
		}
	}
	for i, input := range t.Inputs {
		if input.URL == "" && input.Content == "" || !strings.HasPrefix(input.Path, "/") {
			return fmt.Errorf("Task.Inputs[%d]: url or content, and an absolute path, are required", i)
		}
	}
	for i, output := range t.Outputs {
		if output.URL == "" || !strings.HasPrefix(output.Path, "/") {
			return fmt.Errorf("Task.Outputs[%d]: url and an absolute path are required", i)
		}
	}
	return nil
}

func (f *tesFace) submit(w http.ResponseWriter, r *http.Request, user string) {
	var t wireTask
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, bodyLimit))
	if err == nil {
		err = json.Unmarshal(body, &t)
	}
	if err == nil {
		err = t.validate()
	}
	if err != nil {
		f.refuse(w, http.StatusBadRequest, err)
		return
	}
	task := workflows.Task{Face: workflows.FaceTES, Name: t.Name, Text: t.Description, Tags: t.Tags, Owner: user, Request: body}
	for _, input := range t.Inputs {
		if input.Content == "" {
			task.Inputs = append(task.Inputs, workflows.Place{URL: input.URL, Path: input.Path})
		}
	}
	for _, output := range t.Outputs {
		task.Outputs = append(task.Outputs, workflows.Place{URL: output.URL, Path: output.Path, Directory: output.Type == "DIRECTORY"})
	}
	f.remember(task.Inputs)
	f.remember(task.Outputs)
	if f.Switches.spend(func(s *Settings) *int { return &s.TES.RefuseSubmits }) {
		f.refuse(w, f.settings.TES.RefuseStatus, errors.New("the task was not queued"))
		return
	}
	run := f.Service.SubmitTask(task)
	reply(w, http.StatusOK, jsonType, map[string]string{"id": run.Reference()})
}

func (f *tesFace) get(w http.ResponseWriter, reference, view string) {
	id, known := workflows.Number(workflows.FaceTES, reference)
	run, found := f.Service.Task(workflows.FaceTES, id)
	switch {
	case !validView(view):
		f.refuse(w, http.StatusBadRequest, fmt.Errorf("view %q is not MINIMAL, BASIC or FULL", view))
	case !known || !found:
		f.refuse(w, http.StatusNotFound, fmt.Errorf("task not found: taskID: %s", reference))
	default:
		reply(w, http.StatusOK, jsonType, f.show(run, view))
	}
}

// cancel of a task that has ended is answered like any other and changes nothing.
func (f *tesFace) cancel(w http.ResponseWriter, reference string) {
	if f.Switches.spend(func(s *Settings) *int { return &s.TES.CancelConflicts }) {
		f.refuse(w, http.StatusConflict, errors.New("the task is being changed"))
		return
	}
	id, known := workflows.Number(workflows.FaceTES, reference)
	_, _, found := f.Service.CancelTask(workflows.FaceTES, id)
	if !known || !found {
		f.refuse(w, http.StatusNotFound, fmt.Errorf("task not found: taskID: %s", reference))
		return
	}
	reply(w, http.StatusOK, jsonType, struct{}{})
}

func (f *tesFace) list(w http.ResponseWriter, query url.Values) {
	view := query.Get("view")
	page, err := parsePaging(query, f.settings.TES.MaxPage)
	if err == nil && !validView(view) {
		err = fmt.Errorf("view %q is not MINIMAL, BASIC or FULL", view)
	}
	if err != nil {
		f.refuse(w, http.StatusBadRequest, err)
		return
	}
	fits := func(run workflows.Run) bool { return f.settings.TES.IgnoreFilters || matches(run, query) }
	runs, next := page.apply(f.Service.Tasks(workflows.FaceTES), fits)
	tasks := []any{}
	for _, run := range runs {
		tasks = append(tasks, f.show(run, view))
	}
	answer := map[string]any{"tasks": tasks}
	if next != "" {
		answer["next_page_token"] = next
	}
	reply(w, http.StatusOK, jsonType, answer)
}

// matches applies the filters of a list. The n-th tag_value belongs to the n-th
// tag_key; a key without a value, or with an empty one, takes any.
func matches(run workflows.Run, query url.Values) bool {
	if !strings.HasPrefix(run.Task.Name, query.Get("name_prefix")) {
		return false
	}
	if wanted := query.Get("state"); wanted != "" && wanted != state(run) {
		return false
	}
	values := query["tag_value"]
	for i, key := range query["tag_key"] {
		value, there := run.Task.Tags[key]
		if !there || i < len(values) && values[i] != "" && values[i] != value {
			return false
		}
	}
	return true
}

func validView(view string) bool {
	return slices.Contains([]string{"", "MINIMAL", "BASIC", "FULL"}, view)
}
