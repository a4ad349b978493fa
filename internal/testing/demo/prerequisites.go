package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/testing/harness"
)

// prerequisites are what the demo needs and does not make itself.
type prerequisites struct {
	root   string // the checkout
	cli    harness.CLI
	engine engine
}

// cliVariable is how make says which command-line interface it found or built.
const cliVariable = "TF_ACC_TERRAFORM_PATH"

// lookForPrerequisites names everything that is missing at once.
func lookForPrerequisites() (prerequisites, error) {
	var found prerequisites
	var err error
	if found.root, err = harness.Root(); err != nil {
		return found, err
	}
	var missing []error
	for _, program := range []struct{ name, why string }{
		{"go", "Go (https://go.dev/dl): the provider and the emulator are built with it"},
		{"node", "Node.js (https://nodejs.org): Azurite, which stands in for Azure Blob Storage, runs on it"},
	} {
		if _, err := exec.LookPath(program.name); err != nil {
			missing = append(missing, fmt.Errorf("  - %s", program.why))
		}
	}
	if _, err := os.Stat(filepath.Join(found.root, ".cache", "azurite", "node_modules", "azurite")); err != nil {
		missing = append(missing, errors.New("  - Azurite: `make demo` installs it below .cache; `go run` alone does not"))
	}
	if found.engine, err = lookForEngine(); err != nil {
		missing = append(missing, err)
	}
	if found.cli, err = lookForCLI(); err != nil {
		missing = append(missing, fmt.Errorf("  - Terraform or OpenTofu: install one of them, or run `make demo`, which builds OpenTofu (%w)", err))
	}
	if len(missing) > 0 {
		return found, fmt.Errorf("cannot play the demo, for this is missing:\n%w", errors.Join(missing...))
	}
	return found, nil
}

func lookForCLI() (harness.CLI, error) {
	if path := os.Getenv(cliVariable); path != "" {
		found, err := exec.LookPath(path)
		if err != nil {
			return harness.CLI{}, fmt.Errorf("%s: %w", cliVariable, err)
		}
		return harness.CLI{Name: filepath.Base(found), Path: found}, nil
	}
	clis, err := harness.FindCLIs()
	if err != nil {
		return harness.CLI{}, err
	}
	return clis[0], nil
}
