//go:build acceptance

package acceptance

import (
	"context"
	"net/http"
	"strings"
	"testing"

	rules "github.com/genomics-continuity/terraform-provider-genomics/internal/readiness"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/testing/harness"
)

// A pair of servers is judged by every rule that has a meaning for it: what the
// standby's server says of itself, whether it takes the login and lists, and the inputs
// of the tasks and runs that are under way.
func TestAccReadinessOfServers(t *testing.T) {
	for _, g := range servers {
		t.Run(g.kind, func(t *testing.T) {
			const password = "another-password-of-the-lab"
			l := newestLab(t, "ready-"+g.kind)
			for _, variable := range l.Env() {
				name, value, _ := strings.Cut(variable, "=")
				t.Setenv(name, value)
			}
			l.put(primary, l.inputs(), l.reads("one"))
			l.hold("")
			l.writeText(l.servers(g, ""))
			l.apply()
			state := l.state()
			config := map[string]any{"region_pair": state[pairAddress], "input_stores": []any{state[storeAddress]}}
			config[map[string]string{"tes": "tasks", "wes": "runs"}[g.kind]] = []any{state[g.address]}
			ready := l.Emulator.Ready.Regions[secondary]
			url := map[string]string{"tes": ready.TES, "wes": ready.WES}[g.kind]
			list := map[string]string{"tes": "/ga4gh/tes/v1/tasks", "wes": "/ga4gh/wes/v1/runs"}[g.kind]
			missing := secondReads("one")
			login := map[string]any{"endpoint_credentials": map[string]any{url: map[string]any{"username": "lab", "password": password}}}
			t.Cleanup(func() { l.ok(l.ResetFaces(context.WithoutCancel(t.Context()), secondary)) })
			unseen := func(rule string) finding { return finding{rule, rules.Unknown, "", "terraform plan"} }

			for _, row := range []struct {
				name     string
				prepare  func()
				provider map[string]any
				verdict  rules.Verdict
				finds    []finding
			}{
				{name: "well", verdict: rules.Ready, finds: []finding{{rules.RuleService, rules.Pass, "Emulated", ""}}},
				{name: "input missing", prepare: func() { l.remove(secondary, l.inputs(), missing) }, verdict: rules.NotReady, finds: []finding{
					{rules.RuleReplication, rules.Fail, missing, "terraform apply"}, {rules.RuleWorkflowInputs, rules.Fail, `one: "` + missing, "terraform apply"},
				}},
				{name: "remedy followed", prepare: func() { l.apply() }, verdict: rules.Ready, finds: []finding{{rules.RuleWorkflowInputs, rules.Pass, "All inputs", ""}}},
				{name: "wants a login", prepare: func() {
					l.ok(l.Faces(l.Context(), secondary, harness.Faces{"auth": map[string]any{"mode": "basic", "username": "lab", "password": password}}))
				}, verdict: rules.NotReady, finds: []finding{
					{rules.RuleService, rules.Fail, "refuses the login", `endpoint_credentials = { "` + url}, unseen(rules.RuleFencing),
				}},
				{name: "remedy followed again", provider: login, verdict: rules.Ready, finds: []finding{{rules.RuleCredentials, rules.Pass, "", ""}}},
				{name: "does not list", prepare: func() {
					l.ok(l.ResetFaces(l.Context(), secondary))
					l.inject(secondary, harness.Injection{Match: harness.Match{Method: http.MethodGet, PathPrefix: list}, Action: harness.Answer, Status: http.StatusMethodNotAllowed, Body: map[string]any{"msg": "no lists here"}, Count: 100})
				}, verdict: rules.VerdictUnknown, finds: []finding{{rules.RuleService, rules.Unknown, "no lists here", "terraform plan"}, unseen(rules.RuleFencing)}},
				{name: "dark", prepare: func() {
					l.ok(l.ClearInjections(l.Context(), secondary))
					l.outage(secondary, harness.Refused)
				}, verdict: rules.NotReady, finds: []finding{
					{rules.RuleService, rules.Fail, "does not answer", "curl"}, unseen(rules.RuleFencing), unseen(rules.RuleOutputContainer), unseen(rules.RuleOutputAccess),
					unseen(rules.RuleReplication), unseen(rules.RuleManifest), unseen(rules.RuleWorkflowInputs), {rules.RuleCredentials, rules.Unknown, "does not answer", "access_keys"},
				}},
			} {
				t.Run(row.name, func(t *testing.T) {
					if row.prepare != nil {
						row.prepare()
					}
					w := &watched{lab: l.within(t), provider: row.provider, config: config}
					verdict, all := w.look()
					w.expect(all, row.finds...)
					if verdict != string(row.verdict) {
						t.Errorf("the verdict is %s", verdict)
					}
					for _, rule := range []string{rules.RuleAccount, rules.RuleResourceGroup} {
						if got, judged := all[rule]; judged {
							t.Errorf("a server is judged: %+v", got)
						}
					}
				})
			}
			l.restore(secondary)
		})
	}
}
