package main

import (
	"context"
	"fmt"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/testing/harness"
)

// comeBack brings the primary back and waits until its jobs run again.
func (d *demo) comeBack(ctx context.Context) error {
	if err := d.world.Up(ctx, primary); err != nil {
		return err
	}
	if err := d.await(ctx, "jobs to run again in "+primary, primary, d.moving, "working"); err != nil {
		return err
	}
	l, err := d.ledger(ctx)
	if err != nil {
		return err
	}
	wrong := map[string]string{}
	for _, run := range l.in(primary, d.moving) {
		if run.Restarts != 1 {
			wrong[run.OutputBasename] = fmt.Sprintf("restarted %d times", run.Restarts)
		}
	}
	d.promise(list(wrong)+l.ran(primary, d.finished, 1, "success"), "%s restarted %d jobs by itself", primary, len(d.moving))
	d.oneKey(l)
	return nil
}

// planFencing plans with both regions there. The plan is applied in the next chapter.
func (d *demo) planFencing(ctx context.Context) error {
	var err error
	if d.fencing, err = d.plan(ctx, elsewhere...); err != nil {
		return err
	}
	var stale []string
	for _, sample := range d.moving {
		stale = append(stale, d.address(sample))
	}
	d.updates(d.fencing, stale)
	d.promise(d.goes(d.fencing, d.moving, "unfenced_attempts", "1", "0"), "unfenced_attempts goes from 1 to 0 for each of them")
	d.warnings(d.fencing.Run, 0)
	return nil
}

// fence applies the plan.
func (d *demo) fence(ctx context.Context) error {
	run, err := d.apply(ctx, d.fencing, elsewhere...)
	if err != nil {
		return err
	}
	d.warnings(run, 0)
	l, err := d.ledger(ctx)
	if err != nil {
		return err
	}
	d.promise(l.ran(primary, d.moving, 1, "cancelled"), "%s says that the %d stale runs are cancelled", primary, len(d.moving))
	state, err := d.state(ctx)
	if err != nil {
		return err
	}
	d.promise(state.differ(d.moving, "unfenced_attempts", "0")+state.differ(d.samples, "status", "success"),
		"nothing is left to fence, and what has succeeded still counts")
	d.onceOnly(l)
	plan, err := d.plan(ctx, elsewhere...)
	if err != nil {
		return err
	}
	d.nothingToDo(plan)
	d.warnings(plan.Run, 0)
	return nil
}

// onceOnly asserts that each sample has succeeded once, wherever that was.
func (d *demo) onceOnly(l ledger) {
	wrong := map[string]string{}
	for _, sample := range d.samples {
		succeeded := 0
		for _, run := range l[sample] {
			if run.Status == "success" {
				succeeded++
			}
		}
		if succeeded != 1 {
			wrong[sample] = fmt.Sprintf("succeeded %d times", succeeded)
		}
	}
	d.promise(list(wrong), "each sample has succeeded exactly once")
	d.oneKey(l)
}

// failBack makes the primary active again.
func (d *demo) failBack(ctx context.Context) error {
	before, err := d.ledger(ctx)
	if err != nil {
		return err
	}
	plan, err := d.plan(ctx)
	if err != nil {
		return err
	}
	d.updates(plan, d.behindThePair())
	d.warnings(plan.Run, 0)
	run, err := d.apply(ctx, plan)
	if err != nil {
		return err
	}
	d.warnings(run, 0)
	after, err := d.ledger(ctx)
	if err != nil {
		return err
	}
	d.promise(unless(total(after) == total(before), "%d runs, %d before", total(after), total(before)), "no %s ran again", d.engine.noun)
	d.onceOnly(after)
	state, err := d.state(ctx)
	if err != nil {
		return err
	}
	pair := state[pairAddress]
	d.promise(unless(inner(pair["active"], "location") == primary && text(pair["generation"]) == "3", "active in %s, generation %v", inner(pair["active"], "location"), pair["generation"]),
		"%s is active, in the pair's third generation", primary)
	if plan, err = d.plan(ctx); err != nil {
		return err
	}
	d.nothingToDo(plan)
	return d.nothingLeaked(ctx)
}

func total(l ledger) int {
	n := 0
	for _, runs := range l {
		n += len(runs)
	}
	return n
}

// nothingLeaked searches everything that a user could have read for the secrets
// that the servers handed out or were sent.
func (d *demo) nothingLeaked(ctx context.Context) error {
	secrets, err := d.world.Secrets(ctx)
	if err != nil {
		return err
	}
	leaks, err := d.world.Leaks(ctx, d.texts)
	if err != nil {
		return err
	}
	wrong := map[string]string{}
	for _, leak := range leaks {
		wrong[leak.Where] = leak.Kind + " of " + leak.Owner
	}
	d.promise(list(wrong), "none of %d keys, tokens and signatures stands in a state, a plan or an output (%d searched)", len(secrets), len(d.texts))
	return nil
}

// cleanUp destroys everything that was created.
func (d *demo) cleanUp(ctx context.Context) error {
	if err := d.world.Release(ctx, harness.Hold{}); err != nil {
		return err
	}
	run, err := d.destroy(ctx)
	if err != nil {
		return err
	}
	d.warnings(run, 0)
	state, err := d.state(ctx)
	if err != nil {
		return err
	}
	d.promise(unless(len(state) == 0, "%v", state), "the state is empty")
	wrong := map[string]string{}
	for _, region := range []string{primary, secondary} {
		inputs, err := d.world.Container(region, "inputs")
		if err != nil {
			return err
		}
		names, err := inputs.Names(ctx, "sample")
		if err != nil {
			return err
		}
		if len(names) != 2*len(d.samples) {
			wrong[region] = fmt.Sprintf("%d inputs", len(names))
		}
	}
	d.promise(list(wrong), "every input is still there, in both regions")
	return nil
}
