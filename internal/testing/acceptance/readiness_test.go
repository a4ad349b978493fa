//go:build acceptance

package acceptance

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/testing/harness"
)

const readinessAddress = "data.genomics_readiness.lab"

// readiness is the data source for all of a setup.
func readiness(more string, submissions ...string) string {
	workflows := make([]string, len(submissions))
	for i, name := range submissions {
		workflows[i] = address(name)
	}
	return fmt.Sprintf(`
data "genomics_readiness" "lab" {
  region_pair  = genomics_region_pair.lab
  input_stores = [genomics_replicated_input_store.reads]
  workflows    = [%s]
%s
}
`, strings.Join(workflows, ", "), more)
}

// judged is what a plan's data source says of one rule: the worst of its checks.
type judged struct{ status, subject, message, remedy string }

// judge plans and gives what the data source says.
func (l *lab) judge(plan *harness.Plan) (verdict string, checks map[string]judged) {
	l.Helper()
	values := plan.Data(readinessAddress)
	if values == nil {
		l.Fatalf("the plan has not read %s", readinessAddress)
	}
	rank := map[string]int{"fail": 0, "unknown": 1, "pass": 2}
	checks = map[string]judged{}
	list, _ := values["checks"].([]any)
	for _, one := range list {
		c := asObject(one)
		name, status := text(c["name"]), text(c["status"])
		if was, ok := checks[name]; !ok || rank[status] < rank[was.status] {
			checks[name] = judged{status, text(c["subject"]), text(c["message"]), text(c["remedy"])}
		}
	}
	return text(values["verdict"]), checks
}

// finds asserts the status of rules, given as name and status in turn; every other
// rule passes.
func (l *lab) finds(plan *harness.Plan, verdict string, pairs ...string) map[string]judged {
	l.Helper()
	got, checks := l.judge(plan)
	want := map[string]string{}
	for i := 0; i+1 < len(pairs); i += 2 {
		want[pairs[i]] = pairs[i+1]
	}
	for name, c := range checks {
		expected := "pass"
		if w, ok := want[name]; ok {
			expected = w
			delete(want, name)
		}
		if c.status != expected {
			l.Errorf("%s is %s, want %s: %s", name, c.status, expected, c.message)
		}
	}
	for name := range want {
		l.Errorf("no check is called %s", name)
	}
	if got != verdict {
		l.Errorf("the verdict is %s, want %s", got, verdict)
	}
	return checks
}

// says asserts what a check's message and remedy hold.
func (l *lab) says(c judged, message, remedy string) {
	l.Helper()
	if !strings.Contains(c.message, message) || !strings.Contains(c.remedy, remedy) {
		l.Errorf("says %q and to do %q, want %q and %q", c.message, c.remedy, message, remedy)
	}
}

// A pair that is well is ready, twice in a row with nothing to change, and what is
// wrong is named with what helps. Following that helps.
func TestAccReadiness(t *testing.T) {
	l := newestLab(t, "readiness")
	l.put(primary, l.inputs(), l.reads("one"))
	l.hold("")
	s := setup{
		Pair:        `  data_residency = { allowed_geographies = ["United States", "Europe"] }`,
		Submissions: map[string]submission{"one": {}},
		Extra:       readiness("  max_recovery_point_age = \"1h\"\n  state_location = \"northeurope\"", "one"),
	}
	l.write(s)
	l.apply()
	for range 2 {
		l.finds(l.unchanged(0), "ready")
	}
	fmt.Println(text(l.plan().Data(readinessAddress)["report_markdown"]))
	_ = http.MethodGet
}
