package genomics

import (
	"strings"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/engine"
)

const (
	// tokenMark is what the description of every run with a token contains.
	tokenMark  = "tfg:"
	tokenOpen  = "[" + tokenMark
	tokenClose = "] "
	// TokenLength is how many characters of a run's description the token takes.
	TokenLength = len(tokenOpen) + engine.KeyLength + len(tokenClose)
)

// Describe puts the key in front of the user's description: the carrier of the
// token in a service that has neither tags nor an idempotency key.
func Describe(key, description string) string {
	return tokenOpen + key + tokenClose + description
}

// ParseDescription takes apart what Describe made. A description without a whole
// token is somebody else's: ok is false and rest is all of it.
func ParseDescription(description string) (key, rest string, ok bool) {
	after, found := strings.CutPrefix(description, tokenOpen)
	if !found || len(after) < engine.KeyLength+1 || after[engine.KeyLength] != ']' {
		return "", description, false
	}
	key = after[:engine.KeyLength]
	if !engine.ValidKey(key) {
		return "", description, false
	}
	return key, strings.TrimPrefix(after[engine.KeyLength+1:], " "), true
}
