package main

import (
	"bytes"
	"strings"
	"testing"
	"time"

	tfjson "github.com/hashicorp/terraform-json"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/testing/harness"
)

// A demo whose checks find nothing wrong is worth nothing when they cannot.

func stage() (*demo, *bytes.Buffer) {
	var out bytes.Buffer
	return &demo{out: &console{out: &out}, samples: []string{"one", "two"}, keys: map[string]string{}}, &out
}

func planOf(exitCode int, changes map[string]tfjson.Change) *harness.Plan {
	plan := &harness.Plan{Run: &harness.Run{ExitCode: exitCode}, JSON: &tfjson.Plan{}}
	for address, change := range changes {
		plan.JSON.ResourceChanges = append(plan.JSON.ResourceChanges, &tfjson.ResourceChange{Address: address, Mode: tfjson.ManagedResourceMode, Change: &change})
	}
	return plan
}

func TestPlansThatBreakThePromiseAreFound(t *testing.T) {
	update := tfjson.Change{Actions: tfjson.Actions{tfjson.ActionUpdate}}
	for name, c := range map[string]struct {
		exitCode int
		changes  map[string]tfjson.Change
		want     string // of what is seen instead; "" when all is well
	}{
		"as promised":     {2, map[string]tfjson.Change{"a": update, "b": update}, ""},
		"open elsewhere":  {2, map[string]tfjson.Change{"a": update, "b": {Actions: update.Actions, AfterUnknown: map[string]any{"workflow_id": true}}}, ""},
		"exit code":       {0, map[string]tfjson.Change{"a": update, "b": update}, "exit code 0"},
		"one missing":     {2, map[string]tfjson.Change{"a": update}, "b: no change"},
		"one too many":    {2, map[string]tfjson.Change{"a": update, "b": update, "c": update}, "c: changes as well"},
		"replaced":        {2, map[string]tfjson.Change{"a": update, "b": {Actions: tfjson.Actions{tfjson.ActionDelete, tfjson.ActionCreate}}}, "b: [delete create]"},
		"location open":   {2, map[string]tfjson.Change{"a": update, "b": {Actions: update.Actions, AfterUnknown: map[string]any{"location": true}}}, "b.location: not known"},
		"part of it open": {2, map[string]tfjson.Change{"a": update, "b": {Actions: update.Actions, AfterUnknown: map[string]any{"active": map[string]any{"api_url": true}}}}, "b.active.api_url: not known"},
	} {
		t.Run(name, func(t *testing.T) {
			d, out := stage()
			d.updates(planOf(c.exitCode, c.changes), []string{"a", "b"})
			expect(t, d, out, c.want)
		})
	}
}

// expect asserts that a promise was kept, or what was seen instead.
func expect(t *testing.T, d *demo, out *bytes.Buffer, want string) {
	t.Helper()
	if want == "" && d.broken > 0 || want != "" && (d.broken != 1 || !strings.Contains(out.String(), "NOT KEPT") || !strings.Contains(out.String(), want)) {
		t.Errorf("want %q, printed\n%s", want, out)
	}
}

func TestAnEmptyPlanIsTold(t *testing.T) {
	d, out := stage()
	d.nothingToDo(planOf(0, nil))
	expect(t, d, out, "")
	d.nothingToDo(planOf(2, map[string]tfjson.Change{"a": {Actions: tfjson.Actions{tfjson.ActionUpdate}}}))
	expect(t, d, out, "exit code 2, changes of [a]")
}

func TestWarningsAreCounted(t *testing.T) {
	warning := harness.Message{Diagnostic: &harness.Diagnostic{Severity: "warning", Summary: "Region westus2 does not answer"}}
	d, out := stage()
	d.warnings(&harness.Run{Messages: []harness.Message{warning}}, 1)
	d.warnings(&harness.Run{}, 0)
	expect(t, d, out, "")
	d.warnings(&harness.Run{Messages: []harness.Message{warning, warning}}, 1)
	expect(t, d, out, "2 warnings")
}

