package readiness

import (
	"context"
	"math"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/engine"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/failover"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/msgenomics"
	rules "github.com/genomics-continuity/terraform-provider-genomics/internal/readiness"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/services"
)

// recoveryModel is how long a failover would take, beside how long the last one took.
type recoveryModel struct {
	EstimatedRecoveryTime types.Int64            `tfsdk:"estimated_recovery_time"`
	LastFailover          *services.LastFailover `tfsdk:"last_failover"`
}

func (l *look) recovery(estimate *time.Duration) recoveryModel {
	m := recoveryModel{EstimatedRecoveryTime: types.Int64Null()}
	if estimate != nil {
		m.EstimatedRecoveryTime = types.Int64Value(int64(math.Ceil(estimate.Seconds())))
	}
	if l.last != nil {
		told := services.LastFailoverOf(*l.last)
		m.LastFailover = &told
	}
	return m
}

// lastFailover is what the pair has noted in this run. One that somebody else keeps
// has left the beginning in its record, and the runs that it submitted carry its mark.
func (l *look) lastFailover(ctx context.Context) *rules.Failover {
	last, known := l.session.LastFailover(l.pair.Name.ValueString())
	if !known && l.record != nil && l.record.Active == at(l.active.Location) {
		if last, known = failover.LastOf(*l.record); known && l.session.Answers(last.To) {
			runs, can, err := l.session.Moved(ctx, serviceAccount(l.active), failover.Mark(l.pair.Name.ValueString(), last.Generation))
			if err == nil && can {
				last = last.Measured(runs)
			}
		}
	}
	if !known {
		return nil
	}
	l.last = &last
	took := func(until time.Time) *time.Duration {
		d, known := last.Took(until)
		if !known {
			return nil
		}
		return &d
	}
	return &rules.Failover{
		From: last.From, To: last.To, Mode: last.Mode, At: last.DecidedAt, Resubmitted: last.Resubmitted,
		Accepted: took(last.AcceptedAt), Finished: took(last.FinishedAt),
	}
}

// estimated describes the estimate; of says what is counted and when there is none.
func estimated(of string) schema.Int64Attribute {
	return schema.Int64Attribute{
		Computed: true,
		MarkdownDescription: "How long a failover now would take, in seconds, estimated: one `region_timeout` to find the region dark, what the service took to accept the last drill's canary " +
			"for each ten submissions, and what the canary took. Counted are " + of + ".",
	}
}

func lastFailover() schema.SingleNestedAttribute {
	attributes := map[string]schema.Attribute{}
	for name, description := range services.LastFailoverWords.Texts {
		attributes[name] = schema.StringAttribute{Computed: true, MarkdownDescription: description}
	}
	for name, description := range services.LastFailoverWords.Numbers {
		attributes[name] = schema.Int64Attribute{Computed: true, MarkdownDescription: description}
	}
	return schema.SingleNestedAttribute{
		Computed: true,
		MarkdownDescription: "How the last real failover went, to be held against the estimate: `last_failover` of the pair, as its state in this run has it. " +
			"For a pair that another configuration keeps it is read from the pair's record in the standby and the runs in the active region, with one request for each hundred that the failover submitted. " +
			"Null if there was none, or nobody could look.",
		Attributes: attributes,
	}
}

// basesOf is how many bases a run has processed; null when its service does not say.
func basesOf(run engine.Run) types.Int64 {
	if workflow, ok := run.Detail.(msgenomics.Workflow); ok {
		return types.Int64PointerValue(workflow.BasesProcessed)
	}
	return types.Int64Null()
}
