package rest

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/engine"
)

// played gives one answer to every request.
type played struct {
	status  int
	headers map[string]string
	body    string
	last    *http.Request
}

func (p *played) Do(req *http.Request) (*http.Response, error) {
	p.last = req
	header := http.Header{}
	for name, value := range p.headers {
		header.Set(name, value)
	}
	return &http.Response{StatusCode: p.status, Header: header, Body: io.NopCloser(bytes.NewReader([]byte(p.body))), Request: req}, nil
}

func (p *played) client(authorize Authorize) *Client {
	return New("https://region.example/ga4gh/tes/v1/", authorize, runtime.NewPipeline("", "", runtime.PipelineOptions{},
		&policy.ClientOptions{Transport: p, Retry: policy.RetryOptions{MaxRetries: -1}, InsecureAllowCredentialWithHTTP: true}))
}

type credential struct{ err error }

func (c credential) GetToken(_ context.Context, o policy.TokenRequestOptions) (azcore.AccessToken, error) {
	return azcore.AccessToken{Token: "entra-for-" + o.Scopes[0], ExpiresOn: time.Now().Add(time.Hour)}, c.err
}

func TestAuthorization(t *testing.T) {
	for name, row := range map[string]struct {
		authorize Authorize
		want      string
	}{
		"none":   {nil, ""},
		"basic":  {Basic("lab", "pass:word"), "Basic bGFiOnBhc3M6d29yZA=="},
		"bearer": {Bearer("t0ken"), "Bearer t0ken"},
		"entra":  {Entra(credential{}, "api://tes/.default"), "Bearer entra-for-api://tes/.default"},
	} {
		p := &played{status: 200, body: "{}"}
		if _, err := p.client(row.authorize).Do(t.Context(), Request{Method: http.MethodGet, Path: "/tasks"}); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if got := p.last.Header.Get("Authorization"); got != row.want || p.last.URL.Path != "/ga4gh/tes/v1/tasks" {
			t.Errorf("%s: %q to %s", name, got, p.last.URL.Path)
		}
	}
	p := &played{status: 200, body: "{}"}
	_, err := p.client(Entra(credential{err: errors.New("not logged in")}, "x")).Do(t.Context(), Request{Method: http.MethodPost, Path: "/tasks"})
	var refused *engine.NotAcceptedError
	if !errors.As(SubmitError("task", err), &refused) || p.last != nil {
		t.Errorf("without a credential: %v, sent %v", err, p.last)
	}
}

func TestWhatARefusalMeans(t *testing.T) {
	for _, row := range []struct {
		status        int
		contentType   string
		body          string
		message       string
		missing, sure bool
	}{
		{404, "application/json", `{"msg":"no such run","status_code":404}`, "no such run", true, true},
		{404, "text/plain; charset=utf-8", "task not found", "task not found", true, true},
		{404, "application/json", `"The task with id x does not exist."`, "The task with id x does not exist.", true, true},
		{404, "text/html", "<html>404</html>", "", false, true},
		{404, "text/plain; charset=utf-8", "404 page not found\n", "404 page not found", false, true},
		{404, "application/json", `{"detail":"Not Found"}`, "Not Found", false, true},
		{404, "application/json", `{"statusCode":404,"message":"Resource not found"}`, "Resource not found", false, true},
		{404, "application/problem+json", `{"detail":"The requested URL was not found on the server.","status":404,"title":"Not Found"}`, "The requested URL was not found on the server.", false, true},
		{404, "application/json", `{}`, "", false, true},
		{400, "application/json", `{"error":"no image"}`, "no image", false, true},
		{401, "", "", "", false, true},
		{403, "application/json", `{"message":"no"}`, "no", false, true},
		{422, "application/json", `{"detail":"no"}`, "no", false, true},
		{429, "", "", "", false, true},
		{500, "application/json", `{"msg":"oops"}`, "oops", false, false},
		{503, "", "", "", false, false},
		{409, "application/json", `{"message":"retry"}`, "retry", false, false},
		{302, "text/html", "", "", false, false},
	} {
		p := &played{status: row.status, headers: map[string]string{"Content-Type": row.contentType, "Retry-After": "7"}, body: row.body}
		_, err := p.client(Bearer("t0ken")).Do(t.Context(), Request{Method: http.MethodGet, Path: "/tasks/x"})
		var refused *Error
		if !errors.As(err, &refused) || refused.StatusCode != row.status || refused.Message != row.message {
			t.Errorf("%d %q: %v", row.status, row.body, err)
			continue
		}
		if errors.Is(err, engine.ErrNotFound) != row.missing {
			t.Errorf("%d %q: not found %t", row.status, row.body, !row.missing)
		}
		var no *engine.NotAcceptedError
		if errors.As(SubmitError("task", err), &no) != row.sure {
			t.Errorf("%d: certain %t", row.status, !row.sure)
		}
		if pause, busy := engine.Throttled(err); busy != (row.status == 429) || busy && pause != 7*time.Second {
			t.Errorf("%d: throttled %t for %s", row.status, busy, pause)
		}
	}
}