func TestAPlanThatTakesAValueElsewhereIsFound(t *testing.T) {
	d, _ := stage()
	d.engine = engines["genomics"]
	plan := planOf(2, map[string]tfjson.Change{
		d.address("one"): {Before: map[string]any{"location": primary}, After: map[string]any{"location": secondary}},
		d.address("two"): {Before: map[string]any{"location": primary}, AfterUnknown: map[string]any{"location": true}},
	})
	if seen := d.goes(plan, []string{"one"}, "location", primary, secondary); seen != "" {
		t.Error(seen)
	}
	if seen := d.goes(plan, []string{"one", "two", "three"}, "location", primary, secondary); seen !=
		`three: not in the plan; two: location goes from "westus2" to "(known after apply)"` {
		t.Error(seen)
	}
}

func TestASecondLiveRunIsFound(t *testing.T) {
	first := harness.JobRun{Region: primary, ID: 1, Token: "k1", Status: "working"}
	for name, c := range map[string]struct {
		ledger ledger
		want   string
	}{
		"one each":      {ledger{"one": {first}, "two": {{ID: 2, Token: "k2", Status: "working"}}}, ""},
		"one of two":    {ledger{"one": {first, {ID: 2, Token: "k1", Status: "failed"}}}, ""},
		"two alive":     {ledger{"one": {first, {ID: 2, Token: "k1", Status: "queued"}}}, "one: 2 runs are alive at once"},
		"no key":        {ledger{"one": {{ID: 7, Status: "working"}}}, `one: run 7 carries the key ""`},
		"another key":   {ledger{"one": {first, {ID: 8, Token: "k9", Status: "failed"}}}, `one: run 8 carries the key "k9"`},
		"another's key": {ledger{"one": {first}, "two": {{ID: 9, Token: "k1", Status: "failed"}}}, `two: run 9 carries the key "k1"`},
	} {
		t.Run(name, func(t *testing.T) {
			d, out := stage()
			d.oneKey(c.ledger)
			expect(t, d, out, c.want)
		})
	}
}

func TestRunsAreCountedByRegion(t *testing.T) {
	l := ledger{"one": {{Region: primary, ID: 1, Status: "failed", Message: "lost"}, {Region: secondary, ID: 2, Status: "success"}}}
	if seen := l.ran(secondary, []string{"one"}, 1, "success") + l.ran(secondary, []string{"two"}, 0, ""); seen != "" {
		t.Error(seen)
	}
	if seen := l.ran(primary, []string{"one", "two"}, 1, "success"); seen != "one: run 1 in westus2 is failed: lost; two: 0 runs in westus2" {
		t.Error(seen)
	}
}

func TestTheTablesAddUp(t *testing.T) {
	d, _ := stage()
	d.rows = []row{
		{"Prepare", 1500 * time.Millisecond, asked{map[string]int{primary: 3, secondary: 4}, 5}, "1"},
		{"Fail over", 2 * time.Second, asked{map[string]int{secondary: 6}, 1}, "1 or 2"},
	}
	lines := strings.Split(d.costs(), "\n")
	for i, want := range []string{"", "1.5 3 4 5 1 1. Prepare", "2.0 0 6 1 1 or 2 2. Fail over", "3.5 3 10 6 1 or 2 all"} {
		if got := strings.Join(strings.Fields(lines[i]), " "); i > 0 && got != want {
			t.Errorf("line %d is %q, want %q", i, got, want)
		}
	}
	l := ledger{"one": {{Region: primary, Status: "cancelled", Restarts: 1}, {Region: secondary, Status: "success"}}, "two": {{Region: primary, Status: "success"}}}
	if got := d.spread(l); got != "1 or 2" {
		t.Errorf("runs per submission: %q", got)
	}
	if table := d.runs(l); !strings.Contains(table, "cancelled (the region had restarted it)") {
		t.Errorf("the table of runs is\n%s", table)
	}
}
