package region

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"
)

// wire is a transport made of a function, which counts what reached it.
type wire struct {
	calls  atomic.Int32
	answer answer
}

// answer makes the answer to the n-th request, counted from 1.
type answer struct {
	to func(n int32, req *http.Request) (*http.Response, error)
}

func (w *wire) Do(req *http.Request) (*http.Response, error) {
	return w.answer.to(w.calls.Add(1), req)
}

// hang never answers; it ends with the request's context, as a real transport does.
var hang = answer{func(_ int32, req *http.Request) (*http.Response, error) {
	<-req.Context().Done()
	return nil, &url.Error{Op: "Get", URL: req.URL.String(), Err: req.Context().Err()}
}}

func respond(status int, header http.Header, body string) answer {
	return answer{func(_ int32, req *http.Request) (*http.Response, error) {
		if header == nil {
			header = http.Header{}
		}
		return &http.Response{StatusCode: status, Header: header.Clone(), Body: io.NopCloser(strings.NewReader(body)), Request: req}, nil
	}}
}

func fail(err error) answer {
	return answer{func(int32, *http.Request) (*http.Response, error) { return nil, err }}
}

// through makes a pipeline that passes the gate on its way to the wire, with azcore's retries as given.
func through(g *Gate, w *wire, retries int32) runtime.Pipeline {
	return runtime.NewPipeline("test", "v0.0.1", runtime.PipelineOptions{}, &policy.ClientOptions{
		Transport:        w,
		Retry:            policy.RetryOptions{MaxRetries: retries, RetryDelay: time.Millisecond, MaxRetryDelay: time.Millisecond},
		PerRetryPolicies: []policy.Policy{g.Policy()},
	})
}

// pipelineOf makes a pipeline without retries that passes a policy on its way to the wire.
func pipelineOf(w *wire, pass policy.Policy) runtime.Pipeline {
	return runtime.NewPipeline("test", "v0.0.1", runtime.PipelineOptions{}, &policy.ClientOptions{
		Transport: w, Retry: policy.RetryOptions{MaxRetries: -1}, PerRetryPolicies: []policy.Policy{pass},
	})
}

// retried makes a pipeline that passes the gate with every try, and with what came of them. What is not read is sent once.
func retried(g *Gate, w *wire) runtime.Pipeline {
	return runtime.NewPipeline("test", "v0.0.1", runtime.PipelineOptions{}, &policy.ClientOptions{
		Transport: w,
		Retry: policy.RetryOptions{MaxRetries: 2, RetryDelay: time.Second, MaxRetryDelay: 30 * time.Second, ShouldRetry: func(resp *http.Response, err error) bool {
			return err == nil && resp.StatusCode == http.StatusTooManyRequests && resp.Request.Method == http.MethodGet
		}},
		PerCallPolicies:  []policy.Policy{g.CallPolicy()},
		PerRetryPolicies: []policy.Policy{g.Policy()},
	})
}

func get(ctx context.Context, t *testing.T, pl runtime.Pipeline) error {
	t.Helper()
	req, err := runtime.NewRequest(ctx, http.MethodGet, "https://region.example/api/workflows?sig=secret")
	if err != nil {
		t.Fatal(err)
	}
	return finish(pl.Do(req))
}

// finish closes an answer's body and keeps the error.
func finish(resp *http.Response, err error) error {
	if err == nil {
		err = resp.Body.Close()
	}
	return err
}

const timeout = 10 * time.Second

func TestADeadRegionIsAskedOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		gate := NewGates(timeout).For("West US 2")
		w := &wire{answer: hang}
		pl := through(gate, w, 3)
		const callers = 200
		results := make(chan error, callers)
		start := time.Now()
		for range callers {
			go func() {
				err := get(t.Context(), t, pl)
				results <- err
			}()
		}
		sent := 0
		for range callers {
			var dark *UnreachableError
			err := <-results
			if !errors.As(err, &dark) {
				t.Fatalf("got %v", err)
			}
			if dark.Location != "westus2" || dark.At.IsZero() {
				t.Errorf("got %+v", dark)
			}
			var late *TimeoutError
			if !errors.As(err, &late) || late.After != timeout {
				t.Errorf("the cause is %v", dark.Cause)
			}
			if dark.Sent {
				sent++
			}
		}
		if took := time.Since(start); took != timeout {
			t.Errorf("took %s", took)
		}
		if n := w.calls.Load(); n != 1 || sent != 1 {
			t.Errorf("%d requests went out, %d callers were told that theirs did", n, sent)
		}
		if gate.State() != Closed || gate.Err() == nil {
			t.Errorf("the gate is %s", gate.State())
		}
	})
}

func TestALivingRegionIsAskedByAllAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		gate := NewGates(timeout).For("westus2")
		release := make(chan struct{})
		w := &wire{}
		w.answer.to = func(n int32, req *http.Request) (*http.Response, error) {
			<-release
			return respond(http.StatusOK, nil, "[]").to(n, req)
		}
		pl := through(gate, w, 0)
		var wg sync.WaitGroup
		for range 50 {
			wg.Go(func() {
				if err := get(t.Context(), t, pl); err != nil {
					t.Error(err)
				}
			})
		}
		synctest.Wait()
		if n := w.calls.Load(); n != 1 {
			t.Errorf("%d requests to an untried region", n)
		}
		release <- struct{}{}
		synctest.Wait()
		if n := w.calls.Load(); n != 50 || gate.State() != Open {
			t.Errorf("%d requests after the first answer, gate %s", n, gate.State())
		}
		close(release)
		wg.Wait()
	})
}

func TestProofs(t *testing.T) {
	refused := &url.Error{Op: "Get", URL: "https://region.example/?sig=secret", Err: &net.OpError{Op: "dial", Err: syscall.ECONNREFUSED}}
	reset := &net.OpError{Op: "read", Err: syscall.ECONNRESET}
	header := func(kv ...string) http.Header {
		h := http.Header{}
		for i := 0; i < len(kv); i += 2 {
			h.Set(kv[i], kv[i+1])
		}
		return h
	}
	for _, tc := range []struct {
		name   string
		answer answer
		states [3]State // after each of three calls without retries
		never  bool     // the closing error says that the service never received the request
	}{
		{"refused", fail(refused), [3]State{Closed, Closed, Closed}, true},
		{"no route", fail(&net.OpError{Op: "dial", Err: syscall.EHOSTUNREACH}), [3]State{Closed, Closed, Closed}, true},
		{"no such host", fail(&net.OpError{Op: "dial", Err: &net.DNSError{IsNotFound: true}}), [3]State{Closed, Closed, Closed}, true},
		{"wrong protocol", fail(http.ErrSchemeMismatch), [3]State{Closed, Closed, Closed}, true},
		{"gateway's 403", respond(403, nil, `{"statusCode":403,"message":"Backend is down"}`), [3]State{Closed, Closed, Closed}, true},
		{"service's 403", respond(403, nil, `{"Message":"no","StatusCode":403}`), [3]State{Open, Open, Open}, false},
		{"storage's 403", respond(403, header("x-ms-error-code", "AuthenticationFailed"), `<Error/>`), [3]State{Open, Open, Open}, false},
		{"resource manager's 403", respond(403, nil, `{"error":{"code":"AuthorizationFailed"}}`), [3]State{Open, Open, Open}, false},
		{"gateway's 401", respond(401, nil, `{"statusCode":401,"message":"bad key"}`), [3]State{Open, Open, Open}, false},
		{"a proxy's 404", respond(404, nil, `<html>not here</html>`), [3]State{Open, Open, Open}, false},
		{"throttled", respond(429, nil, ""), [3]State{Open, Open, Open}, false},
		{"server errors", respond(503, nil, ""), [3]State{Untried, Untried, Closed}, false},
		{"resets", fail(reset), [3]State{Untried, Untried, Closed}, false},
		{"end of file", fail(io.ErrUnexpectedEOF), [3]State{Untried, Untried, Closed}, false},
		{"copy source", respond(500, header("x-ms-error-code", "CannotVerifyCopySource"), ""), [3]State{Open, Open, Open}, false},
		{"busy from the start", respond(503, header("x-ms-error-code", "ServerBusy"), ""), [3]State{Untried, Untried, Closed}, false},
		{"not implemented", respond(501, nil, ""), [3]State{Open, Open, Open}, false},
		{"this machine's fault", fail(&net.OpError{Op: "dial", Err: syscall.EMFILE}), [3]State{Untried, Untried, Untried}, false},
		{"a fault in the program", fail(errors.New("unsupported")), [3]State{Untried, Untried, Untried}, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			gate := NewGates(timeout).For("westus2")
			w := &wire{answer: tc.answer}
			pl := through(gate, w, -1)
			reached := int32(0)
			for i, want := range tc.states {
				before := gate.State()
				err := get(t.Context(), t, pl)
				if gate.State() != want {
					t.Fatalf("after call %d the gate is %s, want %s", i+1, gate.State(), want)
				}
				if before != Closed {
					reached++
				}
				var dark *UnreachableError
				if got := errors.As(err, &dark); got != (want == Closed) {
					t.Fatalf("call %d: %v", i+1, err)
				}
				if want != Closed {
					continue
				}
				if strings.Contains(err.Error(), "secret") {
					t.Errorf("the error repeats the query: %v", err)
				}
				if dark.Sent != (before != Closed) {
					t.Errorf("call %d: Sent is %v", i+1, dark.Sent)
				}
				if got, want := NeverReceived(err), tc.never || before == Closed; got != want {
					t.Errorf("call %d: NeverReceived is %v", i+1, got)
				}
			}
			if n := w.calls.Load(); n != reached {
				t.Errorf("%d requests went out, want %d", n, reached)
			}
		})
	}
}

