//go:build acceptance

package acceptance

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/testing/acctest"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/testing/harness"
)

// lab is what one test works with: a workspace of its own, and accounts,
// containers and jobs under its own name in the world that all tests share.
type lab struct {
	*testing.T
	*harness.World
	cli  *harness.Workspace
	name string
}

// newLab makes a lab whose name nobody else in this world uses.
func newLab(t *testing.T, workspace *harness.Workspace, name string) *lab {
	t.Helper()
	l := &lab{T: t, World: acctest.World(t), cli: workspace, name: acctest.Name(name)}
	t.Cleanup(func() {
		if err := l.Reset(context.WithoutCancel(t.Context())); err != nil {
			t.Error(err)
		}
	})
	return l
}

// oneLab is newLab for tests that run with the first command-line interface only.
func oneLab(t *testing.T, name string) *lab {
	t.Helper()
	return labWith(t, name, func(found []harness.CLI) harness.CLI { return found[0] })
}

// newestLab is oneLab for what needs identities of resources: Terraform has them
// from 1.12 on, and so has the OpenTofu that this repository pins, the last in
// the list.
func newestLab(t *testing.T, name string) *lab {
	t.Helper()
	return labWith(t, name, func(found []harness.CLI) harness.CLI { return found[len(found)-1] })
}

func labWith(t *testing.T, name string, pick func([]harness.CLI) harness.CLI) *lab {
	t.Helper()
	found, err := harness.FindCLIs()
	if err != nil {
		t.Fatal(err)
	}
	workspace, err := acctest.World(t).Workspace(t.Context(), pick(found), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return newLab(t, workspace, name)
}

// write writes the root module.
func (l *lab) write(s setup) { l.writeText(l.module(s)) }

func (l *lab) writeText(text string) {
	l.Helper()
	if err := l.cli.Write(map[string]string{"main.tf": text}); err != nil {
		l.Fatal(err)
	}
}

// plan plans, and fails the test when the plan fails.
func (l *lab) plan(args ...string) *harness.Plan {
	l.Helper()
	plan, err := l.cli.Plan(l.Context(), args...)
	if err != nil {
		l.Fatal(err)
	}
	return plan
}

// refused plans, and fails the test unless the plan fails with an error whose
// text holds every one of the given pieces.
func (l *lab) refused(pieces ...string) *harness.Run {
	l.Helper()
	return l.refusedWith(nil, pieces...)
}

func (l *lab) refusedWith(args []string, pieces ...string) *harness.Run {
	l.Helper()
	plan, err := l.cli.Plan(l.Context(), args...)
	return l.failed(plan.Run, err, pieces...)
}

// apply applies, and fails the test when that fails.
func (l *lab) apply(args ...string) *harness.Run {
	l.Helper()
	run, err := l.cli.Apply(l.Context(), args...)
	if err != nil {
		l.Fatal(err)
	}
	return run
}

// broken applies, and fails the test unless that fails with an error whose text
// holds every one of the given pieces.
func (l *lab) broken(pieces ...string) *harness.Run {
	l.Helper()
	run, err := l.cli.Apply(l.Context())
	return l.failed(run, err, pieces...)
}

// failed asserts that a run ended with an error that says what it should.
func (l *lab) failed(run *harness.Run, err error, pieces ...string) *harness.Run {
	l.Helper()
	var failure *harness.FailedError
	if !errors.As(err, &failure) {
		l.Fatalf("%v did not fail: %v", run.Args, err)
	}
	said := run.Stderr
	for _, d := range run.Errors() {
		said += "\n" + d.String()
	}
	for _, piece := range pieces {
		if !strings.Contains(said, piece) {
			l.Errorf("%v says nothing of %q:\n%s", run.Args, piece, said)
		}
	}
	return run
}

// destroy destroys everything, and fails the test when that fails.
func (l *lab) destroy(args ...string) *harness.Run {
	l.Helper()
	run, err := l.cli.Destroy(l.Context(), args...)
	if err != nil {
		l.Fatal(err)
	}
	return run
}

// unchanged asserts that a plan changes nothing and warns so many times.
func (l *lab) unchanged(warnings int, args ...string) *harness.Plan {
	l.Helper()
	plan := l.plan(args...)
	if !plan.Empty() {
		l.Errorf("a plan that should change nothing has exit code %d and changes %v:\n%s", plan.ExitCode, plan.Changes(), l.explain(plan))
	}
	l.warned(plan.Run, warnings)
	return plan
}

// warned asserts how many warnings a run showed.
func (l *lab) warned(run *harness.Run, n int) {
	l.Helper()
	if got := run.Warnings(); len(got) != n {
		l.Errorf("%v: %d warnings, want %d:\n%v", run.Args, len(got), n, got)
	}
}

// warnsOf asserts that a run's warnings say something.
func (l *lab) warnsOf(run *harness.Run, piece string) {
	l.Helper()
	if !strings.Contains(fmt.Sprint(run.Warnings()), piece) {
		l.Errorf("%v: the warnings say nothing of %q: %v", run.Args, piece, run.Warnings())
	}
}

// changes asserts which resources a plan changes, each with its action, such as
// "genomics_region_pair.lab update".
func (l *lab) changes(plan *harness.Plan, want ...string) {
	l.Helper()
	var got []string
	for address, actions := range plan.Changes() {
		words := make([]string, len(actions))
		for i, action := range actions {
			words[i] = string(action)
		}
		got = append(got, address+" "+strings.Join(words, "+"))
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		l.Errorf("the plan changes %v, want %v:\n%s", got, want, l.explain(plan))
	}
}

// unknown asserts exactly what a plan leaves open about a resource.
func (l *lab) unknown(plan *harness.Plan, address string, want ...string) {
	l.Helper()
	got := plan.Unknown(address)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		l.Errorf("the plan leaves open of %s: %v, want %v", address, got, want)
	}
}

