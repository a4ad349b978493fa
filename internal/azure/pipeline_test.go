package azure

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/region"
)

// do sends a request and returns the status of the answer.
func do(ctx context.Context, t *testing.T, pl runtime.Pipeline, method, location string) (int, error) {
	t.Helper()
	req, err := runtime.NewRequest(ctx, method, location)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := pl.Do(req)
	if err != nil {
		return 0, err
	}
	return resp.StatusCode, resp.Body.Close()
}

func TestOnlyWhatIsIdempotentIsSentAgain(t *testing.T) {
	for _, tc := range []struct {
		method string
		marked bool
		want   int
	}{
		{http.MethodGet, false, 3},
		{http.MethodHead, false, 3},
		{http.MethodPut, false, 3},
		{http.MethodDelete, false, 3},
		{http.MethodPost, false, 1},
		{http.MethodPatch, false, 1},
		{http.MethodPost, true, 3},
		{http.MethodPatch, true, 3},
	} {
		for _, failure := range []answer{
			always(http.StatusTooManyRequests, ""),
			always(http.StatusRequestTimeout, ""),
			func(int, http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, // the connection is reset
		} {
			s := serve(t, failure)
			ctx := t.Context()
			if tc.marked {
				ctx = Idempotent(ctx)
			}
			// No gate here: it would end the tries itself.
			_, _ = do(ctx, t, pipelinesFor(t, "").New(nil), tc.method, s.URL)
			if got := len(s.saw()); got != tc.want {
				t.Errorf("%s, marked %v: sent %d times, want %d", tc.method, tc.marked, got, tc.want)
			}
		}
	}
}

func TestAPostThatMayHaveBeenReceivedIsNotSentAgain(t *testing.T) {
	s := serve(t, always(http.StatusServiceUnavailable, ""))
	p := pipelinesFor(t, "")
	status, err := do(t.Context(), t, p.New(p.gates.For("westus2")), http.MethodPost, s.URL)
	if err != nil || status != http.StatusServiceUnavailable || len(s.saw()) != 1 {
		t.Errorf("%v, sent %d times", err, len(s.saw()))
	}
}

// clock is a transport under synctest's clock.
type clock struct {
	times  []time.Time
	answer func(n int) *http.Response
}

func (c *clock) Do(req *http.Request) (*http.Response, error) {
	c.times = append(c.times, time.Now())
	resp := c.answer(len(c.times))
	resp.Request, resp.Body = req, http.NoBody
	if resp.Header == nil {
		resp.Header = http.Header{}
	}
	return resp, nil
}

func TestRetryAfterIsHonoured(t *testing.T) {
	for _, tc := range []struct {
		name, header string
		value        func() string
		wait         time.Duration // 0: not tried again
	}{
		{"seconds", "Retry-After", func() string { return "7" }, 7 * time.Second},
		{"a date", "Retry-After", func() string { return time.Now().Add(9 * time.Second).UTC().Format(http.TimeFormat) }, 9 * time.Second},
		{"milliseconds", "x-ms-retry-after-ms", func() string { return "1500" }, 1500 * time.Millisecond},
		{"too long", "Retry-After", func() string { return "3600" }, 0},
		{"a date too far off", "Retry-After", func() string { return time.Now().Add(time.Hour).UTC().Format(http.TimeFormat) }, 0},
	} {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := &clock{}
				c.answer = func(n int) *http.Response {
					if n > 1 {
						return &http.Response{StatusCode: http.StatusOK}
					}
					return &http.Response{StatusCode: http.StatusTooManyRequests, Header: http.Header{http.CanonicalHeaderKey(tc.header): {tc.value()}}}
				}
				p := pipelinesFor(t, "")
				p.transport = c
				_, err := do(t.Context(), t, p.New(p.gates.For("westus2")), http.MethodGet, "https://region.example")
				if tc.wait == 0 {
					// A server that says no more than that is silent for this run.
					var busy *region.StatusError
					if len(c.times) != 1 || !errors.As(err, &busy) || busy.StatusCode != http.StatusTooManyRequests {
						t.Errorf("tried %d times: %v", len(c.times), err)
					}
					return
				}
				if err != nil || len(c.times) != 2 || c.times[1].Sub(c.times[0]) != tc.wait {
					t.Errorf("tried at %v: %v", c.times, err)
				}
			})
		})
	}
}