func TestServerErrorsCountAcrossCallsAndOnlyInARow(t *testing.T) {
	gate := NewGates(timeout).For("westus2")
	statuses := []int{503, 500, 200, 502, 504, 404, 503, 503, 503}
	w := &wire{}
	w.answer.to = func(n int32, req *http.Request) (*http.Response, error) {
		return respond(statuses[n-1], nil, "").to(n, req)
	}
	pl := through(gate, w, -1)
	for i := range statuses {
		if gate.State() == Closed {
			t.Fatalf("closed before call %d", i+1)
		}
		err := get(t.Context(), t, pl)
		if last := i == len(statuses)-1; (err != nil) != last {
			t.Fatalf("call %d: %v", i+1, err)
		}
	}
	var status *StatusError
	if err := gate.Err(); !errors.As(err, &status) || status.StatusCode != http.StatusServiceUnavailable || status.Gateway {
		t.Errorf("got %v", err)
	}
}

func TestThrottlingIsNoOutage(t *testing.T) {
	gate := NewGates(timeout).For("westus2")
	w := &wire{}
	w.answer.to = func(n int32, req *http.Request) (*http.Response, error) {
		if n == 1 {
			return respond(200, nil, "").to(n, req)
		}
		return respond(503, http.Header{"X-Ms-Error-Code": {"ServerBusy"}}, "").to(n, req)
	}
	pl := through(gate, w, -1)
	for range 10 {
		if err := get(t.Context(), t, pl); err != nil || gate.State() != Open {
			t.Fatalf("%v, gate %s", err, gate.State())
		}
	}
}

func TestRetriesEndWhenTheGateCloses(t *testing.T) {
	gate := NewGates(timeout).For("westus2")
	w := &wire{answer: respond(503, http.Header{"X-Ms-Request-Id": {"abc"}}, "")}
	err := get(t.Context(), t, through(gate, w, 10))
	var dark *UnreachableError
	if !errors.As(err, &dark) || w.calls.Load() != strikes {
		t.Fatalf("%d tries, %v", w.calls.Load(), err)
	}
	if !strings.Contains(err.Error(), "request ID abc") {
		t.Errorf("the request ID is missing: %v", err)
	}
}

func TestAnOpenGateCloses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		gate := NewGates(timeout).For("westus2")
		w := &wire{}
		w.answer.to = func(n int32, req *http.Request) (*http.Response, error) {
			if n == 1 {
				return respond(200, nil, "").to(n, req)
			}
			return hang.to(n, req)
		}
		pl := through(gate, w, 3)
		if err := get(t.Context(), t, pl); err != nil {
			t.Fatal(err)
		}
		for range 3 {
			err := get(t.Context(), t, pl)
			var dark *UnreachableError
			if !errors.As(err, &dark) {
				t.Fatal(err)
			}
		}
		if n := w.calls.Load(); n != 2 {
			t.Errorf("%d requests", n)
		}
	})
}

