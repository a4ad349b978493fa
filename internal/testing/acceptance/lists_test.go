//go:build acceptance

package acceptance

import (
	"slices"
	"strings"
	"testing"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/testing/harness"
)

// Accounts and workflows can be listed, with what an import of each would know.
func TestAccLists(t *testing.T) {
	l := newestLab(t, "lists")
	l.put(primary, l.inputs(), l.reads("held", "done"))
	l.ok(l.Hold(l.Context(), harness.Hold{Description: l.describe("held")}))
	l.write(setup{Submissions: map[string]submission{"held": {}, "done": {}}})
	l.apply()
	l.until("done has ended", func() bool {
		return slices.ContainsFunc(l.runsOf("done"), func(r harness.JobRun) bool { return !r.Live() })
	})
	l.apply("-refresh-only")
	account := l.state()["genomics_account.lab[\""+primary+"\"]"]
	of := func(more map[string]any) map[string]any {
		config := map[string]any{"account_id": account["id"]}
		for name, value := range more {
			config[name] = value
		}
		return config
	}

	accounts, problems := l.queries("genomics_account", map[string]any{"resource_group_name": account["resource_group_name"]}, true, 100)
	at := slices.IndexFunc(accounts, func(f found) bool { return said(f.identity["name"]) == account["name"] })
	if problems != "" || at < 0 {
		t.Fatalf("%d accounts, %s", len(accounts), problems)
	}
	for _, name := range []string{"id", "name", "resource_group_name", "location", "api_url", "provisioning_state"} {
		if got := said(accounts[at].resource[name]); got != account[name] {
			t.Errorf("%s is %q, want %q", name, got, account[name])
		}
	}
	if said(accounts[at].identity["subscription_id"]) == "" || !strings.Contains(accounts[at].name, primary) {
		t.Errorf("found %+v", accounts[at])
	}
	if all, problems := l.queries("genomics_account", map[string]any{}, false, 1); problems != "" || len(all) != 1 || all[0].resource != nil {
		t.Errorf("of the subscription: %+v, %s", all, problems)
	}
	if _, problems := l.queries("genomics_account", map[string]any{"resource_group_name": "none"}, false, 1); !strings.Contains(problems, "ERROR: The accounts cannot be listed") {
		t.Errorf("of a group that is not there: %s", problems)
	}

	for name, row := range map[string]struct {
		more  map[string]any
		limit int64
		want  []string
	}{
		"all":             {nil, 100, []string{"done", "held"}},
		"one":             {nil, 1, nil},
		"by status":       {map[string]any{"status": "success"}, 100, []string{"done"}},
		"by name":         {map[string]any{"name": l.describe("held"), "location": primary}, 100, []string{"held"}},
		"by process":      {map[string]any{"process": "gatk4"}, 100, []string{"done", "held"}},
		"of no process":   {map[string]any{"process": "snapgatk"}, 100, []string{}},
		"by a wrong word": {map[string]any{"status": "finished"}, 100, nil},
	} {
		t.Run(name, func(t *testing.T) {
			l := l.within(t)
			runs, problems := l.queries("genomics_workflow_submission", of(row.more), true, row.limit)
			if row.want == nil {
				if wrong := name == "by a wrong word"; wrong != strings.Contains(problems, "ERROR") || !wrong && len(runs) != 1 {
					t.Errorf("found %+v, %s", runs, problems)
				}
				return
			}
			if problems != "" || len(runs) != len(row.want) {
				t.Fatalf("found %+v, %s", runs, problems)
			}
			for _, submission := range row.want {
				state := l.state()[address(submission)]
				at := slices.IndexFunc(runs, func(f found) bool { return said(f.identity["workflow_id"]) == state["workflow_id"] })
				if at < 0 || said(runs[at].identity["account_id"]) != account["id"] || !strings.Contains(runs[at].name, submission) {
					t.Fatalf("found %+v", runs)
				}
				if attempts := runs[at].resource["attempts"]; attempts.IsNull() {
					t.Error("it has no attempts")
				}
				for _, name := range []string{"id", "workflow_id", "location", "submission_key", "process", "status", "created_at"} {
					if got := said(runs[at].resource[name]); got != state[name] {
						t.Errorf("%s is %q, want %q", name, got, state[name])
					}
				}
			}
		})
	}
	l.outage(primary, harness.Refused)
	if runs, problems := l.queries("genomics_workflow_submission", of(nil), false, 1); len(runs) != 0 || !strings.Contains(problems, "ERROR: The account's workflows cannot be listed") {
		t.Errorf("in the dark: %+v, %s", runs, problems)
	}
	l.restore(primary)
}
