package msgenomics

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/region"
)

// APIError is an answer with another status than success.
type APIError struct {
	StatusCode int
	// Message is the text of the answer, masked; empty when there was none.
	Message string
	// RequestID is the service's ID for the request, if it gave one.
	RequestID string
	// Gateway says that the API gateway in front of the service answered, in its
	// own form, and not the service.
	Gateway bool
	Method  string
	Path    string
	// RetryAfter is how long the service asked to be left alone; zero if it did not.
	RetryAfter time.Duration
	// service says that the body had the service's form.
	service bool
}

func (e *APIError) Error() string {
	var b strings.Builder
	who := "the workflow service"
	if e.Gateway {
		who = "the gateway of the workflow service"
	}
	fmt.Fprintf(&b, "%s answered %s %s with %d %s", who, e.Method, e.Path, e.StatusCode, http.StatusText(e.StatusCode))
	if e.Message != "" {
		fmt.Fprintf(&b, ": %s", e.Message)
	}
	return b.String()
}

// IsNotFound reports whether the service itself said that a workflow is not
// there. A 404 of a gateway, or of a proxy with a page in HTML, proves nothing.
func IsNotFound(err error) bool {
	var api *APIError
	return errors.As(err, &api) && api.StatusCode == http.StatusNotFound && api.service
}

// NotAcceptedError says that a submission certainly did not become a run.
type NotAcceptedError struct{ Cause error }

func (e *NotAcceptedError) Error() string { return "the workflow was not accepted: " + e.Cause.Error() }

// Unwrap gives the cause.
func (e *NotAcceptedError) Unwrap() error { return e.Cause }

// OutcomeUnknownError says that a submission may or may not have become a run: it
// went out and no answer could be read. It must be looked up by its token.
type OutcomeUnknownError struct{ Cause error }

func (e *OutcomeUnknownError) Error() string {
	return "it is unknown whether the workflow was accepted: " + e.Cause.Error()
}

// Unwrap gives the cause.
func (e *OutcomeUnknownError) Unwrap() error { return e.Cause }

// submitError decides what a failed POST means. Everything that is not a known
// refusal counts as unknown: looking up costs a request, a duplicate costs a run.
func submitError(err error) error {
	var api *APIError
	if errors.As(err, &api) {
		switch api.StatusCode {
		case http.StatusBadRequest, http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound, http.StatusTooManyRequests:
			return &NotAcceptedError{Cause: err}
		}
		return &OutcomeUnknownError{Cause: err}
	}
	if region.NeverReceived(err) {
		return &NotAcceptedError{Cause: err}
	}
	return &OutcomeUnknownError{Cause: err}
}

// Denied reports whether the service did not take the key.
func (e *APIError) Denied() bool {
	return e.StatusCode == http.StatusUnauthorized || e.StatusCode == http.StatusForbidden
}

// Throttled tells for how long the service asked to be left alone; false if it
// refused for another reason.
func (e *APIError) Throttled() (time.Duration, bool) {
	return e.RetryAfter, e.StatusCode == http.StatusTooManyRequests
}

// whose is what an answer that cannot be read makes one ask.
const whose = "Does the endpoint belong to the workflow service?"
