//go:build acceptance

package acceptance

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/testing/harness"
)

// post matches a submission.
var post = harness.Match{Method: http.MethodPost, PathPrefix: "/api/workflows"}

// prepared is a lab whose accounts, pair and store are there, and whose
// submission is written and not yet applied. Its jobs are held.
func prepared(t *testing.T, name string) *lab {
	t.Helper()
	l := oneLab(t, name)
	l.put(primary, l.inputs(), l.reads("one"))
	l.hold("")
	l.write(setup{})
	l.apply()
	l.write(setup{Submissions: map[string]submission{"one": {}}})
	return l
}

// A provider that dies right after the service took a job leaves a run that the
// state knows nothing of. The next apply takes it up.
func TestAccKilledAfterAcceptance(t *testing.T) {
	for name, kill := range map[string]func(*harness.Running) error{
		"provider": (*harness.Running).KillProvider,
		"machine":  (*harness.Running).Kill,
	} {
		t.Run(name, func(t *testing.T) {
			l := prepared(t, "killed")
			l.inject(primary, harness.Injection{Match: post, Action: harness.HangAfterAccept})
			running, err := l.cli.StartApply(l.Context())
			l.ok(err)
			l.await(primary, "one", "queued", "working")
			l.ok(kill(running))
			if run, err := running.Wait(); err == nil {
				l.Fatalf("the apply ended well: %v", run.Args)
			}
			if _, known := l.state()[address("one")]; known {
				l.Fatal("the state knows the run: the kill came too late to prove anything")
			}

			mark := l.mark()
			plan := l.plan()
			l.changes(plan, address("one")+" create")
			l.apply(plan.Path)
			l.submitted(mark, 0)
			run := l.ran("one", 1)[0]
			l.holds(address("one"), "submission_key", run.Token, "status", "working", "attempts.#", "1", "generation", "1")
			l.unchanged(0)
		})
	}
}

// The same, and the next apply goes to the other region: what the first one left
// behind is found there and stopped, once another run has taken its place.
func TestAccKilledAfterAcceptanceAndLeft(t *testing.T) {
	l := prepared(t, "left")
	l.inject(primary, harness.Injection{Match: post, Action: harness.HangAfterAccept})
	running, err := l.cli.StartApply(l.Context())
	l.ok(err)
	l.await(primary, "one", "queued", "working")
	l.ok(running.KillProvider())
	if run, err := running.Wait(); err == nil {
		t.Fatalf("the apply ended well: %v", run.Args)
	}
	run := l.apply(flip...)
	l.warnsOf(run, "A second run with the same key was cancelled")
	l.holds(address("one"), "location", secondary, "attempts.#", "2", "attempts.0.location", primary, "attempts.0.status", "cancelled", "unfenced_attempts", "0")
	l.await(primary, "one", "cancelled")
	l.unchanged(0, flip...)
}

// An answer that is lost is looked up within the same apply.
func TestAccLostAnswer(t *testing.T) {
	l := prepared(t, "lost")
	mark := l.mark()
	l.inject(primary, harness.Injection{Match: post, Action: harness.DropAfterAccept})
	l.apply()
	l.submitted(mark, 1)
	l.ran("one", 1)
	l.unchanged(0)
}

// A lost answer without a run behind it is never sent again blindly: the apply
// fails and says so, and the next one looks first.
func TestAccLostSubmission(t *testing.T) {
	l := prepared(t, "vanished")
	mark := l.mark()
	l.inject(primary, harness.Injection{Match: post, Action: harness.DropBefore})
	l.broken("The answer to the submission was lost", "Apply again", "westus2")
	l.submitted(mark, 1)
	l.ran("one", 0)
	l.apply()
	l.submitted(mark, 2)
	l.ran("one", 1)
	l.unchanged(0)
}

// A throttled submission was refused, and so it may be sent again.
func TestAccThrottledSubmission(t *testing.T) {
	l := prepared(t, "throttled")
	mark := l.mark()
	l.inject(primary, harness.Injection{Match: post, Action: harness.Answer, Status: http.StatusTooManyRequests,
		Body: map[string]any{"statusCode": 429, "message": "Rate limit is exceeded."}, Headers: map[string]string{"Retry-After": "1"}})
	l.apply()
	l.submitted(mark, 2)
	l.ran("one", 1)
}