func TestSecretsStayOutOfErrors(t *testing.T) {
	p := &played{status: 401, headers: map[string]string{"Content-Type": "application/json"}, body: `{"error":"bad token t0ken-of-mine in Bearer t0ken-of-mine"}`}
	_, err := p.client(Bearer("t0ken-of-mine")).Do(t.Context(), Request{Method: http.MethodGet, Path: "/tasks"})
	if err == nil || strings.Contains(err.Error(), "t0ken-of-mine") {
		t.Errorf("the error is %v", err)
	}
}

func TestPagesEnd(t *testing.T) {
	n := 0
	err := Pages(t.Context(), func(context.Context, string) (string, error) { n++; return "again", nil })
	if !errors.Is(err, ErrNoEnd) || n > 3 {
		t.Errorf("%d pages, %v", n, err)
	}
}

// What a server sends is read without a panic, and a number is one only if it is a
// whole one.
func FuzzFields(f *testing.F) {
	for _, seed := range []string{
		`{"a":"text"}`, `{"a":12}`, `{"a":"12"}`, `{"a":1e2}`, `{"a":1e999999999}`, `{"a":0e999999999}`, `{"a":12.0000000000000000001}`, `{"a":null}`, `{"a":[1,"x"]}`,
		`{"a":{"b":"c"}}`, `{"a":"2026-01-02T03:04:05.1234567Z"}`, `{"a":"2026-01-02T03:04:05"}`, `{"a":"0000-00-00"}`, `null`, `[]`, ``, `{"a":"\ud800"}`, "\x00",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		fields, err := Object(body)
		if err != nil {
			if len(err.Error()) > 100 {
				t.Errorf("an error quotes the body: %v", err)
			}
			return
		}
		for name := range fields {
			if n, ok := fields.Integer(name); ok && fields.ID(name) == "" {
				t.Errorf("%s is %d and has no text", fields[name], n)
			}
			if at := fields.Time(name); at != nil && (at.Year() < 1 || at.Year() > 9999) {
				t.Errorf("%s is %s", fields[name], at)
			}
			if fields.Text(name) != "" && !fields.Has(name) {
				t.Errorf("%s is there and is not", fields[name])
			}
			list, ok := fields.List(name)
			if ok && len(list) > len(body) {
				t.Errorf("%s has %d elements", fields[name], len(list))
			}
			_ = fields.Object(name).Text("b")
		}
	})
}

func TestWhoseAnswer(t *testing.T) {
	for _, row := range []struct {
		status            int
		contentType, body string
		want              bool
	}{
		{200, "application/json", `{"tasks":[]}`, true},
		{200, "application/json", `{}`, true},
		{200, "text/html", "<html>Sign in</html>", false},
		{200, "text/plain", "hello", false},
		{404, "text/plain; charset=utf-8", "task not found", true},
		{404, "application/json", `"The task with id x does not exist."`, true},
		{404, "text/html", "<html>404</html>", false},
		{503, "text/html", "<html>maintenance</html>", false},
	} {
		resp := &http.Response{StatusCode: row.status, Header: http.Header{"Content-Type": {row.contentType}}, Body: io.NopCloser(strings.NewReader(row.body)),
			Request: &http.Request{Method: http.MethodGet}}
		if got := own(resp); got != row.want {
			t.Errorf("%d %s %q is the service's: %t", row.status, row.contentType, row.body, got)
		}
	}
}
