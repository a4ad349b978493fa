// Package msgenomics is the REST client of the Microsoft Genomics workflow
// service. The hosted service was retired in January 2025; what is sent and
// expected here follows its documentation and the two public clients, msgen 0.9.0
// and msgenctl 0.4.0.
package msgenomics

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/streaming"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/azure"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/region"
)

const (
	keyHeader     = "Ocp-Apim-Subscription-Key"
	workflowsPath = "/api/workflows"
)

// Client speaks to one region's service for one account. It is safe for
// concurrent use.
type Client struct {
	endpoint string
	key      func(context.Context) (string, error)
	pl       runtime.Pipeline
}

// New makes a client for a base URL such as https://westus2.microsoftgenomics.net.
// key gives the account's access key for each request; when the service refuses
// that key, key is asked once more, see RefusedKey.
func New(endpoint string, key func(context.Context) (string, error), pl runtime.Pipeline) *Client {
	return &Client{endpoint: strings.TrimRight(endpoint, "/"), key: key, pl: pl}
}

type refusedKey struct{}

// RefusedKey is the key that the service has just answered 401 to, or empty. A
// source of keys that remembers drops this one and looks whether it was rotated.
func RefusedKey(ctx context.Context) string {
	key, _ := ctx.Value(refusedKey{}).(string)
	return key
}

// Submit starts a workflow. The request is sent exactly once, whatever happens,
// for the service knows no idempotency key. The error is *NotAcceptedError when
// there is certainly no run, and else *OutcomeUnknownError.
func (c *Client) Submit(ctx context.Context, s Submission) (Workflow, error) {
	body, err := s.encode()
	if err != nil {
		return Workflow{}, &NotAcceptedError{Cause: err}
	}
	key, err := c.key(ctx)
	if err != nil {
		return Workflow{}, &NotAcceptedError{Cause: err}
	}
	if err := ctx.Err(); err != nil {
		return Workflow{}, &NotAcceptedError{Cause: err}
	}
	answer, err := c.send(ctx, key, http.MethodPost, workflowsPath, nil, body)
	if err != nil {
		return Workflow{}, submitError(err)
	}
	w, err := decodeWorkflow(answer.body)
	if err != nil {
		return Workflow{}, submitError(answer.unreadable(err))
	}
	return w, nil
}

// Get reads one workflow. IsNotFound tells when it is not there.
func (c *Client) Get(ctx context.Context, id int64) (Workflow, error) {
	answer, err := c.call(ctx, http.MethodGet, workflowPath(id), nil)
	if err != nil {
		return Workflow{}, err
	}
	w, err := decodeWorkflow(answer.body)
	if err == nil && w.ID != id {
		err = errors.New("it describes workflow " + strconv.FormatInt(w.ID, 10))
	}
	if err != nil {
		return Workflow{}, answer.unreadable(err)
	}
	return w, nil
}

// Cancel asks the service to stop a workflow. It answers before it has: watch the
// status go to cancelling and cancelled, or to an end of its own.
func (c *Client) Cancel(ctx context.Context, id int64) error {
	_, err := c.call(ctx, http.MethodDelete, workflowPath(id), nil)
	return err
}

// Ping asks the service for the least it can answer, with the account's key.
func (c *Client) Ping(ctx context.Context) error {
	_, err := c.page(ctx, Query{}, 0, 1)
	return err
}

func workflowPath(id int64) string { return workflowsPath + "/" + strconv.FormatInt(id, 10) }

// call sends a request that may be repeated, with a fresh key if the first one
// was refused.
func (c *Client) call(ctx context.Context, method, path string, query url.Values) (*answer, error) {
	key, err := c.key(ctx)
	if err != nil {
		return nil, err
	}
	a, err := c.send(ctx, key, method, path, query, nil)
	var api *APIError
	if !errors.As(err, &api) || api.StatusCode != http.StatusUnauthorized {
		return a, err
	}
	fresh, keyErr := c.key(context.WithValue(ctx, refusedKey{}, key))
	if keyErr != nil || fresh == key {
		return nil, err
	}
	return c.send(ctx, fresh, method, path, query, nil)
}

func (c *Client) send(ctx context.Context, key, method, path string, query url.Values, body []byte) (*answer, error) {
	target := c.endpoint + path
	if len(query) > 0 {
		target += "?" + query.Encode()
	}
	req, err := runtime.NewRequest(region.WithRecognizer(ctx, region.SpeaksJSON), method, target)
	if err != nil {
		return nil, err
	}
	req.Raw().Header.Set("Accept", "application/json")
	req.Raw().Header.Set(keyHeader, key)
	if body != nil {
		if err := req.SetBody(streaming.NopCloser(bytes.NewReader(body)), "application/json"); err != nil {
			return nil, err
		}
	}
	return c.do(req, method, path, key)
}

func (c *Client) do(req *policy.Request, method, path, key string) (*answer, error) {
	resp, err := c.pl.Do(req)
	if err != nil {
		return nil, err
	}
	defer func() { _ = resp.Body.Close() }()
	a := &answer{method: method, path: path, resp: resp}
	if a.body, err = runtime.Payload(resp); err != nil {
		return nil, a.unreadable(err)
	}
	if resp.StatusCode < 200 || resp.StatusCode > 299 {
		return nil, a.failure(key)
	}
	return a, nil
}

// answer is what came back for a request, the body read.
type answer struct {
	method, path string
	resp         *http.Response
	body         []byte
}

func (a *answer) unreadable(cause error) error {
	return &azure.UnreadableError{
		Question: whose,
		Method:   a.method, Path: a.path, StatusCode: a.resp.StatusCode, ContentType: a.resp.Header.Get("Content-Type"),
		RequestID: a.requestID(), Cause: cause,
	}
}

// failure reads the two forms of error: the service's {"Message":…} and the
// gateway's {"statusCode":…,"message":…}.
func (a *answer) failure(key string) error {
	e := &APIError{
		StatusCode: a.resp.StatusCode, RequestID: a.requestID(), Method: a.method, Path: a.path,
		RetryAfter: azure.RetryAfter(a.resp.Header, time.Now()),
	}
	var fields map[string]json.RawMessage
	if json.Unmarshal(a.body, &fields) != nil {
		return e
	}
	_, e.Gateway = fields["statusCode"]
	message := "Message"
	if e.Gateway {
		message = "message"
	}
	raw, ok := fields[message]
	e.service = ok && !e.Gateway
	e.Message = azure.Clean(text(raw), key)
	return e
}

func (a *answer) requestID() string {
	for _, name := range []string{"x-ms-request-id", "Request-Id", "Apim-Request-Id"} {
		if id := a.resp.Header.Get(name); id != "" {
			return id
		}
	}
	return ""
}
