//go:build acceptance

package acceptance

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/dustin/go-humanize"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/testing/harness"
)

const readinessAddress = "data.genomics_readiness.lab"

// readiness is the data source for all of a setup. It refers to resources by way of
// locals: a CLI puts off a data source that names a resource which has changes to be
// made, whether or not they matter to it.
func readiness(more string, submissions ...string) string {
	workflows := make([]string, len(submissions))
	for i, name := range submissions {
		workflows[i] = address(name)
	}
	return fmt.Sprintf(`
locals {
  pair      = genomics_region_pair.lab
  stores    = [genomics_replicated_input_store.reads]
  workflows = [%s]
}

data "genomics_readiness" "lab" {
  region_pair  = local.pair
  input_stores = local.stores
  workflows    = local.workflows
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
		l.Fatalf("the plan has not read %s: unknown %v", readinessAddress, plan.Unknown(readinessAddress))
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

// What is wrong is named with what helps, and following that helps. The data source
// is read while planning whatever there is to change, and a pair that is well is
// ready twice in a row with nothing to change.
func TestAccReadiness(t *testing.T) {
	l := newestLab(t, "readiness")
	l.put(primary, l.inputs(), l.reads("one"))
	l.hold("")
	s := setup{
		Pair:        `  data_residency = { allowed_geographies = ["United States", "Europe"] }`,
		Submissions: map[string]submission{"one": {}},
		Extra:       readiness("  max_recovery_point_age = \"1h\"\n  state_location = \"northeurope\"", "one"),
	}
	// The standby's account lies in a resource group of the primary region first.
	wrong := func(text string) string {
		return strings.ReplaceAll(text, fmt.Sprintf("%s = %q", secondary, places[secondary].group), fmt.Sprintf("%s = %q", secondary, places[primary].group))
	}
	l.writeText(wrong(l.module(s)))
	l.apply()

	t.Run("a resource group in the wrong region", func(t *testing.T) {
		l := l.within(t)
		checks := l.finds(l.unchanged(0), "not_ready", "resource_group", "fail", "credentials", "fail")
		l.says(checks["resource_group"], "is in "+primary, "resource_group_name = azurerm_resource_group.standby.name")
		l.says(checks["credentials"], "in an outage of that region", "access_keys")
	})
	t.Run("exit codes", func(t *testing.T) {
		l := l.within(t)
		gate := strings.Replace(s.Extra, "region_pair ", "lifecycle {\n    postcondition {\n      condition     = self.ready\n      error_message = self.summary\n    }\n  }\n  region_pair ", 1)
		advice := s.Extra + "check \"ready\" {\n  assert {\n    condition     = data.genomics_readiness.lab.ready\n    error_message = data.genomics_readiness.lab.summary\n  }\n}\n"
		with := s
		with.Extra = advice
		l.writeText(wrong(l.module(with)))
		l.warnsOf(l.unchanged(1).Run, "not ready: 2 of ")
		with.Extra = gate
		l.writeText(wrong(l.module(with)))
		if failed := l.refused("not ready: 2 of "); failed.ExitCode != 1 {
			l.Errorf("a postcondition that fails ends with exit code %d", failed.ExitCode)
		}
		// What changes with time makes every plan show a change, as an output.
		with.Extra = s.Extra + "output \"report\" {\n  value = data.genomics_readiness.lab.report_json\n}\n"
		l.writeText(wrong(l.module(with)))
		l.apply()
		// The report's time is one of whole seconds.
		applied := time.Now()
		l.until("a second to pass", func() bool { return time.Since(applied) > time.Second })
		if plan := l.plan(); plan.ExitCode != 2 || len(plan.Changes()) != 0 {
			l.Errorf("with a report among the outputs a plan ends with exit code %d and changes %v", plan.ExitCode, plan.Changes())
		}
	})
	l.write(s)
	l.apply()
	for range 2 {
		l.finds(l.unchanged(0), "ready")
	}

	t.Run("two of three inputs copied", func(t *testing.T) {
		l := l.within(t)
		reads := l.reads("two")
		third := secondReads("two")
		l.put(primary, l.inputs(), reads)
		l.put(secondary, l.inputs(), map[string][]byte{firstReads("two"): reads[firstReads("two")]})
		more := s
		more.Submissions = map[string]submission{"one": {}, "two": {}}
		more.Extra = readiness("  probe = \"write\"", "one", "two")
		l.write(more)
		// Store and submission have changes pending.
		plan := l.plan()
		if plan.Empty() {
			l.Error("nothing is to be changed")
		}
		checks := l.finds(plan, "not_ready", "replication", "fail", "workflow_inputs", "fail")
		size := fmt.Sprintf("%s (%s, ", third, humanize.IBytes(uint64(len(reads[third]))))
		l.says(checks["replication"], "1 of 4 blobs", "terraform apply")
		l.says(checks["replication"], size, "")
		l.says(checks["workflow_inputs"], fmt.Sprintf("two: %q is missing", third), "terraform apply")
		l.says(checks["workflow_inputs"], " old)", "")
		l.apply()
		checks = l.finds(l.unchanged(0), "ready")
		l.says(checks["output_access"], "a blob was written, read and deleted", "")
		if left := l.blobs(secondary, l.outputs(), ".genomics-continuity/probe"); len(left) > 0 {
			l.Errorf("probes are left: %v", left)
		}
	})

	t.Run("a missing permission to delete", func(t *testing.T) {
		l := l.within(t)
		l.inject(secondary, harness.Injection{
			Match: harness.Match{Plane: "storage", Method: http.MethodDelete}, Action: harness.Answer, Status: http.StatusForbidden,
			Headers: map[string]string{"x-ms-error-code": "AuthorizationPermissionMismatch"}, Body: "<Error/>",
		})
		checks := l.finds(l.plan(), "not_ready", "output_access", "fail")
		l.says(checks["output_access"], "may not delete there", "Storage Blob Data Contributor")
		// With the role assigned the service allows it again.
		l.finds(l.unchanged(0), "ready")
	})

	t.Run("no manifest, and one that cannot be read", func(t *testing.T) {
		l := l.within(t)
		manifests := l.blobs(secondary, l.inputs(), ".genomics-continuity/")
		l.put(secondary, l.inputs(), map[string][]byte{manifests[0]: []byte("torn")})
		checks := l.finds(l.plan(), "not_ready", "manifest", "fail", "replication", "unknown")
		l.says(checks["manifest"], "cannot be used", "az storage blob delete --account-name "+places[secondary].storage)
		l.remove(secondary, l.inputs(), manifests[0])
		checks = l.finds(l.plan(), "not_ready", "manifest", "fail")
		l.says(checks["manifest"], "There is no manifest", "terraform apply")
		l.apply()
		l.finds(l.unchanged(0), "ready")
	})

	t.Run("a dead service", func(t *testing.T) {
		l := l.within(t)
		l.outage(secondary, harness.Gateway403)
		verdict, seen := l.judge(l.plan())
		if verdict != "not_ready" || seen["service"].status != "fail" {
			l.Errorf("%s: %+v", verdict, seen["service"])
		}
		l.says(seen["service"], secondary+" does not answer", "curl")
		l.restore(secondary)
		l.finds(l.unchanged(0), "ready")
	})

	t.Run("the active region dark", func(t *testing.T) {
		l := l.within(t)
		l.outage(primary, harness.Blackhole)
		mark := l.mark()
		verdict, seen := l.judge(l.unchanged(1))
		if verdict != "unknown" || seen["replication"].status != "unknown" || seen["service"].status != "pass" || seen["manifest"].status != "pass" || seen["workflow_inputs"].status != "pass" {
			l.Errorf("%s: %+v", verdict, seen)
		}
		if asked := l.requests(mark, primary); len(asked) > 1 {
			l.Errorf("the dark region was asked %d times", len(asked))
		}
	})
}

// within is the lab in a part of its test.
func (l *lab) within(t *testing.T) *lab {
	return &lab{T: t, World: l.World, cli: l.cli, name: l.name}
}
