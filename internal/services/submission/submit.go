package submission

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-log/tflog"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/diagnostics"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/failover"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/msgenomics"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/session"
)

// A submission whose answer was lost is looked for this often, so long apart;
// and one that was throttled, which is certainly no run, is sent this often.
const (
	lookups     = 5
	lookupPause = time.Second
	sends       = 4
	// settleTimeout bounds a submission and the look after its fate once they are
	// under way: an interrupt does not tear them, or a run might be left unknown.
	settleTimeout = time.Minute
)

// launch is the only way to submit: look for a run with the key, check the
// inputs, send once, and look again if the answer was lost.
type launch struct {
	session  *session.Session
	plan     *model
	region   regionModel
	identity failover.Identity
	content  failover.Content
	// generation is zero on create, when there may be runs of any generation from
	// before the state.
	generation int64
	// superseded are the known superseded runs in the target account.
	superseded []string
	// moved says that this is a failover, to which max_data_loss applies.
	moved bool
	// ready, if set, is done when nothing is left but to take up or send the run. It
	// may tell that there is no need for one any more.
	ready func(context.Context) (needless bool, diags diag.Diagnostics)
	now   func() time.Time
	// surplus are second runs with the key, which were told to stop.
	surplus []attemptModel
}

// run returns the run that counts now, or nil and why there is none.
func (l *launch) run(ctx context.Context) (*attemptModel, msgenomics.Workflow, diag.Diagnostics) {
	var diags diag.Diagnostics
	where := diagnostics.Context{Resource: l.identity.Pair + "/" + l.identity.Submission, Region: l.region.Location.ValueString()}
	failed := func(summary string, err error, next string) (*attemptModel, msgenomics.Workflow, diag.Diagnostics) {
		where.NextStep = next
		diags.Append(diagnostics.Error(summary, err, where))
		return nil, msgenomics.Workflow{}, diags
	}
	client, err := l.session.Service(l.region.account())
	if err != nil {
		return failed("No client for the workflow service", err, "")
	}
	found, err := l.find(ctx, client)
	if err != nil {
		return failed("The workflow service cannot be asked for earlier runs", err, "")
	}
	key := l.key(found)
	adoption := failover.Adopt(key, l.policy(), toFound(found), l.superseded)
	diags.Append(l.cancel(ctx, client, key, found, adoption.Cancel)...)
	if adoption.Adopt == nil {
		if d := l.preflight(ctx); d.HasError() {
			return nil, msgenomics.Workflow{}, append(diags, d...)
		}
	}
	if l.ready != nil {
		needless, d := l.ready(ctx)
		if diags.Append(d...); needless || diags.HasError() {
			return nil, msgenomics.Workflow{}, diags
		}
	}
	if adoption.Adopt != nil {
		workflow := pick(found, adoption.Adopt.WorkflowID)
		tflog.Info(ctx, "Took up a run that carries the submission's key", map[string]any{"workflow": workflow.ID, "key": key, "status": workflow.Status.String()})
		if workflow.Status == msgenomics.StatusFailed {
			where.NextStep = "Change triggers to run it again."
			diags.Append(diagnostics.Warning(fmt.Sprintf("Took up run %d of submission %s, which has failed", workflow.ID, l.identity.Submission),
				fmt.Errorf("failure code %d: %s", workflow.FailureCode, workflow.Message), where))
		}
		attempt := l.attempt(key, found, workflow)
		return &attempt, workflow, diags
	}
	submission, err := l.compose(ctx, key, found)
	if err != nil {
		return failed("The submission cannot be signed", err, "Check that the provider's identity may sign for the input and output containers.")
	}
	workflow, d, err := l.send(ctx, client, key, submission)
	diags.Append(d...)
	var unknown *msgenomics.OutcomeUnknownError
	switch {
	case errors.As(err, &unknown):
		return failed("The answer to the submission was lost", err,
			fmt.Sprintf("Nothing is sent again blindly. Apply again: the service is asked for a run with the key %s first.", key))
	case err != nil:
		return failed("The workflow was not accepted", err, "")
	}
	attempt := l.attempt(key, found, workflow)
	return &attempt, workflow, diags
}

// attempt is a run in the target region, among those that were found there.
func (l *launch) attempt(key string, found []msgenomics.Workflow, workflow msgenomics.Workflow) attemptModel {
	return newAttempt(l.region, key, l.basename(found, strconv.FormatInt(workflow.ID, 10)), workflow)
}

