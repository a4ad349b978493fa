//go:build acceptance

package acceptance

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/testing/harness"
)

// copyTree copies a folder of examples into the workspace.
func (l *lab) copyTree(from ...string) {
	l.Helper()
	root, err := harness.Root()
	l.ok(err)
	folder := filepath.Join(append([]string{root, "examples"}, from...)...)
	files := map[string]string{}
	l.ok(filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := os.ReadFile(path)
		name, _ := filepath.Rel(folder, path)
		files[name] = string(content)
		return err
	}))
	l.ok(l.cli.Write(files))
}

// look runs the CI kit's script and gives its exit code and what it prints.
func (l *lab) look(reports string) (int, string) {
	l.Helper()
	cmd := exec.CommandContext(l.Context(), "sh", filepath.Join(l.cli.Dir, "readiness.sh"), reports)
	cmd.Env = append(append(os.Environ(), l.cli.Env...), "TERRAFORM="+l.cli.CLI.Path, "TF_CLI_CONFIG_FILE="+filepath.Join(l.cli.Dir, "cli.tfrc"), "TF_IN_AUTOMATION=1", "NO_COLOR=1")
	out, err := cmd.CombinedOutput()
	var ended *exec.ExitError
	if err != nil && !errors.As(err, &ended) {
		l.Fatal(err)
	}
	return cmd.ProcessState.ExitCode(), string(out)
}

// What a pipeline runs says by its exit code whether a failover would work, and leaves
// the reports.
func TestAccCIKit(t *testing.T) {
	lab := &example{lab: newestLab(t, "ci-lab")}
	root, err := harness.Root()
	lab.ok(err)
	lab.put(primary, "inputs", lab.reads("NA12878"))
	lab.read(filepath.Join(root, "examples", "resources", "genomics_workflow_submission"))
	lab.ok(lab.cli.Write(lab.files))
	lab.apply()
	defer lab.clean()

	l := newestLab(t, "ci")
	l.copyTree("ci")
	reports := t.TempDir()
	if code, out := l.look(reports); code != 0 || !strings.Contains(out, "Failover readiness of lab: ready") {
		t.Errorf("exit code %d:\n%s", code, out)
	}
	for name, holds := range map[string]string{"readiness.md": "✅ pass", "readiness.xml": "<testsuites", "readiness.svg": "<svg "} {
		if content, err := os.ReadFile(filepath.Join(reports, name)); err != nil || !strings.Contains(string(content), holds) {
			t.Errorf("%s: %v: %s", name, err, content)
		}
	}
	// terraform test gates on the same.
	inside := *l.cli
	inside.Dir = filepath.Join(l.cli.Dir, "readiness")
	rc, err := os.ReadFile(filepath.Join(l.cli.Dir, "cli.tfrc"))
	l.ok(err)
	l.ok(inside.Write(map[string]string{"cli.tfrc": string(rc)}))
	if _, err := inside.Exec(t.Context(), "test"); err != nil {
		t.Error(err)
	}

	l.outage(secondary, harness.Refused)
	if code, out := l.look(reports); code != 1 || !strings.Contains(out, "not ready") {
		t.Errorf("exit code %d:\n%s", code, out)
	}
	if run, err := inside.Exec(t.Context(), "test"); err == nil {
		t.Errorf("the test passes for a pair that is not ready:\n%s", run.Output())
	}
	for gate, want := range map[string]int{"true": 1, "false": 0} {
		run, _ := inside.Exec(t.Context(), "plan", "-input=false", "-var", "require_ready="+gate)
		if run.ExitCode != want {
			t.Errorf("with require_ready = %s a plan ends with %d, want %d:\n%s", gate, run.ExitCode, want, run.Output())
		}
	}
	l.restore(secondary)
}

// The module's own tests make a pair, find it ready and fail it over. Somebody who
// calls it gets the same, plans nothing twice, and may bring storage accounts along.
func TestAccModule(t *testing.T) {
	l := newestLab(t, "module")
	l.put(primary, "inputs", l.reads("module"))
	l.copyTree("modules", "region-pair")
	l.ok(l.cli.WithAzurerm(t.Context()))
	run, err := l.cli.Exec(t.Context(), "test")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(run.Output(), "5 passed, 0 failed") {
		t.Errorf("the module's tests:\n%s", run.Output())
	}

	side := func(region, storage string) string {
		return fmt.Sprintf("{ location = %q, resource_group_name = %q, %s }", region, places[region].group, storage)
	}
	values := fmt.Sprintf("name = %q\nactive_region = %q\nallowed_geographies = [\"United States\", \"Europe\"]\ncontainers = { inputs = %q, outputs = %q }\nprimary = %s\nsecondary = %s\n",
		l.name, primary, l.inputs(), l.outputs(),
		side(primary, fmt.Sprintf("storage_account_name = %q", places[primary].storage)), side(secondary, fmt.Sprintf("storage_account_id = %q", l.storageID(secondary))))
	l.put(primary, l.inputs(), l.reads("module"))
	l.ok(l.cli.Write(map[string]string{"root.auto.tfvars": values, "root.tf": "provider \"azurerm\" {\n  features {}\n}\n"}))
	l.apply()
	l.unchanged(0)
	if got := l.attribute("azurerm_storage_account.this[\""+primary+"\"]", "id"); got != l.storageID(primary) {
		t.Errorf("the storage account that was made is %s", got)
	}
	l.holds("data.genomics_readiness.this", "verdict", "ready")
	l.destroy()
}
