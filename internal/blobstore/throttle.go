package blobstore

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
)

// OnThrottle returns a context whose requests tell of each answer by which the service asks for less (429, 503), and for
// how long it asks: zero when it doesn't say. The request itself is sent again by the pipeline, if at all.
func OnThrottle(ctx context.Context, tell func(wait time.Duration)) context.Context {
	return context.WithValue(ctx, throttleKey{}, tell)
}

type throttleKey struct{}

// throttlePolicy looks at each try's answer.
type throttlePolicy struct{}

// Do implements policy.Policy.
func (throttlePolicy) Do(req *policy.Request) (*http.Response, error) {
	resp, err := req.Next()
	if err == nil && throttles(resp.StatusCode) {
		if tell, ok := req.Raw().Context().Value(throttleKey{}).(func(time.Duration)); ok {
			tell(retryAfter(resp.Header))
		}
	}
	return resp, err
}

// Throttled tells whether a call failed because the service asked for less, after the pipeline's own attempts.
func Throttled(err error) bool {
	var e *Error
	return errors.As(err, &e) && throttles(e.StatusCode)
}

func throttles(status int) bool {
	return status == http.StatusTooManyRequests || status == http.StatusServiceUnavailable
}

// retryAfter is the pause that an answer asks for. A date, which storage doesn't send, counts as none said.
func retryAfter(h http.Header) time.Duration {
	for _, spelling := range []struct {
		header string
		unit   time.Duration
	}{{"x-ms-retry-after-ms", time.Millisecond}, {"Retry-After", time.Second}} {
		if n, err := strconv.ParseInt(h.Get(spelling.header), 10, 32); err == nil && n > 0 {
			return time.Duration(n) * spelling.unit
		}
	}
	return 0
}