func (l *launch) basename(found []msgenomics.Workflow, workflowID string) string {
	return failover.OutputBasename(l.content.Basename, l.region.Location.ValueString(), failover.Ordinal(toFound(found), workflowID))
}

func (l *launch) policy() failover.Policy {
	return failover.Policy(l.plan.OnFailover.ValueString())
}

// find lists the runs of this submission, of whatever generation.
func (l *launch) find(ctx context.Context, client *msgenomics.Client) ([]msgenomics.Workflow, error) {
	return client.FindByToken(ctx, failover.SearchTerm(l.identity))
}

// key is the submission's key. On create the runs found tell the generation: the
// newest that was made with this content.
func (l *launch) key(found []msgenomics.Workflow) string {
	if l.generation == 0 {
		l.generation = 1
		for _, w := range found {
			key, _, ok := failover.ParseDescription(w.Description)
			if !ok {
				continue
			}
			if g, ok := failover.Generation(l.identity, l.content, key); ok {
				l.generation = max(l.generation, g)
			}
		}
	}
	return failover.Key(l.identity, l.generation, l.content)
}

// cancel stops runs that carry the same key as the one that is kept.
func (l *launch) cancel(ctx context.Context, client *msgenomics.Client, key string, found []msgenomics.Workflow, runs []failover.Found) diag.Diagnostics {
	var diags diag.Diagnostics
	for _, run := range runs {
		attempt := l.attempt(key, found, pick(found, run.WorkflowID))
		attempt.Superseded = types.BoolValue(true)
		where := attempt.where()
		id, err := strconv.ParseInt(run.WorkflowID, 10, 64)
		if err == nil {
			err = tell(ctx, client, id)
		}
		if err != nil && !msgenomics.IsNotFound(err) {
			where.NextStep = "It is recorded as superseded; the next plan cancels it."
			diags.Append(diagnostics.Warning("A second run with the same key could not be cancelled", err, where))
		} else {
			attempt.Status = types.StringValue(string(failover.StatusCancelling))
			diags.Append(diagnostics.Warning("A second run with the same key was cancelled", nil, where))
			bounded, stop := context.WithTimeout(ctx, settleTimeout)
			workflow, err := ended(bounded, client, id)
			stop()
			if err == nil {
				attempt.observe(workflow)
			} else {
				tflog.Info(ctx, "The second run has not stopped yet", map[string]any{"workflow": id, "reason": err.Error()})
			}
		}
		l.surplus = append(l.surplus, attempt)
	}
	return diags
}

// send submits exactly once, but for throttling, which is a refusal. A lost
// answer is looked for.
func (l *launch) send(ctx context.Context, client *msgenomics.Client, key string, s msgenomics.Submission) (msgenomics.Workflow, diag.Diagnostics, error) {
	for sent := 1; ; sent++ {
		workflow, diags, err := l.settle(ctx, client, key, s)
		var refused *msgenomics.APIError
		if err == nil || !errors.As(err, &refused) || refused.StatusCode != http.StatusTooManyRequests || sent == sends {
			return workflow, diags, err
		}
		pause := max(refused.RetryAfter, lookupPause)
		tflog.Info(ctx, "The service throttles; the submission was not accepted and is sent later", map[string]any{"pause": pause.String()})
		if err := wait(ctx, pause); err != nil {
			return workflow, diags, err
		}
	}
}

// settle sends once and finds out what became of it. It is not to be interrupted
// half-way: what is known of the run afterwards goes into the state.
func (l *launch) settle(ctx context.Context, client *msgenomics.Client, key string, s msgenomics.Submission) (msgenomics.Workflow, diag.Diagnostics, error) {
	if err := ctx.Err(); err != nil {
		return msgenomics.Workflow{}, nil, err
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), settleTimeout)
	defer cancel()
	workflow, err := client.Submit(ctx, s)
	var unknown *msgenomics.OutcomeUnknownError
	if errors.As(err, &unknown) {
		return l.lookUp(ctx, client, key, err)
	}
	return workflow, nil, err
}