func TestRequestsSayWhoSentThem(t *testing.T) {
	s := serve(t, func(n int, w http.ResponseWriter, _ *http.Request) {
		if n == 1 {
			w.WriteHeader(http.StatusBadGateway)
		}
	})
	p := pipelinesFor(t, "")
	for range 2 {
		if _, err := do(t.Context(), t, p.New(p.gates.For("westus2")), http.MethodGet, s.URL); err != nil {
			t.Fatal(err)
		}
	}
	ids := map[string]int{}
	for _, r := range s.saw() {
		if got := r.header.Get("User-Agent"); got != "terraform-provider-genomics/1.2.3 terraform/1.11.4" {
			t.Errorf("user agent %q", got)
		}
		if got := r.header.Get(headerCorrelationID); got != p.CorrelationID() || got == "" {
			t.Errorf("correlation ID %q", got)
		}
		ids[r.header.Get(headerClientRequestID)]++
	}
	if len(ids) != 2 || ids[""] != 0 || len(s.saw()) != 3 {
		t.Errorf("two calls, one of them tried twice, had the IDs %v", ids)
	}
}

func TestAVersionCannotBreakTheUserAgent(t *testing.T) {
	for version, want := range map[string]string{"": "unknown", "1.0\r\nX: y": "1.0X:y", "dev": "dev"} {
		if got := userAgent(Config{Version: version}); got != "terraform-provider-genomics/"+want {
			t.Errorf("%q: %q", version, got)
		}
	}
}

func TestAClosedGateStopsACallBeforeAnythingIsDone(t *testing.T) {
	p := pipelinesFor(t, "")
	gate := p.gates.For("westus2")
	var signed int
	sign := policyFunc(func(req *policy.Request) (*http.Response, error) {
		signed++
		return req.Next()
	})
	gone := serve(t, always(http.StatusOK, ""))
	gone.Close()
	for range 3 {
		_, err := do(t.Context(), t, p.New(gate, sign), http.MethodGet, gone.URL+"?sig=hunter2")
		var dark *region.UnreachableError
		if !errors.As(err, &dark) || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("got %v", err)
		}
	}
	if signed != 1 {
		t.Errorf("signed %d times", signed)
	}
}

func TestPlainHTTPStaysOnLoopback(t *testing.T) {
	for _, location := range []string{"http://192.0.2.1/", "http://example.com/?sig=hunter2"} {
		p := pipelinesFor(t, "")
		_, err := do(t.Context(), t, p.New(p.gates.For("westus2")), http.MethodGet, location)
		var insecure *InsecureError
		if !errors.As(err, &insecure) || p.gates.For("westus2").State() != region.Untried || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: %v", location, err)
		}
	}
}

func TestRedirectsAreNotFollowed(t *testing.T) {
	other := serve(t, always(http.StatusOK, ""))
	s := serve(t, func(_ int, w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, other.URL, http.StatusTemporaryRedirect)
	})
	status, err := do(t.Context(), t, pipelinesFor(t, "").New(nil), http.MethodPost, s.URL)
	if err != nil || status != http.StatusTemporaryRedirect || len(other.saw()) != 0 {
		t.Errorf("%v, the other host saw %d requests", err, len(other.saw()))
	}
}

