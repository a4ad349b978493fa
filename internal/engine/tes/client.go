// Package tes runs tasks on a service of GA4GH's Task Execution Service, versions
// 1.0 and 1.1.
package tes

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/azure"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/engine"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/engine/rest"
)

// Kind is the engine's name in configurations.
const Kind = "tes"

const (
	noun = "task"
	// pageSize is what is asked for; the specification allows 1 to 2047.
	pageSize = 500
)

// Client is one service. It is safe for concurrent use.
type Client struct {
	rest  *rest.Client
	pause time.Duration
}

var _ engine.Marked = (*Client)(nil)

// New makes a client for a base URL with its prefix, such as
// https://tes.example/ga4gh/tes/v1: servers differ in what comes before /tasks.
func New(base string, authorize rest.Authorize, pl runtime.Pipeline) *Client {
	return &Client{rest: rest.New(base, authorize, pl), pause: rest.StopPause}
}

// Capabilities are those of TES 1.1. A server of 1.0 that ignores the filter of
// tags is read whole.
func (c *Client) Capabilities() engine.Capabilities {
	return engine.Capabilities{Kind: Kind, Noun: noun, FindsByToken: true}
}

// Health asks for the service's description, and for a list of one: many servers
// describe themselves to anybody.
func (c *Client) Health(ctx context.Context) (engine.Info, error) {
	answer, err := c.rest.Do(ctx, rest.Request{Method: http.MethodGet, Path: "/service-info"})
	var refused *rest.Error
	if errors.As(err, &refused) && refused.StatusCode == http.StatusNotFound {
		// TES 1.0 has it among the tasks.
		answer, err = c.rest.Do(ctx, rest.Request{Method: http.MethodGet, Path: "/tasks/service-info"})
	}
	if err != nil {
		return engine.Info{}, err
	}
	f, err := rest.Object(answer.Body)
	if err != nil {
		return engine.Info{}, answer.Unreadable(err)
	}
	info := engine.Info{Name: f.Text("name"), Version: f.Text("version")}
	// 1.0 says nothing of its version, 1.1 has the type of GA4GH's service registry.
	if version := f.Object("type").Text("version"); version != "" {
		info.Protocols = []string{version}
	}
	_, _, err = c.page(ctx, url.Values{"page_size": {"1"}, "view": {"MINIMAL"}})
	return info, err
}

// Submit sends a Task, once.
func (c *Client) Submit(ctx context.Context, token engine.Token, job engine.Job) (engine.Run, error) {
	task, ok := job.(Task)
	if !ok {
		return engine.Run{}, &engine.NotAcceptedError{Noun: noun, Cause: &engine.JobTypeError{Kind: Kind, Job: job}}
	}
	body, err := task.encode(token)
	if err == nil {
		err = ctx.Err()
	}
	if err != nil {
		return engine.Run{}, &engine.NotAcceptedError{Noun: noun, Cause: err}
	}
	answer, err := c.rest.Do(ctx, rest.Request{Method: http.MethodPost, Path: "/tasks", Body: body, ContentType: "application/json"})
	if err != nil {
		return engine.Run{}, rest.SubmitError(noun, err)
	}
	f, err := rest.Object(answer.Body)
	if err == nil && !rest.UsableID(f.ID("id")) {
		err = errNoID
	}
	if err != nil {
		return engine.Run{}, rest.SubmitError(noun, answer.Unreadable(err))
	}
	run := engine.Run{ID: f.ID("id"), Key: token.Key, Mark: token.Mark, State: engine.StateQueued, Word: "QUEUED", Detail: Described{Name: task.Name}}
	// The answer is an ID and nothing else. What more there is to know is worth a
	// request, and not an error: the task is there.
	if seen, err := c.get(ctx, run.ID, "BASIC"); err == nil {
		seen.Key, seen.Mark = token.Key, token.Mark
		return seen, nil
	}
	return run, nil
}

// Get reads one task; a failed one with what the service says of it.
func (c *Client) Get(ctx context.Context, id string) (engine.Run, error) {
	run, err := c.get(ctx, id, "BASIC")
	if err != nil || !run.State.Failed() {
		return run, err
	}
	if full, err := c.get(ctx, id, "FULL"); err == nil {
		return full, nil
	}
	return run, nil
}

