package harness

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"

	tfjson "github.com/hashicorp/terraform-json"
)

// planHasChanges is the exit code of a plan, asked for in detail, that is not empty.
const planHasChanges = 2

// Plan is a plan that was made, as the command showed it and as it is stored.
type Plan struct {
	*Run
	JSON *tfjson.Plan
	Raw  []byte // what JSON was read from
	Path string // the plan file, for Apply
}

// Plan plans, with -detailed-exitcode, and reads the plan back.
func (w *Workspace) Plan(ctx context.Context, args ...string) (*Plan, error) {
	plan := &Plan{Path: filepath.Join(w.Dir, "plan.tfplan")}
	var err error
	command := append([]string{"plan", "-json", "-input=false", "-detailed-exitcode", "-out=" + plan.Path}, args...)
	if plan.Run, err = w.Exec(ctx, command...); err != nil {
		return plan, err
	}
	shown, err := w.Exec(ctx, "show", "-json", plan.Path)
	if err != nil {
		return plan, err
	}
	plan.Raw = []byte(shown.Stdout)
	plan.JSON = &tfjson.Plan{}
	plan.JSON.UseJSONNumber(true) // workflow IDs are longer than a float64 is exact
	if err := json.Unmarshal(plan.Raw, plan.JSON); err != nil {
		return plan, fmt.Errorf("read the plan: %w", err)
	}
	return plan, nil
}

// Empty reports whether there is nothing to change.
func (p *Plan) Empty() bool { return p.ExitCode == 0 }

// Changes returns the addresses of the resources that change, each with its actions.
func (p *Plan) Changes() map[string]tfjson.Actions {
	changes := map[string]tfjson.Actions{}
	for _, rc := range p.JSON.ResourceChanges {
		if rc.Mode == tfjson.ManagedResourceMode && !rc.Change.Actions.NoOp() {
			changes[rc.Address] = rc.Change.Actions
		}
	}
	return changes
}

// Destroys returns the addresses of the resources that are deleted or replaced.
func (p *Plan) Destroys() []string {
	changes := p.Changes()
	maps.DeleteFunc(changes, func(_ string, actions tfjson.Actions) bool {
		return !slices.Contains(actions, tfjson.ActionDelete)
	})
	return slices.Sorted(maps.Keys(changes))
}

// Change returns what happens to one resource, or nil when the plan does not name it.
func (p *Plan) Change(address string) *tfjson.Change {
	for _, rc := range p.JSON.ResourceChanges {
		if rc.Address == address {
			return rc.Change
		}
	}
	return nil
}

// Unknown returns the paths below a resource that are known only after the
// apply, such as "active.location" or "attempts.0.workflow_id", in order.
func (p *Plan) Unknown(address string) []string {
	change := p.Change(address)
	if change == nil {
		return nil
	}
	var paths []string
	collectUnknown("", change.AfterUnknown, &paths)
	slices.Sort(paths)
	return paths
}

func collectUnknown(path string, value any, paths *[]string) {
	join := func(name string) string {
		if path == "" {
			return name
		}
		return path + "." + name
	}
	switch value := value.(type) {
	case bool:
		if value {
			*paths = append(*paths, path)
		}
	case map[string]any:
		for name, inner := range value {
			collectUnknown(join(name), inner, paths)
		}
	case []any:
		for i, inner := range value {
			collectUnknown(join(fmt.Sprint(i)), inner, paths)
		}
	}
}

// Apply plans and applies without asking; an argument that is a plan file
// makes it apply that plan.
func (w *Workspace) Apply(ctx context.Context, args ...string) (*Run, error) {
	return w.Exec(ctx, append(applyCommand(), args...)...)
}

// StartApply is Apply for a test that interrupts it.
func (w *Workspace) StartApply(ctx context.Context, args ...string) (*Running, error) {
	return w.Start(ctx, append(applyCommand(), args...)...)
}

func applyCommand() []string { return []string{"apply", "-json", "-input=false", "-auto-approve"} }

// Destroy destroys everything without asking.
func (w *Workspace) Destroy(ctx context.Context, args ...string) (*Run, error) {
	return w.Exec(ctx, append([]string{"destroy", "-json", "-input=false", "-auto-approve"}, args...)...)
}

// Import takes an existing object into state. The CLI has no machine-readable
// output for it: look at Stdout and Stderr.
func (w *Workspace) Import(ctx context.Context, address, id string, args ...string) (*Run, error) {
	command := append([]string{"import", "-input=false", "-no-color"}, args...)
	return w.Exec(ctx, append(command, address, id)...)
}

// Validate checks the configuration. It returns the diagnostics, errors
// included; that this is a provider under development is left out.
func (w *Workspace) Validate(ctx context.Context) ([]Diagnostic, error) {
	run, err := w.Exec(ctx, "validate", "-json")
	var failed *FailedError
	if err != nil && !errors.As(err, &failed) {
		return nil, err
	}
	var answer struct{ Diagnostics []Diagnostic }
	if err := json.Unmarshal([]byte(run.Stdout), &answer); err != nil {
		return nil, fmt.Errorf("read the validation %q: %w", run.Output(), err)
	}
	return slices.DeleteFunc(answer.Diagnostics, Diagnostic.aboutOverrides), nil
}

// State reads the state. It is empty, not an error, when there is none.
func (w *Workspace) State(ctx context.Context) (*State, error) {
	run, err := w.Exec(ctx, "show", "-json")
	if err != nil {
		return nil, err
	}
	state := &State{JSON: &tfjson.State{}}
	state.JSON.UseJSONNumber(true)
	if err := json.Unmarshal([]byte(run.Stdout), state.JSON); err != nil {
		return nil, fmt.Errorf("read the state: %w", err)
	}
	return state, nil
}

// StateFile returns the state file's bytes, none when there is no state.
func (w *Workspace) StateFile() ([]byte, error) {
	content, err := os.ReadFile(w.StatePath())
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return content, err
}

// LoseState deletes the state and its backup, as a lost disk would.
func (w *Workspace) LoseState() error {
	for _, path := range []string{w.StatePath(), w.StatePath() + ".backup"} {
		if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

// State is what the CLI knows.
type State struct{ JSON *tfjson.State }

// Resources returns the attribute values of every resource by address. Numbers
// are json.Number.
func (s *State) Resources() map[string]map[string]any {
	found := map[string]map[string]any{}
	if s.JSON.Values != nil {
		collectResources(s.JSON.Values.RootModule, found)
	}
	return found
}

// Output returns the value of one output, nil when there is none.
func (s *State) Output(name string) any {
	if s.JSON.Values == nil || s.JSON.Values.Outputs[name] == nil {
		return nil
	}
	return s.JSON.Values.Outputs[name].Value
}

func collectResources(module *tfjson.StateModule, found map[string]map[string]any) {
	if module == nil {
		return
	}
	for _, resource := range module.Resources {
		found[resource.Address] = resource.AttributeValues
	}
	for _, child := range module.ChildModules {
		collectResources(child, found)
	}
}
