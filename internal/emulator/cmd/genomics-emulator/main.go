// Command genomics-emulator runs the emulator until it is interrupted.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/emulator"
)

func main() { os.Exit(program()) }

func program() int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	switch err := run(ctx, os.Args[1:], os.Stdout, os.Stderr); {
	case err == nil, errors.Is(err, flag.ErrHelp):
		return 0
	default:
		fmt.Fprintln(os.Stderr, "genomics-emulator:", err)
		return 1
	}
}

// run starts the emulator, prints one line of JSON on out once everything
// answers, and returns when ctx ends.
func run(ctx context.Context, args []string, out, diagnostics io.Writer) error {
	config, err := parse(args, diagnostics)
	if err != nil {
		return err
	}
	e, err := emulator.New(config)
	if err != nil {
		return err
	}
	if err := e.Start(ctx); err != nil {
		return err
	}
	if err := json.NewEncoder(out).Encode(e.Ready()); err != nil {
		return errors.Join(err, e.Close())
	}
	<-ctx.Done()
	return e.Close()
}
