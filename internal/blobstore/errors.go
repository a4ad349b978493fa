package blobstore

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/bloberror"
)

// ErrNotFound matches, by errors.Is, an answer of the storage service itself that the blob or container doesn't exist.
// A 404 without the service's error code, as a proxy makes it, doesn't match.
var ErrNotFound = errors.New("not found")

// Error is a storage call that failed. Its text names what was asked for and the service's own code, and never contains
// a query string, a signature or a response body.
type Error struct {
	// Op is what was tried, as a phrase that fits after "could not".
	Op string
	// Container is its URL without a query, Blob may be empty.
	Container, Blob string
	// StatusCode and Code (the header x-ms-error-code) are zero when no answer arrived.
	StatusCode int
	Code       string
	RequestID  string
	cause      error
}

// Error implements error.
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString("could not ")
	b.WriteString(e.Op)
	if e.Blob != "" {
		fmt.Fprintf(&b, " %q", e.Blob)
	}
	if e.Container != "" {
		fmt.Fprintf(&b, " in %s", e.Container)
	}
	if e.StatusCode == 0 {
		return b.String() + ": " + safeText(e.cause)
	}
	fmt.Fprintf(&b, ": HTTP %d", e.StatusCode)
	if e.Code != "" {
		b.WriteString(" " + e.Code)
	}
	if e.RequestID != "" {
		b.WriteString(" (request " + e.RequestID + ")")
	}
	return b.String()
}

// Unwrap gives the cause. The text of an azcore.ResponseError in it isn't for showing: it carries the response body.
func (e *Error) Unwrap() error { return e.cause }

// Is matches ErrNotFound.
func (e *Error) Is(target error) bool {
	return target == ErrNotFound && e.StatusCode == http.StatusNotFound && e.Code != "" &&
		e.Code != string(bloberror.CannotVerifyCopySource)
}

// ConditionError says that a write or read didn't happen because the blob, or the source it should be copied from, isn't
// (or is no longer) what the condition demanded.
type ConditionError struct{ Failure *Error }

// Error implements error.
func (e *ConditionError) Error() string { return e.Failure.Error() }

// Unwrap gives the *Error.
func (e *ConditionError) Unwrap() error { return e.Failure }

// CopySourceError says that the destination's service could not read the copy source: a firewall, a private endpoint,
// a source that is down or gone. Streaming may still work.
type CopySourceError struct {
	Failure *Error
	// SourceStatus and SourceCode are what the source answered to the destination's service, where it tells.
	SourceStatus, SourceCode string
}

// Error implements error.
func (e *CopySourceError) Error() string {
	text := e.Failure.Error()
	if e.SourceStatus != "" || e.SourceCode != "" {
		text += strings.TrimRight(fmt.Sprintf("; the source answered %s %s", e.SourceStatus, e.SourceCode), " ")
	}
	return text
}

// Unwrap gives the *Error.
func (e *CopySourceError) Unwrap() error { return e.Failure }

// ContentError says that a blob's content isn't what its stored MD5 or length promise.
type ContentError struct {
	Blob, Container, Reason string
	// failure is the service's refusal, if it was the service that looked.
	failure *Error
}

// Error implements error.
func (e *ContentError) Error() string {
	text := fmt.Sprintf("the content of %q in %s %s", e.Blob, e.Container, e.Reason)
	if e.failure != nil {
		text += ": " + e.failure.Error()
	}
	return text
}

// Unwrap gives the *Error of the service that refused the content, if one did.
func (e *ContentError) Unwrap() error {
	if e.failure == nil {
		return nil
	}
	return e.failure
}

// IsNotFound is errors.Is(err, ErrNotFound).
func IsNotFound(err error) bool { return errors.Is(err, ErrNotFound) }

// wrap turns what azblob returned into the package's errors.
func (c *Container) wrap(op, name string, err error) error {
	if err == nil {
		return nil
	}
	e := &Error{Op: op, Container: c.URL(), Blob: name, cause: err}
	var answer *azcore.ResponseError
	if !errors.As(err, &answer) {
		return e
	}
	e.StatusCode, e.Code = answer.StatusCode, answer.ErrorCode
	var header http.Header
	if answer.RawResponse != nil {
		header = answer.RawResponse.Header
		e.RequestID = header.Get("x-ms-request-id")
		// azcore falls back to the body or the status line; only the header is the storage service's word.
		e.Code = header.Get("x-ms-error-code")
	}
	switch bloberror.Code(e.Code) {
	case bloberror.CannotVerifyCopySource:
		return &CopySourceError{
			Failure:      e,
			SourceStatus: header.Get("x-ms-copy-source-status-code"),
			SourceCode:   header.Get("x-ms-copy-source-error-code"),
		}
	case bloberror.ConditionNotMet, bloberror.SourceConditionNotMet, bloberror.TargetConditionNotMet,
		bloberror.BlobAlreadyExists:
		return &ConditionError{Failure: e}
	case bloberror.MD5Mismatch:
		return &ContentError{Blob: name, Container: e.Container, Reason: "does not have the MD5 that was promised", failure: e}
	default:
		return e
	}
}

// signature finds the part of a shared access signature that grants access.
var signature = regexp.MustCompile(`(?i)\bsig=[^&\s"']+`)

// unreadable is how azcore begins the text of an error about an answer that is no XML, or not the XML it should be; it has no type.
const unreadable = "unmarshalling type "

// safeText is err's text without URLs' queries and signatures.
func safeText(err error) string {
	if err == nil {
		return "no cause known"
	}
	var ue *url.Error
	if errors.As(err, &ue) && ue.Err != nil {
		err = ue.Err
	}
	text := err.Error()
	if strings.HasPrefix(text, unreadable) {
		// What follows may quote the answer.
		return "the answer is not what storage answers"
	}
	return signature.ReplaceAllString(text, "sig=REDACTED")
}
