package msgenomics

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"math/big"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/azure"
)

// played gives one answer to every request and counts them.
type played struct {
	status      int
	contentType string
	retryAfter  string
	body        []byte
	requests    int
}

func (p *played) Do(req *http.Request) (*http.Response, error) {
	p.requests++
	header := http.Header{"Content-Type": {p.contentType}}
	if p.retryAfter != "" {
		header.Set("Retry-After", p.retryAfter)
	}
	return &http.Response{StatusCode: p.status, Header: header, Body: io.NopCloser(bytes.NewReader(p.body)), Request: req}, nil
}

func (p *played) client(key string) *Client {
	pl := runtime.NewPipeline("", "", runtime.PipelineOptions{}, &policy.ClientOptions{Transport: p, Retry: policy.RetryOptions{MaxRetries: -1}})
	return New("https://region.example", func(context.Context) (string, error) { return key, nil }, pl)
}

// Whatever the service, its gateway, or a proxy in front of both answers: the
// outcome is typed, the request is sent once, and the key stays out of it.
func FuzzAnswers(f *testing.F) {
	const key = "Zx81key+Zx81/key="
	f.Add(uint16(200), "application/json", "", []byte(`{"Id":7,"Status":20000}`))
	f.Add(uint16(201), "application/json", "", []byte(`{"Id":"7","Status":"1000","Message":"@KEY@"}`))
	f.Add(uint16(200), "application/json", "", []byte(`[{"Id":7,"Status":1000},{"Id":8,"Status":77}]`))
	f.Add(uint16(400), "application/json", "", []byte(`{"Message":"no such key @KEY@"}`))
	f.Add(uint16(401), "application/json", "", []byte(`{"statusCode":401,"message":"Access denied: @KEY@"}`))
	f.Add(uint16(404), "application/json", "", []byte(`{"Message":"not found"}`))
	f.Add(uint16(404), "text/html", "", []byte(`<html>@KEY@</html>`))
	f.Add(uint16(429), "application/json", "Fri, 31 Dec 1999 23:59:59 GMT", []byte(`{"Message":["x"]}`))
	f.Add(uint16(503), "", "120", []byte("\x00\xff"))
	f.Add(uint16(200), "text/html", "", []byte(`<html>Sign in</html>`))
	f.Fuzz(func(t *testing.T, status uint16, contentType, retryAfter string, body []byte) {
		if status < 200 || status > 599 {
			status = 200 + status%400
		}
		p := &played{status: int(status), contentType: contentType, retryAfter: retryAfter, body: bytes.ReplaceAll(body, []byte("@KEY@"), []byte(key))}
		fine := p.status < 300
		client := p.client(key)
		silent := func(what string, err error) {
			if err != nil && (strings.Contains(err.Error(), key) || len(err.Error()) > 8*azure.MaxMessage+len(contentType)) {
				t.Errorf("%s: the error leaks, or has %d bytes: %.300s", what, len(err.Error()), err)
			}
		}

		w, err := client.Submit(t.Context(), sample())
		silent("submit", err)
		var refused *NotAcceptedError
		var unknown *OutcomeUnknownError
		sure := slices.Contains([]int{400, 401, 403, 404, 429}, p.status)
		switch {
		case p.requests != 1:
			t.Errorf("a submission was sent %d times", p.requests)
		case err == nil && (!fine || w.ID <= 0):
			t.Errorf("%d made a run: %+v", p.status, w)
		case err != nil && errors.As(err, &refused) != sure:
			t.Errorf("%d: accepted or not? %v", p.status, err)
		case err != nil && errors.As(err, &refused) == errors.As(err, &unknown):
			t.Errorf("%d: neither refused nor unknown: %v", p.status, err)
		}

		w, err = client.Get(t.Context(), 7)
		silent("get", err)
		var api *APIError
		var unreadable *azure.UnreadableError
		switch {
		case err == nil && (!fine || w.ID != 7):
			t.Errorf("%d: %+v", p.status, w)
		case err != nil && fine != errors.As(err, &unreadable), err != nil && fine == errors.As(err, &api):
			t.Errorf("%d: %v", p.status, err)
		case IsNotFound(err):
			var fields map[string]any
			bad := json.Unmarshal(p.body, &fields)
			_, message := fields["Message"]
			if _, gateway := fields["statusCode"]; p.status != http.StatusNotFound || bad != nil || !message || gateway {
				t.Errorf("%d %q means that the run is gone", p.status, p.body)
			}
		}
		if api != nil && (api.RetryAfter < 0 || len([]rune(api.Message)) > azure.MaxMessage+1) {
			t.Errorf("%+v", api)
		}

		p.requests = 0
		seen := map[int64]bool{}
		for w, err := range client.List(t.Context(), Query{}) {
			silent("list", err)
			if err == nil && (!fine || w.ID <= 0 || seen[w.ID]) {
				t.Errorf("%d: listed %+v", p.status, w)
			}
			seen[w.ID] = true
		}
		if p.requests > maxStalePages+2 {
			t.Errorf("%d requests for a list without an end", p.requests)
		}
		if err := client.Cancel(t.Context(), 7); (err == nil) != fine {
			t.Errorf("%d: cancelled: %v", p.status, err)
		}
	})
}

