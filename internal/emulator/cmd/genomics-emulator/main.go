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

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	err := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	if errors.Is(err, flag.ErrHelp) {
		return
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "genomics-emulator:", err)
		stop()
		os.Exit(1)
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
