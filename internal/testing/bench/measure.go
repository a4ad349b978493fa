package main

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"time"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/testing/harness"
)

// measured is what one command-line interface took.
type measured struct {
	floorPlan, floorChange     step // of the terraform_data resources
	weightPlan, weightChange   step // of those that carry as much as a submission
	prepare, plan, flip, after step // of the submissions
	// lost and doubled are submissions without a run in the secondary region after
	// the failover, and with more than one.
	lost, doubled int
}

// step is a command and what it took.
type step struct {
	took     time.Duration
	cpu      time.Duration // of the CLI and the provider
	provider harness.Usage // of the provider alone
	requests tally
	changes  bool // of a plan: whether there is something to do
}

func measure(ctx context.Context, world *harness.World, cli harness.CLI, dir string, s settings) (m measured, err error) {
	if m.floorPlan, m.floorChange, err = measureFloor(ctx, world, cli, filepath.Join(dir, "floor"), floor, s, s.repeat); err != nil {
		return m, err
	}
	if s.weigh {
		if m.weightPlan, m.weightChange, err = measureFloor(ctx, world, cli, filepath.Join(dir, "weight"), weight, s, 1); err != nil {
			return m, err
		}
	}
	b, err := labWorkspace(ctx, world, cli, filepath.Join(dir, "lab"), s)
	if err != nil {
		return m, err
	}
	if m.prepare, err = b.run(ctx, applied()...); err != nil {
		return m, fmt.Errorf("prepare: %w", err)
	}
	if m.plan, err = b.median(ctx, s.repeat, planned()...); err != nil {
		return m, fmt.Errorf("plan in health: %w", err)
	}
	err = m.measureFlip(ctx, b, s)
	return m, err
}

// measureFloor measures terraform_data resources.
func measureFloor(ctx context.Context, world *harness.World, cli harness.CLI, dir, module string, s settings, repeat int) (plan, change step, err error) {
	w, err := workspace(ctx, world, cli, dir, fmt.Sprintf(s.module(module), s.count))
	if err != nil {
		return plan, change, err
	}
	b := &bench{world: world, cli: w}
	if _, err := b.run(ctx, applied()...); err != nil {
		return plan, change, fmt.Errorf("create terraform_data: %w", err)
	}
	if plan, err = b.median(ctx, repeat, planned()...); err != nil {
		return plan, change, fmt.Errorf("plan terraform_data: %w", err)
	}
	var changes []step
	for i := range repeat {
		one, err := b.run(ctx, applied("-var", fmt.Sprintf("value=%d", i+2))...)
		if err != nil {
			return plan, change, fmt.Errorf("change terraform_data: %w", err)
		}
		changes = append(changes, one)
	}
	return plan, middle(changes), nil
}

func (m *measured) measureFlip(ctx context.Context, b *bench, s settings) error {
	if err := b.world.Down(ctx, primary, harness.Blackhole); err != nil {
		return err
	}
	healthy := b.cli.Env
	b.cli.Env = append(slices.Clone(healthy), "GENOMICS_REGION_TIMEOUT="+s.timeout.String())
	flip := []string{"-var", "active_region=" + secondary}
	var err error
	if m.flip, err = b.run(ctx, applied(flip...)...); err != nil {
		return fmt.Errorf("failover: %w", err)
	}
	if m.after, err = b.run(ctx, planned(append(flip, "-detailed-exitcode")...)...); err != nil {
		return fmt.Errorf("plan after the failover: %w", err)
	}
	b.cli.Env = healthy
	runs, err := b.world.Runs(ctx, secondary, "")
	if err != nil {
		return err
	}
	m.lost, m.doubled = account(runs, b.name+"-"+secondary, s.count)
	// Left dark, it would make the next interface's accounts wait.
	return b.world.Up(ctx, primary)
}

// account counts the submissions that have no run in an account, and those that
// have more than one.
func account(runs []harness.JobRun, name string, submissions int) (lost, doubled int) {
	byKey := map[string]int{}
	for _, run := range runs {
		if run.Account == name {
			byKey[run.Token]++
		}
	}
	for _, n := range byKey {
		if n > 1 {
			doubled++
		}
	}
	return submissions - len(byKey), doubled
}

// run runs a command and sees what it took.
func (b *bench) run(ctx context.Context, args ...string) (step, error) {
	var s step
	mark, err := b.world.Mark(ctx)
	if err != nil {
		return s, err
	}
	running, err := b.cli.Start(ctx, args...)
	if err != nil {
		return s, err
	}
	s.provider, err = running.Usage()
	if err != nil {
		return s, err
	}
	run, err := running.Wait()
	if err != nil {
		return s, err
	}
	seen, _, err := b.world.Journal(ctx, harness.Query{Since: mark, Origin: "client"})
	if err != nil {
		return s, err
	}
	s.took, s.cpu, s.changes, s.requests = run.Duration, run.CPU, run.ExitCode == 2, count(seen)
	return s, nil
}

// median runs a command that changes nothing several times.
func (b *bench) median(ctx context.Context, times int, args ...string) (step, error) {
	steps := make([]step, 0, times)
	for range times {
		one, err := b.run(ctx, args...)
		if err != nil {
			return one, err
		}
		steps = append(steps, one)
	}
	return middle(steps), nil
}

// middle is the step with the median of the wall times.
func middle(steps []step) step {
	slices.SortFunc(steps, func(a, b step) int { return int(a.took - b.took) })
	return steps[len(steps)/2]
}

// The commands as a person would type them.
func planned(args ...string) []string {
	return append([]string{"plan", "-input=false", "-no-color"}, args...)
}

func applied(args ...string) []string {
	return append([]string{"apply", "-input=false", "-auto-approve", "-no-color"}, args...)
}