// What was read can be written in the service's form and read again.
func FuzzDecode(f *testing.F) {
	for _, seed := range []string{
		`{"Id":10001,"TenantId":7,"Status":20000,"CreatedDate":"2017-02-08T00:57:16.3403168+00:00","EndDate":null,"BasesProcessed":"12"}`,
		`[{"Id":1,"Status":1000},{"Id":"2","Status":"50000","FailureCode":300,"BasesProcessed":1e99}]`,
		`{"Id":3,"Status":58000,"CreatedDate":"2017-02-08T00:57:16","EndDate":"2017-02-08T01:57:16+05:30","Message":"sig=abc&x","Description":"[tfg:abcdefghijklmnopqrstuvwxyz] \ud83d\ude00","Process":"gatk4-20181018_1"}`,
		`[]`, `null`, `[null]`, `{"Id":1e400}`, `<html><body>Sign in</body></html>`, `{"statusCode":401,"message":"Access denied"}`, `{"Message":"no"}`, "\x00\xff",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		var all []Workflow
		if w, err := decodeWorkflow(body); err == nil {
			all = append(all, w)
		} else if len(err.Error()) > 100 {
			t.Errorf("an error quotes the body: %v", err)
		}
		list, err := decodeWorkflows(body)
		if err != nil && len(err.Error()) > 100 {
			t.Errorf("an error quotes the body: %v", err)
		}
		for _, w := range append(all, list...) {
			if w.ID <= 0 || w.Status < 0 || w.FailureCode < 0 || w.EndedAt != nil && w.EndedAt.IsZero() {
				t.Errorf("accepted %+v", w)
			}
			if year := w.CreatedAt.Year(); !w.CreatedAt.IsZero() && (year < 2 || year > 9999) {
				continue // an offset took it out of what can be written
			}
			if w.EndedAt != nil && (w.EndedAt.Year() < 2 || w.EndedAt.Year() > 9999) {
				continue
			}
			again, err := decodeWorkflow(written(t, w))
			if err != nil || !reflect.DeepEqual(again, w) {
				t.Errorf("read %+v, and written again %+v, %v", w, again, err)
			}
		}
	})
}

func written(t *testing.T, w Workflow) []byte {
	t.Helper()
	fields := map[string]any{
		"Id": w.ID, "Status": int(w.Status), "FailureCode": w.FailureCode, "Message": w.Message, "Description": w.Description, "Process": w.Process,
		"BasesProcessed": w.BasesProcessed, "EndDate": w.EndedAt,
	}
	if !w.CreatedAt.IsZero() {
		fields["CreatedDate"] = w.CreatedAt.Format(time.RFC3339Nano)
	}
	raw, err := json.Marshal(fields)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// A run is taken for finished only when the service gave one of three numbers, in
// whatever form; anything else may still be alive.
func FuzzStatus(f *testing.F) {
	for _, seed := range []string{"20000", `"50000"`, "6e4", "60000.0", `" 20000 "`, "58000", "77", "null", "true", `"success"`, "20000.0000000000000001", "-20000", "1e999", `[20000]`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		w, err := decodeWorkflow([]byte(`{"Id":1,"Status":` + raw + `}`))
		if err != nil {
			return
		}
		word := w.Status.String()
		if known, ok := ParseStatus(word); ok != (word != "unknown") || ok && known != w.Status {
			t.Errorf("%s is %q, which is %d", raw, word, known)
		}
		if w.Status.Finished() != slices.Contains([]string{"success", "failed", "cancelled"}, word) {
			t.Errorf("%s is %q, finished %v", raw, word, w.Status.Finished())
		}
		if !w.Status.Finished() {
			return
		}
		text := strings.TrimSpace(raw)
		var quoted string
		if json.Unmarshal([]byte(text), &quoted) == nil {
			text = strings.TrimSpace(quoted)
		}
		// Not by the code under test: as an exact number.
		if n, ok := new(big.Rat).SetString(text); !ok || !n.IsInt() || n.Num().Int64() != int64(w.Status) {
			t.Errorf("%s is taken for %d", raw, w.Status)
		}
	})
}
