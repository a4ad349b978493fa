// Command bench measures, on this machine and without any cloud, a failover of a
// thousand submissions at once and a plan of them in health, and the replication
// of an input store. Wall times are compared with what others take for the same in
// the same run: the command-line interface for as many terraform_data resources,
// rclone for as many blobs. Requests are counted by the servers.
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
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/testing/bench/store"
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
	quick   bool
	graph   string
	profile string
	parts   []string
}

func main() {
	if len(os.Args) > 1 && os.Args[1] == store.ChildArgument {
		end(store.Child(context.Background(), os.Stdin, os.Stdout))
		return
	}
	var s settings
	var only string
	flag.IntVar(&s.count, "n", 1000, "how many submissions, and terraform_data resources")
	flag.BoolVar(&s.byCount, "count", false, "make the resources by count, which a CLI does much faster than the for_each that people write")
	flag.IntVar(&s.repeat, "repeat", 3, "how often what is cheap is measured; the median counts")
	flag.BoolVar(&s.weigh, "weigh", false, "measure also terraform_data resources that carry as much as submissions")
	flag.BoolVar(&s.strict, "strict", false, "fail also when a bound on time is broken")
	flag.BoolVar(&s.keep, "keep", false, "keep the folder with the configurations, states and logs")
	flag.DurationVar(&s.timeout, "region-timeout", 2*time.Second, "the provider's region_timeout in the dark, where it waits for that once")
	flag.BoolVar(&s.quick, "quick", false, "replicate a tenth of the blobs, and less")
	flag.StringVar(&s.graph, "graph", "", "the file that the graph of the long listing is written to")
	flag.StringVar(&s.profile, "profile", "", "a folder for profiles of what the replication's engine does")
	flag.StringVar(&only, "only", "", "what to measure, of failover, replication, and its parts "+strings.Join(store.Parts(), ", "))
	flag.Parse()
	var err error
	if s.parts, err = parts(only); err != nil {
		end(err)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err = run(ctx, s)
	stop()
	end(err)
}

func end(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// partFailover is everything that is not the replication's.
const partFailover = "failover"

// parts takes a list of what to measure apart; without one it is everything.
func parts(only string) ([]string, error) {
	if only == "" {
		only = partFailover + ",replication"
	}
	var all []string
	for part := range strings.SplitSeq(only, ",") {
		switch {
		case part == "replication":
			all = append(all, store.Parts()...)
		case part == partFailover, slices.Contains(store.Parts(), part):
			all = append(all, part)
		default:
			return nil, fmt.Errorf("there is no part %q to measure", part)
		}
	}
	return all, nil
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
	broken := false
	if slices.Contains(s.parts, partFailover) {
		if broken, err = failover(ctx, s, clis, dir, log); err != nil {
			return err
		}
	}
	bad, err := store.Run(ctx, store.Settings{
		Parts: s.parts, Repeat: s.repeat, Quick: s.quick, Strict: s.strict, Graph: s.graph, Profile: s.profile,
		Dir: filepath.Join(dir, "store"), CLI: clis[len(clis)-1], Log: log, Out: os.Stdout,
	})
	if err != nil {
		return err
	}
	if broken || bad {
		return errBroken
	}
	return nil
}

// failover measures the submissions with each interface, and reports whether a bound that decides is broken.
func failover(ctx context.Context, s settings, clis []harness.CLI, dir string, log io.Writer) (broken bool, err error) {
	world, err := startWorld(ctx, log)
	if err != nil {
		return false, err
	}
	defer world.Close()
	for _, cli := range clis {
		m, err := measure(ctx, world, cli, filepath.Join(dir, cli.Name), s)
		if err != nil {
			return false, fmt.Errorf("%s: %w", cli.Name, err)
		}
		lines, bad := report(cli.Name, m, s)
		for _, line := range lines {
			fmt.Println(line)
		}
		broken = broken || bad
	}
	return broken, nil
}
