package regionpair

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/diagnostics"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/failover"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/services"
)

// readBackTimeout is how long an interrupted apply may take to find out what
// became of its last write.
const readBackTimeout = 10 * time.Second

// change is one apply of a pair.
type change struct {
	*Resource
	plan            *model
	active, standby roleModel
	decision        failover.PairDecision
	accepted        []string
	known           *known
	// unwritten is the container that refused the record of a failover that goes on
	// all the same.
	unwritten string
}

// carryOut does what was decided. begun tells that a failover was recorded: from
// then on it is under way, and resumed if it does not end.
func (r *Resource) carryOut(ctx context.Context, plan, state *model, decision failover.PairDecision, k *known) (begun bool, diags diag.Diagnostics) {
	c := &change{Resource: r, plan: plan, decision: decision, known: k}
	var d diag.Diagnostics
	c.active, _, d = roleFrom(ctx, plan.Active)
	diags.Append(d...)
	c.standby, _, d = roleFrom(ctx, plan.Standby)
	diags.Append(d...)
	c.accepted, d = services.Strings(ctx, plan.Accept)
	diags.Append(d...)
	var prior []roleModel
	if state != nil {
		prior, d = state.roles(ctx)
		diags.Append(d...)
	}
	if diags.HasError() {
		return false, diags
	}
	want := c.record()
	if plan.LastFailoverAt.IsUnknown() {
		plan.LastFailoverAt = timestamp(want.At)
	}
	if last, flipped := failover.LastOf(want); flipped && decision.Action == failover.PairFlip {
		plan.LastFailover, d = lastObject(ctx, last)
		diags.Append(d...)
	}
	if decision.Flips() {
		diags.Append(c.confirm(ctx)...)
		if diags.HasError() {
			return false, diags
		}
	}
	diags.Append(c.ensure(ctx, c.active, prior)...)
	if diags.HasError() {
		return false, diags
	}
	switch {
	case decision.Flips():
		begin := want
		begin.Phase = failover.PhaseFailingOver
		begun, d = c.begin(ctx, begin)
		diags.Append(d...)
	case decision.Action == failover.PairJoin && state != nil:
		diags.Append(c.stands(ctx)...)
	}
	if diags.HasError() {
		return begun, diags
	}
	diags.Append(c.ensure(ctx, c.standby, prior)...)
	if diags.HasError() {
		return begun, diags
	}
	diags.Append(c.settle(ctx, want, state == nil)...)
	if !diags.HasError() {
		diags.Append(c.follow(ctx)...)
	}
	return begun, diags
}

// follow enters this configuration into the records of others that it goes by, so
// that they are not taken away from it.
func (c *change) follow(ctx context.Context) diag.Diagnostics {
	var diags diag.Diagnostics
	self := failover.Follower{Writer: c.known.book.Writer, By: operator()}
	for _, role := range []roleModel{c.active, c.standby} {
		url := role.OutputContainerURL.ValueString()
		was := c.known.book.Seen[url].Record
		if was == nil || was.Writer == self.Writer || was.Has(self.Writer) || was.Active != c.active.Location.ValueString() || !c.known.silent.Answers(role.Location.ValueString()) {
			continue
		}
		now, _, err := c.amend(ctx, role, self.Writer, func(r failover.PairRecord) failover.PairRecord { return r.Joined(self) })
		switch {
		case err == nil:
			c.known.book.Seen[url] = now
		case diagnostics.IsUnreachable(err):
			diags.Append(diagnostics.Unreachable(err, c.session)...)
		default:
			diags.Append(c.unwritable(role, err))
		}
	}
	return diags
}

func (c *change) unwritable(role roleModel, err error) diag.Diagnostic {
	return diagnostics.Warning("The pair's record could not be written", err, diagnostics.Context{
		Resource: role.OutputContainerURL.ValueString() + "/" + recordBlob(role), Region: role.Location.ValueString(),
		NextStep: "Let the provider's identity write to the container. Until then configurations that share this pair do not see each other there.",
	})
}

