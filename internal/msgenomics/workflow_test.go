package msgenomics

import (
	"encoding/json"
	"testing"
	"time"
)

func TestDecodeWorkflow(t *testing.T) {
	bases := func(n int64) *int64 { return &n }
	at := func(s string) time.Time {
		v, err := time.Parse(time.RFC3339Nano, s)
		if err != nil {
			t.Fatal(err)
		}
		return v.UTC()
	}
	ended := at("2017-02-08T01:57:16.3403168Z")
	for name, tt := range map[string]struct {
		body string
		want Workflow
	}{
		"as recorded": {
			`{"Id":10001,"TenantId":7,"Status":20000,"CreatedDate":"2017-02-08T00:57:16.3403168+00:00","EndDate":"2017-02-08T01:57:16.3403168+00:00",` +
				`"FailureCode":0,"Message":"Completed","Description":"[tfg:abc] s","Process":"snapgatk-20180730_1","BasesProcessed":123}`,
			Workflow{ID: 10001, Status: StatusSucceeded, CreatedAt: at("2017-02-08T00:57:16.3403168Z"), EndedAt: &ended, Message: "Completed",
				Description: "[tfg:abc] s", Process: "snapgatk-20180730_1", BasesProcessed: bases(123)},
		},
		"running, everything null": {
			`{"Id":2,"Status":10000,"CreatedDate":null,"EndDate":null,"FailureCode":null,"Message":null,"Description":null,"Process":null,"BasesProcessed":null}`,
			Workflow{ID: 2, Status: StatusInProgress},
		},
		"numbers as strings": {
			`{"Id":"3","Status":"50000","FailureCode":"701","BasesProcessed":"1500000000"}`,
			Workflow{ID: 3, Status: StatusFailed, FailureCode: 701, BasesProcessed: bases(1500000000)},
		},
		"bases as a float":      {`{"Id":3,"Status":20000,"BasesProcessed":1.5e9}`, Workflow{ID: 3, Status: StatusSucceeded, BasesProcessed: bases(1500000000)}},
		"bases without meaning": {`{"Id":3,"Status":20000,"BasesProcessed":"n/a"}`, Workflow{ID: 3, Status: StatusSucceeded}},
		"a status of tomorrow":  {`{"Id":4,"Status":61000}`, Workflow{ID: 4, Status: 61000}},
		"a status in words":     {`{"Id":4,"Status":"Running"}`, Workflow{ID: 4}},
		"time without offset":   {`{"Id":5,"Status":1000,"CreatedDate":"2017-02-08T00:57:16.3403168"}`, Workflow{ID: 5, Status: StatusQueued, CreatedAt: at("2017-02-08T00:57:16.3403168Z")}},
		"no time at all":        {`{"Id":5,"Status":1000,"CreatedDate":"0001-01-01T00:00:00","EndDate":""}`, Workflow{ID: 5, Status: StatusQueued}},
		"fields of wrong type":  {`{"Id":6,"Status":1000,"Message":{"a":1},"Description":7,"CreatedDate":12}`, Workflow{ID: 6, Status: StatusQueued}},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := decodeWorkflow([]byte(tt.body))
			if err != nil {
				t.Fatal(err)
			}
			if a, b := asJSON(t, got), asJSON(t, tt.want); a != b {
				t.Errorf("got  %s\nwant %s", a, b)
			}
		})
	}
	for _, body := range []string{"", "null", "[]", `{"Status":1000}`, `{"Id":0}`, `{"Id":-1}`, `{"Id":"x"}`, `{"Id":1`, "<html>"} {
		if w, err := decodeWorkflow([]byte(body)); err == nil {
			t.Errorf("%q was read as %+v", body, w)
		}
	}
	for _, body := range []string{"", "null", "{}", `[{"Status":1}]`, `[null]`, `[{"Id":1}`, "<html>", `{"value":[]}`} {
		if w, err := decodeWorkflows([]byte(body)); err == nil {
			t.Errorf("list %q was read as %+v", body, w)
		}
	}
}

func asJSON(t *testing.T, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestStatus(t *testing.T) {
	for status, want := range map[Status]struct {
		word     string
		finished bool
	}{
		StatusQueued: {"queued", false}, StatusInProgress: {"working", false}, StatusSucceeded: {"success", true}, StatusFailed: {"failed", true},
		StatusCancelling: {"cancelling", false}, StatusCancelled: {"cancelled", true}, 0: {"unknown", false}, 70000: {"unknown", false},
	} {
		if status.String() != want.word || status.Finished() != want.finished {
			t.Errorf("%d is %s, finished %v; want %+v", int(status), status, status.Finished(), want)
		}
		if back, ok := ParseStatus(want.word); ok != (want.word != "unknown") || ok && back != status {
			t.Errorf("ParseStatus(%s) = %d, %v", want.word, back, ok)
		}
	}
}

func TestInputFailure(t *testing.T) {
	for code := range 1000 {
		want := code >= 200 && code <= 208 || code >= 300 && code <= 308 || code == 701
		if InputFailure(code) != want {
			t.Errorf("InputFailure(%d) = %v", code, !want)
		}
	}
}

// FuzzDecode feeds anything to what reads the service's answers: it may refuse,
// but not crash, and what it accepts names a workflow.
