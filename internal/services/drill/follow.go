package drill

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/blobstore"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/engine"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/readiness"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/replication"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/services"
)

// follow goes with the canary to its end, and notes when its first output was there.
// When the time is over, or the drill is interrupted, the canary is stopped.
func (c *canary) follow(ctx context.Context, s site, run engine.Run, d *done) (_ engine.Run, late bool, err error) {
	bounded, end := context.WithTimeout(ctx, c.limit)
	defer end()
	for pause := firstPause; !run.State.Finished(); pause = min(pause*2, longestPause) {
		err := engine.Wait(bounded, pause)
		if err == nil {
			var now engine.Run
			if now, err = s.service.Get(bounded, run.ID); err == nil {
				if now.State != run.State {
					c.say("The canary %s is %s", run.ID, now.State)
				}
				run = now
				c.look(bounded, s, d)
			}
		}
		if bounded.Err() != nil {
			run, err = c.stop(ctx, s.service, run)
			return run, true, err
		}
		if err != nil {
			return run, false, err
		}
	}
	return run, false, nil
}

// look notes when the first output was there, as soon as one is: what is written
// again later has another time.
func (c *canary) look(ctx context.Context, s site, d *done) {
	if d.firstOutput != nil {
		return
	}
	for b, err := range s.output.List(ctx, s.prefix()) {
		if err != nil {
			// It is only looked at, and again the next time.
			return
		}
		d.first(b)
	}
	if d.firstOutput != nil {
		c.say("The first output was there after %s", d.firstOutput.Round(time.Millisecond))
	}
}

// first takes a blob for the first output, unless an earlier one is known.
func (d *done) first(b blobstore.Blob) {
	// The storage's clock may be behind this machine's.
	after := max(b.LastModified.Sub(d.started), 0)
	if d.firstOutput == nil || after < *d.firstOutput {
		d.firstOutput = &after
	}
}

// stop cancels the canary and waits for it to end, within a bound and whatever became
// of the context.
func (c *canary) stop(ctx context.Context, service engine.Engine, run engine.Run) (engine.Run, error) {
	c.say("Cancelling the canary %s", run.ID)
	ctx, end := context.WithTimeout(context.WithoutCancel(ctx), settle)
	defer end()
	if err := service.Cancel(ctx, run.ID); err != nil {
		return run, err
	}
	for pause := firstPause; ; pause = min(pause*2, longestPause) {
		if now, err := service.Get(ctx, run.ID); err == nil {
			run = now
		}
		if run.State.Finished() || engine.Wait(ctx, pause) != nil {
			return run, nil
		}
	}
}

// cleanUp deletes what the canary wrote, and nothing else: the prefix is its own.
func (c *canary) cleanUp(ctx context.Context, s site, run engine.Run, d *done) diag.Diagnostics {
	known := d.firstOutput != nil
	var failed error
	for b, err := range s.output.List(ctx, s.prefix()) {
		if err == nil {
			if !known {
				d.first(b)
			}
			err = s.output.Delete(ctx, b.Name, blobstore.Condition{})
		}
		if err != nil && !blobstore.IsNotFound(err) {
			failed = errors.Join(failed, err)
			continue
		}
		d.deleted++
	}
	next := fmt.Sprintf("Delete what is below %s in %s.", s.prefix(), s.output.URL())
	switch {
	case failed != nil:
		return c.warned("What the canary wrote could not be deleted", failed, next)
	case !run.State.Finished():
		return c.warned("The canary goes on", fmt.Errorf("%s was told to stop, and is %s", run.ID, run.State), "See that it ends. "+next)
	}
	return nil
}

// record leaves for others to see that a drill has succeeded. A canary that was taken
// up may have its record already, which knows more; and one of long ago does not
// take the place of a later one.
func (c *canary) record(ctx context.Context, s site, d *done) diag.Diagnostics {
	last, err := services.LastDrill(ctx, s.output, c.pair())
	switch {
	case err == nil && last.ID == c.id && last.Run == d.run:
		*d = recorded(last)
		return nil
	case err == nil && last.EndedAt.After(d.ended):
		return nil
	}
	r := readiness.DrillRecord{
		Pair: c.pair(), ID: c.id, Location: d.location, Run: d.run, StartedAt: d.started, EndedAt: d.ended, OutputsDeleted: d.deleted,
	}
	if d.accepted != nil {
		r.AcceptSeconds = d.accepted.Seconds()
	}
	if d.firstOutput != nil {
		r.OutputSeconds = d.firstOutput.Seconds()
	}
	_, err = s.output.Upload(ctx, replication.Reserved+readiness.DrillRecordName(c.pair()), bytes.NewReader(r.Encode()), blobstore.UploadOptions{
		Headers: blobstore.Headers{ContentType: "application/json"},
	})
	if err != nil {
		return c.warned("The drill succeeded, and its record could not be written", err, "genomics_readiness does not know of this drill. Run another one with a new drill_id.")
	}
	return nil
}

// recorded is the outcome that a record tells of.
func recorded(r readiness.DrillRecord) done {
	span := func(seconds float64) *time.Duration {
		if seconds <= 0 {
			return nil
		}
		d := time.Duration(seconds * float64(time.Second))
		return &d
	}
	return done{
		location: r.Location, run: r.Run, status: string(engine.StateSucceeded), success: true, started: r.StartedAt, ended: r.EndedAt,
		accepted: span(r.AcceptSeconds), firstOutput: span(r.OutputSeconds), deleted: r.OutputsDeleted,
	}
}
