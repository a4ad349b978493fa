package submission

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/diagnostics"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/failover"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/msgenomics"
)

// change carries a decision out. attempts is the truth as it unfolds; whatever
// stops the change, what has happened so far is saved.
type change struct {
	resource *Resource
	plan     *model
	state    *model
	course   course
	attempts []attemptModel
	// given says that a planned failover has stopped the run that counted.
	given bool
	save  func(context.Context) diag.Diagnostics
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
	// 2. The run that counts.
	var outcome diag.Diagnostics
	switch decision.Action {
	case failover.Refuse:
		outcome.AddError("Failing back is refused", decision.Reason)
	case failover.Submit:
		outcome = w.submit(ctx, asked)
	case failover.Promote:
		outcome = w.promote(ctx)
	case failover.Keep:
		w.plan.Generation, w.plan.SubmissionKey = planned.Generation, planned.SubmissionKey
	}
	diags.Append(outcome...)
	if outcome.HasError() {
		return append(diags, w.keep(ctx)...)
	}
	diags.Append(w.save(ctx)...)
	// 3. Nothing is given up before what takes its place is there: only now is the
	// run that counted stopped, unless a planned failover has.
	if w.given {
		asked = nil
	} else {
		more, d := w.cancel(ctx, w.fenced(true))
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

func (w *change) planned() bool { return w.course.region.FailoverMode.ValueString() == modePlanned }

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

// giveUp is what a planned failover does when everything is ready for the new
// run: nothing is sent before the old one has stopped.
func (w *change) giveUp(ctx context.Context, asked []int) diag.Diagnostics {
	more, diags := w.cancel(ctx, w.fenced(true))
	w.given = true
	diags.Append(w.stopped(ctx, append(asked, more...))...)
	if i := w.course.decision.Supersede; i >= 0 && w.attempts[i].Status.ValueString() == string(failover.StatusSuccess) {
		diags.AddError("The run finished before it could be stopped", fmt.Sprintf(
			"Run %s in %s succeeded, so that nothing was sent to %s.\n\nNext step: apply again, which keeps it.",
			w.attempts[i].WorkflowID.ValueString(), w.attempts[i].Location.ValueString(), w.course.region.Location.ValueString()))
	}
	return diags
}

// keep saves the attempts as they are now under the configuration of before,
// so that the next plan sees what is still to do.
func (w *change) keep(ctx context.Context) diag.Diagnostics {
	*w.plan = *w.state
	// A run that was stopped for one that did not come to be counts no longer: else
	// the next plan would take it for cancelled by the user, and leave it so.
	if i := w.course.decision.Supersede; w.given && i >= 0 && stopping(w.attempts[i]) && !stopping(w.course.attempts[i]) {
		w.attempts[i].Superseded = types.BoolValue(true)
		w.plan.WorkflowID, w.plan.Status = types.StringNull(), types.StringNull()
	}
	return w.save(ctx)
}

func stopping(a attemptModel) bool {
	status := failover.Status(a.Status.ValueString())
	return status == failover.StatusCancelling || status == failover.StatusCancelled
}

// cancel asks runs to stop, and returns which of them are to be seen stopped. A
// run that a forced failover leaves behind is only asked, and a region that fails
// to answer now does not stop the failover.
func (w *change) cancel(ctx context.Context, which []int) (wait []int, diags diag.Diagnostics) {
	for _, i := range which {
		a := &w.attempts[i]
		left := !w.course.waits(i)
		client, id, err := w.resource.client(*a)
		if err == nil {
			err = client.Cancel(ctx, id)
		}
		// What has ended since the plan cannot be cancelled, and need not be.
		if err != nil && !left && !diagnostics.IsUnreachable(err) && client != nil {
			if workflow, lookErr := client.Get(ctx, id); lookErr == nil && workflow.Status.Finished() {
				a.observe(workflow)
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
			diags.Append(diagnostics.Warning("The run that is left could not be cancelled", err, diagnostics.Context{
				Resource: workflowResourceID(a.AccountID.ValueString(), a.WorkflowID.ValueString()), Region: a.Location.ValueString(),
				NextStep: "It is recorded as superseded; a later plan cancels it.",
			}))
			continue
		default:
			diags.Append(diagnostics.Error("A superseded run could not be cancelled", err, diagnostics.Context{
				Resource: workflowResourceID(a.AccountID.ValueString(), a.WorkflowID.ValueString()), Region: a.Location.ValueString(),
				NextStep: "Apply again when its region answers.",
			}))
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
		var workflow msgenomics.Workflow
		if err == nil {
			workflow, err = ended(ctx, client, id)
		}
		if vanished(err) {
			a.Status = types.StringValue(string(failover.StatusCancelled))
			continue
		}
		if err != nil {
			diags.Append(diagnostics.Error("A superseded run was not seen to stop", err, diagnostics.Context{
				Resource: workflowResourceID(a.AccountID.ValueString(), a.WorkflowID.ValueString()), Region: a.Location.ValueString(),
				NextStep: "Apply again: the cancellation was asked for and will be looked after.",
			}))
			continue
		}
		a.observe(workflow)
	}
	return diags
}

// submit sends the submission to the active region, or takes up a run that is
// there under its key. asked are runs that were told to stop.
func (w *change) submit(ctx context.Context, asked []int) diag.Diagnostics {
	c := w.course
	job := launch{session: w.resource.session, plan: w.plan, region: c.region, identity: c.identity, content: c.content,
		generation: c.generation, superseded: w.supersededIn(c.region.AccountID.ValueString()), now: w.resource.now,
		moved: w.state.Location.ValueString() != c.region.Location.ValueString()}
	if w.planned() {
		job.ready = func(ctx context.Context) diag.Diagnostics { return w.giveUp(ctx, asked) }
	}
	attempt, workflow, diags := job.run(ctx)
	if attempt == nil {
		return diags
	}
	if c.decision.Supersede >= 0 {
		w.attempts[c.decision.Supersede].Superseded = types.BoolValue(true)
	}
	taken := false
	for i := range w.attempts {
		if w.attempts[i].WorkflowID.Equal(attempt.WorkflowID) && strings.EqualFold(w.attempts[i].AccountID.ValueString(), attempt.AccountID.ValueString()) {
			w.attempts[i], taken = *attempt, true
		}
	}
	if !taken {
		w.attempts = append(w.attempts, *attempt)
	}
	w.plan.Generation = types.Int64Value(c.generation)
	w.plan.observe(*attempt, workflow)
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
	var workflow msgenomics.Workflow
	if err == nil {
		workflow, err = client.Get(ctx, id)
	}
	if err == nil && workflow.Status != msgenomics.StatusSucceeded {
		err = fmt.Errorf("it is %s now", workflow.Status)
	}
	if err != nil {
		diags.Append(diagnostics.Error("The run that finished first cannot be read", err, diagnostics.Context{
			Resource: workflowResourceID(winner.AccountID.ValueString(), winner.WorkflowID.ValueString()), Region: winner.Location.ValueString(),
			NextStep: "Plan again."}))
		return diags
	}
	w.attempts[w.course.decision.Supersede].Superseded = types.BoolValue(true)
	winner.Superseded = types.BoolValue(false)
	winner.observe(workflow)
	w.plan.Generation, w.plan.SubmissionKey = types.Int64Value(w.course.generation), types.StringValue(w.course.key)
	w.plan.observe(*winner, workflow)
	return diags
}

// client is the service that holds an attempt, and the attempt's number there.
func (r *Resource) client(a attemptModel) (*msgenomics.Client, int64, error) {
	id, err := strconv.ParseInt(a.WorkflowID.ValueString(), 10, 64)
	if err != nil {
		return nil, 0, errors.New("the state holds no workflow number for this run")
	}
	client, err := r.session.Service(a.account())
	return client, id, err
}
