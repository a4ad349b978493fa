package msgenomics

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/azure"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/region"
)

// gated gives a client whose calls go through the provider's real pipeline and a
// real gate, so that retries and timeouts are the ones users get.
func gated(t *testing.T, endpoint string, timeout time.Duration) (*Client, *region.Gate) {
	t.Helper()
	gates := region.NewGates(timeout)
	pipelines, err := azure.NewPipelines(azure.Config{Environment: "public", RegionTimeout: timeout}, gates)
	if err != nil {
		t.Fatal(err)
	}
	gate := gates.For("westus2")
	return New(endpoint, constantKey, pipelines.New(gate)), gate
}

func serve(t *testing.T, s *service) string {
	t.Helper()
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	return server.URL
}

const accepted = `{"Id":10001,"Status":1000,"CreatedDate":"2017-02-08T00:57:16.3403168+00:00","Description":"[tfg:x] s","Process":"snapgatk-20180730_1"}`

func TestSubmitAsRecorded(t *testing.T) {
	s := &service{answer: reply(http.StatusOK, "application/json", accepted)}
	c, _ := gated(t, serve(t, s), time.Minute)
	w, err := c.Submit(bounded(t), sample())
	if err != nil || w.ID != 10001 || w.Status != StatusQueued {
		t.Fatalf("Submit = %+v, %v", w, err)
	}
	body, err := sample().encode()
	if err != nil {
		t.Fatal(err)
	}
	got := s.seen()
	if len(got) != 1 || got[0].Method != http.MethodPost || got[0].Path != "/api/workflows" || got[0].Key != testKey ||
		got[0].ContentType != "application/json" || got[0].Body != string(body) {
		t.Errorf("the service saw %+v", got)
	}
}

// What a failed submission means, for every way to fail; and the service sees the
// POST at most once.
func TestSubmitFailures(t *testing.T) {
	const refused, unknown = "not accepted", "unknown"
	service1 := `{"Message":"no"}`
	gateway := func(code string) string { return `{"statusCode":` + code + `,"message":"no"}` }
	for name, tt := range map[string]struct {
		answer func(http.ResponseWriter, *http.Request) bool
		want   string
	}{
		"400":                  {reply(400, "application/json", service1), refused},
		"401 of the gateway":   {reply(401, "application/json", gateway("401")), refused},
		"403 of the gateway":   {reply(403, "application/json", gateway("403")), refused},
		"403 of the service":   {reply(403, "application/json", service1), refused},
		"404":                  {reply(404, "application/json", service1), refused},
		"404 of a proxy":       {reply(404, "text/html", "<html>"), unknown},
		"429":                  {reply(429, "application/json", gateway("429")), refused},
		"408":                  {reply(408, "text/plain", ""), unknown},
		"409":                  {reply(409, "application/json", service1), unknown},
		"500":                  {reply(500, "application/json", service1), unknown},
		"502 of a proxy":       {reply(502, "text/html", "<html>"), unknown},
		"503":                  {reply(503, "application/json", gateway("503")), unknown},
		"redirected":           {reply(307, "text/html", "<html>"), unknown},
		"a page":               {reply(200, "text/html", "<html>Sign in</html>"), unknown},
		"empty":                {reply(200, "application/json", ""), unknown},
		"cut off":              {reply(200, "application/json", accepted[:20]), unknown},
		"without an ID":        {reply(200, "application/json", `{"Status":1000}`), unknown},
		"connection torn down": {func(http.ResponseWriter, *http.Request) bool { panic(http.ErrAbortHandler) }, unknown},
		"body torn down": {func(w http.ResponseWriter, _ *http.Request) bool {
			w.Header().Set("Content-Length", "1000")
			_, _ = w.Write([]byte(`{"Id":`))
			panic(http.ErrAbortHandler)
		}, unknown},
	} {
		t.Run(name, func(t *testing.T) {
			s := &service{answer: tt.answer}
			c, _ := gated(t, serve(t, s), time.Minute)
			_, err := c.Submit(bounded(t), sample())
			checkOutcome(t, err, tt.want == refused)
			if n := s.count(http.MethodPost); n != 1 {
				t.Errorf("the service saw %d POSTs", n)
			}
		})
	}
}

