// Package store measures the replication of input stores: against a bare loop of
// copies and against rclone, in turn, on one Azurite. Times mean something only as
// ratios of one run; requests, memory and bytes mean something anywhere.
package store

import (
	"context"
	"fmt"
	"io"
	"path/filepath"
	"slices"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/testing/harness"
)

// The parts of the measurement.
const (
	PartSmall   = "small"   // many small blobs, without and with latency
	PartLarge   = "large"   // few large blobs
	PartNoop    = "noop"    // nothing to do
	PartListing = "listing" // a listing of millions
)

// Parts are all of them.
func Parts() []string { return []string{PartSmall, PartLarge, PartNoop, PartListing} }

// Settings say what is measured.
type Settings struct {
	Parts  []string
	Repeat int
	// Quick measures a tenth of everything, and less: to see that the bench works. Its times never decide.
	Quick bool
	// Strict lets bounds on times decide too.
	Strict bool
	// Dir is a folder for what is made on the way.
	Dir string
	// Graph, when set, is the file that the graph of the listing is written to.
	Graph string
	// Profile, when set, is a folder for profiles of the engine's processes.
	Profile string
	// CLI is the interface of the whole applies.
	CLI harness.CLI
	// Log, which may be nil, receives what the servers print.
	Log io.Writer
	// Out receives the report.
	Out io.Writer
}

// size is how much of everything there is.
type size struct {
	small, smallBytes int
	large, largeBytes int
	noop              int
	listing           int
}

func (s Settings) size() size {
	if s.Quick {
		return size{small: 200, smallBytes: 16 << 10, large: 4, largeBytes: 8 << 20, noop: 1000, listing: 200_000}
	}
	return size{small: 2000, smallBytes: 16 << 10, large: 20, largeBytes: 64 << 20, noop: 20_000, listing: 2_000_000}
}

// Run measures, and reports whether a bound that decides is broken.
func Run(ctx context.Context, s Settings) (broken bool, err error) {
	r := &report{out: s.Out, strict: s.Strict && !s.Quick, quick: s.Quick}
	steps := []struct {
		part string
		run  func(context.Context, Settings, *report) error
	}{{PartSmall, small}, {PartLarge, large}, {PartNoop, noop}, {PartListing, listing}}
	for _, step := range steps {
		if !slices.Contains(s.Parts, step.part) {
			continue
		}
		if err := step.run(ctx, s, r); err != nil {
			return false, fmt.Errorf("%s: %w", step.part, err)
		}
	}
	if len(r.all) == 0 {
		return false, nil
	}
	on, err := machine(ctx)
	if err != nil {
		return false, err
	}
	fmt.Fprintln(s.Out, r.summary(on))
	return r.broken(), nil
}

// small replicates many small blobs, with and without latency.
func small(ctx context.Context, s Settings, r *report) error {
	world, err := harness.StartWorld(ctx, harness.Options{Regions: []string{primary, secondary}, RegionTimeout: patience, Log: s.Log})
	if err != nil {
		return err
	}
	defer world.Close()
	l, err := labIn(world)
	if err != nil {
		return err
	}
	of := s.size()
	source, err := l.seed(ctx, of.small, of.smallBytes)
	if err != nil {
		return err
	}
	programs := func() []program {
		return []program{
			s.child(nameEngine, doRun, ""), s.child(nameLoop, doLoop, ""),
			rclone(nameRclone, s.Dir), rclone(nameTuned, s.Dir, tuned()...),
		}
	}
	bare := newRace(l, source, of.small, append(programs(), applied(world, s, source))...)
	if err := bare.rounds(ctx, s.Repeat); err != nil {
		return err
	}
	if err := bare.counted(ctx); err != nil {
		return err
	}
	what := fmt.Sprintf("%d blobs of %d KiB, cold", of.small, of.smallBytes>>10)
	r.race(what, bare)
	slow, err := newFront(ctx, l.base(), latency)
	if err != nil {
		return err
	}
	defer slow.close()
	far := newRace(l, source, of.small, programs()...)
	far.base = slow.url
	if err := far.rounds(ctx, s.Repeat); err != nil {
		return err
	}
	r.race(fmt.Sprintf("%s, %s of latency", what, latency), far)
	engine, n := bare.of(nameEngine), float64(of.small)
	r.claims(what,
		claim{what: "times a bare loop's time", got: engine.slowerThan(bare.of(nameLoop)), most: 1.2, time: true},
		claim{what: "times as fast as rclone", got: bare.of(nameRclone).slowerThan(engine), least: 1.15, time: true},
		claim{what: "times as fast as rclone, tuned", got: bare.of(nameTuned).slowerThan(engine), least: 1.15, time: true},
		claim{what: "requests a blob besides listings", got: one(float64(engine.traffic.others()) / n), most: 1.05, format: "%.3f"},
		claim{what: "listing requests", got: one(float64(engine.traffic.pages())), most: 2 * pagesOf(of.small), format: "%.0f"},
		claim{what: "bytes of blobs through the client, each", got: one(float64(engine.traffic.content) / n), most: smallTalk, format: "%.0f"},
	)
	engine = far.of(nameEngine)
	r.claims(fmt.Sprintf("the same with %s of latency", latency),
		claim{what: "times as fast as rclone", got: far.of(nameRclone).slowerThan(engine), least: 3, time: true},
		claim{what: "times as fast as rclone, tuned", got: far.of(nameTuned).slowerThan(engine), least: 1.2, time: true},
	)
	return nil
}

