package region

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"net"
	"net/http"
	"net/url"
	"syscall"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"
)

type tlsState = tls.ConnectionState

// verdict is what one call says about its region.
type verdict int

const (
	undecided verdict = iota // nothing: the caller gave up, or the fault is on this side
	alive                    // the region answered
	strike                   // a soft proof of death: several in a row are needed
	dead                     // a proof of death
	busy                     // a strike against a region that has not answered yet, and nothing once it has
)

type outcome struct {
	verdict verdict
	proof   error
}

func (o outcome) dead() bool { return o.verdict == dead }

// foreign reports whether the outcome is an answer of somebody else.
func (o outcome) foreign() bool {
	status, ok := o.proof.(*StatusError) //nolint:errorlint // made here, and never wrapped
	return ok && status.Foreign
}

// judge decides what a call's result says about the region.
func (c *call) judge(resp *http.Response, err error) outcome {
	if err == nil {
		return judgeResponse(resp, foreign(c.parent, resp))
	}
	err = withoutURL(err)
	cause := context.Cause(c.req.Raw().Context())
	var late *TimeoutError
	switch {
	case errors.As(cause, &late):
		if c.patient {
			// A request that is slow by nature proves nothing by itself.
			return outcome{strike, late}
		}
		return outcome{dead, late}
	case errors.Is(cause, errGivenUp):
		return outcome{dead, errGivenUp}
	case c.parent.Err() != nil, errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return outcome{undecided, err}
	case c.bodyError.Load():
		return outcome{undecided, err}
	case c.answered.Load():
		return outcome{strike, err} // broke off in the middle of an answer
	case c.tlsFailed.Load(), neverConnected(err):
		return outcome{dead, err}
	case localFault(err):
		return outcome{undecided, err}
	case isTimeout(err):
		return outcome{dead, err}
	case isNetwork(err):
		return outcome{strike, err}
	default:
		return outcome{undecided, err}
	}
}

// answered reports whether there was an answer, be it one that closed a gate behind this one.
func answered(resp *http.Response, err error) bool {
	if err == nil {
		return resp != nil
	}
	var behind *UnreachableError
	var status *StatusError
	return errors.As(err, &behind) && errors.As(behind.Cause, &status)
}

// judgeResponse decides what an answer says about the region. foreign says that it is somebody else's.
func judgeResponse(resp *http.Response, foreign bool) outcome {
	answer := resp.StatusCode < http.StatusInternalServerError || resp.StatusCode == http.StatusNotImplemented ||
		resp.StatusCode == http.StatusHTTPVersionNotSupported || aboutTheSource(resp.Header.Get("x-ms-error-code"))
	switch {
	case foreign && answer:
		return outcome{strike, foreignError(resp)}
	case resp.StatusCode == http.StatusForbidden && gatewayRefusal(resp):
		return outcome{dead, statusError(resp, true)}
	case answer:
		return outcome{verdict: alive}
	case resp.Header.Get("x-ms-error-code") == "ServerBusy":
		// Storage says this when it throttles and when it is down. To a region that answered it is throttling: many calls at a
		// time must not look like an outage. Before that calls go out one at a time, and there is nothing to throttle.
		return outcome{busy, statusError(resp, false)}
	default:
		return outcome{strike, statusError(resp, false)}
	}
}

// aboutTheSource names the storage errors that come as 5xx and yet show a service at work: the source of a copy is at fault.
func aboutTheSource(code string) bool {
	return code == "CannotVerifyCopySource" || code == "PendingCopyOperation"
}

func statusError(resp *http.Response, gateway bool) *StatusError {
	id := resp.Header.Get("x-ms-request-id")
	if id == "" {
		id = resp.Header.Get("apim-request-id")
	}
	return &StatusError{StatusCode: resp.StatusCode, Gateway: gateway, RequestID: id}
}

// gatewayRefusal tells the API gateway's 403, {"statusCode":403,"message":"…"}, from the service's own, {"Message":"…"}, and from
// storage's XML. Keys are compared exactly: only their case tells the two senders apart.
func gatewayRefusal(resp *http.Response) bool {
	body, err := runtime.Payload(resp)
	if err != nil {
		return false
	}
	var fields map[string]json.RawMessage
	if json.Unmarshal(body, &fields) != nil {
		return false
	}
	_, hasMessage := fields["message"]
	return hasMessage && string(fields["statusCode"]) == "403"
}

// withoutURL takes the request's URL, which may carry a signature, off a transport error.
func withoutURL(err error) error {
	var wrapped *url.Error
	if errors.As(err, &wrapped) && wrapped.Err != nil {
		return wrapped.Err
	}
	return err
}

// neverConnected reports whether err shows that no connection was made, so that nothing was sent.
func neverConnected(err error) bool {
	var dns *net.DNSError
	if errors.As(err, &dns) {
		return true
	}
	var op *net.OpError
	if errors.As(err, &op) && (op.Op == "dial" || op.Op == "proxyconnect") {
		return !localFault(err)
	}
	if errors.Is(err, syscall.ECONNREFUSED) || errors.Is(err, http.ErrSchemeMismatch) {
		return true
	}
	var (
		verification *tls.CertificateVerificationError
		record       tls.RecordHeaderError
		authority    x509.UnknownAuthorityError
		hostname     x509.HostnameError
		invalid      x509.CertificateInvalidError
	)
	return errors.As(err, &verification) || errors.As(err, &record) || errors.As(err, &authority) ||
		errors.As(err, &hostname) || errors.As(err, &invalid)
}

// localFault reports a failure of this machine, which says nothing about the region.
func localFault(err error) bool {
	return errors.Is(err, syscall.EMFILE) || errors.Is(err, syscall.ENFILE) || errors.Is(err, syscall.EADDRNOTAVAIL)
}

func isTimeout(err error) bool {
	var t interface{ Timeout() bool }
	return errors.As(err, &t) && t.Timeout()
}
