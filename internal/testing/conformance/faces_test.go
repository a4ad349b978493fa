package conformance

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/engine"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/engine/genomics"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/engine/tes"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/engine/wes"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/msgenomics"
)

const jsonType = "application/json"

func encoded(v any) string {
	body, _ := json.Marshal(v)
	return string(body)
}

func stamp(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.Format(time.RFC3339Nano)
}

// workflows is the face of the Microsoft Genomics service.
type workflows struct{ *ledger }

func (*workflows) id(number int) string { return strconv.Itoa(number) }

func (*workflows) job(string) engine.Job {
	return msgenomics.Submission{Process: "snapgatk", ProcessArgs: "R=hg38m1", Description: "a sample"}
}

func (*workflows) client(base string, pl runtime.Pipeline) engine.Engine {
	return genomics.New(msgenomics.New(base, func(context.Context) (string, error) { return "a-key", nil }, pl))
}

func (f *workflows) object(e *entry) map[string]any {
	numbers := map[engine.State][2]int{
		engine.StateQueued: {1000}, engine.StateRunning: {10000}, engine.StateSucceeded: {20000}, engine.StateCancelling: {58000},
		engine.StateCancelled: {60000}, engine.StateFailedInput: {50000, 300}, engine.StateFailedSystem: {50000, 100},
	}[e.state]
	description := "somebody's"
	if e.token.Key != "" {
		description = genomics.Describe(e.token, "a sample")
	}
	o := map[string]any{"Id": e.number, "Status": numbers[0], "CreatedDate": stamp(e.created), "EndDate": stamp(e.ended), "FailureCode": numbers[1], "Description": description}
	if numbers[1] != 0 {
		o["Message"] = "it failed"
	}
	return o
}

func (f *workflows) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	if r.Method == http.MethodPost {
		var sent struct{ Description string }
		_ = json.Unmarshal(body, &sent)
		run := genomics.Run(msgenomics.Workflow{Description: sent.Description})
		e, done := f.take(w, f, engine.Token{Key: run.Key, Mark: run.Mark}, func(w http.ResponseWriter) { answer(w, 400, jsonType, `{"Message":"no such process"}`) })
		if !done {
			answer(w, 200, jsonType, "%s", encoded(f.object(e)))
		}
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if id := strings.TrimPrefix(strings.TrimSuffix(r.URL.Path, "/"), "/api/workflows"); id != "" {
		e := f.get(strings.TrimPrefix(id, "/"))
		switch {
		case e == nil:
			answer(w, 404, jsonType, `{"Message":"there is no such workflow"}`)
		case r.Method == http.MethodDelete && e.state.Finished():
			answer(w, 400, jsonType, `{"Message":"it has ended"}`)
		default:
			if r.Method == http.MethodDelete {
				e.stopped = true
				f.move(e, engine.StateCancelling)
			}
			answer(w, 200, jsonType, "%s", encoded(f.object(e)))
		}
		return
	}
	q := r.URL.Query()
	part, status := between(q.Get("$filter"), "substringof('", "', Description)"), between(q.Get("$filter"), "Status eq '", "'")
	var page []map[string]any
	for _, e := range slices.Backward(f.runs) {
		o := f.object(e)
		if strings.Contains(fmt.Sprint(o["Description"]), part) && (status == "" || fmt.Sprint(o["Status"]) == status) {
			page = append(page, o)
		}
	}
	skip, _ := strconv.Atoi(q.Get("$skip"))
	top, _ := strconv.Atoi(q.Get("$top"))
	page = page[min(skip, len(page)):min(skip+top, len(page))]
	if page == nil {
		page = []map[string]any{}
	}
	answer(w, 200, jsonType, "%s", encoded(page))
}

func between(s, before, after string) string {
	_, s, ok := strings.Cut(s, before)
	if !ok {
		return ""
	}
	s, _, _ = strings.Cut(s, after)
	return s
}

var words = map[engine.State]string{
	engine.StateQueued: "QUEUED", engine.StateInitializing: "INITIALIZING", engine.StateRunning: "RUNNING", engine.StateCancelling: "CANCELING",
	engine.StateCancelled: "CANCELED", engine.StateSucceeded: "COMPLETE", engine.StateFailedInput: "EXECUTOR_ERROR", engine.StateFailedSystem: "SYSTEM_ERROR",
}

