//go:build acceptance

package acceptance

import (
	"fmt"
	"slices"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/testing/harness"
)

// known are the runs that the state has of a submission, by region and number.
func (k *kills) known(name string) map[string]map[string]any {
	k.Helper()
	found := map[string]map[string]any{}
	attempts, _ := dig(k.state()[address(name)], "attempts").([]any)
	for _, attempt := range attempts {
		a := asObject(attempt)
		found[text(a["location"])+"/"+text(a["workflow_id"])] = a
	}
	if len(found) != len(attempts) {
		k.Errorf("the state has a run of %s twice: %v", name, attempts)
	}
	return found
}

func runName(r harness.JobRun) string { return fmt.Sprintf("%s/%d", r.Region, r.ID) }

// fate is as much of a status as does not change by itself while jobs are held.
func fate(status string) string {
	switch status {
	case "queued", "working":
		return "alive"
	case "cancelling", "cancelled":
		return "stopped"
	}
	return status
}

// calm waits until the regions have carried out what they were told.
func (k *kills) calm() {
	k.Helper()
	k.until("every run that was cancelled has stopped", func() bool {
		return !slices.ContainsFunc(k.runs(), func(r harness.JobRun) bool { return r.Status == "cancelling" })
	})
}

// consistent holds the state against the ledger after an apply that ended well.
func (k *kills) consistent() {
	k.Helper()
	state := k.state()
	for at, attributes := range state {
		if status := attributes["(status)"]; status != nil {
			k.Errorf("%s is %v", at, status)
		}
	}
	for _, name := range k.names {
		if _, there := state[address(name)]; !there {
			k.Errorf("the state does not hold %s", address(name))
			continue
		}
		k.agrees(name)
	}
	if k.Failed() {
		for _, name := range k.names {
			k.Logf("%s in the state: %s", name, text(state[address(name)]["attempts"]))
		}
		k.Fatalf("state and ledger after the apply after a kill:\n%s", ledger(k.runs()))
	}
}

// agrees holds one submission against the ledger: one run counts, no other is
// alive, and everything that is known is true.
func (k *kills) agrees(name string) {
	k.Helper()
	known, runs := k.known(name), k.runsOf(name)
	alive := map[string][]string{}
	for _, run := range runs {
		if run.Live() {
			alive[run.Token] = append(alive[run.Token], runName(run))
		}
		// Nobody can know what a dark region holds.
		if _, is := known[runName(run)]; !is && run.Status != "cancelled" && run.Region != k.dark {
			k.Errorf("%s: the run %s is %s, and the state does not know it", name, runName(run), run.Status)
		}
	}
	for key, live := range alive {
		if len(live) > 1 {
			k.Errorf("%s: %v are alive under the key %s", name, live, key)
		}
	}
	counting := 0
	for at, attempt := range known {
		i := slices.IndexFunc(runs, func(r harness.JobRun) bool { return runName(r) == at })
		if i < 0 {
			k.Errorf("%s: the state knows a run %s that never was", name, at)
			continue
		}
		run, status := runs[i], text(attempt["status"])
		if run.Region != k.dark && fate(run.Status) != fate(status) {
			k.Errorf("%s: the run %s is %s, the state says %s", name, at, run.Status, status)
		}
		if attempt["superseded"] != false {
			continue
		}
		counting++
		if fate(run.Status) != "alive" && run.Status != "success" {
			k.Errorf("%s: the run %s counts and is %s", name, at, run.Status)
		}
	}
	if counting != 1 {
		k.Errorf("%s: %d runs count", name, counting)
	}
}

// honest holds the state that an interrupted apply left against what it did: every
// run that it sent is known, and every run that it stopped is known to be stopped.
func (k *kills) honest(before []harness.JobRun) {
	k.Helper()
	for _, name := range k.names {
		known := k.known(name)
		for _, run := range k.runsOf(name) {
			i := slices.IndexFunc(before, func(r harness.JobRun) bool { return runName(r) == runName(run) })
			attempt, is := known[runName(run)]
			switch {
			case run.Region == k.dark:
			case i < 0 && !is:
				k.Errorf("%s: the interrupted apply sent the run %s, which is %s, and the state does not know it", name, runName(run), run.Status)
			case i >= 0 && fate(before[i].Status) != "alive", fate(run.Status) != "stopped":
			case is && fate(text(attempt["status"])) != "stopped":
				k.Errorf("%s: the interrupted apply stopped the run %s, and the state says that it is %s", name, runName(run), text(attempt["status"]))
			}
		}
		if status := k.state()[address(name)]["(status)"]; status != nil {
			k.Errorf("the interrupted apply left %s %v", address(name), status)
		}
	}
	if k.Failed() {
		for _, name := range k.names {
			k.Logf("%s in the state: %s", name, text(k.state()[address(name)]["attempts"]))
		}
		k.Fatalf("state and ledger after an interrupted apply:\n%s", ledger(k.runs()))
	}
}
