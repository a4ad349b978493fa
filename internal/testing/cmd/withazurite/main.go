// Command withazurite starts Azurite with two accounts, runs the command it is
// given with the variables by which tests find it, and ends as that command
// ended.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"syscall"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/testing/harness"
)

func main() {
	if len(os.Args) < 2 {
		fmt.Fprintln(os.Stderr, "usage: withazurite COMMAND [ARGUMENT...]")
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code, err := run(ctx, os.Args[1], os.Args[2:])
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
	os.Exit(code)
}

func run(ctx context.Context, name string, args []string) (int, error) {
	azurite, err := harness.StartAzurite(ctx, []harness.StorageKey{
		harness.NewStorageKey("genomicstestone"), harness.NewStorageKey("genomicstesttwo"),
	}, nil)
	if err != nil {
		return 1, err
	}
	defer azurite.Close()

	cmd := exec.CommandContext(ctx, name, args...)
	// Ctrl-C reaches the command by itself; after a TERM it is asked to end too.
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.Env = append(os.Environ(), azurite.Env()...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	err = cmd.Run()
	var ended *exec.ExitError
	if errors.As(err, &ended) && ended.ExitCode() > 0 {
		return ended.ExitCode(), nil
	}
	if err != nil {
		return 1, fmt.Errorf("run %s: %w", name, err)
	}
	return 0, nil
}
