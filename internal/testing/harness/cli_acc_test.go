//go:build acceptance

package harness

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// The harness itself is tried with what every CLI has built in.
const builtIn = `
variable "input" { default = "one" }
resource "terraform_data" "it" { input = var.input }
output "it" { value = terraform_data.it.output }
`

func eachCLI(t *testing.T, test func(*testing.T, *Workspace)) {
	clis, err := FindCLIs()
	if err != nil {
		t.Fatal(err)
	}
	for _, cli := range clis {
		t.Run(cli.Name, func(t *testing.T) {
			w, err := workspaceWith(t.TempDir(), cli, t.TempDir(), nil)
			if err != nil {
				t.Fatal(err)
			}
			test(t, w)
		})
	}
}

func TestAccWorkspaceRunsTheCLI(t *testing.T) {
	eachCLI(t, func(t *testing.T, w *Workspace) {
		if err := w.Write(map[string]string{"main.tf": builtIn}); err != nil {
			t.Fatal(err)
		}
		plan, err := w.Plan(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if plan.Empty() || !plan.Changes()["terraform_data.it"].Create() {
			t.Errorf("changes %v", plan.Changes())
		}
		if got := plan.Warnings(); len(got) != 0 {
			t.Errorf("warnings %v", got)
		}
		if _, err := w.Apply(t.Context(), plan.Path); err != nil {
			t.Fatal(err)
		}
		if plan, err = w.Plan(t.Context()); err != nil || !plan.Empty() {
			t.Errorf("after the apply: changes %v, error %v", plan.Changes(), err)
		}
		state, err := w.State(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if got := state.Resources()["terraform_data.it"]["input"]; got != "one" {
			t.Errorf("state %v", got)
		}
		if got := state.Output("it"); got != "one" {
			t.Errorf("output %v", got)
		}
		if plan, err = w.Plan(t.Context(), "-var", "input=two"); err != nil || !plan.Changes()["terraform_data.it"].Update() {
			t.Errorf("changes %v, error %v", plan.Changes(), err)
		}
		if _, err := w.Destroy(t.Context()); err != nil {
			t.Fatal(err)
		}
		if state, err = w.State(t.Context()); err != nil || len(state.Resources()) != 0 {
			t.Errorf("after the destroy: %v, error %v", state.Resources(), err)
		}
	})
}

func TestAccWorkspaceReportsErrors(t *testing.T) {
	eachCLI(t, func(t *testing.T, w *Workspace) {
		if err := w.Write(map[string]string{"main.tf": `resource "terraform_data" "it" { nothing = 1 }`}); err != nil {
			t.Fatal(err)
		}
		plan, err := w.Plan(t.Context())
		var failed *FailedError
		if !errors.As(err, &failed) || plan.ExitCode != 1 {
			t.Fatalf("exit code %d, error %v", plan.ExitCode, err)
		}
		if got := plan.Errors(); len(got) != 1 || !strings.Contains(err.Error(), got[0].Summary) {
			t.Errorf("errors %v in %v", got, err)
		}
		found, err := w.Validate(t.Context())
		if err != nil || len(found) != 1 {
			t.Errorf("validation found %v, error %v", found, err)
		}
	})
}

func TestAccKillEndsEverything(t *testing.T) {
	eachCLI(t, func(t *testing.T, w *Workspace) {
		started := filepath.Join(w.Dir, "started")
		if err := w.Write(map[string]string{"main.tf": `
resource "terraform_data" "slow" {
  provisioner "local-exec" { command = "touch started && exec sleep 300" }
}`}); err != nil {
			t.Fatal(err)
		}
		running, err := w.StartApply(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		awaitFile(t, running, started)
		if err := running.KillProvider(); err == nil {
			t.Error("a provider was found where none runs")
		}
		if err := running.Kill(); err != nil {
			t.Fatal(err)
		}
		run, err := running.Wait()
		if err == nil || run.ExitCode != -1 {
			t.Errorf("exit code %d, error %v", run.ExitCode, err)
		}
	})
}

func awaitFile(t *testing.T, running *Running, path string) {
	t.Helper()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		_, err := os.Stat(path)
		if err == nil {
			return
		}
		if !errors.Is(err, fs.ErrNotExist) {
			t.Fatal(err)
		}
		select {
		case <-tick.C:
		case <-running.Done():
			_, err := running.Wait()
			t.Fatalf("the command ended first: %v", err)
		}
	}
}

func TestAccAzuriteKeepsBlobs(t *testing.T) {
	azurite, err := StartAzurite(t.Context(), []StorageKey{NewStorageKey("harnessone")}, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(azurite.Close)
	reads, err := LoadReads()
	if err != nil {
		t.Fatal(err)
	}
	container, err := azurite.Container("harnessone", "inputs")
	if err != nil {
		t.Fatal(err)
	}
	for range 2 { // making it twice is no error
		if err := container.Create(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if err := container.Put(t.Context(), map[string][]byte{"a/2.fq.gz": reads.Second, "a/1.fq.gz": reads.First, "b": nil}); err != nil {
		t.Fatal(err)
	}
	if err := container.Delete(t.Context(), "a/2.fq.gz"); err != nil {
		t.Fatal(err)
	}
	names, err := container.Names(t.Context(), "a/")
	if err != nil || len(names) != 1 || names[0] != "a/1.fq.gz" {
		t.Errorf("names %v, error %v", names, err)
	}
	content, err := container.Get(t.Context(), "a/1.fq.gz")
	if err != nil || !bytes.Equal(content, reads.First) {
		t.Errorf("%d bytes, error %v", len(content), err)
	}
	if _, err := azurite.Container("harnesstwo", "inputs"); err == nil {
		t.Error("an account that is not there was opened")
	}
}
