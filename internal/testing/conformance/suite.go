// Package conformance is what every engine has to pass: one suite, run against
// whatever server stands behind it. Adding an engine is a folder below
// internal/engine and passing this.
package conformance

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/engine"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/region"
)

// Fault is what happens to the next submission that a server receives.
type Fault int

// The faults of a submission.
const (
	// LoseAnswer takes the submission and breaks the connection before the answer.
	LoseAnswer Fault = iota
	// Drop breaks the connection without taking the submission.
	Drop
	// Refuse is a refusal for what the request says.
	Refuse
	// Throttle is a refusal for now.
	Throttle
)

// Server is what stands behind an engine under test. Its runs stay where they are
// until they are told to move.
type Server interface {
	// Engine is a client of its own, with its own gate and timeout.
	Engine(t *testing.T) engine.Engine
	// Job is something that the server can run, unlike other names' jobs.
	Job(name string) engine.Job
	// Next says what happens to the next submission.
	Next(t *testing.T, f Fault)
	// Submissions counts the submissions that arrived, whatever became of them.
	Submissions(t *testing.T) int
	// Plant puts a run there as another client would have, and gives its ID. Later
	// ones are younger. token may be empty.
	Plant(t *testing.T, token engine.Token) string
	// Move puts a run into a state.
	Move(t *testing.T, id string, to engine.State)
	// Dark makes the server unreachable; tries counts how often it was tried since.
	Dark(t *testing.T) (tries func() int)
	// Stops reports whether a run was told to stop.
	Stops(t *testing.T, id string) bool
}

// hasty is patience for tests.
var hasty = engine.Patience{Lookups: 3, Sends: 3, Pause: time.Millisecond, Settle: 30 * time.Second}

// Token is a valid token for a test.
func Token(submission byte, revision byte) engine.Token {
	const shared = 16
	part := strings.Repeat(string(submission), shared)
	return engine.Token{Submission: part, Key: part + strings.Repeat(string(revision), engine.KeyLength-shared)}
}

func order(server Server, token engine.Token) engine.Order {
	return engine.Order{
		Submission: token.Submission, Decide: engine.Oldest(token), Patience: hasty,
		Compose: func(_ context.Context, token engine.Token, _ []engine.Run) (engine.Job, error) {
			return server.Job(token.Key), nil
		},
	}
}

// Run plays the suite. start gives a new server for each part.
func Run(t *testing.T, start func(t *testing.T) Server) {
	t.Helper()
	parts := map[string]func(*testing.T, Server){
		"one submission is one run":               oneRun,
		"what is there is taken up":               takenUp,
		"a lost answer is looked for":             lostAnswer,
		"what never arrived is not guessed":       neverArrived,
		"a refusal leaves nothing to take up":     refused,
		"what is throttled is sent later":         throttledLater,
		"of two runs under a key the oldest goes": twoRuns,
		"an interrupt does not tear a submission": interrupted,
		"other runs are nobody's business":        strangers,
		"runs are seen to move":                   moves,
		"what has ended need not be stopped":      stopped,
		"what is not there is said to be so":      missing,
		"a dead region costs one timeout":         dead,
		"a failover's runs are found by its mark": failedOver,
	}
	names := make([]string, 0, len(parts))
	for name := range parts {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		t.Run(strings.ReplaceAll(name, " ", "_"), func(t *testing.T) { parts[name](t, start(t)) })
	}
}

func bounded(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	t.Cleanup(cancel)
	return ctx
}

func submit(t *testing.T, server Server, e engine.Engine, token engine.Token) engine.Outcome {
	t.Helper()
	out, err := engine.SubmitOnce(bounded(t), e, order(server, token))
	if err != nil {
		t.Fatalf("submitting: %v", err)
	}
	if out.Run.ID == "" || out.Run.Key != token.Key {
		t.Fatalf("submitted %+v under %q", out.Run, token.Key)
	}
	return out
}

func ids(runs []engine.Run) []string {
	out := make([]string, 0, len(runs))
	for _, r := range runs {
		out = append(out, r.ID)
	}
	slices.Sort(out)
	return out
}

