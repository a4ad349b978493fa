// Package wes runs workflows on a service of GA4GH's Workflow Execution Service,
// versions 1.0 and 1.1.
package wes

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"sync"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/azure"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/engine"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/engine/rest"
)

// Kind is the engine's name in configurations.
const Kind = "wes"

const (
	noun     = "run"
	pageSize = 500
	// maxLooks is how many runs are looked at one by one where the list does not tell
	// their tags. Each is looked at once: a run's tags do not change.
	maxLooks = 1000
	// lookers is how many are looked at at a time.
	lookers = 8
)

// Client is one service. It is safe for concurrent use, and remembers which runs
// are whose.
type Client struct {
	rest  *rest.Client
	pause time.Duration

	mu   sync.Mutex
	keys map[string]string // by run ID; empty for a run that is not ours
}

var _ engine.Marked = (*Client)(nil)

// New makes a client for a base URL with its prefix, such as
// https://wes.example/ga4gh/wes/v1.
func New(base string, authorize rest.Authorize, pl runtime.Pipeline) *Client {
	return &Client{rest: rest.New(base, authorize, pl), pause: rest.StopPause, keys: map[string]string{}}
}

// Capabilities are those of WES, which has no filter of its list.
func (c *Client) Capabilities() engine.Capabilities {
	return engine.Capabilities{Kind: Kind, Noun: noun}
}

// Health asks for the service's description, and for a list of one: many servers
// describe themselves to anybody.
func (c *Client) Health(ctx context.Context) (engine.Info, error) {
	answer, err := c.do(ctx, rest.Request{Method: http.MethodGet, Path: "/service-info"})
	if err != nil {
		return engine.Info{}, err
	}
	f, err := rest.Object(answer.Body)
	if err != nil {
		return engine.Info{}, answer.Unreadable(err)
	}
	info := engine.Info{Name: f.Text("name"), Version: f.Text("version"), Protocols: f.Lines("supported_wes_versions")}
	types := f.Object("workflow_type_versions")
	for name := range types {
		if info.Workflows == nil {
			info.Workflows = map[string][]string{}
		}
		info.Workflows[name] = types.Object(name).Lines("workflow_type_version")
	}
	_, _, err = c.page(ctx, url.Values{"page_size": {"1"}})
	return info, err
}

// Submit sends a Request, once.
func (c *Client) Submit(ctx context.Context, token engine.Token, job engine.Job) (engine.Run, error) {
	request, ok := job.(Request)
	if !ok {
		return engine.Run{}, &engine.NotAcceptedError{Noun: noun, Cause: &engine.JobTypeError{Kind: Kind, Job: job}}
	}
	body, contentType, err := request.encode(token)
	if err == nil {
		err = ctx.Err()
	}
	if err != nil {
		return engine.Run{}, &engine.NotAcceptedError{Noun: noun, Cause: err}
	}
	answer, err := c.do(ctx, rest.Request{Method: http.MethodPost, Path: "/runs", Body: body, ContentType: contentType})
	if err != nil {
		return engine.Run{}, rest.SubmitError(noun, err)
	}
	f, err := rest.Object(answer.Body)
	if err == nil && !rest.UsableID(f.ID("run_id")) {
		err = errNoID
	}
	if err != nil {
		return engine.Run{}, rest.SubmitError(noun, answer.Unreadable(err))
	}
	id := f.ID("run_id")
	c.remember(id, token.Key)
	// The answer is an ID and nothing else. What more there is to know is worth a
	// request, and not an error: the run is there.
	if run, err := c.Get(ctx, id); err == nil {
		return run, nil
	}
	return engine.Run{ID: id, Key: token.Key, Mark: token.Mark, State: engine.StateQueued, Word: "QUEUED"}, nil
}

// Get reads one run.
func (c *Client) Get(ctx context.Context, id string) (engine.Run, error) {
	answer, err := c.do(ctx, rest.Request{Method: http.MethodGet, Path: runPath(id)})
	if err != nil {
		return engine.Run{}, err
	}
	run, complete, err := decodeRun(answer.Body)
	if err == nil && run.ID != id {
		err = errors.New("it describes another run")
	}
	if err != nil {
		return engine.Run{}, answer.Unreadable(err)
	}
	if known, ok := c.known(id); ok && run.Key == "" {
		// A server that does not give tags back loses none of what it was sent by us.
		run.Key = known
	} else if complete {
		c.remember(id, run.Key)
	}
	return run, nil
}

// Cancel asks the service to stop a run. Some servers refuse that with 403 for one
// that has ended.
func (c *Client) Cancel(ctx context.Context, id string) error {
	return rest.Stop(ctx, c.pause, func() error {
		_, err := c.do(azure.Idempotent(ctx), rest.Request{Method: http.MethodPost, Path: runPath(id) + "/cancel"})
		return err
	}, func() bool {
		run, err := c.Get(ctx, id)
		return err == nil && run.State.Finished()
	})
}

// do sends a request, and sees through errors that come as a success.
func (c *Client) do(ctx context.Context, r rest.Request) (*rest.Answer, error) {
	answer, err := c.rest.Do(ctx, r)
	if err != nil {
		return nil, err
	}
	if status := hiddenFailure(answer.Body); status != 0 {
		return nil, answer.Failure(status)
	}
	return answer, nil
}

func (c *Client) page(ctx context.Context, query url.Values) ([]summary, string, error) {
	answer, err := c.do(ctx, rest.Request{Method: http.MethodGet, Path: "/runs", Query: query})
	if err != nil {
		return nil, "", err
	}
	runs, next, err := decodePage(answer.Body)
	if err != nil {
		return nil, "", answer.Unreadable(err)
	}
	return runs, next, nil
}

func (c *Client) list(ctx context.Context) ([]summary, error) {
	query := url.Values{"page_size": {strconv.Itoa(pageSize)}}
	var all []summary
	seen := map[string]bool{}
	err := rest.Pages(ctx, func(ctx context.Context, token string) (string, error) {
		if token != "" {
			query.Set("page_token", token)
		}
		runs, next, err := c.page(ctx, query)
		for _, s := range runs {
			if !seen[s.run.ID] {
				seen[s.run.ID] = true
				all = append(all, s)
			}
		}
		return next, err
	})
	if err != nil {
		return nil, err
	}
	return all, nil
}

func (c *Client) known(id string) (key string, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	key, ok = c.keys[id]
	return key, ok
}

func (c *Client) remember(id, key string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.keys[id] = key
}

func runPath(id string) string { return "/runs/" + url.PathEscape(id) }