func TestTheCallersOwnEndIsNoProof(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		gate := NewGates(timeout).For("westus2")
		pl := through(gate, &wire{answer: hang}, 3)
		ctx, cancel := context.WithTimeout(t.Context(), timeout/2)
		defer cancel()
		if err := get(ctx, t, pl); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v", err)
		}
		if gate.State() != Untried {
			t.Errorf("the gate is %s", gate.State())
		}
	})
}

func TestAWaitingCallerCanLeave(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		gate := NewGates(timeout).For("westus2")
		w := &wire{answer: hang}
		pl := through(gate, w, 0)
		go func() { _ = get(t.Context(), t, pl) }()
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		start := time.Now()
		if err := get(ctx, t, pl); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v", err)
		}
		if time.Since(start) != time.Second || w.calls.Load() != 1 {
			t.Errorf("left after %s, %d requests", time.Since(start), w.calls.Load())
		}
		<-time.After(timeout) // lets the first caller end; the clock is synctest's
	})
}

func TestWhenTheFirstCallerLeavesTheNextOneAsks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		gate := NewGates(timeout).For("westus2")
		w := &wire{}
		w.answer.to = func(n int32, req *http.Request) (*http.Response, error) {
			if n == 1 {
				return hang.to(n, req)
			}
			return respond(200, nil, "").to(n, req)
		}
		pl := through(gate, w, -1)
		ctx, cancel := context.WithCancel(t.Context())
		go func() { _ = get(ctx, t, pl) }()
		synctest.Wait()
		done := make(chan error)
		go func() {
			err := get(t.Context(), t, pl)
			done <- err
		}()
		synctest.Wait()
		cancel()
		if err := <-done; err != nil || gate.State() != Open {
			t.Errorf("%v, gate %s", err, gate.State())
		}
	})
}

func TestWarnOnce(t *testing.T) {
	gate := NewGates(timeout).For("westus2")
	if gate.WarnOnce() {
		t.Error("warned before the gate closed")
	}
	_ = get(t.Context(), t, through(gate, &wire{answer: fail(syscall.ECONNREFUSED)}, -1))
	var warnings atomic.Int32
	var wg sync.WaitGroup
	for range 100 {
		wg.Go(func() {
			if gate.WarnOnce() {
				warnings.Add(1)
			}
		})
	}
	wg.Wait()
	if n := warnings.Load(); n != 1 {
		t.Errorf("%d warnings", n)
	}
}

func TestGates(t *testing.T) {
	gates := NewGates(timeout)
	if gates.For("West US 2") != gates.For("westus2") {
		t.Error("one region has two gates")
	}
	if gates.For("westus2") == gates.For("westeurope") {
		t.Error("two regions share a gate")
	}
	if got := gates.For("resource-manager").Location(); got != "resource-manager" {
		t.Errorf("got %q", got)
	}
	if gates.For("").State() != Untried || gates.Timeout() != timeout {
		t.Error("a new gate is not as it should be")
	}
	for state, want := range map[State]string{Untried: "untried", Open: "open", Closed: "closed", State(9): "unknown"} {
		if state.String() != want {
			t.Errorf("%d is %q", int(state), state.String())
		}
	}
}

// The compiler cannot check that azcore knows the mark, for its interface is internal.
func TestAzcoreDoesNotRetryARefusal(t *testing.T) {
	w := &wire{answer: fail(&UnreachableError{Location: "westus2", Cause: syscall.ECONNREFUSED})}
	pl := runtime.NewPipeline("test", "v0.0.1", runtime.PipelineOptions{}, &azcore.ClientOptions{
		Transport: w, Retry: policy.RetryOptions{MaxRetries: 5, RetryDelay: time.Millisecond},
	})
	if err := get(t.Context(), t, pl); err == nil || w.calls.Load() != 1 {
		t.Errorf("%d tries, %v", w.calls.Load(), err)
	}
}
