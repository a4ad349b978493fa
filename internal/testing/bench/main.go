// Command bench measures a failover of a thousand submissions at once, and a plan
// of them in health, on this machine and without any cloud. Wall times are
// compared with what the same command-line interface takes for as many
// terraform_data resources in the same run; requests are counted by the servers.
//
// It ends with exit code 1 when a bound on requests, runs or memory is broken. How
// long things take depends on what else the machine does: times decide with
// -strict only.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/testing/harness"
)

// settings are the command line.
type settings struct {
	count   int
	byCount bool
	repeat  int
	weigh   bool
	strict  bool
	keep    bool
	timeout time.Duration
}

func main() {
	var s settings
	flag.IntVar(&s.count, "n", 1000, "how many submissions, and terraform_data resources")
	flag.BoolVar(&s.byCount, "count", false, "make the resources by count, which a CLI does much faster than the for_each that people write")
	flag.IntVar(&s.repeat, "repeat", 3, "how often what is cheap is measured; the median counts")
	flag.BoolVar(&s.weigh, "weigh", false, "measure also terraform_data resources that carry as much as submissions")
	flag.BoolVar(&s.strict, "strict", false, "fail also when a bound on time is broken")
	flag.BoolVar(&s.keep, "keep", false, "keep the folder with the configurations, states and logs")
	flag.DurationVar(&s.timeout, "region-timeout", 2*time.Second, "the provider's region_timeout in the dark, where it waits for that once")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, s)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// errBroken says that the report names a bound that was not held.
var errBroken = errors.New("a bound is broken")

func run(ctx context.Context, s settings) error {
	clis, err := harness.FindCLIs()
	if err != nil {
		return err
	}
	root, err := harness.Root()
	if err != nil {
		return err
	}
	parent := filepath.Join(root, ".cache", "bench")
	if err := os.MkdirAll(parent, 0o750); err != nil {
		return err
	}
	dir, err := os.MkdirTemp(parent, "run-")
	if err != nil {
		return err
	}
	if s.keep {
		fmt.Println("Everything is in", dir)
	} else {
		defer os.RemoveAll(dir)
	}
	log, err := os.Create(filepath.Join(dir, "servers.log"))
	if err != nil {
		return err
	}
	defer log.Close()
	world, err := startWorld(ctx, log)
	if err != nil {
		return err
	}
	defer world.Close()

	broken := false
	for _, cli := range clis {
		m, err := measure(ctx, world, cli, filepath.Join(dir, cli.Name), s)
		if err != nil {
			return fmt.Errorf("%s: %w", cli.Name, err)
		}
		lines, bad := report(cli.Name, m, s)
		for _, line := range lines {
			fmt.Println(line)
		}
		broken = broken || bad
	}
	if broken {
		return errBroken
	}
	return nil
}
