package fault

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/emulator/journal"
)

// server is a target whose handler counts and answers "served".
type server struct {
	*Target
	served atomic.Int64
	client *http.Client
}

func newServer(t *testing.T, plane journal.Plane) *server {
	t.Helper()
	s := &server{}
	s.Target = NewTarget(Config{
		Plane: plane, Region: "westus2", Journal: journal.New(time.Now), Vault: journal.NewVault(),
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body)
			s.served.Add(1)
			_, _ = io.WriteString(w, "served")
		}),
	})
	if err := s.Open(t.Context()); err != nil {
		t.Fatal(err)
	}
	// Without reuse of connections a reset is never retried by the client.
	s.client = &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		if err := s.Stop(ctx); err != nil {
			t.Error(err)
		}
	})
	return s
}

// ask sends one request and returns the status and the body, or the error.
func (s *server) ask(ctx context.Context, method, path string) (int, string, error) {
	request, err := http.NewRequestWithContext(ctx, method, s.URL()+path, strings.NewReader("body"))
	if err != nil {
		return 0, "", err
	}
	response, err := s.client.Do(request)
	if err != nil {
		return 0, "", err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	return response.StatusCode, string(body), err
}

func (s *server) last() journal.Entry {
	entries := s.Journal.Entries(journal.Filter{}).Entries
	return entries[len(entries)-1]
}

func TestRefusedAndBackOnTheSamePort(t *testing.T) {
	s := newServer(t, journal.PlaneService)
	url := s.URL()
	if err := s.Set(t.Context(), Fault{Mode: Refused}); err != nil {
		t.Fatal(err)
	}
	if _, _, err := s.ask(t.Context(), "GET", "/"); !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("while refused: %v", err)
	}
	if n := s.Journal.Entries(journal.Filter{}).Count; n != 0 {
		t.Errorf("%d requests arrived", n)
	}
	if err := s.Set(t.Context(), Fault{Mode: None}); err != nil {
		t.Fatal(err)
	}
	if status, body, err := s.ask(t.Context(), "GET", "/"); status != 200 || body != "served" || err != nil {
		t.Errorf("after the return: %d %q %v", status, body, err)
	}
	if s.URL() != url {
		t.Errorf("the address changed from %s to %s", url, s.URL())
	}
}

func TestBlackholeJournalsAndNeverServes(t *testing.T) {
	s := newServer(t, journal.PlaneService)
	if err := s.Set(t.Context(), Fault{Mode: Blackhole}); err != nil {
		t.Fatal(err)
	}
	impatient, cancel := context.WithCancel(t.Context())
	failed := make(chan error, 2)
	go func() { _, _, err := s.ask(impatient, "POST", "/left"); failed <- err }()
	go func() { _, _, err := s.ask(t.Context(), "POST", "/stayed"); failed <- err }()
	eventually(t, func() bool { return s.Journal.Entries(journal.Filter{}).Count == 2 })
	for _, e := range s.Journal.Entries(journal.Filter{}).Entries {
		if e.Outcome != journal.OutcomePending {
			t.Errorf("entry %+v", e)
		}
	}
	cancel()
	if err := <-failed; !errors.Is(err, context.Canceled) {
		t.Errorf("the client that left: %v", err)
	}
	// A request that hung through the outage has no effect when it ends.
	if err := s.Set(t.Context(), Fault{Mode: None}); err != nil {
		t.Fatal(err)
	}
	if err := <-failed; err == nil {
		t.Error("the client that stayed got an answer")
	}
	eventually(t, func() bool {
		for _, e := range s.Journal.Entries(journal.Filter{}).Entries {
			if e.Outcome != journal.OutcomeGone || e.Fault != "blackhole" {
				return false
			}
		}
		return true
	})
	if n := s.served.Load(); n != 0 {
		t.Errorf("%d requests took effect", n)
	}
}

func TestOutagesAnswerInThePlanesOwnForm(t *testing.T) {
	for name, c := range map[string]struct {
		plane  journal.Plane
		mode   Mode
		status int
		body   string
	}{
		"service, gateway": {journal.PlaneService, Gateway403, 403, `{"statusCode":403,`},
		"service, 500":     {journal.PlaneService, Error500, 500, `{"Message":`},
		"service, 503":     {journal.PlaneService, Error503, 503, `{"Message":`},
		"storage, gateway": {journal.PlaneStorage, Gateway403, 503, `<Code>ServerBusy</Code>`},
		"storage, 500":     {journal.PlaneStorage, Error500, 500, `<Code>InternalError</Code>`},
		"arm, 503":         {journal.PlaneARM, Error503, 503, `{"error":{"code":"ServiceUnavailable"`},
	} {
		t.Run(name, func(t *testing.T) {
			s := newServer(t, c.plane)
			if err := s.Set(t.Context(), Fault{Mode: c.mode}); err != nil {
				t.Fatal(err)
			}
			status, body, err := s.ask(t.Context(), "GET", "/")
			if status != c.status || !strings.Contains(body, c.body) || err != nil {
				t.Errorf("%d %q %v", status, body, err)
			}
			if e := s.last(); e.Status != c.status || e.Fault != string(c.mode) || s.served.Load() != 0 {
				t.Errorf("journal: %+v", e)
			}
		})
	}
}

