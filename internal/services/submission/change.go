package submission

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-log/tflog"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/diagnostics"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/engine"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/failover"
)

// change carries a decision out. attempts is the truth as it unfolds; whatever
// stops the change, what has happened so far is saved.
type change struct {
	resource *Resource
	plan     *model
	state    *model
	course   course
	attempts []attemptModel
	// seen is what the service last said of attempts that this change looked at.
	seen map[int]engine.Run
	// given says that a planned failover has stopped the run that counted, stays that
	// it ended by itself, so that it goes on counting.
	given, stays bool
	save         func(context.Context) diag.Diagnostics
}

func (w *change) carryOut(ctx context.Context) diag.Diagnostics {
	planned := *w.plan
	w.plan.computed(w.state)
	decision := w.course.decision
	// 1. Ask runs that were superseded before to stop, where the region answers.
	// One that cannot be does not hold up a forced failover.
	asked, diags := w.cancel(ctx, w.fenced(false))
	if diags.HasError() && (decision.Action != failover.Submit || w.planned()) {
		return append(diags, w.keep(ctx)...)
	}
	if d := w.clear(ctx); d.HasError() {
		return append(append(diags, d...), w.keep(ctx)...)
	}
	// 2. The run that counts.
	var outcome diag.Diagnostics
	taken := false
	switch decision.Action {
	case failover.Refuse:
		outcome.AddError("Failing back is refused", decision.Reason)
	case failover.Submit:
		taken, outcome = w.submit(ctx, asked)
	case failover.Promote:
		outcome = w.promote(ctx)
	case failover.Keep:
		w.plan.Generation, w.plan.SubmissionKey = planned.Generation, planned.SubmissionKey
	}
	diags.Append(outcome...)
	switch {
	case outcome.HasError() && taken:
		// The new run counts, and the next plan stops what goes on beside it.
		return append(diags, w.save(ctx)...)
	case outcome.HasError():
		return append(diags, w.keep(ctx)...)
	}
	// 3. Nothing is given up before what takes its place is there: only now is the
	// run that counted stopped, unless a planned failover has.
	switch {
	case w.given:
		asked = nil
	case w.stays:
	default:
		more, d := w.release(ctx)
		diags.Append(d...)
		asked = append(asked, more...)
	}
	// 4. See superseded runs stopped.
	diags.Append(w.stopped(ctx, asked)...)
	diags.Append(w.save(ctx)...)
	// 5. Wait for the run that was sent, if that is asked for.
	if decision.Action == failover.Submit && w.plan.WaitForCompletion.ValueBool() && !diags.HasError() {
		diags.Append(w.resource.await(ctx, w.plan, w.attempts, false)...)
		diags.Append(w.save(ctx)...)
	}
	return diags
}

func (w *change) planned() bool { return w.course.planned() }

// fenced is what is to be stopped of the run that counted until now, or of those
// that were superseded before.
func (w *change) fenced(counted bool) []int {
	var out []int
	for _, i := range w.course.decision.Fence {
		if (i == w.course.decision.Supersede) == counted {
			out = append(out, i)
		}
	}
	return out
}

// clear sees what is stopping in the region to submit in gone, and makes sure that
// what was decided on still holds after runs were asked to stop.
func (w *change) clear(ctx context.Context) diag.Diagnostics {
	diags := w.stopped(ctx, w.course.decision.StopFirst)
	if reason, overtaken := w.overtaken(); overtaken && !diags.HasError() {
		diags.Append(w.tooLate(reason))
	}
	return diags
}

// overtaken reports whether there is nothing to submit any more: a run ended by
// itself before it could be stopped.
func (w *change) overtaken() (reason string, yes bool) {
	if w.course.decision.Action != failover.Submit {
		return "", false
	}
	attempts := toCore(w.attempts)
	if i := w.course.decision.Supersede; i >= 0 && w.given && w.attempts[i].status().Stopping() {
		attempts[i].Superseded = true
	}
	again := w.course.again(attempts)
	return again.Reason, again.Action == failover.Keep || again.Action == failover.Promote
}

func (w *change) tooLate(reason string) diag.Diagnostic {
	return diag.NewErrorDiagnostic("A run ended before it could be stopped", fmt.Sprintf(
		"Submission %s: %s. Nothing was sent to %s.\n\nNext step: apply again, which keeps it.",
		w.plan.Name.ValueString(), reason, w.course.region.Location.ValueString()))
}