// record is what the pair is when the change is done.
func (c *change) record() failover.PairRecord {
	r := failover.PairRecord{
		Pair: c.plan.Name.ValueString(), Active: c.active.Location.ValueString(), Generation: c.decision.Generation, Phase: failover.PhaseActive,
		Writer: c.known.book.Writer, By: operator(), At: c.now(), From: c.decision.From,
	}
	if c.decision.Flips() {
		r.Mode, r.DetectedAt = c.active.FailoverMode.ValueString(), c.detected()
	}
	return r
}

// confirm asks the regions that a failover rests on whether they are there: the
// one to go to, and in a planned failover the one that is left.
func (c *change) confirm(ctx context.Context) diag.Diagnostics {
	var diags diag.Diagnostics
	ask := []roleModel{c.active}
	if c.active.FailoverMode.ValueString() == modePlanned {
		ask = append(ask, c.standby)
	}
	for i, role := range ask {
		e, err := c.session.Engine(account(role))
		if err == nil {
			_, err = e.Health(ctx)
		}
		if err == nil {
			continue
		}
		err = fmt.Errorf("the workflow service in %s did not take a request: %w", role.Location.ValueString(), err)
		if i > 0 {
			diags.Append(diagnostics.Error("A planned failover needs both regions", err, diagnostics.Context{Resource: account(role).ID, Region: role.Location.ValueString(),
				NextStep: fmt.Sprintf("Set failover.mode to \"forced\" to fail over without %s.", role.Location.ValueString())}))
			continue
		}
		diags.Append(c.unusable(fmt.Sprintf("No failover to %s", role.Location.ValueString()), err, account(role).ID))
	}
	return diags
}

// unusable is what is said of a standby that cannot take over: a refusal, or a
// warning where the guard is lifted.
func (c *change) unusable(summary string, err error, resource string) diag.Diagnostic {
	about := diagnostics.Context{Resource: resource, Region: c.active.Location.ValueString()}
	if slices.Contains(c.accepted, failover.AcceptStandbyUnreachable) {
		about.NextStep = fmt.Sprintf("None for the failover: the guard %s is lifted.", failover.AcceptStandbyUnreachable)
		return diagnostics.Warning(summary, err, about)
	}
	about.NextStep = fmt.Sprintf("Leave active_region at %s until %s can be used; or set accept = [%q] on the pair to go all the same.",
		c.standby.Location.ValueString(), c.active.Location.ValueString(), failover.AcceptStandbyUnreachable)
	return diagnostics.Error(summary, err, about)
}

// begin records the failover in the region to go to, before anything else is
// done: that is where two who go at once meet.
func (c *change) begin(ctx context.Context, want failover.PairRecord) (bool, diag.Diagnostics) {
	var diags diag.Diagnostics
	if !services.Known(c.active.OutputContainerURL) {
		return false, diags
	}
	url := c.active.OutputContainerURL.ValueString()
	now, err := c.put(ctx, c.active, want, c.known.book.Seen[url])
	if err != nil && ctx.Err() != nil {
		// Whoever interrupts it has to find in the state what became of the write.
		now = c.readBack(ctx, want)
	}
	var lost *lostError
	switch {
	case now.Record != nil && now.Record.SameFlip(want) && ctx.Err() != nil:
		c.known.book.Seen[url] = now
		diags.Append(diagnostics.Error("The failover was interrupted", ctx.Err(), diagnostics.Context{
			Resource: url + "/" + recordBlob(c.active), Region: c.active.Location.ValueString(), NextStep: "Apply again, which resumes it.",
		}))
		return true, diags
	case err == nil:
		c.known.book.Seen[url] = now
		return true, diags
	case errors.As(err, &lost):
		c.known.book.Seen[url] = now
		diags.Append(c.lost(lost.record))
	default:
		c.unwritten = url
		diags.Append(c.unusable(fmt.Sprintf("The failover to %s cannot be recorded there", c.active.Location.ValueString()), err, url+"/"+recordBlob(c.active)))
	}
	return false, diags
}

