package wes

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/engine"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/engine/rest"
)

var token = engine.Token{Submission: "abcdefghijklmnop", Key: "abcdefghijklmnopqrstuvwxyz"}

func client(t *testing.T, handler http.HandlerFunc) *Client {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return New(server.URL, nil, runtime.NewPipeline("", "", runtime.PipelineOptions{}, &policy.ClientOptions{Retry: policy.RetryOptions{MaxRetries: -1}}))
}

func TestFormAsTheSpecificationNamesIt(t *testing.T) {
	body, contentType, err := Request{
		WorkflowType: "CWL", WorkflowTypeVersion: "v1.2", WorkflowURL: "count.cwl", WorkflowParams: json.RawMessage(`{"reads":{"class":"File","location":"https://a.example/b?sv=1&sig=x"}}`),
		EngineParameters: map[string]string{"--logLevel": "INFO"}, Tags: map[string]string{"project": "x"}, Attachments: []Attachment{{Name: "count.cwl", Content: []byte("class: Workflow\n")}},
	}.encode(token)
	if err != nil {
		t.Fatal(err)
	}
	_, params, err := mime.ParseMediaType(contentType)
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for form := multipart.NewReader(bytes.NewReader(body), params["boundary"]); ; {
		part, err := form.NextPart()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		content, _ := io.ReadAll(part)
		got[part.FormName()+part.FileName()] = string(content)
	}
	for name, want := range map[string]string{
		"workflow_type": "CWL", "workflow_type_version": "v1.2", "workflow_url": "count.cwl", "workflow_params": `{"reads":{"class":"File","location":"https://a.example/b?sv=1&sig=x"}}`,
		"workflow_engine_parameters": `{"--logLevel":"INFO"}`, "tags": `{"project":"x","tfg":"1","tfg-key":"abcdefghijklmnopqrstuvwxyz","tfg-submission":"abcdefghijklmnop"}`,
		"workflow_attachmentcount.cwl": "class: Workflow\n",
	} {
		if got[name] != want {
			t.Errorf("%s is %q, want %q", name, got[name], want)
		}
	}
	if len(got) != 7 {
		t.Errorf("the form has %v", got)
	}
}

// Some servers keep what they refused as a run. Nothing of it ever ran, so it is
// neither taken up nor in the way.
func TestWhatWasRefusedIsNoRun(t *testing.T) {
	tags := `"request":{"tags":{"tfg-key":"abcdefghijklmnopqrstuvwxyz","tfg-submission":"abcdefghijklmnop"}}`
	logs := map[string]string{
		"refused": `{"run_id":"refused","state":"SYSTEM_ERROR",` + tags + `,"run_log":{"start_time":null,"end_time":null}}`,
		"crashed": `{"run_id":"crashed","state":"SYSTEM_ERROR",` + tags + `,"run_log":{"start_time":"2026-01-02T03:04:05Z"}}`,
	}
	c := client(t, func(w http.ResponseWriter, r *http.Request) {
		if id := strings.TrimPrefix(r.URL.Path, "/runs/"); logs[id] != "" {
			fmt.Fprint(w, logs[id])
			return
		}
		// What the server fails on for ever must not stand in the way either.
		if strings.HasSuffix(r.URL.Path, "broken") {
			http.Error(w, "oops", http.StatusInternalServerError)
			return
		}
		fmt.Fprint(w, `{"workflows":[{"run_id":"refused","state":"SYSTEM_ERROR"},{"run_id":"broken","state":"SYSTEM_ERROR"},{"run_id":"crashed","state":"SYSTEM_ERROR"}]}`)
	})
	found, err := c.Find(t.Context(), token.Submission)
	if err != nil || len(found) != 1 || found[0].ID != "crashed" || found[0].State != engine.StateFailedSystem {
		t.Errorf("found %+v, %v", found, err)
	}
}

// Where the list has no tags each run is looked at once, and not at all when there
// are too many of them: then nobody can tell, and nothing is submitted.
func TestLooksAreCountedAndKept(t *testing.T) {
	var looks, listed atomic.Int64
	listed.Store(50)
	c := client(t, func(w http.ResponseWriter, r *http.Request) {
		if id, one := strings.CutPrefix(r.URL.Path, "/runs/"); one {
			looks.Add(1)
			fmt.Fprintf(w, `{"run_id":%q,"state":"COMPLETE","request":{"workflow_type":"CWL"}}`, id)
			return
		}
		var all []string
		for i := range listed.Load() {
			all = append(all, fmt.Sprintf(`{"run_id":"r%d","state":"COMPLETE"}`, i))
		}
		fmt.Fprintf(w, `{"workflows":[%s]}`, strings.Join(all, ","))
	})
	for range 3 {
		if found, err := c.Find(t.Context(), token.Submission); err != nil || len(found) != 0 {
			t.Fatalf("found %+v, %v", found, err)
		}
	}
	if n := looks.Load(); n != 50 {
		t.Errorf("%d looks at 50 runs", n)
	}
	listed.Store(50 + maxLooks + 1)
	_, err := c.Find(t.Context(), token.Submission)
	var many *engine.TooManyRunsError
	if !errors.As(err, &many) || many.Runs != maxLooks+1 || looks.Load() != 50 {
		t.Errorf("%d looks, %v", looks.Load(), err)
	}
}

