package main

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/testing/harness"
)

// prepare plays the first apply, over blobs that were there before it.
func (d *demo) prepare(ctx context.Context) error {
	blobs, err := d.uploadReads(ctx)
	if err != nil {
		return err
	}
	if err := d.world.Hold(ctx, harness.Hold{Region: primary}); err != nil {
		return err
	}
	run, err := d.apply(ctx, nil)
	if err != nil {
		return err
	}
	d.warnings(run, 0)
	if err := d.copied(ctx, blobs); err != nil {
		return err
	}
	// Accepted is not yet running: an outage treats the two differently.
	if err := d.await(ctx, "jobs to run in "+primary, primary, d.samples, "working"); err != nil {
		return err
	}
	l, err := d.ledger(ctx)
	if err != nil {
		return err
	}
	d.promise(l.ran(primary, d.samples, 1, "working")+l.ran(secondary, d.samples, 0, ""), "%d %s run in %s, each once", len(d.samples), d.nouns(len(d.samples)), primary)
	d.oneKey(l)
	return nil
}

// uploadReads puts a pair of FASTQ files a sample into the primary region.
func (d *demo) uploadReads(ctx context.Context) (map[string][]byte, error) {
	reads, err := harness.LoadReads()
	if err != nil {
		return nil, err
	}
	if d.bases, err = reads.Count(); err != nil {
		return nil, err
	}
	blobs := map[string][]byte{}
	for _, sample := range d.samples {
		blobs[sample+"_1.fq.gz"], blobs[sample+"_2.fq.gz"] = reads.First, reads.Second
	}
	inputs, err := d.world.Container(primary, "inputs")
	if err != nil {
		return nil, err
	}
	if err := inputs.Create(ctx); err != nil {
		return nil, err
	}
	d.out.say("   The inputs were there before: %d blobs in %s, two for each sample:\n   %s.", len(blobs), primary, reads.Source)
	return blobs, inputs.Put(ctx, blobs)
}

// copied asserts that the secondary region holds the same bytes.
func (d *demo) copied(ctx context.Context, blobs map[string][]byte) error {
	inputs, err := d.world.Container(secondary, "inputs")
	if err != nil {
		return err
	}
	var total int
	wrong := map[string]string{}
	for _, name := range slices.Sorted(maps.Keys(blobs)) {
		content, err := inputs.Get(ctx, name)
		switch {
		case err != nil:
			wrong[name] = err.Error()
		case !bytes.Equal(content, blobs[name]):
			wrong[name] = fmt.Sprintf("%d bytes instead of %d, or other ones", len(content), len(blobs[name]))
		}
		total += len(blobs[name])
	}
	d.promise(list(wrong), "%d blobs (%.1f MB) are in %s, byte for byte", len(blobs), float64(total)/1e6, secondary)
	return nil
}

// finishSome lets two samples finish, and lets the state know.
func (d *demo) finishSome(ctx context.Context) error {
	l, err := d.ledger(ctx)
	if err != nil {
		return err
	}
	for _, run := range l.in(primary, d.finished) {
		if err := d.world.Force(ctx, primary, run.ID, harness.Force{Release: true}); err != nil {
			return err
		}
	}
	if err := d.await(ctx, "jobs to finish in "+primary, primary, d.finished, "success"); err != nil {
		return err
	}
	run, err := d.apply(ctx, nil)
	if err != nil {
		return err
	}
	d.warnings(run, 0)
	state, err := d.state(ctx)
	if err != nil {
		return err
	}
	d.promise(state.differ(d.finished, "status", "success")+state.differ(d.moving, "status", "working"),
		"the state knows that %d have finished and %d have not", len(d.finished), len(d.moving))
	plan, err := d.plan(ctx)
	if err != nil {
		return err
	}
	d.nothingToDo(plan)
	return nil
}
