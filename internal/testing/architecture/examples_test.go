package architecture

import (
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// step is a step of a pipeline, as GitHub and Azure DevOps have them.
type step struct {
	Name, ID, Uses, Run, If string
	With, Env, Inputs       map[string]string
	Task, Script, Condition string
	DisplayName             string `yaml:"displayName"`
	Publish, Artifact       string
}

// schedule is when a pipeline runs by itself.
type schedule struct {
	Cron        string
	DisplayName string `yaml:"displayName"`
	Branches    struct{ Include []string }
	Always      bool
}

type githubPipeline struct {
	Name string
	On   struct {
		Schedule    []schedule
		PullRequest struct{ Paths []string } `yaml:"pull_request"`
	}
	Permissions map[string]string
	Jobs        map[string]struct {
		RunsOn string `yaml:"runs-on"`
		Env    map[string]string
		Steps  []step
	}
}

type azurePipeline struct {
	Trigger   string
	Schedules []schedule
	Pool      map[string]string
	Steps     []step
}

// parse reads a pipeline and refuses what pipelines do not have.
func parse(t *testing.T, name string, into any) {
	t.Helper()
	file, err := os.Open(filepath.Join(root(t), "examples", "ci", name))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	decoder := yaml.NewDecoder(file)
	decoder.KnownFields(true)
	if err := decoder.Decode(into); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
}

// expression is what a pipeline replaces before a shell sees it.
var expression = regexp.MustCompile(`\$\{\{.*?\}\}|\$\([A-Za-z.]+\)`)

// Both pipelines look every night, and what they run is there and can be read by a
// shell. They publish the reports that the script leaves.
func TestPipelines(t *testing.T) {
	var github githubPipeline
	parse(t, "github-actions.yml", &github)
	var azure azurePipeline
	parse(t, "azure-pipelines.yml", &azure)
	job := github.Jobs["readiness"]
	if len(job.Steps) == 0 || github.Permissions["id-token"] != "write" || github.Permissions["pull-requests"] != "write" {
		t.Errorf("GitHub's pipeline has %d steps and the permissions %v", len(job.Steps), github.Permissions)
	}
	for name, pipeline := range map[string]struct {
		schedules []schedule
		steps     []step
		reports   []string
	}{
		"GitHub": {github.On.Schedule, job.Steps, []string{"readiness.md"}},
		"Azure":  {azure.Schedules, azure.Steps, []string{"readiness.md", "readiness.xml"}},
	} {
		if len(pipeline.schedules) != 1 || !regexp.MustCompile(`^\d+ \d+ \* \* \*$`).MatchString(pipeline.schedules[0].Cron) {
			t.Errorf("%s: the schedule is %+v", name, pipeline.schedules)
		}
		var all strings.Builder
		for _, s := range pipeline.steps {
			kinds := slices.DeleteFunc([]string{s.Uses, s.Run, s.Task, s.Script, s.Publish}, func(kind string) bool { return kind == "" })
			if len(kinds) != 1 {
				t.Errorf("%s: a step does %q", name, kinds)
			}
			if action := s.Uses + s.Task; action != "" && !regexp.MustCompile(`@v?\d+$`).MatchString(action) {
				t.Errorf("%s: %s has no version", name, action)
			}
			script := s.Run + s.Script + s.Inputs["inlineScript"]
			check := exec.CommandContext(t.Context(), "sh", "-n")
			check.Stdin = strings.NewReader(expression.ReplaceAllString(script, "value"))
			if out, err := check.CombinedOutput(); err != nil {
				t.Errorf("%s: a shell cannot read %q: %s", name, script, out)
			}
			all.WriteString(script + s.Inputs["testResultsFiles"] + s.With["path"] + "\n")
		}
		for _, wanted := range append(pipeline.reports, "terraform -chdir=ci/readiness init", "ci/readiness.sh") {
			if !strings.Contains(all.String(), wanted) {
				t.Errorf("%s: no step has %s", name, wanted)
			}
		}
		for _, path := range regexp.MustCompile(`\bci/[a-z./]+`).FindAllString(all.String(), -1) {
			if _, err := os.Stat(filepath.Join(root(t), "examples", path)); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
}

// A module's page names all its inputs and outputs, and nothing else.
func TestModulePages(t *testing.T) {
	checkout := os.DirFS(root(t))
	folders, err := fs.Glob(checkout, "examples/modules/*")
	if err != nil || len(folders) == 0 {
		t.Fatal(folders, err)
	}
	for _, folder := range folders {
		files, err := fs.Glob(checkout, folder+"/*.tf")
		if err != nil {
			t.Fatal(err)
		}
		var have []string
		for _, file := range files {
			for _, found := range regexp.MustCompile(`(?m)^(?:variable|output) "(\w+)"`).FindAllStringSubmatch(string(read(t, file)), -1) {
				have = append(have, found[1])
			}
		}
		var told []string
		for _, found := range regexp.MustCompile("(?m)^\\| `(\\w+)` \\|").FindAllStringSubmatch(string(read(t, folder+"/README.md")), -1) {
			told = append(told, found[1])
		}
		slices.Sort(have)
		slices.Sort(told)
		if !slices.Equal(have, told) {
			t.Errorf("%s has %v, and its page tells of %v", folder, have, told)
		}
	}
}