func TestErrorsGiveNoSecretAway(t *testing.T) {
	const signature = "hunter2%2Bhunter2"
	s := serve(t, func(n int, w http.ResponseWriter, r *http.Request) {
		if n == 1 {
			reply(w, http.StatusForbidden, `{"error":{"code":"Denied","message":"cannot read `+r.URL.String()+` with literal-secret"}}`)
			return
		}
		panic(http.ErrAbortHandler)
	})
	p := pipelinesFor(t, "")
	p.Secret("literal-secret")
	pl := p.New(nil)
	location := s.URL + "/c/b?sv=1&sr=b&sig=" + signature
	req, err := runtime.NewRequest(t.Context(), http.MethodGet, location)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := pl.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	refusal := runtime.NewResponseError(resp)
	_, broken := do(t.Context(), t, pl, http.MethodPost, location)
	var failure *url.Error
	if !errors.As(broken, &failure) || !errors.Is(broken, io.EOF) {
		t.Errorf("the chain of causes is lost: %v", broken)
	}
	for _, err := range []error{refusal, broken} {
		if text := err.Error(); strings.Contains(text, "hunter2") || strings.Contains(text, "literal-secret") {
			t.Errorf("got %s", text)
		}
	}
	if Code(refusal) != "Denied" || !strings.Contains(refusal.Error(), "cannot read") {
		t.Errorf("too much was masked: %v", refusal)
	}
}

func TestALongRefusalIsShortened(t *testing.T) {
	s := serve(t, always(http.StatusForbidden, strings.Repeat("x", 3*maxFailureBody)))
	req, err := runtime.NewRequest(t.Context(), http.MethodGet, s.URL)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := pipelinesFor(t, "").New(nil).Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	if body, err := io.ReadAll(resp.Body); err != nil || len(body) != maxFailureBody {
		t.Errorf("%d bytes, %v", len(body), err)
	}
}

// trickle is a body that stops coming.
type trickle struct{ done <-chan struct{} }

func (b trickle) Read([]byte) (int, error) {
	<-b.done
	return 0, context.Canceled
}
func (trickle) Close() error { return nil }

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(req *http.Request) (*http.Response, error) { return f(req) }

func TestAStalledBodyEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sent := 0
		transport := &transporter{stall: 10 * time.Second, client: newHTTPClient(roundTrip(func(req *http.Request) (*http.Response, error) {
			sent++
			return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: trickle{req.Context().Done()}, Request: req}, nil
		}))}
		p := pipelinesFor(t, "")
		p.transport = transport
		start := time.Now()
		_, err := do(t.Context(), t, p.New(p.gates.For("westus2")), http.MethodPost, "https://region.example")
		var stalled *StalledError
		if !errors.As(err, &stalled) || time.Since(start) != 10*time.Second || sent != 1 {
			t.Errorf("%v after %s, sent %d times", err, time.Since(start), sent)
		}
	})
}

// The gate waits for the first byte of an answer only: one that stops in the
// middle of its header must not wait for the end of the operation.
func TestAStalledHeaderEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sent := 0
		p := pipelinesFor(t, "")
		p.transport = &transporter{stall: 10 * time.Second, client: newHTTPClient(roundTrip(func(req *http.Request) (*http.Response, error) {
			sent++
			httptrace.ContextClientTrace(req.Context()).GotFirstResponseByte()
			<-req.Context().Done()
			return nil, req.Context().Err()
		}))}
		start := time.Now()
		_, err := do(t.Context(), t, p.New(p.gates.For("westus2")), http.MethodPost, "https://region.example")
		var stalled *StalledError
		if !errors.As(err, &stalled) || time.Since(start) != 10*time.Second || sent != 1 {
			t.Errorf("%v after %s, sent %d times", err, time.Since(start), sent)
		}
	})
}

func TestNoGateStillMeansATimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := pipelinesFor(t, "")
		p.transport = &transporter{stall: time.Second, client: newHTTPClient(roundTrip(func(req *http.Request) (*http.Response, error) {
			<-req.Context().Done()
			return nil, req.Context().Err()
		}))}
		start := time.Now()
		_, err := do(t.Context(), t, p.New(nil), http.MethodPost, "https://identity.example")
		if !errors.Is(err, context.DeadlineExceeded) || time.Since(start) != tryTimeout {
			t.Errorf("%v after %s", err, time.Since(start))
		}
	})
}