// giveUp is what a planned failover does when everything is ready for the new
// run: the old one may finish within the pair's drain_timeout, and else is stopped.
// Nothing is sent before it has. needless says that it ended by itself.
func (w *change) giveUp(ctx context.Context, asked []int) (needless bool, diags diag.Diagnostics) {
	counted := w.fenced(true)
	if limit := w.course.drain(); limit > 0 {
		w.drain(ctx, counted, limit)
		if _, overtaken := w.overtaken(); overtaken {
			return true, nil
		}
	}
	if ctx.Err() != nil {
		diags.AddError("The failover was interrupted", "No run was stopped and nothing was sent.\n\nNext step: apply again.")
		return false, diags
	}
	diags = w.note(ctx, counted)
	if diags.HasError() {
		return false, diags
	}
	more, d := w.cancel(ctx, counted)
	diags.Append(d...)
	w.given = true
	diags.Append(w.stopped(ctx, append(asked, more...))...)
	if diags.HasError() {
		return false, diags
	}
	reason, overtaken := w.overtaken()
	if overtaken && w.course.drain() == 0 {
		diags.Append(w.tooLate(reason))
	}
	return overtaken, diags
}

// drain gives runs time to finish. What they come to is looked at afterwards.
func (w *change) drain(ctx context.Context, which []int, limit time.Duration) {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	for _, i := range which {
		client, id, err := w.resource.client(w.attempts[i])
		if err != nil {
			continue
		}
		// One that cannot be looked at now is stopped like one that goes on.
		run, err := ended(ctx, impatient{client, w.plan.limits}, id)
		if run.ID != "" {
			w.observe(i, run)
		}
		if err != nil {
			tflog.Info(ctx, "The run did not finish within the drain timeout", map[string]any{"run": id, "reason": err.Error()})
		}
	}
}

func (w *change) observe(i int, run engine.Run) {
	w.attempts[i].observe(run)
	if w.seen == nil {
		w.seen = map[int]engine.Run{}
	}
	w.seen[i] = run
}

// release stops the run that counted after another has taken its place.
func (w *change) release(ctx context.Context) (wait []int, diags diag.Diagnostics) {
	counted := w.fenced(true)
	if diags = w.note(ctx, counted); diags.HasError() || diags.WarningsCount() > 0 {
		return nil, diags
	}
	wait, d := w.cancel(ctx, counted)
	diags.Append(d...)
	return wait, diags
}

// keep saves the attempts as they are now under the configuration of before,
// so that the next plan sees what is still to do.
func (w *change) keep(ctx context.Context) diag.Diagnostics {
	*w.plan = *w.state
	// A run that was stopped for one that did not come to be counts no longer: else
	// the next plan would take it for cancelled by the user, and leave it so.
	if i := w.course.decision.Supersede; w.given && i >= 0 && w.attempts[i].status().Stopping() && !w.course.attempts[i].status().Stopping() {
		w.attempts[i].Superseded = types.BoolValue(true)
		w.plan.uncounted()
	}
	return w.save(ctx)
}

// cancel asks runs to stop, and returns which of them are to be seen stopped. A
// run that a forced failover leaves behind is only asked, and a region that fails
// to answer now does not stop the failover.
func (w *change) cancel(ctx context.Context, which []int) (wait []int, diags diag.Diagnostics) {
	for _, i := range which {
		a := &w.attempts[i]
		left, where := !w.course.waits(i), a.where()
		client, id, err := w.resource.client(*a)
		if err == nil {
			err = tell(ctx, client, id)
		}
		if i == w.course.decision.Supersede && err != nil && !diagnostics.IsUnreachable(err) {
			// It goes on. Should its user stop it later, the note must not speak for us.
			w.resource.unnote(ctx, w.state, *a)
		}
		// What has ended since the plan cannot be cancelled, and need not be.
		if err != nil && !left && !diagnostics.IsUnreachable(err) && client != nil {
			if run, lookErr := client.Get(ctx, id); lookErr == nil && run.State.Finished() {
				w.observe(i, run)
				continue
			}
		}
		switch {
		case err == nil:
			a.Status = types.StringValue(string(failover.StatusCancelling))
		case vanished(err) && !left:
			a.Status = types.StringValue(string(failover.StatusCancelled))
			continue
		case left:
			where.NextStep = "It is recorded as superseded; a later plan cancels it."
			diags.Append(diagnostics.Warning("The run that is left could not be cancelled", err, where))
			continue
		default:
			where.NextStep = "Apply again when its region answers."
			diags.Append(diagnostics.Error("A superseded run could not be cancelled", err, where))
			continue
		}
		if !left {
			wait = append(wait, i)
		}
	}
	return wait, diags
}

// stopped waits until the runs have ended, one way or another.
func (w *change) stopped(ctx context.Context, which []int) diag.Diagnostics {
	var diags diag.Diagnostics
	for _, i := range which {
		a := &w.attempts[i]
		client, id, err := w.resource.client(*a)
		var run engine.Run
		if err == nil {
			run, err = ended(ctx, client, id)
		}
		if vanished(err) {
			a.Status = types.StringValue(string(failover.StatusCancelled))
			continue
		}
		if run.ID != "" {
			w.observe(i, run)
		}
		if err != nil {
			where := a.where()
			where.NextStep = "Apply again: the cancellation was asked for and will be looked after."
			diags.Append(diagnostics.Error("A superseded run was not seen to stop", err, where))
		}
	}
	return diags
}