func checkOutcome(t *testing.T, err error, refused bool) {
	t.Helper()
	var no *NotAcceptedError
	var unknown *OutcomeUnknownError
	if errors.As(err, &no) != refused || errors.As(err, &unknown) == refused {
		t.Errorf("not accepted should be %v: %T %v", refused, err, err)
	}
	if err != nil && (strings.Contains(err.Error(), testKey) || strings.Contains(err.Error(), "sig=aa")) {
		t.Errorf("a secret is in %v", err)
	}
}

func TestSubmitWithoutConnection(t *testing.T) {
	t.Run("refused", func(t *testing.T) {
		server := httptest.NewServer(http.NotFoundHandler())
		server.Close()
		c, gate := gated(t, server.URL, time.Minute)
		_, err := c.Submit(bounded(t), sample())
		checkOutcome(t, err, true)
		var dark *region.UnreachableError
		if !errors.As(err, &dark) || gate.State() != region.Closed {
			t.Errorf("the gate is %v after %v", gate.State(), err)
		}
	})
	t.Run("no such name", func(t *testing.T) {
		c, _ := gated(t, "https://nowhere.invalid", time.Minute)
		_, err := c.Submit(bounded(t), sample())
		checkOutcome(t, err, true)
	})
	t.Run("not TLS", func(t *testing.T) {
		s := &service{}
		c, _ := gated(t, strings.Replace(serve(t, s), "http:", "https:", 1), time.Minute)
		_, err := c.Submit(bounded(t), sample())
		checkOutcome(t, err, true)
		if n := s.count(http.MethodPost); n != 0 {
			t.Errorf("the service saw %d POSTs", n)
		}
	})
	// A region that takes the request and never answers may well run it, although
	// the silence closes the gate. What is sent after that was never received.
	t.Run("black hole", func(t *testing.T) {
		s := &service{answer: func(_ http.ResponseWriter, r *http.Request) bool { <-r.Context().Done(); return true }}
		c, gate := gated(t, serve(t, s), 200*time.Millisecond)
		_, err := c.Submit(bounded(t), sample())
		checkOutcome(t, err, false)
		if gate.State() != region.Closed {
			t.Errorf("the gate is %v", gate.State())
		}
		_, err = c.Submit(bounded(t), sample())
		checkOutcome(t, err, true)
		if n := s.count(http.MethodPost); n != 1 {
			t.Errorf("the service saw %d POSTs", n)
		}
	})
	t.Run("cancelled while waiting", func(t *testing.T) {
		ctx, cancel := context.WithCancel(bounded(t))
		s := &service{answer: func(_ http.ResponseWriter, r *http.Request) bool { cancel(); <-r.Context().Done(); return true }}
		c, gate := gated(t, serve(t, s), time.Minute)
		_, err := c.Submit(ctx, sample())
		checkOutcome(t, err, false)
		if gate.State() == region.Closed || !errors.Is(err, context.Canceled) {
			t.Errorf("the gate is %v after %v", gate.State(), err)
		}
	})
	t.Run("cancelled before", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		s := &service{}
		c, _ := gated(t, serve(t, s), time.Minute)
		_, err := c.Submit(ctx, sample())
		checkOutcome(t, err, true)
		if len(s.seen()) != 0 {
			t.Errorf("the service saw %v", s.seen())
		}
	})
	t.Run("no key", func(t *testing.T) {
		s := &service{}
		c := start(t, s)
		c.key = func(context.Context) (string, error) { return "", errors.New("no key today") }
		_, err := c.Submit(bounded(t), sample())
		checkOutcome(t, err, true)
		if len(s.seen()) != 0 {
			t.Errorf("the service saw %v", s.seen())
		}
	})
}

