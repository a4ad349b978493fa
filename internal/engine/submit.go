package engine

import (
	"context"
	"errors"
	"slices"
	"time"
)

// Decision is what was decided on the runs that are there.
type Decision struct {
	// Token is the submission's.
	Token Token
	// Take is the run to take up; nil means that one has to be sent.
	Take *Run
	// Stop lists the surplus runs under the same key.
	Stop []Run
}

// Oldest takes up the oldest of the runs with the token's key that is alive or has
// succeeded, a success first, and stops all other live ones.
func Oldest(token Token) func([]Run) Decision {
	return func(found []Run) Decision {
		d := Decision{Token: token}
		runs := slices.DeleteFunc(slices.Clone(found), func(r Run) bool { return r.Key != token.Key })
		slices.SortStableFunc(runs, ByAge)
		alive := func(r Run) bool { return !r.State.Finished() && r.State != StateCancelling }
		for _, match := range []func(Run) bool{func(r Run) bool { return r.State == StateSucceeded }, alive} {
			if i := slices.IndexFunc(runs, match); i >= 0 && d.Take == nil {
				d.Take = &runs[i]
			}
		}
		for _, r := range runs {
			if alive(r) && (d.Take == nil || r.ID != d.Take.ID) {
				d.Stop = append(d.Stop, r)
			}
		}
		return d
	}
}

// ByAge orders runs, the oldest first. One of which its service does not tell when
// it was taken has not begun, and comes last.
func ByAge(a, b Run) int {
	if a.CreatedAt.IsZero() != b.CreatedAt.IsZero() {
		if a.CreatedAt.IsZero() {
			return 1
		}
		return -1
	}
	return a.CreatedAt.Compare(b.CreatedAt)
}

// Patience is how long and how often a submission goes on by itself.
type Patience struct {
	// Lookups is how often a run is looked for whose answer was lost.
	Lookups int
	// Sends is how often one is sent that is throttled, which is certainly no run.
	Sends int
	// Pause lies between two of either.
	Pause time.Duration
	// Settle bounds one sending and the look after its fate: from then on an
	// interrupt does not tear them, or a run might be left unknown.
	Settle time.Duration
}

// Patient is what a person at a terminal can be asked for.
var Patient = Patience{Lookups: 5, Sends: 4, Pause: time.Second, Settle: time.Minute}

// Order is one submission.
type Order struct {
	// Submission is what all of its runs share.
	Submission string
	// Decide decides on the runs that were found, and again on those found after an
	// answer was lost. It does no I/O.
	Decide func(found []Run) Decision
	// Ready, if set, is asked when nothing is left but to take up or send a run. Its
	// error ends the submission as it is, with nothing taken up or sent.
	Ready func(ctx context.Context, d Decision) error
	// Compose makes the job, with the runs that are there already.
	Compose func(ctx context.Context, token Token, found []Run) (Job, error)
	// Stop stops a surplus run; by default it is told to.
	Stop func(ctx context.Context, token Token, found []Run, run Run)
	// Throttled, if set, hears of each pause that the service asked for.
	Throttled func(ctx context.Context, pause time.Duration)
	// Patience is Patient when it is zero.
	Patience Patience
}

// Outcome is what became of an order.
type Outcome struct {
	Run Run
	// Taken says that a run was taken up that was there before.
	Taken bool
	Token Token
	// Found are the runs that were there when it was decided.
	Found []Run
}

// SubmitOnce is the only way to submit. It looks for a run with the token, sends
// the job once if there is none, looks again if the answer was lost, and never
// sends again blindly. Of two runs with one key one stays.
//
// The error is *NotAcceptedError when there is certainly no run, and
// *OutcomeUnknownError when nobody can tell. Other errors came before anything was
// sent.
func SubmitOnce(ctx context.Context, e Engine, o Order) (Outcome, error) {
	if o.Patience == (Patience{}) {
		o.Patience = Patient
	}
	found, err := e.Find(ctx, o.Submission)
	if err != nil {
		return Outcome{}, &LookupError{Cause: err}
	}
	d := o.Decide(found)
	out := Outcome{Token: d.Token, Found: found}
	if !d.Token.Valid() {
		return out, &NotAcceptedError{Noun: e.Capabilities().Noun, Cause: errors.New("it has no token to be found by")}
	}
	o.stop(ctx, e, found, d)
	if o.Ready != nil {
		if err := o.Ready(ctx, d); err != nil {
			return out, err
		}
	}
	if d.Take != nil {
		out.Run, out.Taken = *d.Take, true
		return out, nil
	}
	job, err := o.Compose(ctx, d.Token, found)
	if err != nil {
		return out, &ComposeError{Cause: err}
	}
	out.Run, err = o.send(ctx, e, d.Token, job)
	return out, err
}

func (o Order) stop(ctx context.Context, e Engine, found []Run, d Decision) {
	for _, run := range d.Stop {
		if o.Stop != nil {
			o.Stop(ctx, d.Token, found, run)
			continue
		}
		// What goes on is found again by whoever looks next.
		_ = e.Cancel(ctx, run.ID)
	}
}

// send sends exactly once, but for throttling, which is a refusal.
func (o Order) send(ctx context.Context, e Engine, token Token, job Job) (Run, error) {
	for sent := 1; ; sent++ {
		run, err := o.settle(ctx, e, token, job)
		var refused *NotAcceptedError
		if err == nil || !errors.As(err, &refused) {
			return run, err
		}
		asked, busy := Throttled(err)
		if !busy || sent >= o.Patience.Sends {
			return run, err
		}
		pause := max(asked, o.Patience.Pause)
		if o.Throttled != nil {
			o.Throttled(ctx, pause)
		}
		if err := Wait(ctx, pause); err != nil {
			return run, err
		}
	}
}

// settle sends once and finds out what became of it. It is not to be interrupted
// half-way: what is known of the run afterwards goes into the state.
func (o Order) settle(ctx context.Context, e Engine, token Token, job Job) (Run, error) {
	if err := ctx.Err(); err != nil {
		return Run{}, err
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), o.Patience.Settle)
	defer cancel()
	run, err := e.Submit(ctx, token, job)
	var unknown *OutcomeUnknownError
	if !errors.As(err, &unknown) {
		return run, err
	}
	return o.lookUp(ctx, e, err)
}

func (o Order) lookUp(ctx context.Context, e Engine, lost error) (Run, error) {
	for range o.Patience.Lookups {
		found, err := e.Find(ctx, o.Submission)
		if err != nil {
			return Run{}, errors.Join(lost, err)
		}
		if d := o.Decide(found); d.Take != nil {
			// What was there before may have come back to life beside the one just sent.
			o.stop(ctx, e, found, d)
			return *d.Take, nil
		}
		if err := Wait(ctx, o.Patience.Pause); err != nil {
			return Run{}, errors.Join(lost, err)
		}
	}
	return Run{}, lost
}

// LookupError says that a service could not be asked for earlier runs, so that
// nothing was sent.
type LookupError struct{ Cause error }

// Error is the cause's.
func (e *LookupError) Error() string { return e.Cause.Error() }

// Unwrap gives the cause.
func (e *LookupError) Unwrap() error { return e.Cause }

// ComposeError says that a job could not be made, so that nothing was sent.
type ComposeError struct{ Cause error }

// Error is the cause's.
func (e *ComposeError) Error() string { return e.Cause.Error() }

// Unwrap gives the cause.
func (e *ComposeError) Unwrap() error { return e.Cause }

// Wait is a pause that ends with its context.
func Wait(ctx context.Context, pause time.Duration) error {
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}
