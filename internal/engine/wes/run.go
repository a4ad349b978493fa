package wes

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"mime/multipart"
	"net/http"
	"strings"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/engine"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/engine/rest"
)

// Request is what is submitted, by the names of WES 1.1. Its parameters may hold
// signatures: never log it or put it in an error.
type Request struct {
	WorkflowType        string
	WorkflowTypeVersion string
	// WorkflowURL is where the workflow is, or the name of one of the attachments.
	WorkflowURL string
	// WorkflowParams is a JSON object.
	WorkflowParams json.RawMessage
	// EngineParameters are sent only where there are any.
	EngineParameters map[string]string
	Tags             map[string]string
	Attachments      []Attachment
}

// Attachment is a file that travels with the request.
type Attachment struct {
	// Name is relative to the folder that the workflow runs in.
	Name    string
	Content []byte
}

// encode makes the multipart form, with the token among the tags.
func (r Request) encode(token engine.Token) (body []byte, contentType string, err error) {
	var out bytes.Buffer
	form := multipart.NewWriter(&out)
	field := func(name, value string) {
		if err == nil && value != "" {
			err = form.WriteField(name, value)
		}
	}
	field("workflow_type", r.WorkflowType)
	field("workflow_type_version", r.WorkflowTypeVersion)
	field("workflow_url", r.WorkflowURL)
	params := string(r.WorkflowParams)
	if params == "" {
		// WES 1.0 requires it.
		params = "{}"
	}
	field("workflow_params", params)
	if len(r.EngineParameters) > 0 {
		field("workflow_engine_parameters", object(r.EngineParameters))
	}
	field("tags", object(token.Tags(r.Tags)))
	for _, a := range r.Attachments {
		if err != nil {
			break
		}
		part, failed := form.CreateFormFile("workflow_attachment", a.Name)
		if failed == nil {
			_, failed = part.Write(a.Content)
		}
		err = failed
	}
	if err == nil {
		err = form.Close()
	}
	return out.Bytes(), form.FormDataContentType(), err
}

// object is a map as JSON. A map of strings always marshals.
func object(m map[string]string) string {
	body, _ := json.Marshal(m)
	return string(body)
}

// Described is a run as its server describes it.
type Described struct {
	WorkflowType        string
	WorkflowTypeVersion string
	WorkflowURL         string
	// Outputs is the JSON of what the workflow returned; empty unless it succeeded.
	Outputs json.RawMessage
}

// summary is a run as a list has it.
type summary struct {
	run engine.Run
	// tagged says that the list told of the run's tags. Lists of WES 1.0 do not.
	tagged bool
}

// phantom reports whether a run never was one: some servers keep what they refused
// as a run in SYSTEM_ERROR that has never started. Nothing of it ever ran.
func phantom(r engine.Run) bool {
	return r.State == engine.StateFailedSystem && r.StartedAt == nil && r.EndedAt == nil
}

var errNoID = errors.New("it has no run ID")

// decodeRun reads a run's log. complete says that the server has the request
// stored, so that missing tags are tags that it has not.
func decodeRun(body []byte) (run engine.Run, complete bool, err error) {
	f, err := rest.Object(body)
	if err != nil {
		return run, false, err
	}
	run = engine.Run{ID: f.ID("run_id"), Word: f.Text("state"), State: engine.ParseState(f.Text("state"))}
	if !rest.UsableID(run.ID) {
		return run, false, errNoID
	}
	request := f.Object("request")
	tags := request.Object("tags").Text
	run.Key, run.Mark = engine.KeyOf(tags), engine.MarkOf(tags)
	detail := Described{WorkflowType: request.Text("workflow_type"), WorkflowTypeVersion: request.Text("workflow_type_version"), WorkflowURL: request.Text("workflow_url")}
	if run.State == engine.StateSucceeded && f.Has("outputs") {
		detail.Outputs = f["outputs"]
	}
	run.Detail = detail
	log := f.Object("run_log")
	times(&run, log)
	if run.State.Failed() {
		blame(&run, log)
	}
	return run, len(request) > 0, nil
}

// times takes in when a run ran. WES does not say when it was accepted.
func times(run *engine.Run, f rest.Fields) {
	run.StartedAt = f.Time("start_time")
	if run.StartedAt != nil {
		run.CreatedAt = *run.StartedAt
	}
	if run.State.Finished() {
		run.EndedAt = f.Time("end_time")
	}
}

func blame(run *engine.Run, log rest.Fields) {
	var said []string
	if code := log.ExitCode("exit_code"); code != 0 {
		run.Code = code
		said = append(said, fmt.Sprintf("the workflow ended with exit code %d", code))
	}
	said = append(said, log.Lines("system_logs")...)
	run.Message = rest.Clean(strings.Join(said, "; "), "")
}

// decodePage reads a page of the list: of runs, or of workflows as 1.0 calls them.
func decodePage(body []byte) (runs []summary, next string, err error) {
	f, err := rest.Object(body)
	if err != nil {
		return nil, "", err
	}
	list, ok := f.List("runs")
	if !ok {
		list, ok = f.List("workflows")
	}
	if !ok {
		return nil, "", errors.New("it has no list of runs")
	}
	for i, raw := range list {
		element, err := rest.Object(raw)
		if err != nil {
			return nil, "", fmt.Errorf("run %d: %w", i, err)
		}
		s := summary{run: engine.Run{ID: element.ID("run_id"), Word: element.Text("state"), State: engine.ParseState(element.Text("state"))}}
		if !rest.UsableID(s.run.ID) {
			return nil, "", fmt.Errorf("run %d: %w", i, errNoID)
		}
		times(&s.run, element)
		if tags := element.Object("tags"); tags != nil {
			s.tagged, s.run.Key, s.run.Mark = true, engine.KeyOf(tags.Text), engine.MarkOf(tags.Text)
		}
		runs = append(runs, s)
	}
	return runs, f.Text("next_page_token"), nil
}

// hiddenFailure is the status of an error that some servers send as a success, with
// the truth in the body; zero if it is none.
func hiddenFailure(body []byte) int {
	f, err := rest.Object(body)
	if err != nil || f.Has("run_id") || f.Has("runs") || f.Has("workflows") {
		return 0
	}
	code, ok := f.Integer("status_code")
	if !ok || code < http.StatusBadRequest || code > 599 {
		return 0
	}
	return int(code)
}
