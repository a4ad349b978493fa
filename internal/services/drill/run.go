package drill

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/blobstore"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/diagnostics"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/engine"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/failover"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/msgenomics"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/readiness"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/region"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/replication"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/services"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/session"
)

const (
	// folder is below which canaries write.
	folder = "drills/"
	// How long lies between two looks at a canary: the first, and at most.
	firstPause, longestPause = 500 * time.Millisecond, 15 * time.Second
	// settle bounds what is still done when the time is over or the run interrupted.
	settle = time.Minute
)

// statusTimeout stands for a canary that was cancelled because the time was over.
const statusTimeout = "timeout"

// canary is one drill to run. It knows nothing of the active region.
type canary struct {
	session       *session.Session
	now           func() time.Time
	limit         time.Duration
	id            string
	region        regionModel
	store         storeModel
	inputs        []string
	process, args string
	validFor      time.Duration
}

// done is what became of it.
type done struct {
	location, run, status, message string
	success                        bool
	started, ended, firstOutput    time.Time
	accepted                       time.Duration
	deleted                        int64
}

// content is what makes a canary another one.
type content struct {
	DrillID string   `json:"drill_id"`
	Process string   `json:"process"`
	Args    string   `json:"process_args"`
	Inputs  []string `json:"inputs"`
}

func (c *canary) token() engine.Token {
	id := services.DrillIdentity(c.region.PairName.ValueString())
	key := failover.Key(id, 1, content{c.id, c.process, c.args, c.inputs})
	return engine.Token{Submission: failover.Part(id), Key: key}
}

// prefix is what the names of all that this canary writes begin with.
func (c *canary) prefix() string { return folder + c.token().Key + "/" }

func (c *canary) where() diagnostics.Context {
	return diagnostics.Context{Resource: c.region.PairName.ValueString() + "/" + c.id, Region: c.region.Location.ValueString()}
}

func (c *canary) failed(summary string, err error, next string) diag.Diagnostics {
	where := c.where()
	where.NextStep = next
	return diag.Diagnostics{diagnostics.Error(summary, err, where)}
}

// run submits the canary, waits until it has ended, deletes what it wrote, and leaves
// a record if it succeeded.
func (c *canary) run(ctx context.Context) (done, diag.Diagnostics) {
	if region.Normalize(c.region.Location.ValueString()) != region.Normalize(c.store.Location.ValueString()) {
		return done{}, c.failed("The drill's inputs are in another region", fmt.Errorf("it runs in %s, and the inputs are in %s", c.region.Location.ValueString(), c.store.Location.ValueString()),
			"Give region and input_store the standby of a pair and of a store with the same active_region.")
	}
	input, output, err := c.containers(ctx)
	if err != nil {
		return done{}, c.failed("The standby's storage cannot be used", err, "")
	}
	if diags := c.preflight(ctx, input); diags.HasError() {
		return done{}, diags
	}
	service, err := c.session.Engine(session.ServiceAccount{ID: c.region.AccountID.ValueString(), Location: c.region.Location.ValueString(), URL: c.region.APIURL.ValueString()})
	if err != nil {
		return done{}, c.failed("No client for the workflow service", err, "")
	}
	d := done{location: c.region.Location.ValueString(), started: c.now()}
	outcome, err := engine.SubmitOnce(ctx, service, engine.Order{
		Submission: c.token().Submission, Decide: engine.Oldest(c.token()),
		Compose: func(ctx context.Context, _ engine.Token, _ []engine.Run) (engine.Job, error) {
			return c.compose(ctx, input, output)
		},
	})
	if err != nil {
		return d, c.failed("The canary was not submitted", err, "Apply again: a canary with the same drill_id is looked for before one is sent.")
	}
	d.run = outcome.Run.ID
	if outcome.Taken {
		d.started = outcome.Run.CreatedAt
	} else {
		d.accepted = c.now().Sub(d.started)
	}
	run, err := c.await(ctx, service, outcome.Run)
	if err != nil {
		return d, c.failed(fmt.Sprintf("The canary %s could not be followed to its end", d.run), err, "Apply again: it is taken up.")
	}
	d.status, d.message, d.success, d.ended = string(run.State), run.Message, run.State == engine.StateSucceeded, c.now()
	if !run.State.Finished() {
		d.status = statusTimeout
	}
	if run.EndedAt != nil && run.EndedAt.After(d.started) {
		d.ended = *run.EndedAt
	}
	diags := c.cleanUp(ctx, output, &d)
	if !d.success {
		where := c.where()
		where.NextStep = "Look at what the service says of it, and run another drill with a new drill_id."
		diags.Append(diagnostics.Warning("The drill did not succeed", fmt.Errorf("canary %s ended as %s: %s", d.run, d.status, d.message), where))
		return d, diags
	}
	diags.Append(c.record(ctx, output, d)...)
	return d, diags
}

