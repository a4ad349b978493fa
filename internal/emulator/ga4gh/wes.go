package ga4gh

import (
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/emulator/workflows"
)

// wesFace answers one request to the Workflow Execution Service.
type wesFace struct {
	*Faces
	settings Settings
}

// languages are the kinds of workflows and their versions that are taken.
var languages = map[string][]string{"CWL": {"v1.0", "v1.1", "v1.2"}, "WDL": {"draft-2", "1.0"}}

func (f *wesFace) serve(w http.ResponseWriter, r *http.Request, path string) {
	user, err := f.authorize(r, f.settings.Auth)
	if err != nil {
		f.refuse(w, http.StatusUnauthorized, err.Error())
		return
	}
	reference, part, _ := strings.Cut(strings.TrimPrefix(path, "/runs/"), "/")
	isRun := strings.HasPrefix(path, "/runs/")
	switch {
	case path == "/service-info" && r.Method == http.MethodGet:
		reply(w, http.StatusOK, jsonType, f.info())
	case path == "/runs" && r.Method == http.MethodGet:
		f.list(w, r.URL.Query())
	case path == "/runs" && r.Method == http.MethodPost:
		f.submit(w, r, user)
	case isRun && part == "" && r.Method == http.MethodGet:
		f.with(w, reference, func(run workflows.Run) any { return f.log(run) })
	case isRun && part == "status" && r.Method == http.MethodGet:
		f.with(w, reference, func(run workflows.Run) any {
			return map[string]string{"run_id": run.Reference(), "state": state(run)}
		})
	case isRun && part == "cancel" && r.Method == http.MethodPost:
		f.cancel(w, reference)
	default:
		f.refuse(w, http.StatusNotFound, "The requested resource does not exist.")
	}
}

// refuse answers in the specification's own form. Some servers say in the body
// alone that there was an error.
func (f *wesFace) refuse(w http.ResponseWriter, status int, message string) {
	body := map[string]any{"msg": message, "status_code": status}
	if f.settings.WES.ErrorsIn200 {
		status = http.StatusOK
	}
	if status == http.StatusUnauthorized {
		w.Header().Set("WWW-Authenticate", "Bearer")
	}
	reply(w, status, jsonType, body)
}

func (f *wesFace) old() bool { return f.settings.WES.Version == "1.0" }

func (f *wesFace) info() map[string]any {
	counts := map[string]int{}
	for _, run := range f.Service.Tasks(workflows.FaceWES) {
		counts[state(run)]++
	}
	types := map[string]any{}
	for name, versions := range languages {
		types[name] = map[string]any{"workflow_type_version": versions}
	}
	info := map[string]any{
		"workflow_type_versions": types, "supported_wes_versions": []string{f.settings.WES.Version + ".0"},
		"supported_filesystem_protocols": []string{"http", "https"}, "workflow_engine_versions": map[string]string{"emulator": "1.0"},
		"default_workflow_engine_parameters": []any{}, "system_state_counts": counts, "auth_instructions_url": "https://example.org/auth",
		"tags": map[string]string{"region": f.Region},
	}
	if !f.old() {
		info["id"], info["name"], info["version"] = "emulator."+f.Region, "Emulated WES of "+f.Region, "1.0"
		info["type"] = map[string]string{"group": "org.ga4gh", "artifact": "wes", "version": "1.1.0"}
		info["organization"] = map[string]string{"name": "Emulator", "url": "https://example.org"}
		info["workflow_engine_versions"] = map[string]any{"emulator": map[string]any{"workflow_engine_version": []string{"1.0"}}}
	}
	return info
}

// list shows runs as 1.1 has it: under "runs", with tags and page by page. The
// way of 1.0 is that of the servers still in use: under "workflows", whole, and
// with nothing but the state.
func (f *wesFace) list(w http.ResponseWriter, query url.Values) {
	page, err := parsePaging(query, f.settings.WES.MaxPage)
	if err != nil {
		f.refuse(w, http.StatusBadRequest, err.Error())
		return
	}
	all := func(workflows.Run) bool { return true }
	key := "runs"
	if f.old() {
		key, page = "workflows", paging{size: int(^uint(0) >> 1)}
	}
	runs, next := page.apply(f.Service.Tasks(workflows.FaceWES), all)
	shown := []map[string]any{}
	for _, run := range runs {
		one := map[string]any{"run_id": run.Reference(), "state": state(run)}
		if !f.old() {
			one["start_time"], one["end_time"] = span(run)
			one["tags"] = run.Task.Tags
		}
		shown = append(shown, one)
	}
	reply(w, http.StatusOK, jsonType, map[string]any{key: shown, "next_page_token": next})
}

// with answers with something of one run.
func (f *wesFace) with(w http.ResponseWriter, reference string, show func(workflows.Run) any) {
	id, known := workflows.Number(workflows.FaceWES, reference)
	run, found := f.Service.Task(workflows.FaceWES, id)
	if !known || !found {
		f.notFound(w, reference)
		return
	}
	reply(w, http.StatusOK, jsonType, show(run))
}

func (f *wesFace) notFound(w http.ResponseWriter, reference string) {
	f.refuse(w, http.StatusNotFound, "The requested workflow run wasn't found: "+reference)
}

// cancel of a run that has ended is refused.
func (f *wesFace) cancel(w http.ResponseWriter, reference string) {
	id, known := workflows.Number(workflows.FaceWES, reference)
	run, over, found := f.Service.CancelTask(workflows.FaceWES, id)
	switch {
	case !known || !found:
		f.notFound(w, reference)
	case over:
		f.refuse(w, http.StatusForbidden, fmt.Sprintf("Workflow is in state: '%s', which cannot be cancelled.", state(run)))
	default:
		reply(w, http.StatusOK, jsonType, map[string]string{"run_id": run.Reference()})
	}
}

// log is everything about one run.
func (f *wesFace) log(run workflows.Run) map[string]any {
	start, end := span(run)
	outputs := map[string]any{}
	record := map[string]any{"name": run.Task.Name, "cmd": []string{}, "start_time": start, "end_time": end, "stdout": "", "stderr": "", "exit_code": nil}
	switch state(run) {
	case "COMPLETE":
		record["exit_code"] = 0
		if run.BasesProcessed != nil {
			outputs["bases"] = *run.BasesProcessed
		}
		for i, product := range run.Products {
			outputs["file"+strconv.Itoa(i+1)] = map[string]any{"class": "File", "location": product.URL, "size": product.Bytes}
		}
	case "EXECUTOR_ERROR":
		record["exit_code"] = 1
	case "SYSTEM_ERROR", "PREEMPTED":
		switch {
		case !f.old():
			record["system_logs"] = []string{run.Message}
		case start != "":
			record["exit_code"] = 255 // of an engine that was killed
		}
	}
	return map[string]any{
		"run_id": run.Reference(), "request": run.Task.Request, "state": state(run), "run_log": record, "task_logs": []any{}, "outputs": outputs,
	}
}