func TestGetAndCancel(t *testing.T) {
	s := &service{answer: reply(http.StatusOK, "application/json; charset=utf-8", accepted)}
	c, _ := gated(t, serve(t, s), time.Minute)
	if w, err := c.Get(bounded(t), 10001); err != nil || w.ID != 10001 {
		t.Errorf("Get = %+v, %v", w, err)
	}
	if err := c.Cancel(bounded(t), 10001); err != nil {
		t.Errorf("Cancel: %v", err)
	}
	got := s.seen()
	if len(got) != 2 || got[0].Method != http.MethodGet || got[1].Method != http.MethodDelete ||
		got[0].Path != "/api/workflows/10001" || got[1].Path != got[0].Path || got[1].Key != testKey || got[1].Body != "" {
		t.Errorf("the service saw %+v", got)
	}
}

// Only the service's own word makes a workflow not found. Everything else that
// looks like it is another error, and never a crash.
func TestNotFoundIsTheServicesWord(t *testing.T) {
	for name, tt := range map[string]struct {
		status    int
		kind      string
		body      string
		notFound  bool
		isGateway bool
	}{
		"service":            {404, "application/json", `{"Message":"Workflow not found"}`, true, false},
		"service, no text":   {404, "application/json", `{"Message":null}`, true, false},
		"gateway":            {404, "application/json", `{"statusCode":404,"message":"Resource not found"}`, false, true},
		"proxy":              {404, "text/html", `<html>not found</html>`, false, false},
		"nothing":            {404, "application/json", ``, false, false},
		"other JSON":         {404, "application/json", `{"error":"x"}`, false, false},
		"an array":           {404, "application/json", `[]`, false, false},
		"service, forbidden": {403, "application/json", `{"Message":"no"}`, false, false},
	} {
		t.Run(name, func(t *testing.T) {
			c := start(t, &service{answer: reply(tt.status, tt.kind, tt.body)})
			_, err := c.Get(bounded(t), 1)
			var api *APIError
			if !errors.As(err, &api) || IsNotFound(err) != tt.notFound || api.Gateway != tt.isGateway {
				t.Fatalf("got %T %+v, not found %v", err, err, IsNotFound(err))
			}
			if api.StatusCode != tt.status || api.RequestID != "req-1" || api.Method != http.MethodGet || api.Path != "/api/workflows/1" {
				t.Errorf("error %+v", api)
			}
		})
	}
	for name, answer := range map[string]func(http.ResponseWriter, *http.Request) bool{
		"a page":           reply(200, "text/html", "<html>Sign in</html>"),
		"another workflow": reply(200, "application/json", `{"Id":2,"Status":1000}`),
		"an empty object":  reply(200, "application/json", `{}`),
	} {
		c := start(t, &service{answer: answer})
		_, err := c.Get(bounded(t), 1)
		var unreadable *azure.UnreadableError
		if !errors.As(err, &unreadable) || IsNotFound(err) || unreadable.RequestID != "req-1" {
			t.Errorf("%s: %T %v", name, err, err)
		}
		if err := c.Ping(bounded(t)); !errors.As(err, &unreadable) {
			t.Errorf("%s: Ping: %T %v", name, err, err)
		}
	}
}

