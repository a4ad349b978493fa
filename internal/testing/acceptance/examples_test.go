//go:build acceptance

package acceptance

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/testing/harness"
)

// Every example is applied as it stands, in the world whose names it uses.
func TestAccExamples(t *testing.T) {
	root, err := harness.Root()
	if err != nil {
		t.Fatal(err)
	}
	var folders []string
	err = filepath.WalkDir(filepath.Join(root, "examples"), func(path string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() && filepath.Ext(path) == ".tf" {
			folders = append(folders, filepath.Dir(path))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(folders)
	folders = slices.Compact(folders)
	// What is not applied as it stands has a test of its own, and no interface here knows
	// actions.
	folders = slices.DeleteFunc(folders, func(folder string) bool {
		name, _ := filepath.Rel(filepath.Join(root, "examples"), folder)
		return strings.HasPrefix(name, "ci") || strings.HasPrefix(name, "modules") || strings.HasPrefix(name, "actions")
	})
	if len(folders) < 10 {
		t.Fatalf("examples: %v", folders)
	}
	// What the examples take for granted is there before: their reads, and for
	// those that only look, an account with a workflow.
	l := newestLab(t, "examples")
	l.put(primary, "inputs", l.reads("NA12878"), map[string][]byte{"reads_1.fq": l.plain(1), "reads_2.fq": l.plain(2)})
	for _, folder := range folders {
		name, err := filepath.Rel(filepath.Join(root, "examples"), folder)
		if err != nil {
			t.Fatal(err)
		}
		t.Run(name, func(t *testing.T) {
			e := &example{lab: newestLab(t, "example")}
			e.read(folder)
			e.play(name)
		})
	}
}

// newer are the blocks that only a newer CLI understands, up to what is in their config.
var newer = regexp.MustCompile(`(?m)^(action|list) "(\w+)" "\w+" {\n(?:  provider = genomics\n\n)?  config {$`)

// What OpenTofu cannot invoke or query is asked over the protocol, with the arguments
// that it makes of the examples: each is an output of the lab that they speak of.
func TestAccNewerExamples(t *testing.T) {
	root, err := harness.Root()
	if err != nil {
		t.Fatal(err)
	}
	var files []string
	for _, pattern := range []string{"actions/*/action.tf", "list-resources/*/list-resource.tfquery.hcl"} {
		names, err := filepath.Glob(filepath.Join(root, "examples", pattern))
		if err != nil || len(names) < 2 {
			t.Fatalf("examples: %v, %v", names, err)
		}
		files = append(files, names...)
	}
	l := newestLab(t, "newer")
	l.put(primary, "inputs", l.reads("NA12878"))
	e := &example{lab: l}
	e.read(filepath.Join(root, "examples", "resources", "genomics_workflow_submission"))
	kinds := map[string]string{}
	for _, file := range files {
		content, err := os.ReadFile(file)
		l.ok(err)
		name := filepath.Base(filepath.Dir(file))
		found := newer.FindStringSubmatch(string(content))
		if len(found) < 3 || found[2] != name {
			t.Fatalf("%s has no block of its own", file)
		}
		kinds[found[1]+"_"+name] = found[1]
		e.files[filepath.Base(filepath.Dir(filepath.Dir(file)))+"_"+name+".tf"] = newer.ReplaceAllString(string(content), "output \"${1}_$2\" {\n  value = {")
	}
	l.ok(e.cli.Write(e.files))
	e.apply()
	defer e.clean()
	e.settle()
	run, err := l.cli.Exec(l.Context(), "output", "-json")
	l.ok(err)
	var outputs map[string]struct{ Value map[string]any }
	l.ok(json.Unmarshal([]byte(run.Stdout), &outputs))
	for output, kind := range kinds {
		name, config := strings.TrimPrefix(output, kind+"_"), outputs[output].Value
		t.Run(kind+" "+name, func(t *testing.T) {
			l := l.within(t)
			if kind == "list" {
				// What has no description is shown by another word.
				if found, problems := l.queries(name, config, true, 100); problems != "" || len(found) == 0 || strings.Contains(found[0].name, "  ") {
					t.Errorf("found %+v, %s", found, problems)
				}
				return
			}
			if got := l.invokes(t.Context(), name, config, func(string) {}); got.problems != "" || len(got.progress) == 0 {
				t.Errorf("it says %q and\n%s", got.progress, got.problems)
			}
		})
	}
}

// example is one folder of examples and the lab that it is applied in.
type example struct {
	*lab
	files map[string]string
}

// foreign is a block of a provider that is not there to be tested with.
var foreign = regexp.MustCompile(`(?s)\nresource "azurerm_.*?\n}\n`)

func (e *example) read(folder string) {
	e.Helper()
	e.files = map[string]string{}
	names, err := filepath.Glob(filepath.Join(folder, "*.[tc][fw]*")) // and the workflows that they name
	e.ok(err)
	for _, name := range names {
		content, err := os.ReadFile(name)
		e.ok(err)
		e.files[filepath.Base(name)] = e.here(foreign.ReplaceAllString(string(content), "\n"))
	}
	all := strings.Join(slices.Collect(maps.Values(e.files)), "\n")
	if !strings.Contains(all, "required_providers") {
		e.files["provider.tf"] = "terraform {\n  required_providers {\n    genomics = { source = \"genomics-continuity/genomics\" }\n  }\n}\n"
	}
}

// here puts this world's TES and WES servers in the place of the examples' own.
func (e *example) here(content string) string {
	var pairs []string
	for region, ready := range e.Emulator.Ready.Regions {
		pairs = append(pairs, "https://tes."+region+".example.org/ga4gh/tes/v1", ready.TES, "https://wes."+region+".example.org/ga4gh/wes/v1", ready.WES)
	}
	return strings.NewReplacer(pairs...).Replace(content)
}

// makers are the types of resources that make runs, and the attribute that
// has a run's ID.
var makers = map[string]string{"genomics_workflow_submission": "workflow_id", "genomics_task_submission": "task_id", "genomics_run_submission": "run_id"}

// made is the ID of the run that a resource has made; false for other resources.
func made(at string, attributes map[string]any) (id string, ok bool) {
	kind, _, _ := strings.Cut(at, ".")
	attribute, ok := makers[kind]
	return text(attributes[attribute]), ok
}

func (e *example) play(name string) {
	e.Helper()
	if strings.HasPrefix(name, "data-sources") || strings.HasPrefix(name, "ephemeral-resources") {
		other := &example{lab: newestLab(e.T, "before")}
		root, err := harness.Root()
		e.ok(err)
		other.read(filepath.Join(root, "examples", "resources", "genomics_workflow_submission"))
		other.ok(other.cli.Write(other.files))
		other.apply()
		defer other.clean()
		// The number of a workflow is for its service to give.
		for file, content := range e.files {
			e.files[file] = strings.ReplaceAll(content, "10001", other.attribute(address("na12878"), "workflow_id"))
		}
	}
	imports := map[string]string{}
	for file, content := range e.files {
		if strings.HasPrefix(file, "import-") {
			imports[file] = content
			delete(e.files, file)
		}
	}
	e.ok(e.cli.Write(e.files))
	if strings.Contains(strings.Join(slices.Collect(maps.Values(e.files)), ""), `variable "key_vault_id"`) {
		e.cli.Env = append(slices.Clone(e.cli.Env), "TF_VAR_key_vault_id=unused")
	}
	e.apply()
	defer e.clean()
	e.settle()
	e.unchanged(0)
	for file, content := range imports {
		e.taken(file, content)
	}
}

// taken forgets what an import block is about and takes it in again.
func (e *example) taken(file, content string) {
	e.Helper()
	to := regexp.MustCompile(`to = (\S+)`).FindStringSubmatch(content)
	if to == nil {
		e.Fatalf("%s imports nothing", file)
	}
	if _, err := e.cli.Exec(e.Context(), "state", "rm", to[1]); err != nil {
		e.Fatal(err)
	}
	e.ok(e.cli.Write(map[string]string{file: content}))
	defer func() { e.ok(os.Remove(filepath.Join(e.cli.Dir, file))) }()
	plan := e.plan()
	if destroyed := plan.Destroys(); len(destroyed) > 0 || plan.Change(to[1]) == nil || plan.Change(to[1]).Importing == nil {
		e.Errorf("%s imports nothing or destroys %v", file, destroyed)
	}
	e.apply(plan.Path)
	e.unchanged(0)
}

// settle waits until the jobs of an example have ended, and reads how.
func (e *example) settle() {
	e.Helper()
	for at, attributes := range e.state() {
		id, ok := made(at, attributes)
		if !ok {
			continue
		}
		e.until(at+" has ended", func() bool {
			runs, err := e.Runs(e.Context(), primary, "")
			e.ok(err)
			return slices.ContainsFunc(runs, func(r harness.JobRun) bool {
				return (id == fmt.Sprint(r.ID) || id == fmt.Sprint(r.Face, "-", r.ID)) && !r.Live()
			})
		})
	}
	e.apply()
	for at, attributes := range e.state() {
		if _, ok := made(at, attributes); ok {
			e.holds(at, "status", "success")
		}
	}
}

// clean removes what an example made, the results of its jobs among it, so that
// the next one finds the world as this one did.
func (e *example) clean() {
	e.Helper()
	e.settle()
	e.destroy()
	for _, region := range []string{primary, secondary} {
		if e.hasContainer(region, "outputs") {
			e.remove(region, "outputs", e.blobs(region, "outputs", "")...)
		}
	}
}
