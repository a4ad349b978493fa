//go:build acceptance

package acceptance

import (
	"bytes"
	"fmt"
	"slices"
	"testing"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/testing/acctest"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/testing/harness"
)

// TestAccStory is the whole story of the provider: prepare two regions, lose
// one, go to the other, get the first back, fence what it restarted, return.
func TestAccStory(t *testing.T) {
	acctest.EachCLI(t, func(t *testing.T, workspace *harness.Workspace) {
		s := &story{lab: newLab(t, workspace, "story")}
		s.prepare()
		s.failOver()
		s.stayInTheDark()
		s.finishElsewhere()
		s.fence()
		s.failBack()
		s.tidyUp()
	})
}

// story carries what one chapter leaves for the next.
type story struct {
	*lab
	keys map[string]string // of the submissions, by name
}

// Of three samples one has finished when the outage begins.
const done = "done"

var unfinished = []string{"left", "right"}

// prepare: everything is created, blobs that were there before are copied, and
// the workflows run in the primary.
func (s *story) prepare() {
	s.put(primary, s.inputs(), s.realReads(done, "left", "right"))
	s.hold("")
	s.write(setup{Submissions: map[string]submission{done: {}, "left": {}, "right": {}}})

	plan := s.plan()
	s.changes(plan, accountAddress(primary)+" create", accountAddress(secondary)+" create", pairAddress+" create", storeAddress+" create",
		address(done)+" create", address("left")+" create", address("right")+" create")
	s.warned(plan.Run, 0)
	for _, known := range []string{"id", "active.location", "active.account_id", "active.api_url", "active.output_container_url", "generation"} {
		if slices.Contains(plan.Unknown(pairAddress), known) {
			s.Errorf("the first plan leaves %s of the pair open", known)
		}
	}
	s.warned(s.apply(plan.Path), 0)

	// The blobs are in both regions, the same bytes.
	for name, content := range s.realReads(done, "left", "right") {
		if got := s.get(secondary, s.inputs(), name); !bytes.Equal(got, content) {
			s.Errorf("%s has %d bytes in %s, want %d", name, len(got), secondary, len(content))
		}
	}
	s.holds(storeAddress, "blob_count", "6", "pending_blobs", "0", "in_sync", "true", "active.location", primary)
	// One of three finishes.
	s.finish(primary, done)
	s.apply()
	s.holds(address(done), "status", "success", "location", primary, "unfenced_attempts", "0")
	s.keys = map[string]string{}
	for _, name := range append([]string{done}, unfinished...) {
		s.keys[name] = s.attribute(address(name), "submission_key")
		if runs := s.runsOf(name); len(runs) != 1 || runs[0].Token != s.keys[name] || runs[0].Region != primary {
			s.Errorf("runs of %s: %+v, want one in %s under the key %s", name, runs, primary, s.keys[name])
		}
	}
	if bases := s.runsOf(done)[0].BasesProcessed; bases == nil || *bases == 0 || s.attribute(address(done), "bases_processed") != fmt.Sprint(*bases) {
		s.Errorf("the service counted %v bases, the state says %s", bases, s.attribute(address(done), "bases_processed"))
	}
	s.unchanged(0)
}

// failOver: the primary is a black hole, and one variable moves everything.
func (s *story) failOver() {
	s.outage(primary, harness.Blackhole)
	mark := s.mark()
	plan := s.plan("-var", "active_region="+secondary)
	s.warned(plan.Run, 1)
	if destroyed := plan.Destroys(); len(destroyed) > 0 {
		s.Errorf("the failover destroys %v", destroyed)
	}
	s.changes(plan, pairAddress+" update", storeAddress+" update", address(done)+" update", address("left")+" update", address("right")+" update")
	s.unknown(plan, pairAddress, "last_failover_at", "last_failover.decided_at", "last_failover.detected_at")
	s.unknown(plan, storeAddress)
	s.unknown(plan, address(done))
	s.goes(plan, pairAddress, "generation", "1", "2")
	s.goes(plan, pairAddress, "active.location", primary, secondary)
	s.goes(plan, storeAddress, "active.location", primary, secondary)
	s.goes(plan, address(done), "location", primary, primary)
	for _, name := range unfinished {
		s.unknown(plan, address(name), "id", "workflow_id", "status", "message", "failure_code", "bases_processed", "created_at", "ended_at",
			"output_basename", "output_url", "attempts.1.output_basename", "attempts.1.workflow_id", "attempts.1.status", "attempts.1.failure_code", "attempts.1.submitted_at")
		s.goes(plan, address(name), "location", primary, secondary)
		s.goes(plan, address(name), "submission_key", s.keys[name], s.keys[name])
		s.goes(plan, address(name), "generation", "1", "1")
		s.goes(plan, address(name), "unfenced_attempts", "0", "1")
	}
	flip := s.apply(plan.Path)
	s.Logf("the failover took %s to plan and %s to apply", plan.Duration, flip.Duration)

	asked := s.requests(mark, primary)
	if len(asked) > 3 {
		s.Errorf("the failed region was asked %d times: %+v", len(asked), asked)
	}
	for _, r := range asked {
		if r.Outcome == "answered" {
			s.Errorf("the failed region answered: %+v", r)
		}
	}
	if posts := s.posts(mark, secondary); len(posts) != len(unfinished) {
		s.Errorf("%d submissions went to %s, want %d: %+v", len(posts), secondary, len(unfinished), posts)
	}
	s.holds(pairAddress, "active.location", secondary, "standby.location", primary, "generation", "2",
		"last_failover.from", primary, "last_failover.to", secondary, "last_failover.mode", "forced", "last_failover.resubmitted", "null")
	for _, name := range unfinished {
		s.holds(address(name), "location", secondary, "unfenced_attempts", "1", "attempts.#", "2", "attempts.0.superseded", "true",
			"attempts.0.location", primary, "attempts.1.location", secondary, "submission_key", s.keys[name])
	}
	s.holds(address(done), "location", primary, "status", "success", "attempts.#", "1")
}

