package drill

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/azure"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/blobstore"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/diagnostics"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/engine"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/failover"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/region"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/services"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/services/submission"
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

// The statuses that stand for more than the end of a canary.
const (
	// statusTimeout is that of one which was cancelled because the time was over.
	statusTimeout = "timeout"
	// statusUnreachable is that of a drill which sent none, because the standby did not
	// answer.
	statusUnreachable = "unreachable"
)

// canary is one drill to run. It knows nothing of the active region.
type canary struct {
	session  *session.Session
	now      func() time.Time
	limit    time.Duration
	id       string
	region   regionModel
	store    storeModel
	job      submission.Canary
	engine   string
	inputs   []string
	validFor time.Duration
	// strict makes an error of a canary that fails.
	strict bool
	// say tells people how far it is.
	say func(format string, args ...any)
	// cause is what the drill failed for.
	cause error
}

// done is what became of it.
type done struct {
	location, run, status, message string
	success                        bool
	started, ended                 time.Time
	// How long it took until the service had accepted it, and until the first output
	// was there; nil where that was not measured.
	accepted, firstOutput *time.Duration
	deleted               int64
}

// content is what makes a canary another one.
type content struct {
	DrillID string `json:"drill_id"`
	Job     any    `json:"job"`
}

func (c *canary) pair() string { return c.region.PairName.ValueString() }

// token is that of the canary; tagged so, it is found again, and taken for no
// submission's.
func (c *canary) token(ctx context.Context) (engine.Token, diag.Diagnostics) {
	job, diags := c.job.Content(ctx)
	id := services.DrillIdentity(c.pair())
	return engine.Token{Submission: failover.Part(id), Key: failover.Key(id, 1, content{c.id, job})}, diags
}

func (c *canary) where() diagnostics.Context {
	return diagnostics.Context{Resource: c.pair() + "/" + c.id, Region: c.region.Location.ValueString()}
}

func (c *canary) failed(summary string, err error, next string) diag.Diagnostics {
	where := c.where()
	where.NextStep, c.cause = next, err
	return diag.Diagnostics{diagnostics.Error(summary, err, where)}
}

func (c *canary) warned(summary string, err error, next string) diag.Diagnostics {
	where := c.where()
	where.NextStep = next
	return diag.Diagnostics{diagnostics.Warning(summary, err, where)}
}

// site is where one canary runs.
type site struct {
	token         engine.Token
	service       engine.Engine
	input, output *blobstore.Container
}

// prefix is what the names of all that this canary writes begin with.
func (s site) prefix() string { return folder + s.token.Key + "/" }

// run submits the canary, waits until it has ended, deletes what it wrote, and leaves
// a record if it succeeded.
func (c *canary) run(ctx context.Context) (done, diag.Diagnostics) {
	s, diags := c.begin(ctx)
	if diags.HasError() {
		return c.unsent(diags)
	}
	d := done{location: c.region.Location.ValueString(), started: c.now()}
	c.say("Submitting the canary in %s", d.location)
	outcome, err := engine.SubmitOnce(ctx, s.service, engine.Order{
		Submission: s.token.Submission, Decide: engine.Oldest(s.token),
		Compose: func(ctx context.Context, _ engine.Token, _ []engine.Run) (engine.Job, error) {
			return c.job.Compose(ctx, submission.Places{Input: s.input, Output: s.output, ValidFor: c.validFor}, s.prefix()+"canary")
		},
	})
	if err != nil {
		diags.Append(c.failed("The canary was not submitted", err, "Apply again: a canary with the same drill_id is looked for before one is sent.")...)
		var lookup *engine.LookupError
		if errors.As(err, &lookup) {
			return c.unsent(diags)
		}
		return d, diags
	}
	d.run = outcome.Run.ID
	switch {
	case outcome.Taken && !outcome.Run.CreatedAt.IsZero():
		d.started = outcome.Run.CreatedAt
		fallthrough
	case outcome.Taken:
		c.say("Took up the canary %s, which is %s", d.run, outcome.Run.State)
	default:
		accepted := c.now().Sub(d.started)
		d.accepted = &accepted
		c.say("The canary %s was accepted after %s", d.run, accepted.Round(time.Millisecond))
	}
	run, late, err := c.follow(ctx, s, outcome.Run, &d)
	if ctx.Err() == nil && err != nil {
		return d, append(diags, c.failed(fmt.Sprintf("The canary %s could not be followed to its end", d.run), err, "Apply again: it is taken up.")...)
	}
	// Whoever interrupts a drill wants nothing left of it.
	after, end := context.WithTimeout(context.WithoutCancel(ctx), settle)
	defer end()
	diags.Append(c.cleanUp(after, s, run, &d)...)
	if ctx.Err() != nil {
		return d, append(diags, c.failed("The drill was interrupted", fmt.Errorf("canary %s is %s: %w", d.run, run.State, ctx.Err()), "Apply again for another canary.")...)
	}
	d.status, d.message, d.success, d.ended = string(run.State), run.Message, run.State == engine.StateSucceeded, c.now()
	if run.EndedAt != nil && run.EndedAt.After(d.started) {
		d.ended = *run.EndedAt
	}
	if !d.success && late {
		d.status = statusTimeout
	}
	// As precise as a record, for which this is the same drill.
	d.started, d.ended = d.started.Truncate(time.Millisecond), d.ended.Truncate(time.Millisecond)
	c.say("The canary %s ended as %s after %s, and %d blobs that it wrote were deleted", d.run, d.status, d.ended.Sub(d.started).Round(time.Second), d.deleted)
	if !d.success {
		tell := c.warned
		if c.strict {
			tell = c.failed
		}
		return d, append(diags, tell("The drill did not succeed", fmt.Errorf("canary %s ended as %s: %s", d.run, d.status, d.message),
			"Look at what the service says of it, and run another drill with a new drill_id.")...)
	}
	diags.Append(c.record(ctx, s, &d)...)
	return d, diags
}