func tagsOf(e *entry) map[string]string {
	if e.token.Key == "" {
		return map[string]string{"project": "somebody's"}
	}
	return e.token.Tags(nil)
}

func tokenOf(tags map[string]string) engine.Token {
	return engine.Token{Submission: tags[engine.TagSubmission], Key: tags[engine.TagKey], Mark: tags[engine.TagMark]}
}

// tasks is the face of TES, with the manners of several servers.
type tasks struct {
	*ledger
	prefix string
	// unfiltered is a server of 1.0, which knows no filters.
	unfiltered bool
	// pages is how many tasks a page has at most.
	pages int
	// conflicts is how often a cancellation meets another change.
	conflicts int
	// plain are errors as plain text, as Funnel and TES on Azure have them.
	plain bool
}

func (*tasks) id(number int) string { return fmt.Sprintf("d1bj:%d", number) }

func (*tasks) job(name string) engine.Job {
	return tes.Task{Name: name, Executors: []tes.Executor{{Image: "alpine", Command: []string{"wc", "-l"}}}}
}

func (f *tasks) client(base string, pl runtime.Pipeline) engine.Engine {
	return tes.New(base+f.prefix+"/", nil, pl)
}

func (f *tasks) object(e *entry, view string) map[string]any {
	o := map[string]any{"id": e.id, "state": words[e.state]}
	if view != "BASIC" && view != "FULL" {
		o["tags"] = map[string]string{}
		return o
	}
	o["tags"], o["creation_time"] = tagsOf(e), stamp(e.created)
	log := map[string]any{"start_time": stamp(e.started), "end_time": stamp(e.ended)}
	if e.state == engine.StateFailedInput {
		log["logs"] = []map[string]any{{"exit_code": "3"}}
	}
	if view == "FULL" {
		log["system_logs"] = []string{"it failed"}
	}
	o["logs"] = []any{log}
	return o
}

func (f *tasks) fail(w http.ResponseWriter, status int, text string) {
	if f.plain {
		answer(w, status, "text/plain; charset=utf-8", "%s", text)
		return
	}
	answer(w, status, jsonType, "%s", encoded(map[string]string{"error": text}))
}

func (f *tasks) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	path, ours := strings.CutPrefix(r.URL.Path, f.prefix)
	if !ours {
		answer(w, 404, "text/html", "<html>nothing here</html>")
		return
	}
	if r.Method == http.MethodPost && path == "/tasks" {
		var sent tes.Task
		_ = json.NewDecoder(r.Body).Decode(&sent)
		e, done := f.take(w, f, tokenOf(sent.Tags), func(w http.ResponseWriter) { f.fail(w, 400, "no image") })
		if !done {
			answer(w, 200, jsonType, "%s", encoded(map[string]string{"id": e.id}))
		}
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	view := r.URL.Query().Get("view")
	switch id := strings.TrimPrefix(path, "/tasks/"); {
	case path == "/service-info":
		answer(w, 200, jsonType, `{"name":"fake","type":{"group":"org.ga4gh","artifact":"tes","version":"1.1.0"}}`)
	case path == "/tasks":
		f.list(w, r, view)
	case r.Method == http.MethodPost && strings.HasSuffix(id, ":cancel"):
		e := f.get(strings.TrimSuffix(id, ":cancel"))
		switch {
		case e == nil:
			f.fail(w, 404, "no such task")
		case f.conflicts > 0:
			f.conflicts--
			f.fail(w, 409, "please retry")
		default:
			e.stopped = true
			if !e.state.Finished() {
				f.move(e, engine.StateCancelled)
			}
			answer(w, 200, jsonType, "{}")
		}
	default:
		e := f.get(id)
		if e == nil {
			f.fail(w, 404, "no such task")
			return
		}
		answer(w, 200, jsonType, "%s", encoded(f.object(e, view)))
	}
}

func (f *tasks) list(w http.ResponseWriter, r *http.Request, view string) {
	q := r.URL.Query()
	var all []map[string]any
	for _, e := range f.runs {
		if !f.unfiltered && (q.Get("state") != "" && words[e.state] != q.Get("state") || q.Get("tag_key") != "" && tagsOf(e)[q.Get("tag_key")] != q.Get("tag_value")) {
			continue
		}
		all = append(all, f.object(e, view))
	}
	from, _ := strconv.Atoi(q.Get("page_token"))
	to := min(from+f.pages, len(all))
	page := map[string]any{}
	if to > from {
		page["tasks"] = all[from:to]
	}
	if to < len(all) {
		page["next_page_token"] = strconv.Itoa(to)
	}
	answer(w, 200, jsonType, "%s", encoded(page))
}

