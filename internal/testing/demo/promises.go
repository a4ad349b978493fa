package main

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/testing/harness"
)

// promise tells whether a promise was kept. seen is what is wrong, "" when nothing is.
func (d *demo) promise(seen, format string, args ...any) {
	promise := fmt.Sprintf(format, args...)
	if seen == "" {
		d.out.say("   ok    %s", promise)
		return
	}
	d.broken++
	d.out.say("   NOT KEPT: %s\n             seen instead: %s", promise, strings.ReplaceAll(seen, "\n", "\n             "))
}

// unless is "" when a promise is kept, and else what was seen.
func unless(kept bool, format string, args ...any) string {
	if kept {
		return ""
	}
	return fmt.Sprintf(format, args...)
}

// warnings asserts how often a command warned.
func (d *demo) warnings(run *harness.Run, want int) {
	got := run.Warnings()
	promise := "no warning"
	if want > 0 {
		promise = fmt.Sprintf("one warning for all of it: %q", summary(got))
	}
	var said []string
	for _, warning := range got {
		said = append(said, warning.String())
	}
	d.promise(unless(len(got) == want, "%d warnings\n%s", len(got), strings.Join(said, "\n")), "%s", promise)
}

func summary(warnings []harness.Diagnostic) string {
	if len(warnings) == 0 {
		return ""
	}
	return warnings[0].Summary
}

// nothingToDo asserts that a plan is empty.
func (d *demo) nothingToDo(plan *harness.Plan) {
	changes := slices.Sorted(maps.Keys(plan.Changes()))
	d.promise(unless(plan.Empty(), "exit code %d, changes of %v, outputs %v", plan.ExitCode, changes, plan.JSON.OutputChanges),
		"nothing to change (exit code 0 with -detailed-exitcode)")
}

// updates asserts that a plan updates exactly these resources in place, and
// that it says where everything will be.
func (d *demo) updates(plan *harness.Plan, addresses []string) {
	wrong := map[string]string{}
	changes := plan.Changes()
	for _, address := range addresses {
		if _, changes := changes[address]; !changes {
			wrong[address] = "no change"
		}
	}
	for address, actions := range changes {
		if !actions.Update() {
			wrong[address] = fmt.Sprint(actions)
		} else if !slices.Contains(addresses, address) {
			wrong[address] = "changes as well"
		}
		for _, path := range plan.Unknown(address) {
			if known := strings.SplitN(path, ".", 2)[0]; slices.Contains([]string{"location", "active", "standby", "region", "input_store", "submission_key"}, known) {
				wrong[address+"."+path] = "not known before the apply"
			}
		}
	}
	d.promise(unless(plan.ExitCode == 2, "exit code %d", plan.ExitCode)+list(wrong),
		"%d updates in place, nothing deleted or replaced, every location known", len(addresses))
}

// asked counts requests.
type asked struct {
	regions map[string]int // what clients asked of a region's service and storage
	manager int            // what they asked of Resource Manager
}

// asked counts what the provider asked since a mark.
func (d *demo) asked(ctx context.Context, since int64) (asked, error) {
	counts := asked{regions: map[string]int{}}
	seen, _, err := d.world.Journal(ctx, harness.Query{Since: since, Origin: "client"})
	for _, request := range seen {
		switch request.Plane {
		case "service", "storage":
			counts.regions[request.Region]++
		case "arm":
			counts.manager++
		}
	}
	return counts, err
}

// darkRegionLeftAlone asserts what a failover may ask of the region that is left.
func (d *demo) darkRegionLeftAlone(ctx context.Context, since int64) error {
	seen, _, err := d.world.Journal(ctx, harness.Query{Since: since, Region: primary})
	if err != nil {
		return err
	}
	var answered, requests []string
	for _, request := range seen {
		line := fmt.Sprintf("%s %s (%s)", request.Method, request.Path, request.Outcome)
		requests = append(requests, line)
		if request.Outcome == "answered" {
			answered = append(answered, line)
		}
	}
	d.promise(unless(len(answered) == 0, "%d answers:\n%s", len(answered), strings.Join(answered, "\n")), "%s answered nothing", primary)
	d.promise(unless(len(requests) <= 3, "%d requests:\n%s", len(requests), strings.Join(requests, "\n")),
		"plan and failover together asked at most 3 requests of %s (%d)", primary, len(requests))
	return nil
}

// ledger is every run that the two services know, by sample.
type ledger map[string][]harness.JobRun

func (d *demo) ledger(ctx context.Context) (ledger, error) {
	runs, err := d.world.Runs(ctx, "", "")
	found := ledger{}
	for _, run := range runs {
		// Every run has a base name of its own, made of the sample's.
		sample, _, _ := strings.Cut(run.OutputBasename, "-"+run.Region+"-")
		found[sample] = append(found[sample], run)
	}
	return found, err
}

// in selects the runs of some samples in a region.
func (l ledger) in(region string, samples []string) []harness.JobRun {
	var found []harness.JobRun
	for _, sample := range samples {
		for _, run := range l[sample] {
			if run.Region == region {
				found = append(found, run)
			}
		}
	}
	return found
}

// ran asserts for some samples how often they ran in a region, and how these
// runs stand.
func (l ledger) ran(region string, samples []string, times int, status string) string {
	wrong := map[string]string{}
	for _, sample := range samples {
		runs := l.in(region, []string{sample})
		if len(runs) != times {
			wrong[sample] = fmt.Sprintf("%d runs in %s", len(runs), region)
		}
		for _, run := range runs {
			if run.Status != status {
				wrong[sample] = fmt.Sprintf("run %d in %s is %s: %s", run.ID, region, run.Status, run.Message)
			}
		}
	}
	return list(wrong)
}

// oneKey asserts that all runs of a sample carry its own key, and that at most
// one of them is alive.
func (d *demo) oneKey(l ledger) {
	wrong := map[string]string{}
	owner := map[string]string{}
	for _, sample := range slices.Sorted(maps.Keys(l)) {
		live := 0
		for _, run := range l[sample] {
			if d.keys[sample] == "" {
				d.keys[sample] = run.Token
			}
			if run.Token == "" || run.Token != d.keys[sample] || owner[run.Token] != "" && owner[run.Token] != sample {
				wrong[sample] = fmt.Sprintf("run %d carries the key %q", run.ID, run.Token)
			}
			owner[run.Token] = sample
			if run.Live() {
				live++
			}
		}
		if live > 1 {
			wrong[sample] = fmt.Sprintf("%d runs are alive at once", live)
		}
	}
	d.promise(list(wrong), "one key a submission, and at most one live run under each")
}
