package submission

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-log/tflog"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/blobstore"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/diagnostics"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/engine"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/failover"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/session"
)

// settleTimeout bounds a cancellation, and the look after its fate, once they are
// under way: an interrupt does not tear them.
const settleTimeout = time.Minute

// launch is a submission on its way through engine.SubmitOnce: with what decides on
// the runs that are there, and the check of the inputs.
type launch struct {
	session  *session.Session
	plan     *model
	region   regionModel
	identity failover.Identity
	content  any
	// generation is zero on create, when there may be runs of any generation from
	// before the state.
	generation int64
	// superseded are the known superseded runs in the target account.
	superseded []string
	// moved says that this is a failover, to which max_data_loss applies, and mark
	// names it to whoever looks what it submitted.
	moved bool
	mark  string
	// ready, if set, is done when nothing is left but to take up or send the run. It
	// may tell that there is no need for one any more.
	ready func(context.Context) (needless bool, diags diag.Diagnostics)
	now   func() time.Time
	// surplus are second runs with the key, which were told to stop.
	surplus []attemptModel
}

// errOver ends a submission of which everything is said.
var errOver = errors.New("nothing is to be sent")

// run returns the run that counts now, or nil and why there is none.
func (l *launch) run(ctx context.Context) (*attemptModel, engine.Run, diag.Diagnostics) {
	var diags diag.Diagnostics
	where := diagnostics.Context{Resource: l.identity.Pair + "/" + l.identity.Submission, Region: l.region.Location.ValueString()}
	failed := func(summary string, err error, next string) (*attemptModel, engine.Run, diag.Diagnostics) {
		where.NextStep = next
		diags.Append(diagnostics.Error(summary, err, where))
		return nil, engine.Run{}, diags
	}
	e, err := l.session.Engine(l.region.account())
	if err != nil {
		return failed("No client for the "+orWorkflows(l.plan.kind).server, err, "")
	}
	noun := e.Capabilities().Noun
	out, err := engine.SubmitOnce(ctx, e, engine.Order{
		Submission: failover.Part(l.identity),
		Decide:     l.decide,
		Ready: func(ctx context.Context, d engine.Decision) error {
			if d.Take == nil {
				if preflight := l.preflight(ctx); preflight.HasError() {
					diags.Append(preflight...)
					return errOver
				}
			}
			if l.ready == nil {
				return nil
			}
			needless, more := l.ready(ctx)
			if diags.Append(more...); needless || diags.HasError() {
				return errOver
			}
			return nil
		},
		Compose: func(ctx context.Context, _ engine.Token, found []engine.Run) (engine.Job, error) {
			return l.plan.job().compose(ctx, l, l.basename(ctx, found, ""))
		},
		Stop: func(ctx context.Context, token engine.Token, found []engine.Run, run engine.Run) {
			diags.Append(l.cancel(ctx, e, token.Key, found, run)...)
		},
		Throttled: func(ctx context.Context, pause time.Duration) {
			tflog.Info(ctx, "The service throttles; the submission was not accepted and is sent later", map[string]any{"pause": pause.String()})
		},
	})
	var lookup *engine.LookupError
	var compose *engine.ComposeError
	var unknown *engine.OutcomeUnknownError
	switch {
	case errors.Is(err, errOver):
		return nil, engine.Run{}, diags
	case errors.As(err, &lookup):
		return failed("The "+orWorkflows(l.plan.kind).server+" cannot be asked for earlier runs", err, "")
	case errors.As(err, &compose):
		return failed("The submission cannot be signed", err, "Check that the provider's identity may sign for the input and output containers.")
	case errors.As(err, &unknown):
		return failed("The answer to the submission was lost", err,
			fmt.Sprintf("Nothing is sent again blindly. Apply again: the service is asked for a run with the key %s first.", out.Token.Key))
	case err != nil:
		return failed(fmt.Sprintf("The %s was not accepted", noun), err, "")
	}
	if out.Taken {
		tflog.Info(ctx, "Took up a run that carries the submission's key", map[string]any{"run": out.Run.ID, "key": out.Token.Key, "status": string(statusOf(out.Run.State))})
		if out.Run.State.Failed() {
			where.NextStep = "Change triggers to run it again."
			diags.Append(diagnostics.Warning(fmt.Sprintf("Took up run %s of submission %s, which has failed", out.Run.ID, l.identity.Submission),
				fmt.Errorf("failure code %d: %s", out.Run.Code, out.Run.Message), where))
		}
	}
	attempt := l.attempt(ctx, out.Token.Key, out.Found, out.Run)
	return &attempt, out.Run, diags
}

// decide takes what was found to what is taken up and what is stopped.
func (l *launch) decide(found []engine.Run) engine.Decision {
	d := engine.Decision{Token: engine.Token{Submission: failover.Part(l.identity), Key: l.key(found), Mark: l.mark}}
	adoption := failover.Adopt(d.Token.Key, l.policy(), toFound(found, l.plan.limits), l.superseded)
	if adoption.Adopt != nil {
		run := pick(found, adoption.Adopt.WorkflowID)
		d.Take = &run
	}
	for _, surplus := range adoption.Cancel {
		d.Stop = append(d.Stop, pick(found, surplus.WorkflowID))
	}
	return d
}

