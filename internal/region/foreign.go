package region

import (
	"bytes"
	"context"
	"encoding/json"
	"mime"
	"net/http"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"
)

// A Recognizer reports whether an answer can be of the server that was asked. It says no only of what provably comes from
// somebody else in its place: a proxy's page, a login page, another server. It may read the body with azcore's Payload, and
// leaves it to be read again.
type Recognizer func(*http.Response) bool

type recognizerKey struct{}

// WithRecognizer lets the gates tell the answers of the calls made with the returned context from those of somebody else. A
// foreign answer says as little of what was asked as a server error does, and counts like one. A call that gets one ends with a
// [*StatusError], which azcore's retry policy tries again. nil takes a recognizer away again.
func WithRecognizer(ctx context.Context, own Recognizer) context.Context {
	return context.WithValue(ctx, recognizerKey{}, own)
}

// foreign reports whether an answer is known to be somebody else's.
func foreign(ctx context.Context, resp *http.Response) bool {
	own, _ := ctx.Value(recognizerKey{}).(Recognizer)
	return own != nil && !own(resp)
}

// longestType is how many characters of a media type are shown: more than any registered one has.
const longestType = 100

func foreignError(resp *http.Response) *StatusError {
	kind, _, err := mime.ParseMediaType(resp.Header.Get("Content-Type"))
	if err != nil || len(kind) > longestType {
		kind = ""
	}
	return &StatusError{StatusCode: resp.StatusCode, Foreign: true, ContentType: kind}
}

// SpeaksJSON is the recognizer of a server that says everything in JSON. What is empty may be its own, except for what was asked to be
// read. So may be a page about the form of the request: the web server before it says that for it, and it proves no outage.
func SpeaksJSON(resp *http.Response) bool {
	body, err := runtime.Payload(resp)
	if err != nil || AboutTheForm(resp.StatusCode) {
		return true
	}
	body = bytes.TrimSpace(body)
	success := resp.StatusCode >= http.StatusOK && resp.StatusCode < http.StatusMultipleChoices
	reads := resp.Request != nil && resp.Request.Method == http.MethodGet
	page := strings.Contains(strings.ToLower(resp.Header.Get("Content-Type")), "html")
	switch {
	case len(body) == 0:
		return !page && (!reads || resp.StatusCode != http.StatusOK)
	case body[0] == '{', body[0] == '[':
		return json.Valid(body)
	default:
		// What was done may be confirmed by a word.
		return success && !reads && !page && body[0] != '<'
	}
}

// AboutTheForm reports whether a status says that a request could not be taken as it was written.
func AboutTheForm(status int) bool {
	switch status {
	case http.StatusBadRequest, http.StatusLengthRequired, http.StatusRequestEntityTooLarge, http.StatusRequestURITooLong,
		http.StatusExpectationFailed, http.StatusRequestHeaderFieldsTooLarge:
		return true
	default:
		return false
	}
}
