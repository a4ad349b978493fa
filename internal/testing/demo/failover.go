package main

import (
	"context"
	"fmt"
	"slices"
	"strings"

	tfjson "github.com/hashicorp/terraform-json"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/testing/harness"
)

// outage takes the primary down.
func (d *demo) outage(ctx context.Context) error {
	if err := d.world.Down(ctx, primary, harness.Blackhole); err != nil {
		return err
	}
	l, err := d.ledger(ctx)
	if err != nil {
		return err
	}
	d.promise(l.ran(primary, d.moving, 1, "failed")+l.ran(primary, d.finished, 1, "success"),
		"%d running jobs failed in %s, %d had finished", len(d.moving), primary, len(d.finished))
	return nil
}

// everything that stands behind the active region.
func (d *demo) behindThePair() []string {
	addresses := []string{pairAddress, storeAddress}
	for _, sample := range d.samples {
		addresses = append(addresses, d.address(sample))
	}
	return addresses
}

// planFailover plans in the dark. The plan is applied in the next chapter.
func (d *demo) planFailover(ctx context.Context) error {
	var err error
	if d.lost, err = d.world.Mark(ctx); err != nil {
		return err
	}
	if d.failover, err = d.plan(ctx, elsewhere...); err != nil {
		return err
	}
	d.updates(d.failover, d.behindThePair())
	wrong := map[string]string{}
	for _, where := range []string{pairAddress, storeAddress} {
		if got := inner(d.failover.Change(where).After, "active", "location"); got != secondary {
			wrong[where] = "active in " + got
		}
	}
	d.promise(list(wrong), "pair and input store are active in %s", secondary)
	d.promise(d.goes(d.failover, d.moving, "location", primary, secondary)+d.goes(d.failover, d.moving, "unfenced_attempts", "0", "1"),
		"%d unfinished %s go there; what each leaves behind is counted as not yet fenced", len(d.moving), d.nouns(len(d.moving)))
	d.promise(d.goes(d.failover, d.finished, "location", primary, primary)+d.goes(d.failover, d.finished, "status", "success", "success"),
		"%d finished %s stay as they are", len(d.finished), d.nouns(len(d.finished)))
	d.warnings(d.failover.Run, 1)
	limit := regionTimeout.Seconds() + 15
	d.promise(unless(d.failover.Duration.Seconds() <= limit, "%.0f s", d.failover.Duration.Seconds()),
		"the plan cost one timeout, not one a resource (%.1f s)", d.failover.Duration.Seconds())
	return nil
}

// goes tells for which samples a plan does not take an attribute from one value
// to another.
func (d *demo) goes(plan *harness.Plan, samples []string, name, from, to string) string {
	wrong := map[string]string{}
	for _, sample := range samples {
		change := plan.Change(d.address(sample))
		if change == nil {
			wrong[sample] = "not in the plan"
			continue
		}
		before, after := inner(change.Before, name), planned(change, name)
		if before != from || after != to {
			wrong[sample] = fmt.Sprintf("%s goes from %q to %q", name, before, after)
		}
	}
	return list(wrong)
}

// planned is an attribute after a change.
func planned(change *tfjson.Change, name string) string {
	if inner(change.AfterUnknown, name) == "true" {
		return "(known after apply)"
	}
	return inner(change.After, name)
}

// failOver applies the plan.
func (d *demo) failOver(ctx context.Context) error {
	run, err := d.apply(ctx, d.failover, elsewhere...)
	if err != nil {
		return err
	}
	d.promise(unless(len(run.Warnings()) <= 1, "%v", run.Warnings()), "at most one warning")
	if err := d.darkRegionLeftAlone(ctx, d.lost); err != nil {
		return err
	}
	l, err := d.ledger(ctx)
	if err != nil {
		return err
	}
	d.promise(unless(len(l.in(secondary, d.moving)) == len(d.moving), "%d", len(l.in(secondary, d.moving)))+l.ran(secondary, d.finished, 0, ""),
		"%d submissions in %s: one for each unfinished %s, none for a finished one", len(d.moving), secondary, d.engine.noun)
	d.oneKey(l)
	state, err := d.state(ctx)
	if err != nil {
		return err
	}
	d.promise(state.differ(d.moving, "location", secondary)+state.differ(d.moving, "unfenced_attempts", "1")+state.differ(d.finished, "location", primary),
		"the state says where each runs, and that %d runs are not yet fenced", len(d.moving))
	return nil
}

// stayInTheDark plans once more.
func (d *demo) stayInTheDark(ctx context.Context) error {
	plan, err := d.plan(ctx, elsewhere...)
	if err != nil {
		return err
	}
	d.nothingToDo(plan)
	d.warnings(plan.Run, 1)
	return nil
}

// finishElsewhere waits for the jobs in the secondary.
func (d *demo) finishElsewhere(ctx context.Context) error {
	if err := d.await(ctx, "jobs to finish in "+secondary, secondary, d.moving, "success"); err != nil {
		return err
	}
	outputs, err := d.world.Container(secondary, "outputs")
	if err != nil {
		return err
	}
	names, err := outputs.Names(ctx, "")
	if err != nil {
		return err
	}
	// What the provider keeps there for itself is no result.
	names = slices.DeleteFunc(names, func(name string) bool { return strings.HasPrefix(name, ".") })
	var want []string
	for _, sample := range d.moving {
		for _, result := range d.engine.results {
			want = append(want, sample+"-"+secondary+"-1"+result)
		}
	}
	d.promise(unless(slices.Equal(names, want), "%s", strings.Join(names, ", ")),
		"what these %d have written lies in %s, and of no other", len(d.moving), secondary)
	if err := d.counted(ctx, outputs); err != nil {
		return err
	}
	run, err := d.apply(ctx, nil, elsewhere...)
	if err != nil {
		return err
	}
	d.warnings(run, 1)
	state, err := d.state(ctx)
	if err != nil {
		return err
	}
	d.promise(state.differ(d.samples, "status", "success"), "all %d %s have succeeded, as the state says", len(d.samples), d.nouns(len(d.samples)))
	return nil
}

// counted asserts that every result tells how many bases its sample has.
func (d *demo) counted(ctx context.Context, outputs *harness.Container) error {
	wrong := map[string]string{}
	for _, sample := range d.moving {
		content, err := outputs.Get(ctx, sample+"-"+secondary+"-1"+d.engine.result)
		if err != nil {
			return err
		}
		if got, err := field(string(content), "bases_processed"); err != nil || got != fmt.Sprint(float64(d.bases)) {
			wrong[sample] = fmt.Sprintf("%s bases, %v", got, err)
		}
	}
	d.promise(list(wrong), "each result tells of %d bases, as many as the sample has", d.bases)
	return nil
}