// attempt is a run in the target region, among those that were found there.
func (l *launch) attempt(ctx context.Context, key string, found []engine.Run, run engine.Run) attemptModel {
	return newAttempt(l.region, key, l.basename(ctx, found, run.ID), run)
}

func (l *launch) basename(ctx context.Context, found []engine.Run, id string) string {
	return failover.OutputBasename(l.plan.job().basename(ctx), l.region.Location.ValueString(), failover.Ordinal(toFound(found, l.plan.limits), id))
}

func (l *launch) policy() failover.Policy {
	return failover.Policy(l.plan.OnFailover.ValueString())
}

// key is the submission's key. On create the runs found tell the generation: the
// newest that was made with this content.
func (l *launch) key(found []engine.Run) string {
	if l.generation == 0 {
		l.generation = 1
		for _, run := range found {
			if g, ok := failover.Generation(l.identity, l.content, run.Key); ok {
				l.generation = max(l.generation, g)
			}
		}
	}
	return failover.Key(l.identity, l.generation, l.content)
}

// cancel stops a run that carries the same key as the one that is kept.
func (l *launch) cancel(ctx context.Context, e engine.Engine, key string, found []engine.Run, run engine.Run) diag.Diagnostics {
	var diags diag.Diagnostics
	attempt := l.attempt(ctx, key, found, run)
	attempt.Superseded = types.BoolValue(true)
	where := attempt.where()
	if err := tell(ctx, e, run.ID); err != nil && !vanished(err) {
		where.NextStep = "It is recorded as superseded; the next plan cancels it."
		diags.Append(diagnostics.Warning("A second run with the same key could not be cancelled", err, where))
	} else {
		attempt.Status = types.StringValue(string(failover.StatusCancelling))
		diags.Append(diagnostics.Warning("A second run with the same key was cancelled", nil, where))
		bounded, stop := context.WithTimeout(ctx, settleTimeout)
		over, err := ended(bounded, e, run.ID)
		stop()
		if err == nil {
			attempt.observe(over)
		} else {
			tflog.Info(ctx, "The second run has not stopped yet", map[string]any{"run": run.ID, "reason": err.Error()})
		}
	}
	l.surplus = append(l.surplus, attempt)
	return diags
}

// containers are where the job's inputs are and its results go, and how long a
// signature for either is valid. Without an input store there is none of inputs.
func (l *launch) containers(ctx context.Context) (input, output *blobstore.Container, validFor time.Duration, err error) {
	if validFor, err = time.ParseDuration(l.plan.SASDuration.ValueString()); err != nil {
		return nil, nil, 0, err
	}
	if !l.plan.InputStore.IsNull() {
		store, _ := l.plan.store(ctx)
		if input, err = l.session.Container(ctx, store.reference()); err != nil {
			return nil, nil, 0, err
		}
	}
	output, err = l.session.Container(ctx, session.ContainerRef{
		Location: l.region.Location.ValueString(), StorageAccountID: l.region.OutputStorageAccountID.ValueString(), URL: l.region.OutputContainerURL.ValueString(),
	})
	return input, output, validFor, err
}

func (s storeModel) reference() session.ContainerRef {
	return session.ContainerRef{
		Location: s.Location.ValueString(), StorageAccountID: s.StorageAccountID.ValueString(), AccountName: s.StorageAccountName.ValueString(), URL: s.ContainerURL.ValueString(),
	}
}

// unborn stands for when a run was taken of which its service does not tell that:
// it has not begun, so all others are older.
var unborn = time.Date(9000, 1, 1, 0, 0, 0, 0, time.UTC)

func toFound(runs []engine.Run, limits engine.Limits) []failover.Found {
	var out []failover.Found
	for _, run := range runs {
		if run.Key == "" {
			continue
		}
		found := failover.Found{
			WorkflowID: run.ID, Key: run.Key, Status: statusOf(run.State), SubmittedAt: run.CreatedAt, InputFailure: run.State == engine.StateFailedInput,
		}
		if _, overdue := limits.Overdue(run, time.Now()); overdue {
			found.Status = failover.StatusStalled
		}
		if found.SubmittedAt.IsZero() {
			found.SubmittedAt = unborn
		}
		out = append(out, found)
	}
	return out
}

func pick(runs []engine.Run, id string) engine.Run {
	for _, run := range runs {
		if run.ID == id {
			return run
		}
	}
	return engine.Run{}
}

// offline checks what is known of a plan without asking anybody.
func offline(ctx context.Context, m *model) diag.Diagnostics {
	var diags diag.Diagnostics
	if m.InputStore.IsNull() {
		return diags
	}
	region, d := m.region(ctx)
	diags.Append(d...)
	store, d := m.store(ctx)
	diags.Append(d...)
	if diags.HasError() || store.Location.IsUnknown() || store.Location.IsNull() {
		return diags
	}
	if !sameLocation(region.Location, store.Location) {
		diags.AddError("The input store is active in another region",
			fmt.Sprintf("Submission %s runs in %s, but its inputs are taken from %s.\n\nNext step: give the input store the same active_region as the pair.",
				m.Name.ValueString(), region.Location.ValueString(), store.Location.ValueString()))
	}
	return diags
}

func sameLocation(a, b types.String) bool { return normalize(a) == normalize(b) }
