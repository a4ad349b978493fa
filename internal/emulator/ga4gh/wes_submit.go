package ga4gh

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"mime/multipart"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/emulator/workflows"
)

// wireRequest is a submission as clients send it, and as the server shows it again.
type wireRequest struct {
	Params           json.RawMessage   `json:"workflow_params,omitempty"`
	Type             string            `json:"workflow_type"`
	TypeVersion      string            `json:"workflow_type_version"`
	Tags             map[string]string `json:"tags,omitempty"`
	EngineParameters map[string]any    `json:"workflow_engine_parameters,omitempty"`
	URL              string            `json:"workflow_url"`

	attachments []string
}

func (f *wesFace) submit(w http.ResponseWriter, r *http.Request, user string) {
	r.Body = http.MaxBytesReader(w, r.Body, bodyLimit)
	request, err := parseRequest(r)
	if err == nil {
		err = request.validate()
	}
	task := request.task(user)
	f.remember(task.Inputs)
	f.remember(task.Outputs)
	if err != nil {
		f.refuseSubmission(w, http.StatusBadRequest, err.Error(), task)
		return
	}
	if f.Switches.spend(func(s *Settings) *int { return &s.WES.RefuseSubmits }) {
		f.refuseSubmission(w, f.settings.WES.RefuseStatus, "Failed to run.", task)
		return
	}
	run := f.Service.SubmitTask(task)
	reply(w, f.settings.WES.SubmitStatus, jsonType, map[string]string{"run_id": run.Reference()})
}

func (f *wesFace) refuseSubmission(w http.ResponseWriter, status int, message string, left workflows.Task) {
	if f.settings.WES.Phantoms {
		if status < http.StatusInternalServerError {
			// What was refused for what it says leaves a run that says nothing.
			left = workflows.Task{Face: workflows.FaceWES, Owner: left.Owner, Request: json.RawMessage("{}")}
		}
		f.Service.RefuseTask(left)
	}
	f.refuse(w, status, message)
}

// parseRequest reads a submission's form. Parts may come as values or as files.
func parseRequest(r *http.Request) (wireRequest, error) {
	var request wireRequest
	form, err := r.MultipartReader()
	if err != nil {
		return request, errors.New("a submission is multipart/form-data")
	}
	for {
		part, err := form.NextPart()
		if errors.Is(err, io.EOF) {
			return request, nil
		}
		if err == nil {
			err = request.take(part)
		}
		if err != nil {
			return request, err
		}
	}
}

func (q *wireRequest) take(part *multipart.Part) error {
	content, err := io.ReadAll(part)
	if err != nil {
		return err
	}
	switch name := part.FormName(); name {
	case "workflow_type":
		q.Type = string(content)
	case "workflow_type_version":
		q.TypeVersion = string(content)
	case "workflow_url":
		q.URL = string(content)
	case "workflow_attachment":
		q.attachments = append(q.attachments, part.FileName())
	case "workflow_params":
		if !json.Valid(content) {
			return errors.New("error reading parameter 'workflow_params': it is not JSON")
		}
		q.Params = content
	case "tags":
		err = json.Unmarshal(content, &q.Tags)
	case "workflow_engine_parameters":
		err = json.Unmarshal(content, &q.EngineParameters)
	}
	if err != nil {
		return fmt.Errorf("error reading parameter '%s': %w", part.FormName(), err)
	}
	return nil
}

func (q *wireRequest) validate() error {
	if q.URL == "" {
		return errors.New("missing 'workflow_url' in submission")
	}
	name, _, _ := strings.Cut(q.URL, "#")
	if u, err := url.Parse(name); (err != nil || u.Scheme == "") && !slices.Contains(q.attachments, name) {
		return errors.New("relative 'workflow_url' but missing 'workflow_attachment'")
	}
	versions, known := languages[strings.ToUpper(q.Type)]
	if !known {
		return fmt.Errorf("workflow_type %q is not supported", q.Type)
	}
	if !slices.Contains(versions, q.TypeVersion) {
		return fmt.Errorf("workflow_type %q has no version %q", q.Type, q.TypeVersion)
	}
	return nil
}

// task finds a run's inputs and outputs among its parameters: a URL with a SAS
// that allows writing is where an output goes, any other one is an input.
func (q *wireRequest) task(user string) workflows.Task {
	task := workflows.Task{Face: workflows.FaceWES, Name: q.URL, Tags: q.Tags, Owner: user}
	task.Request, _ = json.Marshal(q) // plain values cannot fail
	var params any
	if json.Unmarshal(q.Params, &params) != nil {
		return task
	}
	for _, text := range texts(params) {
		u, err := url.Parse(text)
		if err != nil || u.Scheme != "http" && u.Scheme != "https" {
			continue
		}
		place := workflows.Place{URL: text, Directory: strings.HasSuffix(u.Path, "/") || strings.Count(strings.Trim(u.Path, "/"), "/") < 2}
		if strings.Contains(u.Query().Get("sp"), "w") {
			task.Outputs = append(task.Outputs, place)
		} else {
			task.Inputs = append(task.Inputs, place)
		}
	}
	return task
}

// texts lists the strings in a JSON value, in the order of the names that lead to them.
func texts(value any) []string {
	var found []string
	switch value := value.(type) {
	case string:
		found = append(found, value)
	case []any:
		for _, one := range value {
			found = append(found, texts(one)...)
		}
	case map[string]any:
		for _, name := range slices.Sorted(maps.Keys(value)) {
			found = append(found, texts(value[name])...)
		}
	}
	return found
}
