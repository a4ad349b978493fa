package submission

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/failover"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/services"
)

// foresight is what a plan comes to, besides what it says of the attributes.
type foresight struct {
	// settled says that what was proposed is what there is, and all there is to do.
	// By far the most plans are so.
	settled bool
	// identity is that of the run that will count, when that is another one.
	identity *identityModel
}

// foresee decides, and writes into the plan everything known that can be: all that
// is computed, whatever was proposed for it. same says that state and proposal are
// equal. A nil state means that the submission is made.
func foresee(ctx context.Context, plan, state *model, silent services.Silent, same bool) (foresight, diag.Diagnostics) {
	if !plannable(ctx, plan) {
		plan.open()
		plan.Location, plan.SubmissionKey, plan.Generation = types.StringUnknown(), types.StringUnknown(), types.Int64Unknown()
		plan.Attempts, plan.UnfencedAttempts = types.ListUnknown(attemptType), types.Int64Unknown()
		return foresight{}, nil
	}
	diags := offline(ctx, plan)
	if state == nil {
		region, d := plan.region(ctx)
		diags.Append(d...)
		// How many runs are found under its key is not known before.
		plan.Location, plan.UnfencedAttempts = region.Location, types.Int64Unknown()
		return foresight{}, diags
	}
	c, d := decide(ctx, plan, state, silent.Answers)
	diags.Append(d...)
	if diags.HasError() {
		return foresight{}, diags
	}
	if same && c.settled(state) {
		return foresight{settled: true}, diags
	}
	diags.Append(c.expect(ctx, plan, state)...)
	var f foresight
	if c.decision.Action == failover.Promote && !plan.WorkflowID.IsUnknown() {
		identity := c.identityOf(c.decision.Promote)
		f.identity = &identity
	}
	return f, diags
}

// course is what a plan means to do with a submission, and from what.
type course struct {
	region     regionModel
	identity   failover.Identity
	content    any
	generation int64
	key        string
	attempts   []attemptModel
	// observed is what the decision rests on.
	observed failover.Observation
	decision failover.Decision
	// claimed says that an imported run that carries no key is taken for this
	// submission's.
	claimed bool
}

// again decides once more, on what has become of the attempts.
func (c course) again(attempts []failover.Attempt) failover.Decision {
	c.observed.Attempts = attempts
	return failover.Decide(c.observed)
}

// settled reports whether the submission is as it should be.
func (c course) settled(state *model) bool {
	return c.decision.Action == failover.Keep && len(c.decision.Fence) == 0 && !c.claimed &&
		c.key == state.SubmissionKey.ValueString() && c.generation == state.Generation.ValueInt64()
}

func (c course) planned() bool { return c.region.FailoverMode.ValueString() == modePlanned }

// drain is how long a planned failover lets the run that counts go on; 0 stops it
// at once.
func (c course) drain() time.Duration {
	i := c.decision.Supersede
	if !c.planned() || i < 0 || !slices.Contains(c.decision.Fence, i) || c.attempts[i].Location.Equal(c.region.Location) {
		return 0
	}
	// The pair has checked it.
	limit, _ := time.ParseDuration(c.region.DrainTimeout.ValueString())
	return limit
}

// limit is how long the change may take unless the user says. A run that may drain
// takes its time before anything else is done, so that comes on top.
func (c course) limit(completion bool) time.Duration {
	if completion {
		return defaultCreateTimeout + c.drain()
	}
	return defaultUpdateTimeout + c.drain()
}

// unforeseen reports whether a plan cannot say what the attempts will be.
func (c course) unforeseen() bool {
	return c.decision.Action == failover.Submit && (c.mayTakeUp() || c.drain() > 0)
}

// decide takes plan and state to the decision. answers says which regions may be
// asked.
func decide(ctx context.Context, plan, state *model, answers func(string) bool) (course, diag.Diagnostics) {
	var c course
	var diags, d diag.Diagnostics
	c.region, d = plan.region(ctx)
	diags.Append(d...)
	c.content, d = plan.content(ctx)
	diags.Append(d...)
	c.attempts, d = state.attempts(ctx)
	diags.Append(d...)
	accept, d := services.Strings(ctx, plan.Accept)
	diags.Append(d...)
	if diags.HasError() {
		return c, diags
	}
	c.identity = plan.identity(c.region)
	c.generation, c.key = revision(c.identity, c.content, state)
	if i := failover.Current(toCore(c.attempts)); i >= 0 && state.Generation.IsNull() && c.attempts[i].SubmissionKey.ValueString() == "" {
		c.attempts[i].SubmissionKey, c.claimed = types.StringValue(c.key), true
	}
	c.observed = failover.Observation{
		Location: c.region.Location.ValueString(), AccountID: c.region.AccountID.ValueString(), Key: c.key,
		Policy: failover.Policy(plan.OnFailover.ValueString()), Attempts: toCore(c.attempts), Answers: answers, Accept: accept,
	}
	c.decision = failover.Decide(c.observed)
	return c, diags
}

