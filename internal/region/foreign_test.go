package region

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"
)

// ownsBraces takes an answer for the server's own when its body begins with a brace.
func ownsBraces(resp *http.Response) bool {
	body, err := runtime.Payload(resp)
	return err == nil && strings.HasPrefix(string(body), "{")
}

func TestAnAnswerOfSomebodyElseIsAStrike(t *testing.T) {
	for _, status := range []int{200, 302, 401, 403, 404, 429, 501} {
		gate := NewGates(timeout).For("westus2")
		w := &wire{answer: respond(status, http.Header{"Content-Type": {"text/html; charset=utf-8"}}, "<html>sig=secret</html>")}
		pl := through(gate, w, 5)
		err := get(WithRecognizer(t.Context(), ownsBraces), t, pl)
		var dark *UnreachableError
		var foreign *StatusError
		if !errors.As(err, &dark) || !dark.Sent || gate.State() != Closed {
			t.Fatalf("%d: the gate is %s after %v", status, gate.State(), err)
		}
		if !errors.As(dark.Cause, &foreign) || !foreign.Foreign || foreign.StatusCode != status || NeverReceived(err) {
			t.Errorf("%d: the proof is %#v", status, dark.Cause)
		}
		if n := w.calls.Load(); n != strikes {
			t.Errorf("%d: %d requests", status, n)
		}
		if text := err.Error(); strings.Contains(text, "secret") || !strings.Contains(text, "text/html") {
			t.Errorf("%d: %s", status, text)
		}
	}
}

// A server's own refusal stays one, and one page between good answers is no outage.
func TestOnlyForeignAnswersInARowAreAProof(t *testing.T) {
	gate := NewGates(timeout).For("westus2")
	bodies := []string{"<html>", "<html>", `{"Message":"no"}`, "<html>", `{}`, "<html>", "<html>"}
	w := &wire{}
	w.answer.to = func(n int32, req *http.Request) (*http.Response, error) {
		return respond(http.StatusForbidden, nil, bodies[n-1]).to(n, req)
	}
	pl := through(gate, w, -1)
	for i, body := range bodies {
		err := get(WithRecognizer(t.Context(), ownsBraces), t, pl)
		var foreign *StatusError
		if got := errors.As(err, &foreign) && foreign.Foreign; got != (body == "<html>") || gate.State() == Closed {
			t.Fatalf("call %d: %v, gate %s", i+1, err, gate.State())
		}
	}
}

// What stands in front of others may be replaced by somebody else, too.
func TestAForeignAnswerIsAStrikeAgainstTheFront(t *testing.T) {
	gate := NewGates(timeout).For("front")
	w := &wire{answer: respond(http.StatusNotFound, nil, "<html>")}
	for range strikes {
		req, err := runtime.NewRequest(WithRecognizer(t.Context(), ownsBraces), http.MethodGet, "https://front.example/")
		if err != nil {
			t.Fatal(err)
		}
		pl := pipelineOf(w, gate.FrontPolicy())
		if err := finish(pl.Do(req)); err == nil {
			t.Fatal("no error")
		}
	}
	if gate.State() != Closed {
		t.Errorf("the gate is %s", gate.State())
	}
}

func TestThrottlingThatOutlastsEveryTryIsSilence(t *testing.T) {
	later := http.Header{"Retry-After": {"3600"}}
	for _, tc := range []struct {
		name     string
		method   string
		before   int // the status of an answer before
		header   http.Header
		requests int32
		state    State
	}{
		{"from the first request on", http.MethodGet, 0, nil, 3, Closed},
		{"for an hour", http.MethodGet, 0, later, 1, Closed},
		{"after an answer", http.MethodGet, 200, nil, 3, Open},
		{"after a refusal", http.MethodGet, 404, nil, 3, Open},
		{"after another throttled one", http.MethodGet, 429, nil, 3, Closed},
		{"of what is sent once", http.MethodPost, 0, later, 1, Open},
	} {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				gate := NewGates(timeout).For("westus2")
				w := &wire{}
				w.answer.to = func(n int32, req *http.Request) (*http.Response, error) {
					if n == 1 && tc.before != 0 {
						return respond(tc.before, later, "").to(n, req)
					}
					return respond(http.StatusTooManyRequests, tc.header, "").to(n, req)
				}
				send := func(method string) error {
					req, err := runtime.NewRequest(t.Context(), method, "https://region.example/")
					if err != nil {
						t.Fatal(err)
					}
					return finish(retried(gate, w).Do(req))
				}
				if tc.before != 0 {
					// One that is not sent again.
					if err := send(http.MethodPost); err != nil {
						t.Fatal(err)
					}
					tc.requests++
				}
				err := send(tc.method)
				var dark *UnreachableError
				if got := errors.As(err, &dark); got != (tc.state == Closed) || gate.State() != tc.state {
					t.Fatalf("the gate is %s after %v", gate.State(), err)
				}
				if n := w.calls.Load(); n != tc.requests {
					t.Errorf("%d requests, want %d", n, tc.requests)
				}
				if tc.state == Closed && (NeverReceived(err) || !strings.Contains(err.Error(), "429")) {
					t.Errorf("got %v", err)
				}
			})
		})
	}
}

