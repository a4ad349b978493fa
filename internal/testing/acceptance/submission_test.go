//go:build acceptance

package acceptance

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/testing/harness"
)

// What a change of a submission does: it labels, or it runs anew.
func TestAccSubmissionChanges(t *testing.T) {
	l := running(t, "changes", setup{}, "one")
	first := l.attribute(address("one"), "workflow_id")
	change := func(s submission) { l.write(setup{Submissions: map[string]submission{"one": s}}) }

	// What only labels or steers takes effect with the next run.
	mark := l.mark()
	label := submission{Description: l.describe("one") + " renamed", More: `sas_duration = "24h"`}
	change(label)
	plan := l.plan()
	l.changes(plan, address("one")+" update")
	l.unknown(plan, address("one"))
	l.apply(plan.Path)
	l.submitted(mark, 0)
	l.holds(address("one"), "workflow_id", first, "generation", "1")
	l.unchanged(0)

	// triggers run it again; the old run is stopped, and seen to be.
	label.More += "\ntriggers = { round = \"2\" }"
	change(label)
	plan = l.plan()
	l.changes(plan, address("one")+" update")
	l.goes(plan, address("one"), "generation", "1", "2")
	l.goes(plan, address("one"), "unfenced_attempts", "0", "0")
	l.goes(plan, address("one"), "location", primary, primary)
	if before, after := l.planned(plan, address("one"), "submission_key"); before == after || len(after) != 26 {
		t.Errorf("the key goes from %s to %s", before, after)
	}
	l.apply(plan.Path)
	l.submitted(mark, 1)
	runs := l.ran("one", 2)
	if runs[0].Status != "cancelled" || runs[1].Token != l.attribute(address("one"), "submission_key") {
		t.Errorf("the runs are\n%s", ledger(runs))
	}
	if !strings.HasSuffix(runs[1].Description, " renamed") {
		t.Errorf("the new run is called %q", runs[1].Description)
	}
	l.holds(address("one"), "attempts.#", "2", "attempts.0.superseded", "true", "attempts.0.status", "cancelled", "workflow_id", fmt.Sprint(runs[1].ID))
	l.unchanged(0)

	// So does other content.
	label.Basename = "other"
	change(label)
	l.apply()
	l.holds(address("one"), "generation", "3")
	l.ran("one", 3)
	l.unchanged(0)

	// Cancelled by somebody else: that is shown, and respected.
	mark = l.mark()
	l.force(primary, "one", 60000, 0)
	l.unchanged(0)
	l.apply()
	l.holds(address("one"), "status", "cancelled")
	l.submitted(mark, 0)

	// Another name is another submission.
	change(submission{Description: l.describe("other"), More: `triggers = { round = "9" }`})
	text := strings.Replace(l.module(setup{Submissions: map[string]submission{"one": {Description: l.describe("other")}}}), `name         = "one"`, `name = "two"`, 1)
	l.writeText(text)
	plan = l.plan()
	if actions := plan.Changes()[address("one")]; !actions.Replace() {
		t.Errorf("a new name plans %v", actions)
	}
}

// A run is taken in by its ID, on the command line and by an import block.
func TestAccSubmissionImport(t *testing.T) {
	l := running(t, "import", setup{}, "one")
	before := l.state()[address("one")]
	id := text(before["id"])
	if want := l.accountID(primary) + "/workflows/" + text(before["workflow_id"]); id != want {
		t.Errorf("the ID is %s, want %s", id, want)
	}
	forget := func() {
		if _, err := l.cli.Exec(l.Context(), "state", "rm", address("one")); err != nil {
			t.Fatal(err)
		}
	}
	taken := func(mark int64) {
		l.submitted(mark, 0)
		l.ran("one", 1)
		l.holds(address("one"), "id", id, "submission_key", text(before["submission_key"]), "generation", "1", "attempts.#", "1", "location", primary, "name", "one")
		l.unchanged(0)
	}
	forget()
	mark := l.mark()
	if _, err := l.cli.Import(l.Context(), address("one"), id); err != nil {
		t.Fatal(err)
	}
	plan := l.plan()
	if destroyed := plan.Destroys(); len(destroyed) > 0 {
		t.Errorf("after an import the plan destroys %v:\n%s", destroyed, l.explain(plan))
	}
	l.apply(plan.Path)
	taken(mark)

	forget()
	l.write(setup{Submissions: map[string]submission{"one": {}}, Extra: fmt.Sprintf("import {\n  to = %s\n  id = %q\n}\n", address("one"), id)})
	plan = l.plan()
	if destroyed := plan.Destroys(); len(destroyed) > 0 {
		t.Errorf("an import block plans to destroy %v:\n%s", destroyed, l.explain(plan))
	}
	if change := plan.Change(address("one")); change == nil || change.Importing == nil {
		t.Errorf("the plan imports nothing: %v", plan.Changes())
	}
	l.apply(plan.Path)
	taken(mark)

	if run, err := l.cli.Import(l.Context(), "genomics_workflow_submission.none", "lab"); err == nil {
		t.Errorf("nonsense was imported: %s", run.Output())
	}
}

// An apply that waits ends with the workflow: well, or with its failure.
func TestAccWaitForCompletion(t *testing.T) {
	l := oneLab(t, "waits")
	l.put(primary, l.inputs(), l.reads("good"), map[string][]byte{"bad_1.fq": []byte("@r/1\nACGT\n+\nIIII"), "bad_2.fq": []byte("@r/2\nACGT\n+\nIIII")})
	wait := "wait_for_completion = true"
	l.write(setup{Submissions: map[string]submission{"good": {More: wait}}})
	l.apply()
	l.holds(address("good"), "status", "success")

	bad := submission{Inputs: []string{"bad_1.fq", "bad_2.fq"}, More: wait}
	l.write(setup{Submissions: map[string]submission{"good": {More: wait}, "bad": bad}})
	mark := l.mark()
	l.broken("Workflow bad failed", "failure code 300", "westus2", "/workflows/", "Next step")
	l.submitted(mark, 1)
	if status := l.attribute(address("bad"), "status"); status != "failed" {
		t.Errorf("the state says %s", status)
	}
}

