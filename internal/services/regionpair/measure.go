package regionpair

import (
	"context"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-framework/types/basetypes"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/diagnostics"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/failover"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/services"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/session"
)

var lastTypes = map[string]attr.Type{
	"from": types.StringType, "to": types.StringType, "generation": types.Int64Type, "mode": types.StringType,
	"detected_at": types.StringType, "decided_at": types.StringType, "resubmitted": types.Int64Type,
	"accepted_at": types.StringType, "accepted_seconds": types.Int64Type, "finished_at": types.StringType, "finished_seconds": types.Int64Type,
}

func lastAttribute() schema.SingleNestedAttribute {
	attributes := map[string]schema.Attribute{}
	for name, description := range services.LastFailoverWords.Texts {
		attributes[name] = schema.StringAttribute{Computed: true, MarkdownDescription: description}
	}
	for name, description := range services.LastFailoverWords.Numbers {
		attributes[name] = schema.Int64Attribute{Computed: true, MarkdownDescription: description}
	}
	return schema.SingleNestedAttribute{
		Computed: true,
		MarkdownDescription: "How the last change of the active region went; null if there was none. What the service accepted and finished is read by the refreshes that follow, " +
			"from the runs that carry the failover's mark, until the last of them has ended. It shows as a change outside of the configuration and never makes a plan propose anything.",
		Attributes: attributes,
	}
}

// lastObject is a failover as the state has it.
func lastObject(ctx context.Context, l failover.Last) (types.Object, diag.Diagnostics) {
	return types.ObjectValueFrom(ctx, lastTypes, services.LastFailoverOf(l))
}

// lastPromised is what a plan knows of the failover that it is for.
func lastPromised(ctx context.Context, d failover.PairDecision, to, mode types.String) (types.Object, diag.Diagnostics) {
	return types.ObjectValueFrom(ctx, lastTypes, services.LastFailover{
		From: types.StringValue(d.From), To: to, Generation: types.Int64Value(d.Generation), Mode: mode,
		DetectedAt: types.StringUnknown(), DecidedAt: types.StringUnknown(), Resubmitted: types.Int64Null(),
		AcceptedAt: types.StringNull(), AcceptedSeconds: types.Int64Null(), FinishedAt: types.StringNull(), FinishedSeconds: types.Int64Null(),
	})
}

// last reads a failover from the state; false if there is none.
func (m *model) last(ctx context.Context) (failover.Last, bool, diag.Diagnostics) {
	var s services.LastFailover
	if m.LastFailover.IsNull() || m.LastFailover.IsUnknown() {
		return failover.Last{}, false, nil
	}
	diags := m.LastFailover.As(ctx, &s, basetypes.ObjectAsOptions{})
	return s.Last(), !diags.HasError(), diags
}

// note leaves the last failover for whoever reports in this run.
func (r *Resource) note(ctx context.Context, m *model) {
	if last, ok, _ := m.last(ctx); ok {
		r.session.NoteFailover(m.Name.ValueString(), last)
	}
}

// measure looks what became of the runs that the last failover submitted, as long
// as there is something left to see. Nobody is asked who did not answer before, and
// when all is over it costs nothing any more.
func (r *Resource) measure(ctx context.Context, state *model, book ledger, active roleModel) diag.Diagnostics {
	last, ok, diags := state.last(ctx)
	if !ok && !diags.HasError() {
		// The state is new, or older than this attribute; the record has the beginning.
		last, ok = book.last(active.Location.ValueString(), state.Generation.ValueInt64())
	}
	if !ok || last.Generation != state.Generation.ValueInt64() || last.To != active.Location.ValueString() {
		return diags
	}
	runs, looked, d := r.moved(ctx, last, state.Name.ValueString(), active)
	diags.Append(d...)
	if looked {
		last = last.Measured(runs)
	}
	state.LastFailover, d = lastObject(ctx, last)
	diags.Append(d...)
	return diags
}

// moved are the runs that a failover submitted. looked is false when nobody was
// asked, and what was known before stays.
func (r *Resource) moved(ctx context.Context, last failover.Last, pair string, active roleModel) (runs []failover.Moved, looked bool, diags diag.Diagnostics) {
	location := active.Location.ValueString()
	if !r.session.Answers(location) {
		return nil, false, nil
	}
	// Everybody shares this list, and the refresh has asked for it.
	live, err := r.session.Live(ctx, account(active))
	if err != nil {
		return nil, false, nil
	}
	mark := failover.Mark(pair, last.Generation)
	if last.Over() && !alive(live, mark) {
		return nil, false, nil
	}
	runs, can, err := r.session.Moved(ctx, account(active), mark)
	if err != nil {
		return nil, false, diagnostics.Unsearched(err, account(active).ID, location, r.session)
	}
	return runs, can, nil
}

// alive reports whether a run with the mark goes on: something that was left over
// has been submitted since.
func alive(live *session.Live, mark string) bool {
	for _, run := range live.Runs() {
		if run.Mark == mark {
			return true
		}
	}
	return false
}

// last is what the newest record tells of the failover to a generation.
func (l ledger) last(active string, generation int64) (failover.Last, bool) {
	newest, ok := failover.NewestRecord(l.records())
	if !ok || newest.Generation != generation || newest.Active != active {
		return failover.Last{}, false
	}
	return failover.LastOf(newest)
}

// heed remembers since when each region does not answer.
func (l *ledger) heed(now time.Time, answers func(location string) bool, locations ...string) {
	dark := map[string]time.Time{}
	for _, location := range locations {
		if answers(location) {
			continue
		}
		dark[location] = now.UTC()
		if since, known := l.Dark[location]; known {
			dark[location] = since
		}
	}
	l.Dark = dark
}

// detected is when the region that is left was first seen not to answer; nil when it
// does.
func (c *change) detected() *time.Time {
	from := c.decision.From
	since, known := c.known.book.Dark[from]
	switch {
	case known && !c.known.silent.Answers(from):
	case !c.session.Answers(from):
		// It went silent since the refresh.
		since = c.now().UTC()
	default:
		return nil
	}
	return &since
}
