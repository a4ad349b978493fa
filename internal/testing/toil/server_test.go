//go:build acceptance && toil

package toil

import (
	"encoding/json"
	"net/http"
	"testing"
)

const token = "abcdefghijklmnopqrstuvwxyz"

// What a client cannot know from the specification, and has to be right about.
func TestAccToilIsAsItIsTakenToBe(t *testing.T) {
	server, gate := start(t), newGate(t)
	files, bases := sample(t)
	request := form(t, files, gate)

	var info struct {
		Versions []string                   `json:"supported_wes_versions"`
		Types    map[string]json.RawMessage `json:"workflow_type_versions"`
	}
	server.call(http.MethodGet, "/service-info", "", nil, http.StatusOK, &info)
	if len(info.Versions) != 1 || info.Versions[0] != "1.0.0" || info.Types["cwl"] == nil {
		t.Errorf("service-info: %+v", info)
	}

	first, second := server.submit(request, http.StatusOK).ID, server.submit(request, http.StatusOK).ID
	if first == second {
		t.Error("the same submission again is the same run: there is an idempotency key after all")
	}
	gate.open(t)
	gate.open(t)
	for _, id := range []string{first, second} {
		done := server.until(id, "COMPLETE")
		if got := server.result(done); got != bases {
			t.Errorf("run %s counts %d bases, want %d", id, got, bases)
		}
		if done.Request.Tags["tfg-key"] != token {
			t.Errorf("a run does not tell its tags: %+v", done.Request)
		}
	}
	for _, listed := range server.list() {
		if len(listed) != 2 || listed["run_id"] == nil || listed["state"] == nil {
			t.Errorf("the list tells more than a state: %v", listed)
		}
	}
	// Stopping what has ended is fine.
	var stopped run
	server.call(http.MethodPost, "/runs/"+first+"/cancel", "", nil, http.StatusOK, &stopped)
	if server.get(first).State != "COMPLETE" {
		t.Error("stopping a run that has ended changes it")
	}
	server.call(http.MethodPost, "/runs/run-none/cancel", "", nil, http.StatusNotFound, &stopped)

	// A refusal leaves a run behind, without tags and failed by the system.
	delete(request, "workflow_url")
	if refused := server.submit(request, http.StatusBadRequest); refused.Refused == "" {
		t.Errorf("a refusal: %+v", refused)
	}
	phantoms := 0
	for _, listed := range server.list() {
		if id, _ := listed["run_id"].(string); id != first && id != second {
			phantoms++
			if phantom := server.get(id); phantom.State != "SYSTEM_ERROR" || len(phantom.Request.Tags) != 0 {
				t.Errorf("left behind: %+v", phantom)
			}
		}
	}
	if phantoms != 1 {
		t.Errorf("a refusal leaves %d runs behind, want 1", phantoms)
	}
}

// form is a submission that waits at the gate.
func form(t *testing.T, files []string, gate *gate) map[string]string {
	t.Helper()
	type file struct {
		Class    string `json:"class"`
		Location string `json:"location"`
	}
	params, err := json.Marshal(map[string]any{
		"reads": []file{{"File", "file://" + files[0]}, {"File", "file://" + files[1]}},
		"gate":  gate.path,
	})
	if err != nil {
		t.Fatal(err)
	}
	return map[string]string{
		"workflow_type": "CWL", "workflow_type_version": "v1.2", "workflow_url": "count.cwl", "workflow_params": string(params),
		"tags": `{"tfg-key":"` + token + `"}`,
	}
}