// stayInTheDark: nothing is left to do, and one warning says why.
func (s *story) stayInTheDark() {
	s.unchanged(1, "-var", "active_region="+secondary)
}

// finishElsewhere: the jobs end in the secondary, with their results there.
func (s *story) finishElsewhere() {
	s.release(secondary)
	for _, name := range unfinished {
		s.await(secondary, name, "success")
	}
	s.apply("-var", "active_region="+secondary)
	s.measured(len(unfinished))
	want := *s.runsOf(done)[0].BasesProcessed
	for _, name := range unfinished {
		s.holds(address(name), "status", "success", "location", secondary, "unfenced_attempts", "1", "bases_processed", fmt.Sprint(want))
		if blobs := s.blobs(secondary, s.outputs(), name); !slices.Contains(blobs, name+"-"+secondary+"-1.logs.zip") {
			s.Errorf("the results of %s in %s are %v", name, secondary, blobs)
		}
	}
	if blobs := s.blobs(secondary, s.outputs(), done); len(blobs) != 0 {
		s.Errorf("what had finished before ran again: %v", blobs)
	}
}

// fence: the primary is back and has restarted its jobs; the plan shows them
// and the apply stops them.
func (s *story) fence() {
	s.restore(primary)
	for _, name := range unfinished {
		s.await(primary, name, "working")
	}
	args := []string{"-var", "active_region=" + secondary}
	plan := s.plan(args...)
	s.changes(plan, address("left")+" update", address("right")+" update")
	s.warned(plan.Run, 0)
	for _, name := range unfinished {
		s.goes(plan, address(name), "unfenced_attempts", "1", "0")
		s.unknown(plan, address(name), "attempts.0.status", "attempts.0.failure_code")
	}
	mark := s.mark()
	s.warned(s.apply(plan.Path), 0)
	for _, name := range unfinished {
		s.holds(address(name), "unfenced_attempts", "0", "attempts.0.status", "cancelled", "status", "success", "location", secondary)
		if runs := s.runsIn(primary, name); len(runs) != 1 || runs[0].Status != "cancelled" || runs[0].Restarts != 1 {
			s.Errorf("runs of %s in %s: %+v, want the restarted one cancelled", name, primary, runs)
		}
	}
	if n := len(s.cancels(mark, primary)); n != len(unfinished) {
		s.Errorf("%d cancellations, want %d", n, len(unfinished))
	}
	s.unchanged(0, args...)
}

// failBack: back to the primary. Everything has finished, so that nothing runs.
func (s *story) failBack() {
	mark := s.mark()
	plan := s.plan()
	if destroyed := plan.Destroys(); len(destroyed) > 0 {
		s.Errorf("failing back destroys %v", destroyed)
	}
	s.warned(plan.Run, 0)
	s.apply(plan.Path)
	if posts := append(s.posts(mark, primary), s.posts(mark, secondary)...); len(posts) != 0 {
		s.Errorf("failing back ran finished workflows again: %+v", posts)
	}
	s.holds(pairAddress, "active.location", primary, "generation", "3")
	s.unchanged(0)
	for _, name := range append([]string{done}, unfinished...) {
		successes := 0
		for _, run := range s.runsOf(name) {
			if run.Status == "success" {
				successes++
			}
			if run.Token != s.keys[name] {
				s.Errorf("a run of %s carries the key %s, want %s", name, run.Token, s.keys[name])
			}
		}
		if successes != 1 {
			s.Errorf("%s succeeded %d times: %+v", name, successes, s.runsOf(name))
		}
	}
}

// tidyUp: destroying deletes the accounts and nothing of the user's data.
func (s *story) tidyUp() {
	s.warned(s.destroy(), 0)
	if left := s.state(); len(left) != 0 {
		s.Errorf("after the destroy the state holds %v", left)
	}
	for _, region := range []string{primary, secondary} {
		if s.accountExists(region) {
			s.Errorf("the account in %s is still there", region)
		}
	}
	if blobs := s.blobs(primary, s.inputs(), ""); len(blobs) != 6 {
		s.Errorf("the inputs in %s are %v", primary, blobs)
	}
}
