// Package genomics is the engine of the Microsoft Genomics workflow service: the
// service's client behind the interface that all engines share.
package genomics

import (
	"context"
	"errors"
	"strconv"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/engine"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/msgenomics"
)

// Kind is the engine's name in configurations.
const Kind = "microsoft_genomics"

const noun = "workflow"

// Engine is one account's service in one region. It is safe for concurrent use.
// Its jobs are msgenomics.Submission without a token in the description, and the
// details of its runs msgenomics.Workflow.
type Engine struct{ client *msgenomics.Client }

var (
	_ engine.Listed = (*Engine)(nil)
	_ engine.Marked = (*Engine)(nil)
)

// New makes an engine of a client.
func New(client *msgenomics.Client) *Engine { return &Engine{client: client} }

// Capabilities are those of the service.
func (e *Engine) Capabilities() engine.Capabilities {
	return engine.Capabilities{Kind: Kind, Noun: noun, FindsByToken: true, RestartsByItself: true}
}

// Health asks for the least that the service can answer. It says nothing of itself.
func (e *Engine) Health(ctx context.Context) (engine.Info, error) {
	return engine.Info{}, e.client.Ping(ctx)
}

// Submit sends a msgenomics.Submission, once.
func (e *Engine) Submit(ctx context.Context, token engine.Token, job engine.Job) (engine.Run, error) {
	s, ok := job.(msgenomics.Submission)
	if !ok {
		return engine.Run{}, &engine.NotAcceptedError{Noun: noun, Cause: &engine.JobTypeError{Kind: Kind, Job: job}}
	}
	s.Description = Describe(token, s.Description)
	workflow, err := e.client.Submit(ctx, s)
	var refused *msgenomics.NotAcceptedError
	var unknown *msgenomics.OutcomeUnknownError
	switch {
	case errors.As(err, &refused):
		return engine.Run{}, &engine.NotAcceptedError{Noun: noun, Cause: refused.Cause}
	case errors.As(err, &unknown):
		return engine.Run{}, &engine.OutcomeUnknownError{Noun: noun, Cause: unknown.Cause}
	case err != nil:
		return engine.Run{}, &engine.OutcomeUnknownError{Noun: noun, Cause: err}
	}
	run := Run(workflow)
	// What was sent is certain, whatever the answer says of it.
	run.Key, run.Mark = token.Key, token.Mark
	return run, nil
}

// Get reads one run.
func (e *Engine) Get(ctx context.Context, id string) (engine.Run, error) {
	number, err := parse(id)
	if err != nil {
		return engine.Run{}, err
	}
	workflow, err := e.client.Get(ctx, number)
	if err != nil {
		return engine.Run{}, translate(err)
	}
	return Run(workflow), nil
}

// Cancel asks the service to stop a run.
func (e *Engine) Cancel(ctx context.Context, id string) error {
	number, err := parse(id)
	if err != nil {
		return err
	}
	err = translate(e.client.Cancel(ctx, number))
	var refused *msgenomics.APIError
	if errors.As(err, &refused) && !errors.Is(err, engine.ErrNotFound) {
		// What has ended cannot be cancelled, and need not be.
		if workflow, look := e.client.Get(ctx, number); look == nil && workflow.Status.Finished() {
			return nil
		}
	}
	return err
}

// Find asks for the runs whose description contains the beginning of the
// submission's keys, and looks exactly: what the service finds need only contain it
// somewhere.
func (e *Engine) Find(ctx context.Context, submission string) ([]engine.Run, error) {
	workflows, err := e.client.FindByToken(ctx, tokenMark+submission)
	if err != nil {
		return nil, err
	}
	var found []engine.Run
	for _, workflow := range workflows {
		run := Run(workflow)
		if (engine.Token{Submission: submission, Key: run.Key}).Valid() {
			found = append(found, run)
		}
	}
	return found, nil
}

// Marked asks for the runs whose description contains the mark, and looks exactly:
// one request for each hundred of them.
func (e *Engine) Marked(ctx context.Context, mark string) ([]engine.Run, error) {
	var found []engine.Run
	seen := map[int64]bool{}
	for workflow, err := range e.client.List(ctx, msgenomics.Query{Description: markOpen + mark}) {
		if err != nil {
			return nil, err
		}
		if run := Run(workflow); run.Mark == mark && !seen[workflow.ID] {
			seen[workflow.ID] = true
			found = append(found, run)
		}
	}
	return found, nil
}

// Live asks for what is queued and then for what works, so that a run that begins
// to work in between is seen in the second: one request for each hundred of them,
// however many have ended.
func (e *Engine) Live(ctx context.Context) ([]engine.Run, error) {
	var live []engine.Run
	places := map[string]int{}
	for _, status := range []msgenomics.Status{msgenomics.StatusQueued, msgenomics.StatusInProgress} {
		for workflow, err := range e.client.List(ctx, msgenomics.Query{Description: tokenMark, Status: status}) {
			if err != nil {
				return nil, err
			}
			run := Run(workflow)
			if at, twice := places[run.ID]; twice {
				live[at] = run
				continue
			}
			places[run.ID] = len(live)
			live = append(live, run)
		}
	}
	return live, nil
}

// Directory is the service's list, newest first, each page read once.
func (e *Engine) Directory() engine.Directory { return directory{msgenomics.NewListing(e.client)} }

type directory struct{ listing *msgenomics.Listing }

func (d directory) Find(ctx context.Context, id string) (engine.Run, bool, error) {
	number, err := parse(id)
	if err != nil {
		return engine.Run{}, false, err
	}
	workflow, found, err := d.listing.Find(ctx, number)
	if err != nil || !found {
		return engine.Run{}, false, err
	}
	return Run(workflow), true, nil
}

func parse(id string) (int64, error) {
	number, err := strconv.ParseInt(id, 10, 64)
	if err != nil {
		return 0, errors.New("a run of the workflow service has a number, and this one has none")
	}
	return number, nil
}

var states = map[msgenomics.Status]engine.State{
	msgenomics.StatusQueued:     engine.StateQueued,
	msgenomics.StatusInProgress: engine.StateRunning,
	msgenomics.StatusSucceeded:  engine.StateSucceeded,
	msgenomics.StatusFailed:     engine.StateFailedSystem,
	msgenomics.StatusCancelling: engine.StateCancelling,
	msgenomics.StatusCancelled:  engine.StateCancelled,
}

// Run is a workflow in the words that all engines share.
func Run(w msgenomics.Workflow) engine.Run {
	state, known := states[w.Status]
	switch {
	case !known:
		state = engine.StateUnknown
	case w.Status == msgenomics.StatusFailed && msgenomics.InputFailure(w.FailureCode):
		state = engine.StateFailedInput
	}
	key, mark, _, _ := parseDescription(w.Description)
	return engine.Run{
		ID: strconv.FormatInt(w.ID, 10), Key: key, Mark: mark, State: state, Word: w.Status.String(), CreatedAt: w.CreatedAt, EndedAt: w.EndedAt,
		Code: w.FailureCode, Message: w.Message, Detail: w,
	}
}

// translate marks the service's own "not found" for those who know no service.
func translate(err error) error {
	if msgenomics.IsNotFound(err) {
		return &notFoundError{err}
	}
	return err
}

type notFoundError struct{ cause error }

func (e *notFoundError) Error() string        { return e.cause.Error() }
func (e *notFoundError) Unwrap() error        { return e.cause }
func (e *notFoundError) Is(target error) bool { return target == engine.ErrNotFound }