// readBack reads the record of the region to go to when the caller's own context
// has ended.
func (c *change) readBack(ctx context.Context, want failover.PairRecord) seen {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), readBackTimeout)
	defer cancel()
	now, _, err := c.fetch(ctx, c.active)
	if err != nil || now.Record == nil || !now.Record.SameFlip(want) {
		return seen{}
	}
	return now
}

func (c *change) lost(won failover.PairRecord) diag.Diagnostic {
	refusal := failover.Lost(won, c.active.Location.ValueString())
	return diag.NewAttributeErrorDiagnostic(path.Root("active_region"), refusal.Summary, refusal.Detail())
}

// stands checks that what is joined has not been left again since the plan.
func (c *change) stands(ctx context.Context) diag.Diagnostics {
	var diags diag.Diagnostics
	if !services.Known(c.active.OutputContainerURL) || !c.known.silent.Answers(c.active.Location.ValueString()) {
		return diags
	}
	now, exists, err := c.fetch(ctx, c.active)
	if err != nil || !exists || now.Record == nil {
		return diags
	}
	c.known.book.Seen[c.active.OutputContainerURL.ValueString()] = now
	if now.Record.Generation > c.decision.Generation {
		diags.Append(c.lost(*now.Record))
	}
	return diags
}

// settle writes the record of what is done: after a failover in both regions, and
// otherwise where there is none or an older one. The region that is left need not
// answer, and is not asked when it is known not to.
func (c *change) settle(ctx context.Context, want failover.PairRecord, created bool) diag.Diagnostics {
	var diags diag.Diagnostics
	mine := c.decision.Action == failover.PairFlip || c.decision.Action == failover.PairResume ||
		c.decision.Action == failover.PairKeep && c.decision.Record == nil
	if !mine {
		return diags
	}
	for _, role := range []roleModel{c.active, c.standby} {
		url := role.OutputContainerURL.ValueString()
		was := c.known.book.Seen[url]
		agrees := was.Record != nil && was.Record.Generation == want.Generation && was.Record.Active == want.Active && was.Record.Phase == failover.PhaseActive
		if url == "" || url == c.unwritten || agrees || !c.known.silent.Answers(role.Location.ValueString()) {
			continue
		}
		now, err := c.put(ctx, role, want, was)
		var lost *lostError
		switch {
		case err == nil:
			c.known.book.Seen[url] = now
		case diagnostics.IsUnreachable(err):
			diags.Append(diagnostics.Unreachable(err, c.session)...)
		case errors.As(err, &lost):
			c.known.book.Seen[url] = now
			if lost.record.Active == want.Active && lost.record.Generation == want.Generation {
				continue // made by somebody else at the same time, and they agree
			}
			if created {
				diags.Append(c.lost(lost.record))
				return diags
			}
			diags.AddAttributeWarning(path.Root("active_region"), "Another configuration changed the active region of this pair",
				lost.record.Told()+"\n\nNext step: plan again, which says how to join it.")
		default:
			diags.Append(c.unwritable(role, err))
		}
	}
	return diags
}

// ensure creates a role's output container where the plan has one that the state
// has not: new, changed, or found missing.
func (c *change) ensure(ctx context.Context, role roleModel, prior []roleModel) diag.Diagnostics {
	var diags diag.Diagnostics
	have := slices.ContainsFunc(prior, func(p roleModel) bool {
		return services.Known(p.OutputContainerURL) && p.OutputContainerURL.Equal(role.OutputContainerURL)
	})
	if role.OutputContainerURL.IsNull() || have {
		return diags
	}
	container, err := c.session.Container(ctx, reference(role))
	if err == nil {
		_, err = container.Ensure(ctx)
	}
	standby := role.Role.Equal(c.standby.Role)
	switch {
	case err == nil:
	case standby && diagnostics.IsUnreachable(err):
		diags.Append(diagnostics.Unreachable(err, c.session)...)
	case !standby && c.decision.Flips():
		diags.Append(c.unusable("The output container cannot be made", err, role.OutputContainerURL.ValueString()))
	default:
		diags.Append(diagnostics.Error("The output container cannot be made", err, diagnostics.Context{
			Resource: role.OutputContainerURL.ValueString(), Region: role.Location.ValueString(),
		}))
	}
	return diags
}