// runs is the face of WES, with the manners of several servers.
type runs struct {
	*ledger
	prefix string
	// old is a server of 1.0: its list has no tags, and another name.
	old bool
	// created answers 201 to a submission.
	created bool
	// quiet sends errors as a success.
	quiet bool
	// phantoms keeps what it refused as a run.
	phantoms bool
}

func (*runs) id(number int) string { return fmt.Sprintf("run-%d", number) }

func (*runs) job(name string) engine.Job {
	return wes.Request{WorkflowType: "CWL", WorkflowTypeVersion: "v1.2", WorkflowURL: "count.cwl", WorkflowParams: json.RawMessage(`{"sample":"` + name + `"}`),
		Attachments: []wes.Attachment{{Name: "count.cwl", Content: []byte("cwlVersion: v1.2\n")}}}
}

func (f *runs) client(base string, pl runtime.Pipeline) engine.Engine {
	return wes.New(base+f.prefix, nil, pl)
}

func (f *runs) fail(w http.ResponseWriter, status int, text string) {
	code := status
	if f.quiet {
		code = 200
	}
	answer(w, code, jsonType, "%s", encoded(map[string]any{"msg": text, "status_code": status}))
}

func (f *runs) log(e *entry) map[string]any {
	log := map[string]any{"start_time": stamp(e.started), "end_time": stamp(e.ended), "exit_code": nil}
	if e.state.Failed() && !e.phantom {
		log["exit_code"] = 1
	}
	return map[string]any{"run_id": e.id, "state": words[e.state], "run_log": log, "request": map[string]any{"workflow_type": "CWL", "tags": tagsOf(e)}}
}

func (f *runs) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	path, ours := strings.CutPrefix(r.URL.Path, f.prefix)
	if !ours {
		answer(w, 404, "text/html", "<html>nothing here</html>")
		return
	}
	if r.Method == http.MethodPost && path == "/runs" {
		f.submit(w, r)
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	id, cancel := strings.CutSuffix(strings.TrimPrefix(path, "/runs/"), "/cancel")
	switch e := f.get(id); {
	case path == "/service-info":
		answer(w, 200, jsonType, `{"supported_wes_versions":["1.0.0"],"workflow_type_versions":{"CWL":{"workflow_type_version":["v1.2"]}}}`)
	case path == "/runs":
		f.list(w)
	case e == nil:
		f.fail(w, 404, "The requested workflow run wasn't found.")
	case cancel && e.state.Failed():
		f.fail(w, 403, "it cannot be cancelled")
	case cancel:
		e.stopped = true
		if !e.state.Finished() {
			f.move(e, engine.StateCancelling)
		}
		answer(w, 200, jsonType, "%s", encoded(map[string]string{"run_id": e.id}))
	default:
		answer(w, 200, jsonType, "%s", encoded(f.log(e)))
	}
}

func (f *runs) submit(w http.ResponseWriter, r *http.Request) {
	var tags map[string]string
	_ = json.Unmarshal([]byte(r.FormValue("tags")), &tags)
	if r.FormValue("workflow_params") == "" || len(r.MultipartForm.File["workflow_attachment"]) == 0 {
		f.fail(w, 400, "something is missing")
		return
	}
	e, done := f.take(w, f, tokenOf(tags), func(w http.ResponseWriter) {
		if f.phantoms {
			refused := f.add(f, tokenOf(tags))
			refused.state, refused.phantom = engine.StateFailedSystem, true
		}
		f.fail(w, 400, "no such workflow type")
	})
	if done {
		return
	}
	status := 200
	if f.created {
		status = 201
	}
	answer(w, status, jsonType, "%s", encoded(map[string]string{"run_id": e.id}))
}

func (f *runs) list(w http.ResponseWriter) {
	all := []map[string]any{}
	for _, e := range f.runs {
		o := map[string]any{"run_id": e.id, "state": words[e.state]}
		if !f.old {
			o["tags"], o["start_time"], o["end_time"] = tagsOf(e), stamp(e.started), stamp(e.ended)
		}
		all = append(all, o)
	}
	name := "runs"
	if f.old {
		name = "workflows"
	}
	answer(w, 200, jsonType, "%s", encoded(map[string]any{name: all, "next_page_token": ""}))
}