// Without its state Terraform knows nothing, but the service knows every run.
func TestAccLostState(t *testing.T) {
	l := oneLab(t, "amnesia")
	names := []string{"over", "running", "again"}
	l.put(primary, l.inputs(), l.reads(names...))
	l.hold("")
	configuration := setup{Submissions: map[string]submission{"over": {}, "running": {}, "again": {}}}
	l.write(configuration)
	l.apply()
	configuration.Submissions["again"] = submission{More: `triggers = { round = "2" }`}
	l.write(configuration)
	l.finish(primary, "over")
	l.apply()
	l.holds(address("again"), "generation", "2")
	l.ran("again", 2)
	before := l.state()

	l.ok(l.cli.LoseState())
	mark := l.mark()
	run := l.broken("exists already", "import", l.accountID(primary), l.accountID(secondary))
	if errors := run.Errors(); len(errors) != 2 {
		l.Errorf("%d errors, want one for each account: %v", len(errors), errors)
	}
	l.submitted(mark, 0)

	for _, region := range []string{primary, secondary} {
		if _, err := l.cli.Import(l.Context(), accountAddress(region), l.accountID(region)); err != nil {
			l.Fatal(err)
		}
	}
	l.apply()
	l.submitted(mark, 0)
	l.ran("over", 1)
	l.ran("running", 1)
	l.ran("again", 2)
	for _, name := range names {
		l.holds(address(name), "workflow_id", text(before[address(name)]["workflow_id"]), "submission_key", text(before[address(name)]["submission_key"]),
			"generation", text(before[address(name)]["generation"]), "location", primary)
	}
	l.holds(address("over"), "status", "success")
	l.holds(address("running"), "status", "working")
	l.holds(pairAddress, "active.location", primary, "standby.location", secondary)
	l.holds(storeAddress, "blob_count", "6", "pending_blobs", "0", "in_sync", "true")
	for _, seen := range l.requests(mark, secondary) {
		if seen.Method == http.MethodPut && strings.HasSuffix(seen.Path, ".fq.gz") {
			l.Errorf("a blob that was there was copied again: %s", seen.Path)
		}
	}
	l.unchanged(0)
}

// Two live runs under one key, as another client's retry leaves them: the oldest
// is taken up, the other is stopped and named.
func TestAccTwoRunsUnderOneKey(t *testing.T) {
	l := running(t, "twice", setup{}, "one")
	first := l.ran("one", 1)[0]
	header := http.Header{"Ocp-Apim-Subscription-Key": {l.key(primary)}}
	status := l.call(http.MethodPost, l.Emulator.Ready.Regions[primary].Service+"/api/workflows/", header, map[string]any{
		"Process": "gatk4", "ProcessArgs": "R=hg38m1", "Description": first.Description,
		"InputArgs":  map[string]any{"ACCOUNT": places[primary].storage, "CONTAINER": l.inputs(), "BLOBNAMES_WITH_SAS": "no.bam?sv=1"},
		"OutputArgs": map[string]any{"ACCOUNT": places[primary].storage, "CONTAINER": l.outputs(), "CONTAINER_SAS": "sv=1", "OUTPUT_FILENAME_BASE": "no"},
	}, nil)
	if status != http.StatusOK {
		t.Fatalf("the second submission was answered with %d", status)
	}
	second := l.ran("one", 2)[1]
	// Whatever the second job makes of its input: a status that nobody knows is alive.
	unheard := 12345
	l.ok(l.Force(l.Context(), primary, second.ID, harness.Force{Status: &unheard}))
	if _, err := l.cli.Exec(l.Context(), "state", "rm", address("one")); err != nil {
		t.Fatal(err)
	}
	mark := l.mark()
	run := l.apply()
	l.submitted(mark, 0)
	l.holds(address("one"), "workflow_id", fmt.Sprint(first.ID))
	l.warned(run, 1)
	l.warnsOf(run, fmt.Sprint(second.ID))
	if cancels := l.cancels(mark, primary); len(cancels) != 1 || !strings.HasSuffix(cancels[0].Path, fmt.Sprintf("/%d", second.ID)) {
		t.Errorf("cancelled: %+v", cancels)
	}
	l.unchanged(0)
}

// The same in the middle of a failover: the run that the secondary took is found
// there, and the old one is still known as superseded.
func TestAccKilledDuringFailover(t *testing.T) {
	l := running(t, "midway", setup{}, "one")
	l.outage(primary, harness.Blackhole)
	l.inject(secondary, harness.Injection{Match: post, Action: harness.HangAfterAccept})
	running, err := l.cli.StartApply(l.Context(), flip...)
	l.ok(err)
	l.await(secondary, "one", "queued", "working")
	l.ok(running.KillProvider())
	if run, err := running.Wait(); err == nil {
		t.Fatalf("the apply ended well: %v", run.Args)
	}
	l.holds(address("one"), "location", primary, "attempts.#", "1")

	mark := l.mark()
	plan := l.plan(flip...)
	l.goes(plan, address("one"), "location", primary, secondary)
	l.apply(plan.Path)
	l.submitted(mark, 0)
	if runs := l.runsIn(secondary, "one"); len(runs) != 1 {
		t.Errorf("the runs are\n%s", ledger(l.runs()))
	}
	l.holds(address("one"), "location", secondary, "attempts.#", "2", "attempts.0.superseded", "true", "unfenced_attempts", "1")
	l.unchanged(1, flip...)
}

// An apply that is interrupted while an answer is outstanding ends cleanly: what
// was sent is looked up by the next one.
func TestAccInterruptedSubmission(t *testing.T) {
	l := prepared(t, "ctrlc")
	l.inject(primary, harness.Injection{Match: post, Action: harness.HangAfterAccept})
	running, err := l.cli.StartApply(l.Context())
	l.ok(err)
	l.await(primary, "one", "queued", "working")
	l.ok(running.Interrupt())
	if run, err := running.Wait(); err == nil || run.ExitCode < 0 {
		t.Errorf("exit code %d", run.ExitCode)
	}
	mark := l.mark()
	l.apply()
	l.submitted(mark, 0)
	l.ran("one", 1)
	l.holds(address("one"), "attempts.#", "1")
	l.unchanged(0)
}