// unsent is the outcome of a drill that sent nothing. That the standby does not answer
// is what a drill is to find out, and no error: it might be that of the region which
// an apply is leaving in an outage.
func (c *canary) unsent(diags diag.Diagnostics) (done, diag.Diagnostics) {
	if c.strict || !diagnostics.IsUnreachable(c.cause) {
		return done{}, diags
	}
	now := c.now()
	return done{location: c.region.Location.ValueString(), status: statusUnreachable, message: azure.Mask(c.cause.Error()), started: now, ended: now},
		c.warned("The drill did not succeed", fmt.Errorf("nothing was sent, because the standby does not answer: %w", c.cause), "Run another drill with a new drill_id when the region answers.")
}

// begin checks all that can be checked before anything is sent.
func (c *canary) begin(ctx context.Context) (site, diag.Diagnostics) {
	location := region.Normalize(c.region.Location.ValueString())
	if at := region.Normalize(c.store.Location.ValueString()); location != at {
		return site{}, c.failed("The drill's inputs are in another region", fmt.Errorf("it runs in %s, and the inputs are in %s", location, at),
			"Give region and input_store the standby of a pair and of a store with the same active_region.")
	}
	if diags := c.suits(); diags.HasError() {
		return site{}, diags
	}
	var s site
	var diags diag.Diagnostics
	if s.token, diags = c.token(ctx); diags.HasError() {
		return s, diags
	}
	var err error
	if s.service, err = c.session.Engine(c.region.service(c.engine)); err != nil {
		return s, c.failed("No client for the workflow service", err, "")
	}
	if s.input, err = c.session.Container(ctx, session.ContainerRef{Location: location, StorageAccountID: c.store.StorageAccountID.ValueString(), URL: c.store.ContainerURL.ValueString()}); err == nil {
		s.output, err = c.session.Container(ctx, session.ContainerRef{Location: location, StorageAccountID: c.region.OutputStorageAccountID.ValueString(), URL: c.region.OutputContainerURL.ValueString()})
	}
	if err != nil {
		return s, c.failed("The standby's storage cannot be used", err, "")
	}
	if diags := c.standsBy(ctx, s.output, location); diags.HasError() {
		return s, diags
	}
	return s, c.preflight(ctx, s.input)
}

// suits checks that the pair's sides run what the drill asks for.
func (c *canary) suits() diag.Diagnostics {
	if kind := c.region.Engine.ValueString(); kind != "" && kind != c.engine {
		return c.failed("The pair has another engine", fmt.Errorf("the drill asks for %s, and the sides of the pair are %s", c.engine, kind),
			"Give process for sides with an account_id, task for those with tes, and run for those with wes.")
	}
	return nil
}

// standsBy holds the drill to the pair's record: it is for the region that stands by,
// and not for the midst of a failover. Without a record nobody says otherwise.
func (c *canary) standsBy(ctx context.Context, output *blobstore.Container, location string) diag.Diagnostics {
	record, err := services.PairRecord(ctx, output, c.pair())
	var unusable *services.UnusableError
	switch {
	case blobstore.IsNotFound(err), errors.As(err, &unusable):
		// The pair's own plan complains about such a record.
		return nil
	case err != nil:
		return c.failed("The standby's storage cannot be used", err, "Run the drill when the region answers: nothing was sent.")
	case record.Generation < c.region.Generation.ValueInt64():
		// It is that of a region which was away when the others were written.
		return nil
	case record.Phase == failover.PhaseFailingOver:
		return c.failed("A failover is under way", fmt.Errorf("the pair's record says that it is failing over to %s, and has not ended", record.Active),
			"Apply the pair first: that resumes the failover. A drill beside it would be in its way.")
	case region.Normalize(record.Active) == location:
		return c.failed("The drill would run in the active region", fmt.Errorf("by the pair's record %s is active", location),
			"Give region and input_store the standby of the pair and of the store.")
	}
	return nil
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
