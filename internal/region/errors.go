package region

import (
	"errors"
	"fmt"
	"net/http"
	"time"
)

// UnreachableError says that a region is regarded as unreachable for the rest of this run. It is what every call gets whose
// gate is closed, and what the call gets that brought the proof. Match it with errors.As.
//
// A caller that sends something which must not be sent twice has to tell two cases apart, see [NeverReceived]: the gate refused
// the request before it was sent (Sent is false), or this call's own request went out and the region did not answer it (Sent is
// true, and unless the cause rules it out the region may have received it).
type UnreachableError struct {
	// Location is the region's normalised name, or the pseudo name of the gate.
	Location string
	// Cause is the proof: a network error, a [*TimeoutError] or a [*StatusError].
	Cause error
	// At is when the proof was seen.
	At time.Time
	// Sent says whether the request of the call that received this error was handed to the network.
	Sent bool
}

// Error names the region and the proof.
func (e *UnreachableError) Error() string {
	return fmt.Sprintf("region %s is unreachable: %v", e.Location, e.Cause)
}

// Unwrap returns the proof.
func (e *UnreachableError) Unwrap() error { return e.Cause }

// NonRetriable marks the error for azcore's retry policy, which stops at the first error that has this method.
func (e *UnreachableError) NonRetriable() {}

// TimeoutError is the proof that a region sent no response header in time.
type TimeoutError struct {
	// After is how long the call waited.
	After time.Duration
}

// Error says how long the call waited.
func (e *TimeoutError) Error() string { return fmt.Sprintf("no answer within %s", e.After) }

// Timeout marks the error as a timeout, as net.Error does.
func (e *TimeoutError) Timeout() bool { return true }

// StatusError is the proof that came as an HTTP answer: the gateway's 403, the last of several server errors or of several answers of
// somebody else in a row, or that a server is busy to everything.
type StatusError struct {
	// StatusCode is the HTTP status.
	StatusCode int
	// Gateway is true when the API gateway in front of the service answered, saying that the service behind it is down.
	Gateway bool
	// Foreign is true when the answer is none of the server that was asked: a page of a proxy, of a login, of another server.
	Foreign bool
	// ContentType is what a foreign answer says that it is, without parameters; it may be empty.
	ContentType string
	// RequestID is the service's identifier of the request, if it gave one.
	RequestID string
}

// Error describes the answer without repeating its body.
func (e *StatusError) Error() string {
	what := fmt.Sprintf("HTTP status %d", e.StatusCode)
	switch {
	case e.Gateway:
		what = fmt.Sprintf("the gateway says that the service behind it is down (HTTP status %d)", e.StatusCode)
	case e.Foreign && e.ContentType != "":
		what = fmt.Sprintf("something else answers in its server's place (HTTP status %d, %s)", e.StatusCode, e.ContentType)
	case e.Foreign:
		what = fmt.Sprintf("something else answers in its server's place (HTTP status %d)", e.StatusCode)
	case e.StatusCode == http.StatusTooManyRequests:
		what = fmt.Sprintf("it turns every request away as one too many (HTTP status %d)", e.StatusCode)
	}
	if e.RequestID != "" {
		what += ", request ID " + e.RequestID
	}
	return what
}

// NeverReceived reports whether err shows that the service cannot have received the request: the gate refused it before it was
// sent, the connection was never made (refused, no route, DNS, TLS), or the gateway turned it away. It is false for timeouts,
// resets and server errors, after which the outcome is unknown.
func NeverReceived(err error) bool {
	var unreachable *UnreachableError
	if errors.As(err, &unreachable) && !unreachable.Sent {
		return true
	}
	var status *StatusError
	if errors.As(err, &status) {
		return status.Gateway
	}
	return neverConnected(err)
}