func TestErrorsInsideSuccess(t *testing.T) {
	for body, want := range map[string]int{
		`{"msg":"no","status_code":400}`: 400, `{"msg":"oops","status_code":"500"}`: 500, `{"run_id":"r","status_code":500}`: 0,
		`{"run_id":"r"}`: 0, `{"runs":[],"status_code":500}`: 0, `{"status_code":200}`: 0, `{"status_code":9999}`: 0, `[]`: 0,
	} {
		if got := hiddenFailure([]byte(body)); got != want {
			t.Errorf("%s is %d, want %d", body, got, want)
		}
	}
	c := client(t, func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, `{"msg":"oops","status_code":500}`) })
	_, err := c.Submit(t.Context(), token, Request{WorkflowURL: "x"})
	var unknown *engine.OutcomeUnknownError
	var refused *rest.Error
	if !errors.As(err, &unknown) || !errors.As(err, &refused) || refused.Message != "oops" {
		t.Errorf("a server error inside a success: %v", err)
	}
	if _, err := c.Submit(t.Context(), token, "a string"); err == nil {
		t.Error("another engine's job was taken")
	}
	if _, err := c.Health(t.Context()); err == nil {
		t.Error("a server that fails is healthy")
	}
}

func TestRunsOfServersInUse(t *testing.T) {
	for name, row := range map[string]struct {
		body  string
		state engine.State
		code  int
		says  string
	}{
		"toil": {`{"run_id":"r","request":{"tags":{}},"state":"EXECUTOR_ERROR","run_log":{"cmd":["toil"],"start_time":"2026-01-02T03:04:05.123Z","end_time":"2026-01-02T03:05:05Z","exit_code":1},"outputs":{}}`, engine.StateFailedInput, 1, "the workflow ended with exit code 1"},
		"1.1":  {`{"run_id":"r","state":"SYSTEM_ERROR","run_log":{"system_logs":["no disk"],"exit_code":"2"}}`, engine.StateFailedSystem, 2, "the workflow ended with exit code 2; no disk"},
		"a signed URL in a log": {`{"run_id":"r","state":"SYSTEM_ERROR","run_log":{"system_logs":["upload to https://a.blob.core.windows.net/o/x.bam?sv=2024-11-04&sig=abc%2Bdef failed"]}}`,
			engine.StateFailedSystem, 0, "upload to https://a.blob.core.windows.net/o/x.bam?sig=*** failed"},
		"bare":   {`{"run_id":7}`, engine.StateUnknown, 0, ""},
		"nulls":  {`{"run_id":"r","request":null,"state":null,"run_log":null,"outputs":null}`, engine.StateUnknown, 0, ""},
		"paused": {`{"run_id":"r","state":"PAUSED"}`, engine.StatePaused, 0, ""},
	} {
		run, _, err := decodeRun([]byte(row.body))
		if err != nil || run.State != row.state || run.Code != row.code || run.Message != row.says {
			t.Errorf("%s: %+v, %v", name, run, err)
		}
	}
	for _, body := range []string{`{}`, `{"run_id":""}`, `{"run_id":".."}`, `[]`, `<html>`, `{"msg":"x"}`} {
		if run, _, err := decodeRun([]byte(body)); err == nil {
			t.Errorf("%s is %+v", body, run)
		}
	}
	for _, body := range []string{`{}`, `{"tasks":[]}`, `[]`, `{"runs":[{}]}`, `{"runs":{}}`} {
		if runs, _, err := decodePage([]byte(body)); err == nil {
			t.Errorf("%s has the runs %+v", body, runs)
		}
	}
}

// Whatever a server sends for a run or a list of them, what is read can be used.
func FuzzRuns(f *testing.F) {
	for _, seed := range []string{
		`{"run_id":"r","state":"COMPLETE","outputs":{"a":[1]},"run_log":{"start_time":"2026-01-02T03:04:05Z","exit_code":1e300}}`, `{"runs":[{"run_id":"r","tags":{"tfg-key":7}}],"next_page_token":"t"}`,
		`{"workflows":[{"run_id":"r","state":"RUNNING"}]}`, `{"workflows":null}`, `{"run_id":["x"]}`, `{"msg":"no","status_code":4e2}`, `null`, `{"runs":[null]}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		if status := hiddenFailure(body); status != 0 && (status < 400 || status > 599) {
			t.Errorf("%s hides %d", body, status)
		}
		var all []engine.Run
		run, _, err := decodeRun(body)
		if err == nil {
			all = append(all, run)
		} else if len(err.Error()) > 150 {
			t.Errorf("an error quotes the body: %v", err)
		}
		page, _, err := decodePage(body)
		if err != nil && len(err.Error()) > 150 {
			t.Errorf("an error quotes the body: %v", err)
		}
		for _, s := range page {
			all = append(all, s.run)
		}
		for _, r := range all {
			if r.ID == "" || strings.ContainsAny(r.ID, "\n\r\x00") || r.Key != "" && !engine.ValidKey(r.Key) || len([]rune(r.Message)) > 1001 {
				t.Errorf("read %+v", r)
			}
			if r.State.Finished() && !slices.Contains([]string{"COMPLETE", "CANCELED", "EXECUTOR_ERROR", "SYSTEM_ERROR", "PREEMPTED"}, r.Word) {
				t.Errorf("%q has ended", r.Word)
			}
			if phantom(r) && r.State != engine.StateFailedSystem {
				t.Errorf("%+v never was a run", r)
			}
		}
	})
}