func (l *launch) lookUp(ctx context.Context, client *msgenomics.Client, key string, lost error) (msgenomics.Workflow, diag.Diagnostics, error) {
	for range lookups {
		found, err := l.find(ctx, client)
		if err != nil {
			return msgenomics.Workflow{}, nil, errors.Join(lost, err)
		}
		if adoption := failover.Adopt(key, l.policy(), toFound(found), l.superseded); adoption.Adopt != nil {
			// What was there before may have come back to life beside the one just sent.
			return pick(found, adoption.Adopt.WorkflowID), l.cancel(ctx, client, key, found, adoption.Cancel), nil
		}
		if err := wait(ctx, lookupPause); err != nil {
			return msgenomics.Workflow{}, nil, errors.Join(lost, err)
		}
	}
	return msgenomics.Workflow{}, nil, lost
}

// wait is a pause that ends when the run is cancelled.
func wait(ctx context.Context, pause time.Duration) error {
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

// compose makes the request: names, and signatures that live as long as the user
// says.
func (l *launch) compose(ctx context.Context, key string, found []msgenomics.Workflow) (msgenomics.Submission, error) {
	out, _ := l.plan.output(ctx)
	basename := l.basename(found, "")
	options, _ := l.plan.options(ctx)
	store, _ := l.plan.store(ctx)
	names, _ := l.plan.inputNames(ctx)
	validFor, err := time.ParseDuration(l.plan.SASDuration.ValueString())
	if err != nil {
		return msgenomics.Submission{}, err
	}
	input, err := l.session.Container(ctx, store.reference())
	if err != nil {
		return msgenomics.Submission{}, err
	}
	output, err := l.session.Container(ctx, session.ContainerRef{
		Location: l.region.Location.ValueString(), StorageAccountID: l.region.OutputStorageAccountID.ValueString(), URL: l.region.OutputContainerURL.ValueString(),
	})
	if err != nil {
		return msgenomics.Submission{}, err
	}
	s := msgenomics.Submission{
		Process: l.content.Process, ProcessArgs: l.content.ProcessArgs, Description: failover.Describe(key, l.plan.Description.ValueString()),
		IgnoreAzureRegion: l.plan.IgnoreAzureRegion.ValueBoolPointer(),
		InputAccount:      input.AccountName(), InputContainer: input.Name(),
		OutputAccount: output.AccountName(), OutputContainer: output.Name(), OutputBase: basename,
		Overwrite: out.Overwrite.ValueBool(), IncludeLogs: out.IncludeLogs.ValueBool(),
		Options: msgenomics.Options{
			EmitRefConfidence: options.EmitRefConfidence.ValueString(), BgzipOutput: options.BgzipOutput.ValueBoolPointer(), BQSR: options.BQSREnabled.ValueBoolPointer(),
			ReadGroup: options.ReadGroup.ValueString(), SuppressFastqValidation: options.SuppressFastqValidation.ValueBoolPointer(),
		},
	}
	for _, name := range names {
		signature, err := input.BlobSAS(ctx, name, validFor)
		if err != nil {
			return s, err
		}
		s.Inputs = append(s.Inputs, msgenomics.Input{Name: name, SAS: signature})
	}
	s.OutputSAS, err = output.ContainerSAS(ctx, validFor)
	return s, err
}

func (s storeModel) reference() session.ContainerRef {
	return session.ContainerRef{
		Location: s.Location.ValueString(), StorageAccountID: s.StorageAccountID.ValueString(), AccountName: s.StorageAccountName.ValueString(), URL: s.ContainerURL.ValueString(),
	}
}

func toFound(workflows []msgenomics.Workflow) []failover.Found {
	var out []failover.Found
	for _, w := range workflows {
		key, _, ok := failover.ParseDescription(w.Description)
		if !ok {
			continue
		}
		out = append(out, failover.Found{
			WorkflowID: strconv.FormatInt(w.ID, 10), Key: key, Status: failover.Status(w.Status.String()), SubmittedAt: w.CreatedAt,
			InputFailure: w.Status == msgenomics.StatusFailed && msgenomics.InputFailure(w.FailureCode),
		})
	}
	return out
}

func pick(workflows []msgenomics.Workflow, id string) msgenomics.Workflow {
	for _, w := range workflows {
		if strconv.FormatInt(w.ID, 10) == id {
			return w
		}
	}
	return msgenomics.Workflow{}
}

// offline checks what is known of a plan without asking anybody.
func offline(ctx context.Context, m *model) diag.Diagnostics {
	var diags diag.Diagnostics
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