func expectFound(t *testing.T, e engine.Engine, token engine.Token, want ...string) {
	t.Helper()
	found, err := e.Find(bounded(t), token.Submission)
	slices.Sort(want)
	if err != nil || !slices.Equal(ids(found), want) {
		t.Errorf("found %v under %s, %v; want %v", ids(found), token.Submission, err, want)
	}
	for _, r := range found {
		if !strings.HasPrefix(r.Key, token.Submission) {
			t.Errorf("found %+v under %s", r, token.Submission)
		}
	}
}

func expectSent(t *testing.T, server Server, want int) {
	t.Helper()
	if got := server.Submissions(t); got != want {
		t.Errorf("%d submissions arrived, want %d", got, want)
	}
}

func oneRun(t *testing.T, server Server) {
	e := server.Engine(t)
	if _, err := e.Health(bounded(t)); err != nil {
		t.Fatalf("health: %v", err)
	}
	token := Token('a', 'b')
	out := submit(t, server, e, token)
	if out.Taken {
		t.Error("took up a run that nobody had sent")
	}
	expectSent(t, server, 1)
	// Somebody who has seen nothing of it sees the same.
	for _, e := range []engine.Engine{e, server.Engine(t)} {
		expectFound(t, e, token, out.Run.ID)
		run, err := e.Get(bounded(t), out.Run.ID)
		if err != nil || run.ID != out.Run.ID || run.Key != token.Key || run.State.Finished() {
			t.Errorf("read %+v, %v", run, err)
		}
		live, err := e.Live(bounded(t))
		if err != nil || len(live) != 1 || live[0].ID != out.Run.ID || live[0].Key != token.Key {
			t.Errorf("alive are %+v, %v", live, err)
		}
	}
}

func takenUp(t *testing.T, server Server) {
	token := Token('a', 'b')
	first := submit(t, server, server.Engine(t), token)
	again := submit(t, server, server.Engine(t), token)
	if !again.Taken || again.Run.ID != first.Run.ID {
		t.Errorf("took up %+v, sent was %+v", again, first)
	}
	// Another revision is another run, found under the same submission.
	next := submit(t, server, server.Engine(t), Token('a', 'c'))
	if next.Taken {
		t.Error("another revision's run was taken up")
	}
	expectSent(t, server, 2)
	expectFound(t, server.Engine(t), token, first.Run.ID, next.Run.ID)
}

func lostAnswer(t *testing.T, server Server) {
	token := Token('a', 'b')
	server.Next(t, LoseAnswer)
	out := submit(t, server, server.Engine(t), token)
	expectSent(t, server, 1)
	expectFound(t, server.Engine(t), token, out.Run.ID)
}

func neverArrived(t *testing.T, server Server) {
	token := Token('a', 'b')
	server.Next(t, Drop)
	_, err := engine.SubmitOnce(bounded(t), server.Engine(t), order(server, token))
	var unknown *engine.OutcomeUnknownError
	if !errors.As(err, &unknown) {
		t.Fatalf("the error is %v", err)
	}
	expectSent(t, server, 1)
	// Only another apply sends again, after it has looked.
	submit(t, server, server.Engine(t), token)
	expectSent(t, server, 2)
}

func refused(t *testing.T, server Server) {
	token := Token('a', 'b')
	server.Next(t, Refuse)
	e := server.Engine(t)
	_, err := engine.SubmitOnce(bounded(t), e, order(server, token))
	var no *engine.NotAcceptedError
	if !errors.As(err, &no) {
		t.Fatalf("the error is %v", err)
	}
	expectSent(t, server, 1)
	expectFound(t, server.Engine(t), token)
	// A region that refuses is there.
	out := submit(t, server, e, token)
	if out.Taken {
		t.Errorf("took up what a refusal left: %+v", out.Run)
	}
	expectSent(t, server, 2)
}

func throttledLater(t *testing.T, server Server) {
	token := Token('a', 'b')
	server.Next(t, Throttle)
	pauses := 0
	o := order(server, token)
	o.Throttled = func(context.Context, time.Duration) { pauses++ }
	out, err := engine.SubmitOnce(bounded(t), server.Engine(t), o)
	if err != nil || pauses != 1 {
		t.Fatalf("%+v after %d pauses, %v", out, pauses, err)
	}
	expectSent(t, server, 2)
	expectFound(t, server.Engine(t), token, out.Run.ID)
}