// Another server of the region that answers says nothing about the one that throttles.
func TestThrottlingIsJudgedServerByServer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		gate := NewGates(timeout).For("westus2")
		w := &wire{}
		w.answer.to = func(n int32, req *http.Request) (*http.Response, error) {
			if req.URL.Host == "storage.example" {
				return respond(200, nil, "").to(n, req)
			}
			return respond(http.StatusTooManyRequests, nil, "").to(n, req)
		}
		for _, host := range []string{"storage.example", "service.example"} {
			req, err := runtime.NewRequest(t.Context(), http.MethodGet, "https://"+host+"/")
			if err != nil {
				t.Fatal(err)
			}
			err = finish(retried(gate, w).Do(req))
			if dark := err != nil; dark != (host == "service.example") || (gate.State() == Closed) != dark {
				t.Errorf("%s: %v, gate %s", host, err, gate.State())
			}
		}
	})
}

// A call that was throttled while another one was answered was throttled, and no more.
func TestThrottlingOfOneAmongMany(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		gate := NewGates(timeout).For("westus2")
		w := &wire{}
		w.answer.to = func(n int32, req *http.Request) (*http.Response, error) {
			if n == 2 {
				return respond(200, nil, "").to(n, req)
			}
			return respond(http.StatusTooManyRequests, http.Header{"Retry-After": {"5"}}, "").to(n, req)
		}
		var errs [2]error
		done := make(chan struct{})
		go func() {
			defer close(done)
			errs[0] = get(t.Context(), t, retried(gate, w))
		}()
		<-time.After(time.Second)
		errs[1] = get(context.WithoutCancel(t.Context()), t, retried(gate, w))
		<-done
		if errs[0] != nil || errs[1] != nil || gate.State() != Open {
			t.Errorf("%v, %v, gate %s", errs[0], errs[1], gate.State())
		}
	})
}

func TestSpeaksJSON(t *testing.T) {
	const json, html = "application/json", "text/html"
	for _, tc := range []struct {
		name, method string
		status       int
		kind, body   string
		own          bool
	}{
		{"a list", "GET", 200, json, ` [{"Id":1}]`, true},
		{"an empty list", "GET", 200, json, `[]`, true},
		{"an object, whatever its type", "GET", 200, "text/plain", `{"Id":1}`, true},
		{"a line of text", "GET", 200, json, `It works!`, false},
		{"a word that is JSON", "GET", 200, json, `"OK"`, false},
		{"a list that breaks off", "GET", 200, json, `[{"Id":1},{"I`, false},
		{"a login page", "GET", 200, html, `<html>Sign in</html>`, false},
		{"nothing, where something was asked for", "GET", 200, json, ``, false},
		{"nothing to say", "DELETE", 200, "", ``, true},
		{"a word after a change", "DELETE", 200, "text/plain", `OK`, true},
		{"a page after a change", "DELETE", 200, html, `<html>`, false},
		{"a page of no type after a change", "POST", 200, "", `<html>`, false},
		{"accepted", "PUT", 202, "", ``, true},
		{"a refusal of the service", "GET", 403, json, `{"Message":"no"}`, true},
		{"a refusal of the gateway", "GET", 401, json, `{"statusCode":401,"message":"bad key"}`, true},
		{"a refusal of another kind", "GET", 403, "application/problem+json", `{"title":"no"}`, true},
		{"a refusal without a word", "GET", 404, "", ``, true},
		{"a proxy's page", "GET", 404, html, `<html>nginx</html>`, false},
		{"a proxy's page without its body", "HEAD", 404, html, ``, false},
		{"a proxy's text", "GET", 404, "text/plain; charset=utf-8", "404 page not found\n", false},
		{"a stopped site", "GET", 403, html, `<html>This web app is stopped.</html>`, false},
		{"a way to a login", "GET", 302, html, `<a href="https://login.example/">Found</a>`, false},
		{"a page about the form", "GET", 400, html, `<h2>Bad Request - Invalid URL</h2>`, true},
		{"too long", "GET", 414, html, `<html>`, true},
	} {
		resp := &http.Response{
			StatusCode: tc.status, Header: http.Header{"Content-Type": {tc.kind}},
			Body: io.NopCloser(strings.NewReader(tc.body)), Request: &http.Request{Method: tc.method},
		}
		if got := SpeaksJSON(resp); got != tc.own {
			t.Errorf("%s: own is %v", tc.name, got)
		}
		if left, err := io.ReadAll(resp.Body); err != nil || string(left) != tc.body {
			t.Errorf("%s: the body is lost", tc.name)
		}
	}
}