// planned returns an attribute before and after a plan, as text.
func (l *lab) planned(plan *harness.Plan, address, attribute string) (before, after string) {
	l.Helper()
	change := plan.Change(address)
	if change == nil {
		l.Fatalf("the plan does not name %s", address)
	}
	return text(dig(change.Before, attribute)), text(dig(change.After, attribute))
}

// goes asserts that a plan takes an attribute from one value to another.
func (l *lab) goes(plan *harness.Plan, address, attribute, from, to string) {
	l.Helper()
	if before, after := l.planned(plan, address, attribute); before != from || after != to {
		l.Errorf("the plan takes %s of %s from %s to %s, want from %s to %s", attribute, address, before, after, from, to)
	}
}

// explain shows what a plan changes, for the message of a failed assertion.
func (l *lab) explain(plan *harness.Plan) string {
	var b strings.Builder
	for address := range plan.Changes() {
		change := plan.Change(address)
		before, after := asObject(change.Before), asObject(change.After)
		for name := range after {
			if was, is := text(before[name]), text(after[name]); was != is {
				fmt.Fprintf(&b, "%s.%s: %s -> %s\n", address, name, was, is)
			}
		}
		fmt.Fprintf(&b, "%s: unknown %v\n", address, plan.Unknown(address))
	}
	return b.String()
}

// state reads the state file: what the CLI wrote, without asking it.
func (l *lab) state() map[string]map[string]any {
	l.Helper()
	content, err := l.cli.StateFile()
	if err != nil {
		l.Fatal(err)
	}
	found := map[string]map[string]any{}
	// A CLI that was killed before it saved anything leaves an empty file.
	if len(content) == 0 {
		return found
	}
	var file struct {
		Resources []struct {
			Mode, Type, Name string
			Instances        []struct {
				IndexKey   any `json:"index_key"`
				Status     string
				Attributes map[string]any
			}
		}
	}
	decoder := json.NewDecoder(bytes.NewReader(content))
	decoder.UseNumber()
	if err := decoder.Decode(&file); err != nil {
		l.Fatal(err)
	}
	for _, r := range file.Resources {
		for _, i := range r.Instances {
			address := r.Type + "." + r.Name
			if r.Mode == "data" {
				address = "data." + address
			}
			switch key := i.IndexKey.(type) {
			case string:
				address += fmt.Sprintf("[%q]", key)
			case json.Number:
				address += fmt.Sprintf("[%s]", key)
			}
			if i.Status != "" {
				i.Attributes["(status)"] = i.Status
			}
			found[address] = i.Attributes
		}
	}
	return found
}

// attribute returns one attribute of the state as text, by a path such as
// "attempts.0.status".
func (l *lab) attribute(address, path string) string {
	l.Helper()
	attributes, ok := l.state()[address]
	if !ok {
		l.Fatalf("the state does not hold %s", address)
	}
	return text(dig(attributes, path))
}

// holds asserts attributes of the state, given as path and value in turn.
func (l *lab) holds(address string, pairs ...string) {
	l.Helper()
	attributes, ok := l.state()[address]
	if !ok {
		l.Errorf("the state does not hold %s", address)
		return
	}
	for i := 0; i+1 < len(pairs); i += 2 {
		if got := text(dig(attributes, pairs[i])); got != pairs[i+1] {
			l.Errorf("%s of %s is %s, want %s", pairs[i], address, got, pairs[i+1])
		}
	}
	if status := attributes["(status)"]; status != nil {
		l.Errorf("%s is %v", address, status)
	}
}

func asObject(value any) map[string]any {
	object, _ := value.(map[string]any)
	return object
}

// dig follows a path such as "active.location" or "attempts.0.status".
func dig(value any, path string) any {
	for step := range strings.SplitSeq(path, ".") {
		switch inner := value.(type) {
		case map[string]any:
			value = inner[step]
		case []any:
			var index int
			if step == "#" {
				return json.Number(fmt.Sprint(len(inner)))
			}
			if _, err := fmt.Sscan(step, &index); err != nil || index >= len(inner) {
				return nil
			}
			value = inner[index]
		default:
			return nil
		}
	}
	return value
}

// text writes a value of a plan or a state; null stands for one that is not there.
func text(value any) string {
	switch value := value.(type) {
	case nil:
		return "null"
	case string:
		return value
	case json.Number:
		return value.String()
	}
	raw, err := json.Marshal(value)
	if err != nil {
		return err.Error()
	}
	return string(raw)
}