// A page in the service's place, on whatever way it comes, is an outage of the
// region, as a server error is: a refresh keeps what it knows, and the region can
// be left. The service's own refusal never is.
func TestPagesInTheServicesPlaceAreAnOutage(t *testing.T) {
	for name, tt := range map[string]struct {
		status int
		kind   string
		body   string
		outage bool
	}{
		"a proxy's 404":     {404, "text/html", "<html>nginx</html>", true},
		"a login page":      {200, "text/html", "<html>Sign in</html>", true},
		"a line of text":    {200, "application/json", "It works!", true},
		"a list cut off":    {200, "application/json", `[{"Id":1},`, true},
		"a stopped site":    {403, "text/html", "<html>This web app is stopped.</html>", true},
		"throttled":         {429, "application/json", `{"statusCode":429,"message":"Rate limit is exceeded."}`, true},
		"throttled, mutely": {429, "", "", true},
		"a bad key":         {401, "application/json", `{"statusCode":401,"message":"Access denied"}`, false},
		"forbidden":         {403, "application/json", `{"Message":"no"}`, false},
		"not found":         {404, "application/json", `{"Message":"no"}`, false},
		"another object":    {200, "application/json", `{"hello":"world"}`, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel() // the tries have pauses between them
			s := &service{answer: reply(tt.status, tt.kind, tt.body)}
			c, gate := gated(t, serve(t, s), time.Minute)
			err := c.Ping(bounded(t))
			var dark *region.UnreachableError
			if got := errors.As(err, &dark); err == nil || got != tt.outage || (gate.State() == region.Closed) != tt.outage {
				t.Errorf("the gate is %s after %v", gate.State(), err)
			}
			if n := s.count(http.MethodGet); tt.outage != (n == 3) {
				t.Errorf("asked %d times", n)
			}
		})
	}
}

// A key that was rotated is asked for once more; one that is simply wrong is not
// tried twice, and a POST is not sent again.
func TestRotatedKey(t *testing.T) {
	s := &service{workflows: hundreds(1)}
	s.answer = func(w http.ResponseWriter, r *http.Request) bool {
		if r.Header.Get(keyHeader) == "fresh" {
			return false
		}
		return reply(401, "application/json", `{"statusCode":401,"message":"Access denied"}`)(w, r)
	}
	endpoint := serve(t, s)
	var asked atomic.Int32
	rotating := func(ctx context.Context) (string, error) {
		asked.Add(1)
		if RefusedKey(ctx) == "stale" {
			return "fresh", nil
		}
		return "stale", nil
	}
	if err := New(endpoint, rotating, plain()).Ping(bounded(t)); err != nil || asked.Load() != 2 || len(s.seen()) != 2 {
		t.Errorf("rotated: %v after %d keys and %d requests", err, asked.Load(), len(s.seen()))
	}
	_, err := New(endpoint, rotating, plain()).Submit(bounded(t), sample())
	checkOutcome(t, err, true)
	if n := s.count(http.MethodPost); n != 1 {
		t.Errorf("%d POSTs", n)
	}
	before := len(s.seen())
	var api *APIError
	if err := New(endpoint, constantKey, plain()).Ping(bounded(t)); !errors.As(err, &api) || api.StatusCode != http.StatusUnauthorized || !api.Gateway || len(s.seen()) != before+1 {
		t.Errorf("wrong: %v after %d requests", err, len(s.seen())-before)
	}
}

// The service may repeat what it was sent; neither key nor signature comes out.
func TestNoSecretInTexts(t *testing.T) {
	leak := `cannot read https://x.blob.core.windows.net/in/a.bam?sv=2021&sig=SECRETSIG%3D with ` + testKey
	c := start(t, &service{answer: reply(400, "application/json", `{"Message":"`+leak+`"}`)})
	_, err := c.Submit(bounded(t), sample())
	if err == nil || strings.Contains(err.Error(), "SECRETSIG") || strings.Contains(err.Error(), testKey) || !strings.Contains(err.Error(), "cannot read") {
		t.Errorf("error: %v", err)
	}
	c = start(t, &service{answer: reply(200, "application/json", `{"Id":1,"Status":50000,"Message":"`+leak+`"}`)})
	w, err := c.Get(bounded(t), 1)
	if err != nil || strings.Contains(w.Message, "SECRETSIG") || !strings.Contains(w.Message, "cannot read") {
		t.Errorf("workflow: %+v, %v", w, err)
	}
}
