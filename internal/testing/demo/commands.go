package main

import (
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/testing/harness"
)

// elsewhere is what an operator adds to a command to work in the secondary region.
var elsewhere = []string{"-var", "active_region=" + secondary}

// plan plans, showing the command as a person would type it.
func (d *demo) plan(ctx context.Context, args ...string) (*harness.Plan, error) {
	activity := d.typed("plan", args...)
	plan, err := d.workspace.Plan(ctx, args...)
	activity.done()
	d.record("plan", plan.Run)
	if plan.Raw != nil {
		d.texts[fmt.Sprintf("the plan JSON of command %d", d.commands)] = plan.Raw
	}
	return plan, err
}

// apply applies, showing the command as a person would type it. With a plan it
// applies that one.
func (d *demo) apply(ctx context.Context, plan *harness.Plan, args ...string) (*harness.Run, error) {
	activity := d.typed("apply", args...)
	if plan != nil {
		args = []string{plan.Path} // holds the variables that it was made with
	}
	run, err := d.workspace.Apply(ctx, args...)
	activity.done()
	d.record("apply", run)
	return run, err
}

func (d *demo) destroy(ctx context.Context) (*harness.Run, error) {
	activity := d.typed("destroy")
	run, err := d.workspace.Destroy(ctx)
	activity.done()
	d.record("destroy", run)
	return run, err
}

// typed prints a command and shows what it does while it runs.
func (d *demo) typed(command string, args ...string) *activity {
	line := strings.Join(append([]string{d.cli.Name, command}, args...), " ")
	d.out.say("   $ %s", line)
	activity := d.out.busy("%s %s", d.cli.Name, command)
	d.workspace.Watch = func(m harness.Message) {
		switch m.Type {
		case "apply_start", "apply_complete", "apply_progress", "refresh_start", "refresh_complete", "planned_change":
			activity.now(m.Text)
		}
	}
	return activity
}

// record keeps what a command printed, and what is in the state after it, to
// search it for secrets and for whoever looks for what went wrong.
func (d *demo) record(command string, run *harness.Run) {
	d.commands++
	if run == nil {
		return
	}
	name := fmt.Sprintf("%02d-%s.log", d.commands, command)
	d.texts["the output of command "+name] = []byte(run.Output())
	// The log is a help: the demo goes on without it.
	_ = os.WriteFile(filepath.Join(d.dir, name), []byte(strings.Join(run.Args, " ")+"\n"+run.Output()), 0o600)
	if state, err := d.workspace.StateFile(); err == nil && state != nil {
		d.texts[fmt.Sprintf("the state after command %d", d.commands)] = state
	}
}

// The addresses that all examples of a lab have.
const (
	pairAddress  = "genomics_region_pair.lab"
	storeAddress = "genomics_replicated_input_store.reads"
)

// attributes is the state of every resource, by address. Those of submissions
// stand under the name of their sample as well.
type attributes map[string]map[string]any

// state reads the state.
func (d *demo) state(ctx context.Context) (attributes, error) {
	state, err := d.workspace.State(ctx)
	if err != nil {
		return nil, err
	}
	found := attributes(state.Resources())
	for _, sample := range d.samples {
		if submission, there := found[d.address(sample)]; there {
			found[sample] = submission
		}
	}
	return found, nil
}

// text is one attribute as text, "" when it is not there.
func (a attributes) text(address, name string) string { return text(a[address][name]) }

// text writes a scalar of a plan or a state.
func text(value any) string {
	if value == nil {
		return ""
	}
	return fmt.Sprint(value)
}

// inner is an attribute of an object, "" when it is not there.
func inner(value any, names ...string) string {
	for _, name := range names {
		object, _ := value.(map[string]any)
		value = object[name]
	}
	return text(value)
}

// each reports the samples for which an attribute is not as it should be.
func (a attributes) differ(samples []string, name, want string) string {
	wrong := map[string]string{}
	for _, sample := range samples {
		if got := a.text(sample, name); got != want {
			wrong[sample] = got
		}
	}
	return list(wrong)
}

// list writes what is wrong with what, in order; "" when nothing is.
func list(wrong map[string]string) string {
	var items []string
	for _, name := range slices.Sorted(maps.Keys(wrong)) {
		items = append(items, name+": "+wrong[name])
	}
	return strings.Join(items, "; ")
}
