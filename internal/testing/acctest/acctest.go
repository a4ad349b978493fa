// Package acctest gives a package of acceptance tests one world to run in,
// and the provider in both of its forms: within the test's process for tests
// of single resources, and as the binary that users run for whole stories.
//
// Files with acceptance tests carry the build tag "acceptance" and are run by
// `make acceptance`. A tool that is missing fails them; nothing is skipped.
package acctest

import (
	"context"
	"crypto/rand"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/provider"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/testing/harness"
)

// world is that of the package of tests that this process runs.
var world *harness.World

// Runner runs the tests of a package; a *testing.M does.
type Runner interface{ Run() int }

// Main is the TestMain of a package of acceptance tests. It starts the world,
// sets the environment of the provider that runs within this process, runs the
// tests and stops the world.
func Main(m Runner, options harness.Options) {
	code, err := run(m, options)
	if err != nil {
		fmt.Fprintln(os.Stderr, "acctest:", err)
		code = 1
	}
	os.Exit(code)
}

func run(m Runner, options harness.Options) (int, error) {
	clis, err := harness.FindCLIs()
	if err != nil {
		return 1, err
	}
	if world, err = harness.StartWorld(context.Background(), options); err != nil {
		return 1, err
	}
	defer world.Close()

	env := append(world.Env(), "TF_ACC=1", "TF_ACC_TERRAFORM_PATH="+clis[0].Path)
	if clis[0].Name == "tofu" {
		env = append(env, "TF_ACC_PROVIDER_HOST=registry.opentofu.org")
	}
	for _, entry := range env {
		name, value, _ := strings.Cut(entry, "=")
		if err := os.Setenv(name, value); err != nil {
			return 1, err
		}
	}
	return m.Run(), nil
}

// World returns the world of this package of tests.
func World(t testing.TB) *harness.World {
	t.Helper()
	if world == nil {
		t.Fatal("the package has no TestMain that calls acctest.Main")
	}
	return world
}

// Factories serve the provider within the test's process, for package
// helper/resource of terraform-plugin-testing. Configurations name no source.
func Factories() map[string]func() (tfprotov6.ProviderServer, error) {
	return map[string]func() (tfprotov6.ProviderServer, error){
		"genomics": func() (tfprotov6.ProviderServer, error) { return provider.NewServer("test")(), nil },
	}
}

// EachCLI runs a test once with Terraform and once with OpenTofu, whichever
// there are, each in an empty workspace of the world.
func EachCLI(t *testing.T, test func(*testing.T, *harness.Workspace)) {
	t.Helper()
	clis, err := harness.FindCLIs()
	if err != nil {
		t.Fatal(err)
	}
	for _, cli := range clis {
		t.Run(cli.Name, func(t *testing.T) {
			workspace, err := World(t).Workspace(t.Context(), cli, t.TempDir())
			if err != nil {
				t.Fatal(err)
			}
			test(t, workspace)
		})
	}
}

// Await asks again and again until done says so. It fails the test when the
// command, which may be nil, ends before that, or when the test runs out of time.
func Await(t *testing.T, command *harness.Running, done func() (bool, error)) {
	t.Helper()
	var ended <-chan struct{}
	if command != nil {
		ended = command.Done()
	}
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		reached, err := done()
		if err != nil {
			t.Fatal(err)
		}
		if reached {
			return
		}
		select {
		case <-tick.C:
		case <-ended:
			_, err := command.Wait()
			t.Fatalf("the command ended first: %v", err)
		case <-t.Context().Done():
			t.Fatal(t.Context().Err())
		}
	}
}

// Name returns a name that no other test uses, of lower-case letters and
// digits: it fits accounts, containers and submissions alike.
func Name(prefix string) string { return prefix + strings.ToLower(rand.Text()[:10]) }

// NoLeaks fails the test when a secret of the world is in the workspace's
// files, the plan, state and trace log among them, or in one of the texts.
func NoLeaks(t *testing.T, workspace *harness.Workspace, texts map[string][]byte) {
	t.Helper()
	texts = maps.Clone(texts)
	if texts == nil {
		texts = map[string][]byte{}
	}
	files, err := filepath.Glob(filepath.Join(workspace.Dir, "*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range files {
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		if !info.Mode().IsRegular() {
			continue
		}
		if texts[filepath.Base(path)], err = os.ReadFile(path); err != nil {
			t.Fatal(err)
		}
	}
	leaks, err := World(t).Leaks(t.Context(), texts)
	if err != nil {
		t.Fatal(err)
	}
	for _, leak := range leaks {
		t.Errorf("%s of %s is in %s", leak.Kind, leak.Owner, leak.Where)
	}
}