// revision is the generation and key that the content stands for: those of the
// state while the content is the same, else the next.
func revision(id failover.Identity, content any, state *model) (int64, string) {
	known := state.SubmissionKey.ValueString()
	if !state.Generation.IsNull() {
		if g := state.Generation.ValueInt64(); failover.Key(id, g, content) == known {
			return g, known
		}
		next := state.Generation.ValueInt64() + 1
		return next, failover.Key(id, next, content)
	}
	// Imported: the generation is what makes the run's own key.
	if g, ok := failover.Generation(id, content, known); ok {
		return g, known
	}
	return 1, failover.Key(id, 1, content)
}

// expect writes the decision into the plan, with everything known that can be.
func (c course) expect(ctx context.Context, plan, state *model) diag.Diagnostics {
	var diags diag.Diagnostics
	plan.computed(state)
	plan.Generation, plan.SubmissionKey = types.Int64Value(c.generation), types.StringValue(c.key)
	attempts := append([]attemptModel(nil), c.attempts...)
	d := c.decision
	unfenced := d.Unfenced
	for _, i := range d.Fence {
		attempts[i].Status, attempts[i].FailureCode = types.StringUnknown(), types.Int64Unknown()
		if !c.waits(i) {
			unfenced++
		}
	}
	if d.Supersede >= 0 {
		attempts[d.Supersede].Superseded = types.BoolValue(true)
	}
	if c.claimed {
		diags.AddAttributeWarning(path.Root("submission_key"), "The imported run carries no key",
			fmt.Sprintf("Run %s was not submitted by this provider, so that nothing tells whether it does what the configuration of submission %s says. "+
				"It is taken as it is. Without the state it would not be found again.", state.WorkflowID.ValueString(), plan.Name.ValueString()))
	}
	switch d.Action {
	case failover.Keep:
	case failover.Refuse:
		diags.AddAttributeError(path.Root("region"), "Failing back is refused",
			fmt.Sprintf("Submission %s cannot run in %s: %s.\n\nNext step: apply with the active region unchanged first, which cancels that run; "+
				"or set accept = [%q], which takes the run up again.", plan.Name.ValueString(), c.region.Location.ValueString(), d.Reason, failover.AcceptStaleRuns))
		return diags
	case failover.Submit:
		plan.open()
		plan.Location = c.region.Location
		if c.unforeseen() {
			plan.Attempts, plan.UnfencedAttempts = types.ListUnknown(attemptType), types.Int64Value(unfenced)
			if d.TakesUp || c.drain() > 0 {
				plan.UnfencedAttempts = types.Int64Unknown()
			}
			if c.drain() > 0 {
				// The run may yet finish where it is.
				plan.Location = types.StringUnknown()
			}
			return diags
		}
		attempts = append(attempts, attemptModel{
			kind: c.region.kind, Location: c.region.Location, AccountID: c.region.AccountID, APIURL: c.region.APIURL, WorkflowID: types.StringUnknown(),
			Status: types.StringUnknown(), FailureCode: types.Int64Unknown(), Superseded: types.BoolValue(false),
			SubmittedAt: types.StringUnknown(), SubmissionKey: types.StringValue(c.key), OutputBasename: types.StringUnknown(),
			OutputContainerURL: c.region.OutputContainerURL, OutputStorageAccountID: c.region.OutputStorageAccountID, Stray: types.BoolValue(false),
		})
	case failover.Promote:
		winner := &attempts[d.Promote]
		winner.Superseded = types.BoolValue(false)
		plan.open()
		plan.Location, plan.WorkflowID, plan.Status = winner.Location, winner.WorkflowID, winner.Status
		plan.ID = types.StringValue(winner.id())
		plan.OutputBasename, plan.OutputURL = winner.OutputBasename, winner.outputURL()
		diags.AddAttributeWarning(path.Root("workflow_id"), "An earlier run is kept",
			fmt.Sprintf("Submission %s: %s.", plan.Name.ValueString(), d.Reason))
	}
	var more diag.Diagnostics
	plan.Attempts, more = types.ListValueFrom(ctx, attemptType, attempts)
	diags.Append(more...)
	plan.UnfencedAttempts = types.Int64Value(unfenced)
	return diags
}

// waits reports whether fencing attempt i is waited for. Only in a forced
// failover it is not, for the run that the failover leaves behind: a region that
// still answers must not hold up leaving it.
func (c course) waits(i int) bool {
	left := i == c.decision.Supersede && c.attempts[i].Location.ValueString() != c.region.Location.ValueString()
	return !left || c.planned()
}

// mayTakeUp reports whether submitting may find a run that the attempts list
// already, so that their number is not known before.
func (c course) mayTakeUp() bool {
	for _, a := range c.attempts {
		if a.Location.Equal(c.region.Location) && a.SubmissionKey.ValueString() == c.key {
			return true
		}
	}
	return false
}

// plannable reports whether enough is known to decide.
func plannable(ctx context.Context, m *model) bool {
	if !services.Known(m.Region) || m.InputStore.IsUnknown() || !services.Known(m.Name) || !m.job().plannable() || m.Triggers.IsUnknown() ||
		!services.AllKnown(m.Accept) || m.OnFailover.IsUnknown() {
		return false
	}
	for _, v := range m.Triggers.Elements() {
		if v.IsUnknown() {
			return false
		}
	}
	r, d := m.region(ctx)
	return !d.HasError() && services.Known(r.PairName) && services.Known(r.Location) && services.Known(r.AccountID) &&
		!r.FailoverMode.IsUnknown() && !r.DrainTimeout.IsUnknown()
}
