package azure

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// UnreadableError is an answer that reports success and is not what was asked for: a login page in HTML, a truncated body,
// another run.
type UnreadableError struct {
	Method      string
	Path        string
	StatusCode  int
	ContentType string
	RequestID   string
	Cause       error
	// Question is what to look at first, as one.
	Question string
}

// Error names the request and what is wrong with its answer.
func (e *UnreadableError) Error() string {
	kind := e.ContentType
	if kind == "" {
		kind = "unknown type"
	}
	return fmt.Sprintf("the answer to %s %s (%d, %s) cannot be read: %v. %s", e.Method, e.Path, e.StatusCode, kind, e.Cause, e.Question)
}

// Unwrap gives the cause.
func (e *UnreadableError) Unwrap() error { return e.Cause }

// Misread keeps the position of a JSON error and drops the quoted piece of body that some of them carry.
func Misread(err error) error {
	var s *json.SyntaxError
	if errors.As(err, &s) {
		return fmt.Errorf("unexpected content at byte %d", s.Offset)
	}
	var t *json.UnmarshalTypeError
	if errors.As(err, &t) {
		return fmt.Errorf("unexpected type at byte %d", t.Offset)
	}
	return errors.New("unexpected content")
}

// RetryAfter reads the header in both of its forms, seconds or a date; zero when there is none that lies ahead.
func RetryAfter(h http.Header, now time.Time) time.Duration {
	value := h.Get("Retry-After")
	if seconds, err := strconv.Atoi(value); err == nil && seconds > 0 {
		return time.Duration(seconds) * time.Second
	}
	if at, err := http.ParseTime(value); err == nil && at.After(now) {
		return at.Sub(now)
	}
	return 0
}

// MaxMessage is how much of a service's text Clean leaves, in characters.
const MaxMessage = 1000

// Clean makes a service's text fit to be shown and kept in a state: without the secrets it was called with, without anything
// that looks secret, and bounded.
func Clean(text string, secrets ...string) string {
	for _, secret := range secrets {
		if secret != "" {
			text = strings.ReplaceAll(text, secret, "***")
		}
	}
	text = Mask(text)
	if r := []rune(text); len(r) > MaxMessage {
		text = string(r[:MaxMessage]) + "…"
	}
	return text
}