func TestInjections(t *testing.T) {
	for name, c := range map[string]struct {
		injection Injection
		status    int // 0: the connection breaks
		served    int64
		outcome   journal.Outcome
	}{
		"dropped before":   {Injection{Action: DropBefore}, 0, 0, journal.OutcomeDropped},
		"accepted, lost":   {Injection{Action: DropAfterAccept}, 0, 1, journal.OutcomeDropped},
		"status":           {Injection{Action: Status, Status: 429, Headers: map[string]string{"Retry-After": "1"}}, 429, 0, journal.OutcomeAnswered},
		"status with body": {Injection{Action: Status, Status: 503, Body: []byte(`"busy"`)}, 503, 0, journal.OutcomeAnswered},
		"delayed":          {Injection{Action: Delay}, 200, 1, journal.OutcomeAnswered},
	} {
		t.Run(name, func(t *testing.T) {
			s := newServer(t, journal.PlaneService)
			c.injection.Match = Match{Method: "post", PathPrefix: "/API"}
			injection, err := c.injection.Normalize()
			if err != nil {
				t.Fatal(err)
			}
			s.Inject(injection)
			if status, _, err := s.ask(t.Context(), "GET", "/api"); status != 200 || err != nil {
				t.Errorf("another method is hit: %d %v", status, err)
			}
			before := s.served.Load()
			status, _, err := s.ask(t.Context(), "POST", "/api/workflows")
			if status != c.status || (err != nil) != (c.status == 0) {
				t.Errorf("%d %v", status, err)
			}
			if n := s.served.Load() - before; n != c.served {
				t.Errorf("took effect %d times, want %d", n, c.served)
			}
			if e := s.last(); e.Outcome != c.outcome || e.Fault != string(c.injection.Action) {
				t.Errorf("journal: %+v", e)
			}
			if status, _, err := s.ask(t.Context(), "POST", "/api"); status != 200 || err != nil {
				t.Errorf("the next one is hit as well: %d %v", status, err)
			}
		})
	}
}

func TestInjectedHangs(t *testing.T) {
	for action, served := range map[Action]int64{Hang: 0, HangAfterAccept: 1} {
		t.Run(string(action), func(t *testing.T) {
			s := newServer(t, journal.PlaneService)
			s.Inject(Injection{Action: action, Count: 1})
			ctx, cancel := context.WithCancel(t.Context())
			failed := make(chan error, 1)
			go func() { _, _, err := s.ask(ctx, "POST", "/"); failed <- err }()
			eventually(t, func() bool {
				page := s.Journal.Entries(journal.Filter{})
				return page.Count == 1 && page.Entries[0].Fault == string(action)
			})
			cancel()
			if err := <-failed; !errors.Is(err, context.Canceled) {
				t.Errorf("got %v", err)
			}
			if n := s.served.Load(); n != served {
				t.Errorf("took effect %d times, want %d", n, served)
			}
		})
	}
}

func TestInjectionSkipsAndCounts(t *testing.T) {
	s := newServer(t, journal.PlaneService)
	s.Inject(Injection{Match: Match{QueryContains: "of('x')"}, Action: Status, Status: 500, Skip: 1, Count: 2})
	var got []int
	for range 5 {
		status, _, err := s.ask(t.Context(), "GET", "/?%24filter=of%28%27x%27%29")
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, status)
	}
	want := []int{200, 500, 500, 200, 200}
	for i := range want {
		if got[i] != want[i] {
			t.Fatalf("statuses %v, want %v", got, want)
		}
	}
	if pending := s.Injections(); len(pending) != 0 {
		t.Errorf("still pending: %+v", pending)
	}
}

func TestSlowServesAfterItsDelay(t *testing.T) {
	s := newServer(t, journal.PlaneService)
	if err := s.Set(t.Context(), Fault{Mode: Slow, DelayMilliseconds: 1}); err != nil {
		t.Fatal(err)
	}
	if status, body, err := s.ask(t.Context(), "GET", "/"); status != 200 || body != "served" || err != nil {
		t.Errorf("%d %q %v", status, body, err)
	}
	if e := s.last(); e.Fault != "slow" {
		t.Errorf("journal: %+v", e)
	}
}

func TestFaultNormalizeAndScope(t *testing.T) {
	for name, f := range map[string]Fault{"mode": {Mode: "off"}, "scope": {Mode: Slow, Scope: "x"}, "jobs": {Mode: Slow, Jobs: "x"}, "delay": {DelayMilliseconds: -1}} {
		if _, err := f.Normalize(); err == nil {
			t.Errorf("%s: %+v was accepted", name, f)
		}
	}
	storage := Fault{Mode: Blackhole, Scope: ScopeStorage}
	if storage.For(ScopeService).Mode != None || storage.For(ScopeStorage).Mode != Blackhole {
		t.Error("the scope is not kept")
	}
	for _, c := range []struct {
		fault Fault
		kills bool
	}{
		{Fault{Mode: None}, false}, {Fault{Mode: Slow}, false}, {Fault{Mode: Blackhole, Scope: ScopeAll}, true},
		{storage, false}, {Fault{Mode: Gateway403, Scope: ScopeService}, true},
		{Fault{Mode: Refused, Jobs: JobsKeep}, false}, {Fault{Mode: Slow, Jobs: JobsFail}, true},
	} {
		if c.fault.KillsJobs() != c.kills {
			t.Errorf("%+v: kills jobs %v", c.fault, !c.kills)
		}
	}
}

// eventually looks until it is so. The test's own deadline ends it otherwise.
func eventually(t *testing.T, so func() bool) {
	t.Helper()
	look := time.NewTicker(time.Millisecond)
	defer look.Stop()
	deadline := time.NewTimer(30 * time.Second)
	defer deadline.Stop()
	for !so() {
		select {
		case <-look.C:
		case <-deadline.C:
			t.Fatal("it never happened")
		}
	}
}
