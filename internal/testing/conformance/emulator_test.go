package conformance

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/emulator"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/emulator/fault"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/engine"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/engine/rest"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/engine/tes"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/engine/wes"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/region"
)

const (
	place   = "westus2"
	planter = "somebody else"
)

// emulated is a face of an emulator: how a client of it is made, and how others submit to it.
type emulated struct {
	*emulator.Emulator
	authorize rest.Authorize
	wes       bool
	tries     atomic.Int64
}

// emulate starts an emulator whose region behaves as settings say.
func emulate(t *testing.T, isWES bool, settings string, authorize rest.Authorize) *emulated {
	t.Helper()
	e, err := emulator.New(emulator.Config{HoldJobs: true, CancelDelay: time.Hour, Regions: []emulator.Region{{Name: place}}})
	if err != nil {
		t.Fatal(err)
	}
	if err := e.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	})
	f := &emulated{Emulator: e, authorize: authorize, wes: isWES}
	f.admin(t, http.MethodPut, "/admin/regions/"+place+"/faces", settings, nil)
	return f
}

func (f *emulated) admin(t *testing.T, method, path, body string, into any) {
	t.Helper()
	f.ask(t, method, f.Ready().Admin+path, http.Header{}, body, into)
}

// ask sends one request past every client under test.
func (f *emulated) ask(t *testing.T, method, url string, header http.Header, body string, into any) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	request.Header = header
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode >= http.StatusMultipleChoices {
		t.Fatalf("%s %s: %s %s %v", method, url, response.Status, answer, err)
	}
	if into != nil {
		if err := json.Unmarshal(answer, into); err != nil {
			t.Fatalf("%v in %s", err, answer)
		}
	}
}

// collection is where runs are submitted.
func (f *emulated) collection() string {
	if f.wes {
		return f.Ready().Regions[place].WES + "/runs"
	}
	return f.Ready().Regions[place].TES + "/tasks"
}

// Do counts what goes out.
func (f *emulated) Do(req *http.Request) (*http.Response, error) {
	f.tries.Add(1)
	return http.DefaultClient.Do(req)
}

func (f *emulated) Engine(*testing.T) engine.Engine {
	gate := region.NewGates(30 * time.Second).For(place)
	pl := runtime.NewPipeline("test", "v0.0.0", runtime.PipelineOptions{PerRetry: []policy.Policy{gate.Policy()}},
		&policy.ClientOptions{Retry: policy.RetryOptions{MaxRetries: -1}, Transport: f})
	if f.wes {
		return wes.New(f.Ready().Regions[place].WES, f.authorize, pl)
	}
	return tes.New(f.Ready().Regions[place].TES, f.authorize, pl)
}

func (f *emulated) Job(name string) engine.Job {
	if f.wes {
		return (*runs)(nil).job(name)
	}
	return (*tasks)(nil).job(name)
}

func (f *emulated) Next(t *testing.T, next Fault) {
	t.Helper()
	if next == Refuse {
		face := map[bool]string{false: "tes", true: "wes"}[f.wes]
		f.admin(t, http.MethodPut, "/admin/regions/"+place+"/faces", `{"`+face+`":{"refuse_submits":1,"refuse_status":400}}`, nil)
		return
	}
	injection := fault.Injection{Match: fault.Match{Method: http.MethodPost}}
	switch next {
	case LoseAnswer:
		injection.Action = fault.DropAfterAccept
	case Drop:
		injection.Action = fault.DropBefore
	default:
		injection.Action, injection.Status = fault.Status, http.StatusTooManyRequests
	}
	if err := f.Inject(place, injection); err != nil {
		t.Fatal(err)
	}
}

func (f *emulated) Submissions(t *testing.T) int {
	t.Helper()
	var page struct {
		Entries []struct {
			Path      string `json:"path"`
			UserAgent string `json:"user_agent"`
		} `json:"entries"`
	}
	f.admin(t, http.MethodGet, "/admin/journal?plane=service&method=POST", "", &page)
	count := 0
	for _, entry := range page.Entries {
		if strings.HasSuffix(f.collection(), entry.Path) && entry.UserAgent != planter {
			count++
		}
	}
	return count
}

