//go:build acceptance

package acceptance

import (
	"fmt"
	"net/http"
	"net/url"
	"os"
	"slices"
	"testing"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/testing/acctest"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/testing/harness"
)

// TestAccNoSecretLeaks plays what hands out and uses secrets, failures first of
// all, with the trace log on, and searches everything that is written for each
// of them.
func TestAccNoSecretLeaks(t *testing.T) {
	l := oneLab(t, "secrets")
	l.cli.Trace = true
	// A key that opens nothing stands for one that was given away and renewed. It
	// comes as an ephemeral variable, so that the CLI itself does not store it.
	const stale = "d3Jvbmcga2V5IHRoYXQgb3BlbnMgbm90aGluZyBhdCBhbGwsIGJ1dCBpcyBhIHNlY3JldCBhbGwgdGhlIHNhbWU9"
	l.cli.Env = append(slices.Clone(l.cli.Env), "TF_VAR_stale="+stale)
	s := &searched{lab: l, texts: map[string][]byte{}}
	l.put(primary, l.inputs(), l.reads("one", "two"), map[string][]byte{"bad_1.fq": []byte("no reads\n"), "bad_2.fq": []byte("no reads\n")})
	l.hold("")
	head := `
variable "stale" {
  ephemeral = true
  sensitive = true
}
ephemeral "genomics_account_keys" "lab" {
  account_id = genomics_account.lab["westus2"].id
}
`
	healthy := setup{Extra: head, Submissions: map[string]submission{"one": {}, "two": {}}}

	// Prepare, fail over in the dark, and fence.
	l.write(healthy)
	s.keep(l.plan())
	s.run(l.apply())
	l.outage(primary, harness.Blackhole)
	flip := []string{"-var", "active_region=" + secondary}
	s.keep(l.plan(flip...))
	s.run(l.apply(flip...))
	l.restore(primary)
	s.keep(l.plan(flip...))
	s.run(l.apply(flip...))
	s.run(l.apply())

	// A key that the service refuses, whoever is asked for another.
	refused := harness.Injection{Action: harness.Answer, Status: http.StatusUnauthorized, Count: 100,
		Body: map[string]any{"statusCode": 401, "message": "Access denied due to invalid subscription key."}}
	l.inject(primary, refused)
	wrong := healthy
	wrong.Provider = fmt.Sprintf("access_keys = { %q = var.stale }", l.account(primary))
	l.write(wrong)
	s.run(l.refused("HTTP 401", "access_keys"))
	l.ok(l.ClearInjections(l.Context(), primary))
	s.keep(l.plan()) // Resource Manager has the right one

	// A key that storage refuses.
	wrong.Provider = fmt.Sprintf("access_keys = { %q = var.stale }", places[primary].storage)
	l.write(wrong)
	s.run(l.refused(places[primary].storage))

	// Storage that fails in the middle of a submission's check of its inputs.
	l.write(setup{Extra: head, Submissions: map[string]submission{"one": {}, "two": {}, "three": {}}})
	s.run(l.broken("three"))
	l.inject(primary, harness.Injection{Match: harness.Match{Method: http.MethodHead, Plane: "storage"}, Action: harness.Answer, Status: http.StatusForbidden, Count: 100,
		Headers: map[string]string{"x-ms-error-code": "AuthorizationFailure"}})
	l.put(primary, l.inputs(), l.reads("three"))
	s.run(l.broken("AuthorizationFailure"))
	l.ok(l.ClearInjections(l.Context(), primary))

	// A workflow that fails for its input.
	l.release("")
	l.write(setup{Extra: head, Submissions: map[string]submission{"one": {}, "two": {},
		"bad": {Inputs: []string{"bad_1.fq", "bad_2.fq"}, More: "wait_for_completion = true"}}})
	s.run(l.broken("failed", "failure code 3"))
	s.run(l.destroy())

	s.prove(stale)
	acctest.NoLeaks(t, l.cli, s.texts)
}

// searched collects what the commands wrote.
type searched struct {
	*lab
	texts map[string][]byte
}

func (s *searched) run(run *harness.Run) {
	s.texts[fmt.Sprintf("output of command %d, %v", len(s.texts), run.Args)] = []byte(run.Output())
}

func (s *searched) keep(plan *harness.Plan) {
	s.run(plan.Run)
	s.texts[fmt.Sprintf("plan %d", len(s.texts))] = plan.Raw
	state, err := s.cli.StateFile()
	s.ok(err)
	s.texts[fmt.Sprintf("state %d", len(s.texts))] = state
}

// prove shows that the search would find something: there are secrets of every
// kind, and one that is planted is seen in each of its forms.
func (s *searched) prove(stale string) {
	s.Helper()
	secrets, err := s.Secrets(s.Context())
	s.ok(err)
	kinds := map[string]harness.Secret{}
	seen := map[string]bool{}
	for _, secret := range secrets {
		kinds[secret.Kind] = secret
		seen[secret.Value] = true
	}
	for _, kind := range []string{"account_key", "identity_header", "signature", "storage_key", "token"} {
		if _, known := kinds[kind]; !known {
			s.Errorf("no secret of the kind %s is known", kind)
		}
	}
	if !seen[stale] {
		s.Error("the stale key was never sent, and so nothing is proven of it")
	}
	for kind, secret := range kinds {
		for _, planted := range []string{secret.Value, url.QueryEscape(secret.Value)} {
			leaks, err := s.Leaks(s.Context(), map[string][]byte{"planted": []byte("x" + planted + "y")})
			if err != nil || len(leaks) == 0 {
				s.Errorf("a planted %s is not found (error %v)", kind, err)
			}
		}
	}
	if trace := len(s.trace()); trace < 1<<20 {
		s.Errorf("the trace log has only %d bytes: was it written?", trace)
	}
}

func (s *searched) trace() []byte {
	s.Helper()
	content, err := os.ReadFile(s.cli.TracePath())
	s.ok(err)
	return content
}