// smallTalk is what may pass besides listings for each blob: its share of the manifest, and of answers' bodies.
const smallTalk = 256

// pagesOf is how many listing requests a container of so many blobs takes.
func pagesOf(blobs int) float64 { return float64(blobs/5000 + 1) }

// large replicates few large blobs. Each run has an Azurite of its own, which would hold too much in the end.
func large(ctx context.Context, s Settings, r *report) error {
	of := s.size()
	race := newRace(&lab{azurite: &harness.Azurite{}}, end{}, of.large,
		s.child(nameEngine, doRun, ""), s.child(nameStream, doRun, "stream"), rclone(nameRclone, s.Dir), rclone(nameTuned, s.Dir, tuned()...))
	race.lab = nil
	race.renew = func(ctx context.Context) (*lab, end, error) {
		l, err := startLab(ctx, s.Log)
		if err != nil {
			return nil, end{}, err
		}
		source, err := l.seedLarge(ctx, of.large, of.largeBytes)
		return l, source, err
	}
	defer race.close()
	if err := race.rounds(ctx, s.Repeat); err != nil {
		return err
	}
	if err := race.counted(ctx); err != nil {
		return err
	}
	what := fmt.Sprintf("%d blobs of %d MiB, cold", of.large, of.largeBytes>>20)
	r.race(what, race)
	engine, stream := race.of(nameEngine), race.of(nameStream)
	r.claims(what,
		claim{what: "times as fast as rclone", got: race.of(nameRclone).slowerThan(engine), least: 5, time: true},
		claim{what: "bytes of blobs through the client, each", got: one(float64(engine.traffic.content) / float64(of.large)), most: 4 << 10, format: "%.0f"},
	)
	r.claims("the same, streamed",
		claim{what: "times as fast as rclone", got: race.of(nameRclone).slowerThan(stream), least: 1, time: true},
		claim{what: "times as fast as rclone, tuned", got: race.of(nameTuned).slowerThan(stream), least: 1, time: true},
	)
	return nil
}

// noop looks for work where there is none.
func noop(ctx context.Context, s Settings, r *report) error {
	world, err := harness.StartWorld(ctx, harness.Options{Regions: []string{primary, secondary}, RegionTimeout: patience, Log: s.Log})
	if err != nil {
		return err
	}
	defer world.Close()
	l, err := labIn(world)
	if err != nil {
		return err
	}
	of := s.size()
	source, err := l.seed(ctx, of.noop, 16)
	if err != nil {
		return err
	}
	// Each program finds what it, or its like, has copied.
	ours, err := l.container(ctx, secondary)
	if err != nil {
		return err
	}
	theirs, err := l.container(ctx, secondary)
	if err != nil {
		return err
	}
	if _, err := s.child("", doRun, "").run(ctx, job{source, ours, l.base()}); err != nil {
		return err
	}
	if _, err := s.child("", doLoop, "").run(ctx, job{source, theirs, l.base()}); err != nil {
		return err
	}
	race := newRace(l, source, of.noop,
		s.child(nameEngine, doRun, ""), s.child(nameSurvey, doSurvey, ""), rclone(nameTuned, s.Dir, tuned()...))
	race.destination = map[string]end{nameEngine: ours, nameSurvey: ours, nameTuned: theirs}
	if err := race.rounds(ctx, s.Repeat+2); err != nil {
		return err
	}
	if err := race.counted(ctx); err != nil {
		return err
	}
	what := fmt.Sprintf("%d blobs, nothing to do", of.noop)
	r.race(what, race)
	idle, busy, err := memories(ctx, world, s, source, ours)
	if err != nil {
		return err
	}
	engine, survey := race.of(nameEngine), race.of(nameSurvey)
	r.claims(what,
		claim{what: "times as fast as rclone, tuned", got: race.of(nameTuned).slowerThan(engine), least: 1, time: true},
		claim{what: "the comparison alone, times as fast", got: race.of(nameTuned).slowerThan(survey), least: 1, time: true},
		claim{what: "listing requests", got: one(float64(engine.traffic.pages())), most: 2 * pagesOf(of.noop), format: "%.0f"},
		claim{what: "other requests, all for the manifest", got: one(float64(engine.traffic.others())), most: 4 + float64(of.noop)/20_000, format: "%.0f"},
		claim{what: "MiB of the provider above an idle one", got: one(float64(busy-idle) / (1 << 20)), most: 60, format: "%.0f"},
	)
	return nil
}

// listing compares two containers that a generator makes up.
func listing(ctx context.Context, s Settings, r *report) error {
	of := s.size()
	points, used, err := survey(ctx, s, of.listing)
	if err != nil {
		return err
	}
	early, late, err := halves(points)
	if err != nil {
		return err
	}
	what := fmt.Sprintf("%d blobs a side, compared", of.listing)
	r.curve(what, points, used)
	r.claims(what,
		claim{what: "time of the second half, times the first's", got: one(late.seconds / early.seconds), most: 1.25, time: true},
		claim{what: "the processor's, times the first's", got: one(late.worked / early.worked), most: 1.25, time: true},
		claim{what: "MiB more in the second half than in the first", got: one(float64(late.memory-early.memory) / (1 << 20)), most: 16, format: "%.1f"},
	)
	if s.Graph == "" {
		return nil
	}
	return draw(filepath.Clean(s.Graph), what, points)
}