func (c *Client) get(ctx context.Context, id, view string) (engine.Run, error) {
	answer, err := c.rest.Do(ctx, rest.Request{Method: http.MethodGet, Path: taskPath(id), Query: url.Values{"view": {view}}})
	if err != nil {
		return engine.Run{}, err
	}
	run, err := decodeTask(answer.Body)
	if err == nil && run.ID != id {
		err = errors.New("it describes another task")
	}
	if err != nil {
		return engine.Run{}, answer.Unreadable(err)
	}
	return run, nil
}

// Find asks for the tasks with the submission's tag, and looks at the tags of what
// comes back: a server of TES 1.0 ignores what it was asked for. The minimal view
// has no tags, so the basic one is asked for.
func (c *Client) Find(ctx context.Context, submission string) ([]engine.Run, error) {
	runs, err := c.list(ctx, url.Values{"tag_key": {engine.TagSubmission}, "tag_value": {submission}})
	return filter(runs, func(r engine.Run) bool {
		return (engine.Token{Submission: submission, Key: r.Key}).Valid()
	}), err
}

// Marked asks for the tasks with the mark's tag, and looks at the tags of what comes
// back.
func (c *Client) Marked(ctx context.Context, mark string) ([]engine.Run, error) {
	runs, err := c.list(ctx, url.Values{"tag_key": {engine.TagMark}, "tag_value": {mark}})
	return filter(runs, func(r engine.Run) bool { return r.Mark == mark }), err
}

// Live asks for one state after the other, in the order in which a task goes
// through them, so that one that goes on in between is seen in the next.
func (c *Client) Live(ctx context.Context) ([]engine.Run, error) {
	var all []engine.Run
	seen := map[string]int{}
	for _, state := range []string{"QUEUED", "INITIALIZING", "RUNNING", "PAUSED"} {
		runs, err := c.list(ctx, url.Values{"tag_key": {engine.TagOurs}, "tag_value": {engine.TagOursValue}, "state": {state}})
		if err != nil {
			return nil, err
		}
		filtered := true
		for _, run := range runs {
			filtered = filtered && run.Word == state
			if at, twice := seen[run.ID]; twice {
				all[at] = run
				continue
			}
			seen[run.ID] = len(all)
			all = append(all, run)
		}
		if !filtered {
			// A server that ignores the filter has told of all of them.
			break
		}
	}
	return filter(all, func(r engine.Run) bool { return r.Key != "" && !r.State.Finished() }), nil
}

// Cancel asks the service to stop a task. A conflict with another change of it is
// no answer: the service wants the request again.
func (c *Client) Cancel(ctx context.Context, id string) error {
	return rest.Stop(ctx, c.pause, func() error {
		_, err := c.rest.Do(azure.Idempotent(ctx), rest.Request{Method: http.MethodPost, Path: taskPath(id) + ":cancel", Body: []byte("{}"), ContentType: "application/json"})
		return err
	}, func() bool {
		run, err := c.get(ctx, id, "MINIMAL")
		return err == nil && run.State.Finished()
	})
}

func (c *Client) list(ctx context.Context, query url.Values) ([]engine.Run, error) {
	query.Set("view", "BASIC")
	query.Set("page_size", strconv.Itoa(pageSize))
	var all []engine.Run
	seen := map[string]bool{}
	err := rest.Pages(ctx, func(ctx context.Context, token string) (string, error) {
		if token != "" {
			query.Set("page_token", token)
		}
		runs, next, err := c.page(ctx, query)
		for _, run := range runs {
			// Tasks that arrive between two pages push others onto the next.
			if !seen[run.ID] {
				seen[run.ID] = true
				all = append(all, run)
			}
		}
		return next, err
	})
	if err != nil {
		return nil, err
	}
	return all, nil
}

func (c *Client) page(ctx context.Context, query url.Values) ([]engine.Run, string, error) {
	answer, err := c.rest.Do(ctx, rest.Request{Method: http.MethodGet, Path: "/tasks", Query: query})
	if err != nil {
		return nil, "", err
	}
	runs, next, err := decodePage(answer.Body)
	if err != nil {
		return nil, "", answer.Unreadable(err)
	}
	return runs, next, nil
}

func taskPath(id string) string { return "/tasks/" + url.PathEscape(id) }

func filter(runs []engine.Run, keep func(engine.Run) bool) []engine.Run {
	var out []engine.Run
	for _, run := range runs {
		if keep(run) {
			out = append(out, run)
		}
	}
	return out
}
