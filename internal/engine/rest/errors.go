package rest

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/engine"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/region"
)

// Error is an answer that is a refusal.
type Error struct {
	// StatusCode is HTTP's, or the one that the body of a success carried.
	StatusCode int
	// Message is the text of the answer, masked; empty when there was none.
	Message string
	// RequestID is the service's ID for the request, if it gave one.
	RequestID string
	Method    string
	Path      string

	retryAfter time.Duration
	// service says that the body had a form in which services of the protocol speak.
	service bool
}

// Error names the request and what the service says.
func (e *Error) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "the service answered %s %s with %d %s", e.Method, e.Path, e.StatusCode, http.StatusText(e.StatusCode))
	if e.Message != "" {
		fmt.Fprintf(&b, ": %s", e.Message)
	}
	return b.String()
}

// Is makes a 404 that the service itself sent an engine.ErrNotFound. One of a
// proxy, with a page in HTML, proves nothing.
func (e *Error) Is(target error) bool {
	return target == engine.ErrNotFound && e.StatusCode == http.StatusNotFound && e.service
}

// Throttled tells for how long the service asked to be left alone.
func (e *Error) Throttled() (time.Duration, bool) {
	return e.retryAfter, e.StatusCode == http.StatusTooManyRequests
}

// Denied reports whether the service did not take the credential.
func (e *Error) Denied() bool {
	return e.StatusCode == http.StatusUnauthorized || e.StatusCode == http.StatusForbidden
}

// CredentialError says that no credential could be had for a service, so that it
// was not called.
type CredentialError struct{ Cause error }

// Error names the cause.
func (e *CredentialError) Error() string { return "no credential for the service: " + e.Cause.Error() }

// Unwrap gives the cause.
func (e *CredentialError) Unwrap() error { return e.Cause }

// refusals are the statuses that a service gives before it does anything.
var refusals = map[int]bool{
	http.StatusBadRequest: true, http.StatusUnauthorized: true, http.StatusForbidden: true, http.StatusNotFound: true,
	http.StatusMethodNotAllowed: true, http.StatusRequestEntityTooLarge: true, http.StatusUnsupportedMediaType: true,
	http.StatusUnprocessableEntity: true, http.StatusTooManyRequests: true, http.StatusNotImplemented: true,
}

// SubmitError decides what a failed submission means. Everything that is not a
// known refusal counts as unknown: looking up costs a request, a duplicate costs a
// run.
func SubmitError(noun string, err error) error {
	var refused *Error
	var credential *CredentialError
	switch {
	case errors.As(err, &refused):
		if refusals[refused.StatusCode] {
			return &engine.NotAcceptedError{Noun: noun, Cause: err}
		}
	case errors.As(err, &credential), region.NeverReceived(err):
		return &engine.NotAcceptedError{Noun: noun, Cause: err}
	}
	return &engine.OutcomeUnknownError{Noun: noun, Cause: err}
}