// submit sends the submission to the active region, or takes up a run that is
// there under its key. asked are runs that were told to stop.
func (w *change) submit(ctx context.Context, asked []int) (taken bool, diags diag.Diagnostics) {
	c := w.course
	job := launch{session: w.resource.session, plan: w.plan, region: c.region, identity: c.identity, content: c.content,
		generation: c.generation, superseded: w.supersededIn(c.region.AccountID.ValueString()), now: w.resource.now,
		moved: w.state.Location.ValueString() != c.region.Location.ValueString()}
	if job.moved {
		job.mark = failover.Mark(c.identity.Pair, c.region.Generation.ValueInt64())
	}
	if w.planned() {
		job.ready = func(ctx context.Context) (bool, diag.Diagnostics) { return w.giveUp(ctx, asked) }
	}
	attempt, run, diags := job.run(ctx)
	diags.Append(w.record(job.surplus)...)
	if attempt == nil {
		if !diags.HasError() {
			w.stay()
		}
		return false, diags
	}
	if c.decision.Supersede >= 0 {
		w.attempts[c.decision.Supersede].Superseded = types.BoolValue(true)
	}
	w.put(*attempt)
	w.plan.Generation = types.Int64Value(c.generation)
	w.plan.observe(*attempt, run)
	return true, diags
}

// stay is what remains of a submission that was not needed: the run that counted
// goes on counting, as it was seen to end.
func (w *change) stay() {
	w.stays = true
	if i := failover.Current(toCore(w.attempts)); i >= 0 {
		if run, ok := w.seen[i]; ok {
			w.plan.observe(w.attempts[i], run)
		}
	}
}

// put takes a run into the attempts, in the place of what was known of it.
func (w *change) put(run attemptModel) {
	if i := slices.IndexFunc(w.attempts, run.same); i >= 0 {
		w.attempts[i] = run
		return
	}
	w.attempts = append(w.attempts, run)
}

// record takes second runs with the key into the attempts. Where the plan has said
// how many there will be, it can be done with an error only, which is there when one
// of them could not be stopped.
func (w *change) record(surplus []attemptModel) diag.Diagnostics {
	var diags diag.Diagnostics
	running := slices.IndexFunc(surplus, func(a attemptModel) bool { return !a.status().Stopping() })
	if running >= 0 {
		where := surplus[running].where()
		where.NextStep = "Apply again, which cancels it."
		diags.Append(diagnostics.Error("A second run with the same key goes on", nil, where))
	} else if !w.course.unforeseen() {
		return diags
	}
	for _, a := range surplus {
		w.put(a)
	}
	return diags
}

func (w *change) supersededIn(accountID string) []string {
	var out []string
	for i, a := range w.attempts {
		if strings.EqualFold(a.AccountID.ValueString(), accountID) && (a.Superseded.ValueBool() || i == w.course.decision.Supersede) {
			out = append(out, a.WorkflowID.ValueString())
		}
	}
	return out
}

// promote makes the superseded run that succeeded the one that counts.
func (w *change) promote(ctx context.Context) diag.Diagnostics {
	var diags diag.Diagnostics
	winner := &w.attempts[w.course.decision.Promote]
	client, id, err := w.resource.client(*winner)
	var run engine.Run
	if err == nil {
		run, err = client.Get(ctx, id)
	}
	if diagnostics.IsUnreachable(err) {
		// Its success is known; what else the service tells of it can wait.
		diags.Append(diagnostics.Unreachable(err, w.resource.session)...)
		run, err = engine.Run{ID: id, State: engine.StateSucceeded}, nil
		run.CreatedAt, _ = time.Parse(time.RFC3339, winner.SubmittedAt.ValueString())
	}
	if err == nil && run.State != engine.StateSucceeded {
		err = fmt.Errorf("it is %s now", statusOf(run.State))
	}
	if err != nil {
		where := winner.where()
		where.NextStep = "Plan again."
		diags.Append(diagnostics.Error("The run that finished first cannot be read", err, where))
		return diags
	}
	if i := w.course.decision.Supersede; i >= 0 {
		w.attempts[i].Superseded = types.BoolValue(true)
	}
	winner.Superseded = types.BoolValue(false)
	winner.observe(run)
	w.plan.Generation, w.plan.SubmissionKey = types.Int64Value(w.course.generation), types.StringValue(w.course.key)
	w.plan.observe(*winner, run)
	return diags
}

// client is the engine that holds an attempt, and the attempt's ID there.
func (r *Resource) client(a attemptModel) (engine.Engine, string, error) {
	id := a.WorkflowID.ValueString()
	if id == "" {
		return nil, "", errors.New("the state holds no ID of this run")
	}
	e, err := r.session.Engine(a.account())
	return e, id, err
}