func (c *canary) containers(ctx context.Context) (input, output *blobstore.Container, err error) {
	location := c.region.Location.ValueString()
	input, err = c.session.Container(ctx, session.ContainerRef{Location: location, StorageAccountID: c.store.StorageAccountID.ValueString(), URL: c.store.ContainerURL.ValueString()})
	if err != nil {
		return nil, nil, err
	}
	output, err = c.session.Container(ctx, session.ContainerRef{Location: location, StorageAccountID: c.region.OutputStorageAccountID.ValueString(), URL: c.region.OutputContainerURL.ValueString()})
	return input, output, err
}

// preflight checks that the inputs are in the standby as they were replicated there.
func (c *canary) preflight(ctx context.Context, input *blobstore.Container) diag.Diagnostics {
	problems, err := c.session.Inputs().Preflight(ctx, input, c.inputs, c.store.StoreName.ValueString(), c.store.Prefix.ValueString())
	if err != nil {
		return c.failed("The drill's inputs cannot be looked at", err, "")
	}
	if len(problems) == 0 {
		return nil
	}
	texts := make([]string, 0, len(problems))
	for _, p := range problems {
		texts = append(texts, p.Text)
	}
	return c.failed("The drill cannot begin: its inputs are not in the standby as they were replicated", errors.New(strings.Join(texts, "; ")), "Apply the input store first.")
}

func (c *canary) compose(ctx context.Context, input, output *blobstore.Container) (engine.Job, error) {
	s := msgenomics.Submission{
		Process: c.process, ProcessArgs: c.args, Description: "failover drill " + c.id,
		InputAccount: input.AccountName(), InputContainer: input.Name(), OutputAccount: output.AccountName(), OutputContainer: output.Name(),
		OutputBase: c.prefix() + "canary", Overwrite: true, IncludeLogs: true,
	}
	for _, name := range c.inputs {
		signature, err := input.BlobSAS(ctx, name, c.validFor)
		if err != nil {
			return s, err
		}
		s.Inputs = append(s.Inputs, msgenomics.Input{Name: name, SAS: signature})
	}
	var err error
	s.OutputSAS, err = output.ContainerSAS(ctx, c.validFor)
	return s, err
}

// await follows the canary to its end. When the time is over it is cancelled.
func (c *canary) await(ctx context.Context, service engine.Engine, run engine.Run) (engine.Run, error) {
	bounded, stop := context.WithTimeout(ctx, c.limit)
	defer stop()
	for pause := firstPause; ; pause = min(pause*2, longestPause) {
		if run.State.Finished() {
			return run, nil
		}
		err := engine.Wait(bounded, pause)
		if err == nil {
			var now engine.Run
			if now, err = service.Get(bounded, run.ID); err == nil {
				run = now
			}
		}
		switch {
		case ctx.Err() != nil:
			return run, ctx.Err()
		case bounded.Err() != nil:
			return run, cancel(ctx, service, run)
		case err != nil:
			return run, err
		}
	}
}

func cancel(ctx context.Context, service engine.Engine, run engine.Run) error {
	late, end := context.WithTimeout(ctx, settle)
	defer end()
	return service.Cancel(late, run.ID)
}

// cleanUp deletes what the canary wrote, and nothing else: the prefix is its own.
func (c *canary) cleanUp(ctx context.Context, output *blobstore.Container, d *done) diag.Diagnostics {
	where := c.where()
	where.NextStep = fmt.Sprintf("Delete what is below %s in %s.", c.prefix(), output.URL())
	for b, err := range output.List(ctx, c.prefix()) {
		if err == nil {
			if d.firstOutput.IsZero() || b.LastModified.Before(d.firstOutput) {
				d.firstOutput = b.LastModified
			}
			err = output.Delete(ctx, b.Name, blobstore.Condition{})
		}
		if err != nil && !blobstore.IsNotFound(err) {
			return diag.Diagnostics{diagnostics.Warning("What the canary wrote could not be deleted", err, where)}
		}
		d.deleted++
	}
	return nil
}

// record leaves for others to see that a drill has succeeded.
func (c *canary) record(ctx context.Context, output *blobstore.Container, d done) diag.Diagnostics {
	pair := c.region.PairName.ValueString()
	r := readiness.DrillRecord{
		Pair: pair, ID: c.id, Location: d.location, Run: d.run, StartedAt: d.started, EndedAt: d.ended, AcceptSeconds: d.accepted.Seconds(),
	}
	if !d.firstOutput.IsZero() {
		r.OutputSeconds = max(d.firstOutput.Sub(d.started).Seconds(), 0)
	}
	_, err := output.Upload(ctx, replication.Reserved+readiness.DrillRecordName(pair), bytes.NewReader(r.Encode()), blobstore.UploadOptions{
		Headers: blobstore.Headers{ContentType: "application/json"},
	})
	if err != nil {
		where := c.where()
		where.NextStep = "genomics_readiness does not know of this drill. Run another one with a new drill_id."
		return diag.Diagnostics{diagnostics.Warning("The drill succeeded, and its record could not be written", err, where)}
	}
	return nil
}