func (f *emulated) Plant(t *testing.T, token engine.Token) string {
	t.Helper()
	var tags map[string]string
	if token.Key != "" {
		tags = token.Tags(nil)
	}
	header := http.Header{"User-Agent": {planter}}
	if f.authorize != nil {
		credentials, err := f.authorize(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		header.Set("Authorization", credentials)
	}
	var body bytes.Buffer
	if f.wes {
		form := multipart.NewWriter(&body)
		for name, value := range map[string]string{"workflow_type": "CWL", "workflow_type_version": "v1.2", "workflow_url": "https://example.org/w.cwl", "tags": encoded(tags)} {
			if err := form.WriteField(name, value); err != nil {
				t.Fatal(err)
			}
		}
		if err := form.Close(); err != nil {
			t.Fatal(err)
		}
		header.Set("Content-Type", form.FormDataContentType())
	} else {
		body.WriteString(encoded(map[string]any{"name": "planted", "tags": tags, "executors": []any{map[string]any{"image": "x", "command": []string{"x"}}}}))
	}
	var created struct {
		Task string `json:"id"`
		Run  string `json:"run_id"`
	}
	f.ask(t, http.MethodPost, f.collection(), header, body.String(), &created)
	return created.Task + created.Run
}

func (f *emulated) Move(t *testing.T, id string, to engine.State) {
	t.Helper()
	_, number, _ := strings.Cut(id, "-")
	f.admin(t, http.MethodPost, "/admin/runs/"+place+"/"+number, fmt.Sprintf(`{"state":%q,"message":"as it was told"}`, words[to]), nil)
}

func (f *emulated) Stops(t *testing.T, id string) bool {
	t.Helper()
	for _, run := range f.Runs(place, "", "") {
		if strings.HasSuffix(id, fmt.Sprint("-", run.ID)) {
			return run.StatusName == "cancelling" || run.StatusName == "cancelled"
		}
	}
	t.Fatalf("no run %s", id)
	return false
}

func (f *emulated) Dark(t *testing.T) func() int {
	t.Helper()
	if err := f.SetFault(t.Context(), place, fault.Fault{Mode: fault.Refused}); err != nil {
		t.Fatal(err)
	}
	f.tries.Store(0)
	return func() int { return int(f.tries.Load()) }
}

// The clients and the emulator are two readings of one protocol, made apart.
func TestEnginesOnTheEmulator(t *testing.T) {
	for name, c := range map[string]struct {
		wes       bool
		settings  string
		authorize rest.Authorize
	}{
		"TES 1.1":                         {false, `{}`, nil},
		"TES of Funnel":                   {false, `{"auth":{"mode":"basic","username":"lab","password":"s3cret"},"tes":{"minimal_empty_tags":true}}`, rest.Basic("lab", "s3cret")},
		"TES with pages and conflicts":    {false, `{"tes":{"prefix":"/v1","max_page":7,"cancel_conflicts":2}}`, nil},
		"TES that ignores filters":        {false, `{"tes":{"ignore_filters":true,"max_page":30}}`, nil},
		"WES 1.1":                         {true, `{"wes":{"max_page":7}}`, nil},
		"WES 1.1 with a token":            {true, `{"auth":{"mode":"bearer","token":"t0ken"},"wes":{"submit_status":201}}`, rest.Bearer("t0ken")},
		"WES 1.0 of Toil":                 {true, `{"wes":{"version":"1.0","phantoms":true}}`, nil},
		"WES 1.0 whose errors are in 200": {true, `{"wes":{"version":"1.0","errors_in_200":true}}`, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			Run(t, func(t *testing.T) Server { return emulate(t, c.wes, c.settings, c.authorize) })
		})
	}
}
