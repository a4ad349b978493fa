package services

import (
	"math"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/failover"
)

// LastFailover is how a pair's last failover went, as states and data sources have it.
type LastFailover struct {
	From            types.String `tfsdk:"from"`
	To              types.String `tfsdk:"to"`
	Generation      types.Int64  `tfsdk:"generation"`
	Mode            types.String `tfsdk:"mode"`
	DetectedAt      types.String `tfsdk:"detected_at"`
	DecidedAt       types.String `tfsdk:"decided_at"`
	Resubmitted     types.Int64  `tfsdk:"resubmitted"`
	AcceptedAt      types.String `tfsdk:"accepted_at"`
	AcceptedSeconds types.Int64  `tfsdk:"accepted_seconds"`
	FinishedAt      types.String `tfsdk:"finished_at"`
	FinishedSeconds types.Int64  `tfsdk:"finished_seconds"`
}

// LastFailoverOf is what was measured, with null for what is not known.
func LastFailoverOf(l failover.Last) LastFailover {
	text := func(text string) types.String {
		if text == "" {
			return types.StringNull()
		}
		return types.StringValue(text)
	}
	moment := func(t time.Time) types.String {
		if t.IsZero() {
			return types.StringNull()
		}
		return types.StringValue(t.UTC().Format(time.RFC3339))
	}
	seconds := func(until time.Time) types.Int64 {
		took, known := l.Took(until)
		if !known {
			return types.Int64Null()
		}
		return types.Int64Value(int64(math.Round(took.Seconds())))
	}
	return LastFailover{
		From: types.StringValue(l.From), To: types.StringValue(l.To), Generation: types.Int64Value(l.Generation), Mode: text(l.Mode),
		DetectedAt: moment(l.DetectedAt), DecidedAt: moment(l.DecidedAt), Resubmitted: types.Int64PointerValue(l.Resubmitted),
		AcceptedAt: moment(l.AcceptedAt), AcceptedSeconds: seconds(l.AcceptedAt), FinishedAt: moment(l.FinishedAt), FinishedSeconds: seconds(l.FinishedAt),
	}
}

// Last is the failover again.
func (s LastFailover) Last() failover.Last {
	at := func(text types.String) time.Time {
		t, _ := time.Parse(time.RFC3339, text.ValueString())
		return t
	}
	return failover.Last{
		From: s.From.ValueString(), To: s.To.ValueString(), Generation: s.Generation.ValueInt64(), Mode: s.Mode.ValueString(),
		DetectedAt: at(s.DetectedAt), DecidedAt: at(s.DecidedAt), AcceptedAt: at(s.AcceptedAt), FinishedAt: at(s.FinishedAt),
		Resubmitted: s.Resubmitted.ValueInt64Pointer(),
	}
}

// LastFailoverWords says what each attribute is, which is the same wherever it stands.
var LastFailoverWords = struct{ Texts, Numbers map[string]string }{
	Texts: map[string]string{
		"from":        "Location that was left.",
		"to":          "Location that became active.",
		"mode":        "`forced` or `planned`; null when the failover's record does not say.",
		"detected_at": "When a refresh, or the failover itself, first saw the region that was left not answer (RFC 3339, UTC). A refresh counts once its result was saved, so a plan alone leaves nothing. Null when that region did answer.",
		"decided_at":  "When the failover was recorded (RFC 3339, UTC).",
		"accepted_at": "When the last of the runs that it submitted was accepted, by the clock of the service there (RFC 3339, UTC). Null without any, or while that service does not say of each.",
		"finished_at": "When the last of them ended, by the clock of the service there, successfully or not (RFC 3339, UTC). Null without any, or while one has not ended.",
	},
	Numbers: map[string]string{
		"generation":       "The pair's generation since.",
		"resubmitted":      "How many runs the failover submitted in the region it went to, as of the last refresh; null while none has looked.",
		"accepted_seconds": "Seconds from `detected_at`, or else from `decided_at`, to `accepted_at`; null while that is.",
		"finished_seconds": "Seconds from `detected_at`, or else from `decided_at`, to `finished_at`; null while that is.",
	},
}
