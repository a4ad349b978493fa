package submission

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-log/tflog"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/diagnostics"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/engine"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/failover"
)

// Polling begins quickly, for short jobs and cancellations, and slows down to
// what a job of hours needs.
const (
	firstPoll = 250 * time.Millisecond
	lastPoll  = 15 * time.Second
	// readBackTimeout bounds the last look after an interrupt.
	readBackTimeout = 10 * time.Second
)

// getter is the one thing that waiting needs of a service.
type getter interface {
	Get(ctx context.Context, id string) (engine.Run, error)
}

// ended polls until the run has ended, the context is done, or the service
// refuses. The last answer is returned also with an error.
func ended(ctx context.Context, service getter, id string) (engine.Run, error) {
	interval := firstPoll
	timer := time.NewTimer(0)
	defer timer.Stop()
	var last engine.Run
	for {
		select {
		case <-ctx.Done():
			return readBack(ctx, service, id, last)
		case <-timer.C:
		}
		run, err := service.Get(ctx, id)
		if ctx.Err() != nil {
			return readBack(ctx, service, id, last)
		}
		if run.ID != "" {
			last = run
		}
		if err != nil {
			return last, err
		}
		if run.State.Finished() {
			return run, nil
		}
		tflog.Info(ctx, "The run has not ended", map[string]any{"run": id, "status": string(statusOf(run.State)), "next_look_in": interval.String()})
		timer.Reset(interval)
		interval = min(interval*3/2, lastPoll)
	}
}

// impatient is a getter that gives up on a run which has been in a state that tells
// little for longer than its user gives it.
type impatient struct {
	getter
	limits engine.Limits
}

// stalledError says that a run is given up on.
type stalledError struct {
	word  string
	since time.Time
}

func (e *stalledError) Error() string {
	return fmt.Sprintf("it has been %s since %s, which is longer than stalled_after or initializing_timeout allows", e.word, e.since.UTC().Format(time.RFC3339))
}

// Get returns the run with the error.
func (i impatient) Get(ctx context.Context, id string) (engine.Run, error) {
	run, err := i.getter.Get(ctx, id)
	if err != nil {
		return run, err
	}
	if since, overdue := i.limits.Overdue(run, time.Now()); overdue {
		return run, &stalledError{run.Word, since}
	}
	return run, nil
}

// readBack looks once more when waiting was cut short, detached from what cut it,
// so that what is saved is what is true.
func readBack(ctx context.Context, service getter, id string, last engine.Run) (engine.Run, error) {
	detached, cancel := context.WithTimeout(context.WithoutCancel(ctx), readBackTimeout)
	defer cancel()
	run, err := service.Get(detached, id)
	switch {
	case err != nil:
		return last, ctx.Err()
	case run.State.Finished():
		return run, nil
	default:
		return run, ctx.Err()
	}
}

// tell asks a run to stop. It is not to be interrupted half-way: a run that was
// stopped would stay in the state as one that works.
func tell(ctx context.Context, client engine.Engine, id string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), settleTimeout)
	defer cancel()
	return client.Cancel(ctx, id)
}

// await waits for the run that counts and takes the outcome into the model and
// its attempt. creating says that an error would taint the resource: then only a
// run that has ended badly is one, for a tainted resource is destroyed by the
// next apply, and its run with it.
func (r *Resource) await(ctx context.Context, m *model, attempts []attemptModel, creating bool) diag.Diagnostics {
	var diags diag.Diagnostics
	current := failover.Current(toCore(attempts))
	if current < 0 {
		diags.AddError("No run counts", "There is nothing to wait for.\n\nNext step: plan again.")
		return diags
	}
	a := &attempts[current]
	client, id, err := r.client(*a)
	var run engine.Run
	if err == nil {
		run, err = ended(ctx, impatient{client, m.limits}, id)
	}
	if run.ID != "" {
		a.observe(run)
		m.observe(*a, run)
	}
	where := diagnostics.Context{Resource: m.ID.ValueString(), Region: a.Location.ValueString()}
	switch {
	case err == nil && run.State == engine.StateSucceeded:
	case err == nil:
		where.NextStep = "Look at the message and the logs in the output container, mend the cause, and change triggers to run it again."
		diags.Append(diagnostics.Error(fmt.Sprintf("%s %s %s", strings.ToUpper(r.kind.noun[:1])+r.kind.noun[1:], m.Name.ValueString(), statusOf(run.State)),
			fmt.Errorf("the service says (failure code %d): %s", run.Code, run.Message), where))
	case creating || errors.Is(err, context.Canceled):
		where.NextStep = "The run is in the state and goes on. Plan again to see how it does."
		diags.Append(diagnostics.Warning("Stopped waiting for the "+r.kind.noun, err, where))
	default:
		where.NextStep = "The run is in the state and goes on. Plan again to see how it does, or raise timeouts.update."
		diags.Append(diagnostics.Error("Stopped waiting for the "+r.kind.noun, err, where))
	}
	return diags
}
