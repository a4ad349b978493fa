// Package rest is what the clients of GA4GH's two protocols share: a base URL that
// carries its own prefix, an Authorization header, errors, and JSON that is read
// tolerantly.
package rest

import (
	"bytes"
	"context"
	"encoding/base64"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/streaming"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/azure"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/region"
)

// Authorize gives the Authorization header for a request; empty means none.
type Authorize func(ctx context.Context) (string, error)

// Basic is HTTP's basic authentication.
func Basic(username, password string) Authorize {
	header := "Basic " + base64.StdEncoding.EncodeToString([]byte(username+":"+password))
	return func(context.Context) (string, error) { return header, nil }
}

// Bearer is a token handed over in advance.
func Bearer(token string) Authorize {
	return func(context.Context) (string, error) { return "Bearer " + token, nil }
}

// Entra is a token of Entra ID for a scope, such as api://tes/.default. The
// credential keeps it until it is about to expire.
func Entra(credential azcore.TokenCredential, scope string) Authorize {
	return func(ctx context.Context) (string, error) {
		token, err := credential.GetToken(ctx, policy.TokenRequestOptions{Scopes: []string{scope}})
		if err != nil {
			return "", err
		}
		return "Bearer " + token.Token, nil
	}
}

// Client sends requests to one service. It is safe for concurrent use.
type Client struct {
	base      string
	authorize Authorize
	pl        runtime.Pipeline
}

// New makes a client for a base URL with the protocol's prefix, such as
// https://tes.example/ga4gh/tes/v1. authorize may be nil.
func New(base string, authorize Authorize, pl runtime.Pipeline) *Client {
	return &Client{base: strings.TrimRight(base, "/"), authorize: authorize, pl: pl}
}

// Request is one call.
type Request struct {
	Method string
	// Path follows the base URL, its segments escaped.
	Path  string
	Query url.Values
	// Body is nil for none.
	Body        []byte
	ContentType string
}

// Do sends a request. An answer with another status than success is an *Error.
// Whether it may be sent again is decided by the pipeline: a POST is sent once,
// unless its context says otherwise.
func (c *Client) Do(ctx context.Context, r Request) (*Answer, error) {
	target := c.base + r.Path
	if len(r.Query) > 0 {
		target += "?" + r.Query.Encode()
	}
	req, err := runtime.NewRequest(region.WithRecognizer(ctx, own), r.Method, target)
	if err != nil {
		return nil, err
	}
	req.Raw().Header.Set("Accept", "application/json")
	secret := ""
	if c.authorize != nil {
		if secret, err = c.authorize(ctx); err != nil {
			return nil, &CredentialError{Cause: err}
		}
		if secret != "" {
			req.Raw().Header.Set("Authorization", secret)
		}
	}
	if r.Body != nil {
		if err := req.SetBody(streaming.NopCloser(bytes.NewReader(r.Body)), r.ContentType); err != nil {
			return nil, err
		}
	}
	resp, err := c.pl.Do(req)
	if err != nil {
		return nil, err
	}
	defer func() { _ = resp.Body.Close() }()
	a := &Answer{Method: r.Method, Path: r.Path, Status: resp.StatusCode, header: resp.Header, secret: secret}
	if a.Body, err = runtime.Payload(resp); err != nil {
		return nil, a.Unreadable(err)
	}
	if a.Status < http.StatusOK || a.Status >= http.StatusMultipleChoices {
		return nil, a.Failure(a.Status)
	}
	return a, nil
}

// Answer is what came back for a request, the body read.
type Answer struct {
	Method, Path string
	Status       int
	Body         []byte

	header http.Header
	secret string
}

// Unreadable is the error for a body that is not what was asked for.
func (a *Answer) Unreadable(cause error) error {
	return &azure.UnreadableError{
		Question: "Does the base URL have the protocol's prefix?",
		Method:   a.Method, Path: a.Path, StatusCode: a.Status, ContentType: a.header.Get("Content-Type"), RequestID: a.requestID(), Cause: cause,
	}
}

// Failure reads an answer as a refusal with the given status, which some servers
// put into the body of a success. Known forms are WES's {"msg":…,"status_code":…},
// TES's {"error":…} or {"message":…} and plain text.
func (a *Answer) Failure(status int) *Error {
	e := &Error{StatusCode: status, RequestID: a.requestID(), Method: a.Method, Path: a.Path, retryAfter: azure.RetryAfter(a.header, time.Now())}
	o, err := Object(a.Body)
	switch {
	case err == nil:
		for _, name := range []string{"msg", "error", "message", "detail", "title"} {
			if e.Message = o.Text(name); e.Message != "" {
				// A page of a proxy or a gateway has none of these words in JSON.
				e.service = true
				break
			}
		}
	case strings.HasPrefix(a.header.Get("Content-Type"), "text/plain"):
		e.Message = string(a.Body)
		e.service = strings.TrimSpace(e.Message) != ""
	default:
		// Some servers send a quoted text as JSON.
		e.Message = bare(a.Body)
		e.service = e.Message != "" && len(a.Body) > 0 && a.Body[0] == '"'
		if !e.service {
			e.Message = ""
		}
	}
	e.service = e.service && !aboutRoute(e.Message)
	e.Message = Clean(e.Message, a.secret)
	return e
}

func (a *Answer) requestID() string {
	for _, name := range []string{"x-ms-request-id", "X-Request-Id", "Request-Id", "X-Correlation-Id"} {
		if id := a.header.Get(name); id != "" {
			return id
		}
	}
	return ""
}

// Clean makes a server's text fit to be shown and kept in a state: without the
// Authorization header that it was called with, whole or without its scheme.
func Clean(message, secret string) string {
	_, bare, _ := strings.Cut(secret, " ")
	return azure.Clean(strings.TrimSpace(message), secret, bare)
}