func twoRuns(t *testing.T, server Server) {
	token := Token('a', 'b')
	oldest, younger, other := server.Plant(t, token), server.Plant(t, token), server.Plant(t, Token('a', 'c'))
	for _, id := range []string{oldest, younger, other} {
		server.Move(t, id, engine.StateRunning)
	}
	out := submit(t, server, server.Engine(t), token)
	if !out.Taken || out.Run.ID != oldest {
		t.Errorf("took up %+v, the oldest is %s", out.Run, oldest)
	}
	if !server.Stops(t, younger) || server.Stops(t, oldest) || server.Stops(t, other) {
		t.Errorf("stopped: oldest %t, younger %t, another key's %t", server.Stops(t, oldest), server.Stops(t, younger), server.Stops(t, other))
	}
	expectSent(t, server, 0)
}

// An apply that is interrupted while a submission is under way still knows what
// became of it.
func interrupted(t *testing.T, server Server) {
	token := Token('a', 'b')
	server.Next(t, LoseAnswer)
	ctx, cancel := context.WithCancel(bounded(t))
	o := order(server, token)
	compose := o.Compose
	e := &interrupting{Engine: server.Engine(t), cancel: cancel}
	o.Compose = func(ctx context.Context, token engine.Token, found []engine.Run) (engine.Job, error) {
		return compose(ctx, token, found)
	}
	out, err := engine.SubmitOnce(ctx, e, o)
	if err != nil || out.Run.Key != token.Key {
		t.Fatalf("%+v, %v", out, err)
	}
	expectSent(t, server, 1)
	// One that comes before leaves nothing behind.
	if _, err := engine.SubmitOnce(ctx, server.Engine(t), order(server, Token('c', 'd'))); !errors.Is(err, context.Canceled) {
		t.Errorf("an interrupted submission ended with %v", err)
	}
	expectSent(t, server, 1)
}

// interrupting ends the caller's context at the moment of sending.
type interrupting struct {
	engine.Engine
	cancel context.CancelFunc
}

func (e *interrupting) Submit(ctx context.Context, token engine.Token, job engine.Job) (engine.Run, error) {
	e.cancel()
	return e.Engine.Submit(ctx, token, job)
}

func strangers(t *testing.T, server Server) {
	token := Token('a', 'b')
	for i := range 40 {
		id := server.Plant(t, engine.Token{})
		if i%2 == 0 {
			server.Move(t, id, engine.StateRunning)
		}
	}
	mine := server.Plant(t, token)
	// Keys that begin alike, and one that is none.
	server.Plant(t, Token('e', 'b'))
	server.Plant(t, engine.Token{Submission: token.Submission, Key: token.Submission + "!"})
	for range 40 {
		server.Plant(t, engine.Token{})
	}
	expectFound(t, server.Engine(t), token, mine)
	live, err := server.Engine(t).Live(bounded(t))
	if err != nil {
		t.Fatal(err)
	}
	ours := slices.DeleteFunc(live, func(r engine.Run) bool { return r.Key == "" })
	if len(ours) != 2 {
		t.Errorf("alive and ours are %+v", ours)
	}
	if out := submit(t, server, server.Engine(t), token); out.Run.ID != mine {
		t.Errorf("took up %+v", out.Run)
	}
}

func moves(t *testing.T, server Server) {
	e := server.Engine(t)
	for i, to := range []engine.State{
		engine.StateQueued, engine.StateRunning, engine.StateCancelling, engine.StateCancelled, engine.StateSucceeded, engine.StateFailedInput, engine.StateFailedSystem,
	} {
		token := Token('a', byte('b'+i))
		id := server.Plant(t, token)
		server.Move(t, id, engine.StateRunning)
		server.Move(t, id, to)
		run, err := e.Get(bounded(t), id)
		if err != nil || run.State != to || run.Word == "" {
			t.Errorf("moved to %s and read %+v, %v", to, run, err)
		}
		if to.Finished() != (run.EndedAt != nil) {
			t.Errorf("%s ended at %v", to, run.EndedAt)
		}
		if to.Failed() && run.Message == "" {
			t.Errorf("%s says nothing", to)
		}
		live, err := e.Live(bounded(t))
		alive := slices.ContainsFunc(live, func(r engine.Run) bool { return r.ID == id })
		if err != nil || alive != (to == engine.StateQueued || to == engine.StateRunning) && to != engine.StateCancelling {
			t.Errorf("%s is alive: %t, %v", to, alive, err)
		}
		found, err := e.Find(bounded(t), token.Submission)
		if err != nil || !slices.ContainsFunc(found, func(r engine.Run) bool { return r.ID == id && r.State == to && r.Key == token.Key }) {
			t.Errorf("%s is not found as such: %+v, %v", to, found, err)
		}
	}
}

