package store

import (
	"context"
	"fmt"
	"os"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/testing/harness"
)

// idleModule has a provider that is configured, and has nothing to do with stores.
const idleModule = `
terraform {
  required_providers {
    genomics = { source = "genomics-continuity/genomics" }
  }
}

provider "genomics" {}

data "genomics_regions" "all" {}
`

const storeModule = `
terraform {
  required_providers {
    genomics = { source = "genomics-continuity/genomics" }
  }
}

provider "genomics" {}

resource "genomics_replicated_input_store" "bench" {
  name          = %q
  active_region = %q
  primary       = { location = %[2]q, storage_account_id = %[3]q, container_name = %[4]q }
  secondary     = { location = %[5]q, storage_account_id = %[6]q, container_name = %[7]q }
}
`

// applied is the whole of an apply, from the interface's start to its end.
func applied(world *harness.World, s Settings, source end) program {
	return program{"the whole apply (" + s.CLI.Name + ")", func(ctx context.Context, j job) (sample, error) {
		w, err := storeWorkspace(ctx, world, s, source, j.destination)
		if err != nil {
			return sample{}, err
		}
		return commandIn(ctx, w, "apply", "-input=false", "-no-color", "-auto-approve")
	}}
}

func storeWorkspace(ctx context.Context, world *harness.World, s Settings, source, destination end) (*harness.Workspace, error) {
	var ids [2]string
	for i, e := range []end{source, destination} {
		account, err := world.StorageAccount(e.Location)
		if err != nil {
			return nil, err
		}
		ids[i] = account.ID
	}
	return workspace(ctx, world, s, fmt.Sprintf(storeModule, storeName,
		source.Location, ids[0], source.Container, destination.Location, ids[1], destination.Container))
}

func workspace(ctx context.Context, world *harness.World, s Settings, module string) (*harness.Workspace, error) {
	if err := os.MkdirAll(s.Dir, 0o750); err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp(s.Dir, "apply-")
	if err != nil {
		return nil, err
	}
	w, err := world.Workspace(ctx, s.CLI, dir)
	if err != nil {
		return nil, err
	}
	if err := w.Write(map[string]string{"main.tf": module}); err != nil {
		return nil, err
	}
	return w, nil
}

func commandIn(ctx context.Context, w *harness.Workspace, args ...string) (s sample, err error) {
	running, err := w.Start(ctx, args...)
	if err != nil {
		return s, err
	}
	if s.Usage, err = running.Usage(); err != nil {
		return s, err
	}
	run, err := running.Wait()
	if err != nil {
		return s, err
	}
	s.took, s.CPU = run.Duration, run.CPU
	return s, nil
}

// memories is the provider's peak memory while it does nothing, and while it applies and plans a store that is in sync.
func memories(ctx context.Context, world *harness.World, s Settings, source, destination end) (idle, busy int64, err error) {
	w, err := workspace(ctx, world, s, idleModule)
	if err != nil {
		return 0, 0, err
	}
	nothing, err := commandIn(ctx, w, "plan", "-input=false", "-no-color")
	if err != nil {
		return 0, 0, err
	}
	if w, err = storeWorkspace(ctx, world, s, source, destination); err != nil {
		return 0, 0, err
	}
	for _, args := range [][]string{{"apply", "-auto-approve"}, {"plan"}} {
		one, err := commandIn(ctx, w, append(args, "-input=false", "-no-color")...)
		if err != nil {
			return 0, 0, err
		}
		busy = max(busy, one.Memory)
	}
	return nothing.Memory, busy, nil
}
