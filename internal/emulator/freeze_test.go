package emulator

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/emulator/fault"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/emulator/workflows"
)

// frozen waits until the freeze has come as far as reached says.
func (l *lab) frozen(reached func(fault.Frozen) bool) fault.Frozen {
	l.t.Helper()
	var f fault.Frozen
	eventually(l.t, func() bool {
		f = fault.Frozen{}
		l.admin("GET", "/admin/freeze", "").decode(l.t, &f)
		return reached(f)
	})
	return f
}

// leave sends a request and gives it up when the returned function is called.
func (l *lab) leave(method, url string, header map[string]string, body string) (giveUp func()) {
	l.t.Helper()
	ctx, cancel := context.WithCancel(l.t.Context())
	request, err := http.NewRequestWithContext(ctx, method, url, strings.NewReader(body))
	if err != nil {
		l.t.Fatal(err)
	}
	for name, value := range header {
		request.Header.Set(name, value)
	}
	ended := make(chan error)
	go func() {
		response, err := http.DefaultClient.Do(request)
		if err == nil {
			response.Body.Close()
		}
		ended <- err
	}()
	return func() {
		cancel()
		if err := <-ended; !errors.Is(err, context.Canceled) {
			l.t.Errorf("the request ended by itself: %v", err)
		}
	}
}

func TestFreezeStopsEverythingAtOneRequest(t *testing.T) {
	for name, after := range map[string]bool{"before it takes effect": false, "after it took effect": true} {
		t.Run(name, func(t *testing.T) {
			l := newLab(t, Config{HoldJobs: true})
			rule, err := json.Marshal(fault.FreezeRule{Methods: []string{http.MethodPost}, Skip: 1, After: after})
			if err != nil {
				t.Fatal(err)
			}
			l.admin("PUT", "/admin/freeze", string(rule))
			first := l.submit(west, "first", "first", "s_1.fq")
			if f := l.frozen(func(fault.Frozen) bool { return true }); f.Reached || f.Seen != 1 {
				t.Fatalf("after the request that passes: %+v", f)
			}
			url, header := l.Ready().Regions[europe].Service+"/api/workflows", map[string]string{"Ocp-Apim-Subscription-Key": l.keys[europe]}
			submit := l.leave("POST", url, header, submission(europe, "second", "second", "s_1.fq"))
			f := l.frozen(func(f fault.Frozen) bool { return f.Reached })
			if f.Request == nil || f.Request.Method != http.MethodPost || f.Request.Region != europe {
				t.Fatalf("stopped at %+v", f.Request)
			}
			// Whatever comes now waits, in the other region too, and jobs go on.
			list := l.leave("GET", l.Ready().Regions[west].Service+"/api/workflows", map[string]string{"Ocp-Apim-Subscription-Key": l.keys[west]}, "")
			l.frozen(func(f fault.Frozen) bool { return f.Held == 2 })
			l.await(west, first, workflows.InProgress)
			submit()
			list()
			l.frozen(func(f fault.Frozen) bool { return f.Held == 0 })
			l.admin("DELETE", "/admin/freeze", "")
			if runs := l.Runs(europe, "", "second"); (len(runs) == 1) != after {
				t.Errorf("the request whose client left made %d runs", len(runs))
			}
			l.submit(europe, "third", "third", "s_1.fq")
		})
	}
}

func TestThawServesWhatWaited(t *testing.T) {
	l := newLab(t, Config{HoldJobs: true})
	l.admin("PUT", "/admin/freeze", `{}`)
	answers := make(chan answer)
	go func() {
		a, err := l.ask("GET", west, "/api/workflows", "")
		if err != nil {
			t.Error(err)
		}
		answers <- a
	}()
	l.frozen(func(f fault.Frozen) bool { return f.Reached })
	l.admin("DELETE", "/admin/freeze", "")
	if a := <-answers; a.status != http.StatusOK {
		t.Errorf("after the thaw: %d %s", a.status, a.body)
	}
}
