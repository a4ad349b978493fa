package tes

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/engine"
)

var token = engine.Token{Submission: "abcdefghijklmnop", Key: "abcdefghijklmnopqrstuvwxyz"}

func TestRequestAsTheSpecificationNamesIt(t *testing.T) {
	cores, ram, yes := int64(2), 7.5, true
	body, err := Task{
		Name: "count", Inputs: []Input{{URL: "https://a.example/b?sv=1&sig=x%2By", Path: "/in/b", Type: "FILE"}}, Outputs: []Output{{URL: "https://a.example/o", Path: "/out"}},
		Resources: &Resources{CPUCores: &cores, RAMGb: &ram, Preemptible: &yes}, Executors: []Executor{{Image: "alpine", Command: []string{"wc", "-l"}, Env: map[string]string{"A": "B"}}},
		Volumes: []string{"/tmp"}, Tags: map[string]string{"project": "x", engine.TagKey: "forged"},
	}.encode(token)
	want := `{"name":"count","inputs":[{"url":"https://a.example/b?sv=1&sig=x%2By","path":"/in/b","type":"FILE"}],"outputs":[{"url":"https://a.example/o","path":"/out"}],` +
		`"resources":{"cpu_cores":2,"preemptible":true,"ram_gb":7.5},"executors":[{"image":"alpine","command":["wc","-l"],"env":{"A":"B"}}],"volumes":["/tmp"],` +
		`"tags":{"project":"x","tfg":"1","tfg-key":"abcdefghijklmnopqrstuvwxyz","tfg-submission":"abcdefghijklmnop"}}`
	if err != nil || string(body) != want {
		t.Errorf("%v\n got %s\nwant %s", err, body, want)
	}
}

func TestTasksOfServersInUse(t *testing.T) {
	for name, row := range map[string]struct {
		body  string
		state engine.State
		code  int
		says  string
	}{
		"protobuf's numbers in quotes": {`{"id":"b6","state":"EXECUTOR_ERROR","creation_time":"2026-01-02T03:04:05.123456789Z","tags":{"tfg-key":"abcdefghijklmnopqrstuvwxyz","tfg-submission":"abcdefghijklmnop","tfg":"1"},"logs":[{"logs":[{"exit_code":"0"},{"exit_code":"137"}],"start_time":"2026-01-02T03:04:06Z"}]}`,
			engine.StateFailedInput, 137, "executor 2 ended with exit code 137"},
		"system logs": {`{"id":"b6","state":"SYSTEM_ERROR","logs":[{"system_logs":["DiskFull","","no space"],"logs":[{"exit_code":null}]}]}`, engine.StateFailedSystem, 0, "DiskFull; no space"},
		"a signed URL in a log": {`{"id":"b6","state":"SYSTEM_ERROR","logs":[{"system_logs":["upload to https://a.blob.core.windows.net/o/x.bam?sv=2024-11-04&se=2026-01-02T03%3A04%3A05Z&sig=abc%2Bdef failed"]}]}`,
			engine.StateFailedSystem, 0, "upload to https://a.blob.core.windows.net/o/x.bam?sig=*** failed"},
		"the last attempt counts": {`{"id":"b6","state":"SYSTEM_ERROR","logs":[{"logs":[{"exit_code":1}]},{"logs":[{"exit_code":2}]}]}`,
			engine.StateFailedSystem, 2, "executor 1 ended with exit code 2"},
		"null everywhere": {`{"id":"b6","state":null,"tags":null,"logs":null,"creation_time":null}`, engine.StateUnknown, 0, ""},
		"odd forms":       {`{"id":7,"state":5,"tags":["x"],"logs":{"a":1},"creation_time":12}`, engine.StateUnknown, 0, ""},
		"minimal":         {`{"id":"b6","state":"RUNNING","tags":{}}`, engine.StateRunning, 0, ""},
		"preempted":       {`{"id":"b6","state":"PREEMPTED"}`, engine.StateFailedSystem, 0, ""},
	} {
		run, err := decodeTask([]byte(row.body))
		if err != nil || run.State != row.state || run.Code != row.code || run.Message != row.says {
			t.Errorf("%s: %+v, %v", name, run, err)
		}
		if strings.Contains(row.body, "tfg-key") != (run.Key == token.Key) {
			t.Errorf("%s: the key is %q", name, run.Key)
		}
	}
	for _, body := range []string{`{}`, `{"id":""}`, `{"id":"."}`, `{"id":null}`, `[]`, `{"id":"a\nb"}`, `<html>`} {
		if run, err := decodeTask([]byte(body)); err == nil {
			t.Errorf("%s is %+v", body, run)
		}
	}
	for body, n := range map[string]int{`{}`: 0, `{"tasks":null}`: 0, `{"tasks":[]}`: 0, `{"next_page_token":"x"}`: 0, `{"tasks":[{"id":"a"},{"id":"b"}]}`: 2} {
		if runs, _, err := decodePage([]byte(body)); err != nil || len(runs) != n {
			t.Errorf("%s has %d tasks, %v", body, len(runs), err)
		}
	}
	for _, body := range []string{`{"workflows":[]}`, `{"tasks":[{}]}`, `null`, `[]`, `{"tasks":["a"]}`} {
		if runs, _, err := decodePage([]byte(body)); err == nil {
			t.Errorf("%s has the tasks %+v", body, runs)
		}
	}
}

func TestOtherJobsAreRefused(t *testing.T) {
	_, err := New("http://127.0.0.1:1", nil, runtimePipeline()).Submit(t.Context(), token, "a string")
	var no *engine.NotAcceptedError
	var wrong *engine.JobTypeError
	if !errors.As(err, &no) || !errors.As(err, &wrong) {
		t.Errorf("the error is %v", err)
	}
}

// Whatever a server sends for a task or a list of them, what is read can be used:
// it has an ID that a path can hold, and it has ended only with one of the words.
func FuzzTasks(f *testing.F) {
	for _, seed := range []string{
		`{"id":"a","state":"COMPLETE","logs":[{"logs":[{"exit_code":1e300}],"system_logs":["x",7]}]}`, `{"tasks":[{"id":"a","tags":{"tfg-key":7}}],"next_page_token":"t"}`,
		`{"id":{"x":1}}`, `{"id":"a","logs":[null]}`, `{"tasks":{}}`, `{"id":"..","state":"RUNNING"}`, `null`, `{"id":"a","state":"COMPLETE","state":"RUNNING"}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		var all []engine.Run
		run, err := decodeTask(body)
		if err == nil {
			all = append(all, run)
		} else if len(err.Error()) > 150 {
			t.Errorf("an error quotes the body: %v", err)
		}
		page, _, err := decodePage(body)
		if err != nil && len(err.Error()) > 150 {
			t.Errorf("an error quotes the body: %v", err)
		}
		for _, r := range append(all, page...) {
			if r.ID == "" || strings.ContainsAny(r.ID, "\n\r\x00") || r.Key != "" && !engine.ValidKey(r.Key) || len([]rune(r.Message)) > 1001 {
				t.Errorf("read %+v", r)
			}
			if r.State.Finished() && !slices.Contains([]string{"COMPLETE", "CANCELED", "EXECUTOR_ERROR", "SYSTEM_ERROR", "PREEMPTED"}, r.Word) {
				t.Errorf("%q has ended", r.Word)
			}
			if _, err := json.Marshal(r.Detail); err != nil {
				t.Errorf("%+v: %v", r.Detail, err)
			}
		}
	})
}

func runtimePipeline() runtime.Pipeline {
	return runtime.NewPipeline("", "", runtime.PipelineOptions{}, nil)
}