// Ctrl-C while an apply waits: the run is in the state, untainted, and goes on.
func TestAccInterruptedWait(t *testing.T) {
	l := prepared(t, "interrupted")
	l.write(setup{Submissions: map[string]submission{"one": {More: "wait_for_completion = true"}}})
	running, err := l.cli.StartApply(l.Context())
	l.ok(err)
	l.await(primary, "one", "working")
	mark := l.mark()
	// The first look at the run itself shows that the apply has begun to wait.
	l.until("the apply waits", func() bool { return len(service(l.requests(mark, primary), http.MethodGet)) > 0 })
	l.ok(running.Interrupt())
	if run, _ := running.Wait(); run.ExitCode < 0 {
		t.Errorf("the apply had to be killed: %s", run.Output())
	}
	l.holds(address("one"), "location", primary, "attempts.#", "1", "workflow_id", fmt.Sprint(l.ran("one", 1)[0].ID))
	l.unchanged(0)
	if cancels := l.cancels(mark, primary); len(cancels) != 0 {
		t.Errorf("the interrupt cancelled the run: %+v", cancels)
	}
	l.ran("one", 1)
}

// A submission checks its inputs in the region it goes to. What is wrong is
// named, and fails nobody else.
func TestAccPreflight(t *testing.T) {
	l := oneLab(t, "preflight")
	l.put(primary, l.inputs(), l.reads("good", "touched"))
	l.hold("")
	l.write(setup{Submissions: map[string]submission{"good": {}, "touched": {}, "missing": {}}})
	mark := l.mark()
	run := l.broken("missing_1.fq.gz", "missing_2.fq.gz", address("missing"), primary, "Upload what is missing")
	if len(run.Errors()) != 1 {
		t.Errorf("errors: %v", run.Errors())
	}
	l.submitted(mark, 2)
	l.holds(address("good"), "status", l.attribute(address("good"), "status"))

	// In the other region an input is not what was replicated.
	l.write(setup{Submissions: map[string]submission{"good": {}, "touched": {}}})
	l.apply()
	l.put(secondary, l.inputs(), map[string][]byte{firstReads("touched"): []byte("@somebody/1\nACGT\n+\nIIII\n")})
	l.outage(primary, harness.Blackhole)
	mark = l.mark()
	run, err := l.cli.Apply(l.Context(), flip...)
	l.failed(run, err, firstReads("touched"), address("touched"), secondary, `accept = ["changed_inputs"]`)
	l.submitted(mark, 1)
	l.holds(address("good"), "location", secondary)
	l.holds(address("touched"), "location", primary, "attempts.#", "1")
	l.write(setup{Submissions: map[string]submission{"good": {}, "touched": {More: `accept = ["changed_inputs"]`}}})
	l.apply(flip...)
	l.holds(address("touched"), "location", secondary, "attempts.#", "2")
	l.ran("touched", 2)
	l.ran("good", 2)
}

// Destroying cancels, or leaves a run when that is asked for, and says so.
func TestAccSubmissionDestroy(t *testing.T) {
	l := running(t, "destroy", setup{Account: "force_destroy = true", Submissions: map[string]submission{"left": {More: `on_destroy = "abandon"`}}}, "one", "left")
	l.write(setup{Account: "force_destroy = true"})
	run := l.apply()
	l.warned(run, 1)
	l.warnsOf(run, fmt.Sprint(l.ran("left", 1)[0].ID))
	if one, left := l.ran("one", 1)[0], l.ran("left", 1)[0]; one.Status != "cancelled" || left.Status != "working" {
		t.Errorf("the runs are\n%s", ledger(l.runs()))
	}
}

// Destroying everything ends also while a region is dark, and names what is
// left behind there.
func TestAccDestroyInTheDark(t *testing.T) {
	l := running(t, "darkend", setup{Account: "force_destroy = true"}, "one", "two")
	l.outage(primary, harness.Blackhole)
	mark := l.mark()
	run := l.destroy()
	said := run.Output()
	for _, name := range []string{"one", "two"} {
		if id := fmt.Sprintf("/workflows/%d", l.runsOf(name)[0].ID); !strings.Contains(said, id) {
			t.Errorf("the destroy does not say that %s is left behind:\n%v", id, run.Warnings())
		}
	}
	if left := l.state(); len(left) != 0 {
		t.Errorf("the state still holds %d resources", len(left))
	}
	if asked := l.requests(mark, primary); len(asked) > 3 {
		t.Errorf("the dark region was asked %d times: %+v", len(asked), asked)
	}
}

// When the time for creating is over the run goes on; nothing is tainted, for
// the next apply would otherwise cancel it.
func TestAccWaitTimesOut(t *testing.T) {
	l := prepared(t, "timesout")
	l.write(setup{Submissions: map[string]submission{"one": {More: "wait_for_completion = true\ntimeouts {\n  create = \"2s\"\n}"}}})
	run := l.apply()
	l.warned(run, 1)
	l.warnsOf(run, "goes on")
	l.holds(address("one"), "status", "working", "location", primary)
	l.unchanged(0)
	if only := l.ran("one", 1)[0]; only.Status != "working" {
		t.Errorf("the run is %s", only.Status)
	}
}
