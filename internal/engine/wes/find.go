package wes

import (
	"context"
	"errors"
	"net/http"
	"sync"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/engine"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/engine/rest"
)

// Find looks through the list. Where that does not tell a run's tags, the run is
// looked at, once. What a server keeps of a refused submission is no run.
func (c *Client) Find(ctx context.Context, submission string) ([]engine.Run, error) {
	all, err := c.list(ctx)
	if err != nil {
		return nil, err
	}
	mine := func(key string) bool { return (engine.Token{Submission: submission, Key: key}).Valid() }
	// The list tells too little of a failure to know whether it was one of a run.
	runs, err := c.own(ctx, all, func(r engine.Run) bool { return mine(r.Key) && r.State == engine.StateFailedSystem })
	if err != nil {
		return nil, err
	}
	var found []engine.Run
	for _, run := range runs {
		if mine(run.Key) && !phantom(run) {
			found = append(found, run)
		}
	}
	return found, nil
}

// Marked looks through the list. A run of ours is looked at where the list tells
// neither its tags nor when it ended.
func (c *Client) Marked(ctx context.Context, mark string) ([]engine.Run, error) {
	all, err := c.list(ctx)
	if err != nil {
		return nil, err
	}
	tagged := map[string]bool{}
	for _, s := range all {
		tagged[s.run.ID] = s.tagged
	}
	runs, err := c.own(ctx, all, func(r engine.Run) bool {
		if !tagged[r.ID] {
			return r.Key != ""
		}
		return r.Mark == mark && (r.StartedAt == nil || r.State.Finished() && r.EndedAt == nil)
	})
	if err != nil {
		return nil, err
	}
	var found []engine.Run
	for _, run := range runs {
		if run.Mark == mark && !phantom(run) {
			found = append(found, run)
		}
	}
	return found, nil
}

// Live looks through the list for what has not ended.
func (c *Client) Live(ctx context.Context) ([]engine.Run, error) {
	all, err := c.list(ctx)
	if err != nil {
		return nil, err
	}
	var live []summary
	for _, s := range all {
		if !s.run.State.Finished() {
			live = append(live, s)
		}
	}
	runs, err := c.own(ctx, live, func(engine.Run) bool { return false })
	if err != nil {
		return nil, err
	}
	var out []engine.Run
	for _, run := range runs {
		if run.Key != "" && !run.State.Finished() {
			out = append(out, run)
		}
	}
	return out, nil
}

// own tells the runs' keys, those that the list leaves out included. Runs that
// closer names are looked at in any case.
func (c *Client) own(ctx context.Context, all []summary, closer func(engine.Run) bool) ([]engine.Run, error) {
	runs := make([]engine.Run, len(all))
	var look []int
	unknown := 0
	for i, s := range all {
		runs[i] = s.run
		key, known := c.known(s.run.ID)
		if runs[i].Key == "" && known {
			runs[i].Key = key
		}
		switch {
		case !s.tagged && !known:
			unknown++
			look = append(look, i)
		case closer(runs[i]):
			look = append(look, i)
		}
	}
	if unknown > maxLooks {
		return nil, &engine.TooManyRunsError{Runs: unknown, Limit: maxLooks}
	}
	return runs, c.look(ctx, runs, look)
}

// look reads the runs at the given places, some at a time, and stops at the first
// that cannot be read.
func (c *Client) look(ctx context.Context, runs []engine.Run, which []int) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	places := make(chan int)
	var wg sync.WaitGroup
	for range min(lookers, len(which)) {
		wg.Go(func() {
			for i := range places {
				run, err := c.Get(sparing(ctx, runs[i]), runs[i].ID)
				switch {
				case err == nil:
					runs[i] = run
				case ignorable(err, runs[i]):
					// It was deleted since, or never was a run: nothing of it is taken up.
					runs[i].Key = ""
				default:
					cancel(err)
				}
			}
		})
	}
	for _, i := range which {
		if ctx.Err() != nil {
			break
		}
		places <- i
	}
	close(places)
	wg.Wait()
	return context.Cause(ctx)
}

// sparing keeps a run that its server may fail on for ever from being asked for
// again and again: three server errors in a row are taken for an outage.
func sparing(ctx context.Context, run engine.Run) context.Context {
	if run.State != engine.StateFailedSystem {
		return ctx
	}
	return policy.WithRetryOptions(ctx, policy.RetryOptions{MaxRetries: -1})
}

// ignorable reports whether a run that cannot be read need not be: it is gone, or
// the server fails on what it keeps of a submission that it never ran.
func ignorable(err error, run engine.Run) bool {
	var refused *rest.Error
	return errors.Is(err, engine.ErrNotFound) ||
		errors.As(err, &refused) && refused.StatusCode >= http.StatusInternalServerError && run.State == engine.StateFailedSystem
}