func stopped(t *testing.T, server Server) {
	e := server.Engine(t)
	for i, ended := range []engine.State{engine.StateSucceeded, engine.StateFailedInput, engine.StateFailedSystem, engine.StateCancelled} {
		id := server.Plant(t, Token('a', byte('b'+i)))
		server.Move(t, id, engine.StateRunning)
		server.Move(t, id, ended)
		if err := e.Cancel(bounded(t), id); err != nil {
			t.Errorf("cancelling what is %s: %v", ended, err)
		}
	}
	id := server.Plant(t, Token('c', 'd'))
	server.Move(t, id, engine.StateRunning)
	for range 2 {
		if err := e.Cancel(bounded(t), id); err != nil {
			t.Fatalf("cancelling: %v", err)
		}
		run, err := e.Get(bounded(t), id)
		if err != nil || !run.State.Stopping() {
			t.Errorf("cancelled and read %+v, %v", run, err)
		}
	}
	if out := submit(t, server, e, Token('c', 'd')); out.Taken {
		t.Errorf("took up a run that was stopped: %+v", out.Run)
	}
}

func missing(t *testing.T, server Server) {
	e := server.Engine(t)
	id := server.Plant(t, engine.Token{})
	// Whatever its IDs look like, this one is nobody's.
	unknown := id[:len(id)-1] + map[bool]string{true: "8", false: "9"}[strings.HasSuffix(id, "9")]
	if _, err := e.Get(bounded(t), unknown); !errors.Is(err, engine.ErrNotFound) {
		t.Errorf("reading what is not there: %v", err)
	}
	if err := e.Cancel(bounded(t), unknown); !errors.Is(err, engine.ErrNotFound) {
		t.Errorf("cancelling what is not there: %v", err)
	}
	expectFound(t, e, Token('a', 'b'))
}

// However much is asked of a dead region, it is tried once, and what was to be sent
// there certainly was not.
func dead(t *testing.T, server Server) {
	e := server.Engine(t)
	tries := server.Dark(t)
	unreachable := func(err error) error {
		var dark *region.UnreachableError
		if errors.As(err, &dark) {
			return nil
		}
		return fmt.Errorf("the error is %w", err)
	}
	token := Token('a', 'b')
	calls := []func(context.Context) error{
		func(ctx context.Context) error { _, err := e.Health(ctx); return err },
		func(ctx context.Context) error { _, err := e.Get(ctx, "1"); return err },
		func(ctx context.Context) error { _, err := e.Find(ctx, token.Submission); return err },
		func(ctx context.Context) error { _, err := e.Live(ctx); return err },
		func(ctx context.Context) error { return e.Cancel(ctx, "1") },
		func(ctx context.Context) error { _, err := engine.SubmitOnce(ctx, e, order(server, token)); return err },
	}
	var wg sync.WaitGroup
	for range 5 {
		for i, call := range calls {
			wg.Go(func() {
				if err := unreachable(call(bounded(t))); err != nil {
					t.Errorf("call %d: %v", i, err)
				}
			})
		}
	}
	wg.Wait()
	if n := tries(); n != 1 {
		t.Errorf("a dead region was tried %d times", n)
	}
	_, err := e.Submit(bounded(t), token, server.Job(token.Key))
	var no *engine.NotAcceptedError
	if !errors.As(err, &no) || unreachable(err) != nil {
		t.Errorf("submitting to a dead region: %v", err)
	}
}
