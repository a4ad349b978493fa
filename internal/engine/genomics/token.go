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
	// markOpen begins the mark of a failover, which follows upon the key's bracket
	// without a space: behind that comes the user's text, whatever it looks like.
	markOpen = "[tff:"
	// TokenLength is how many characters of a run's description the token takes,
	// with the mark that a failover may put there later.
	TokenLength = len(tokenOpen) + engine.KeyLength + len("]") + len(markOpen) + engine.MarkLength + len(tokenClose)
)

// Describe puts the token in front of the user's description: its carrier in a
// service that has neither tags nor an idempotency key.
func Describe(token engine.Token, description string) string {
	text := tokenOpen + token.Key
	if token.Mark != "" {
		text += "]" + markOpen + token.Mark
	}
	return text + tokenClose + description
}

// ParseDescription takes apart what Describe made. A description without a whole
// token is somebody else's: ok is false and rest is all of it.
func ParseDescription(description string) (key, rest string, ok bool) {
	key, _, rest, ok = parseDescription(description)
	return key, rest, ok
}

func parseDescription(description string) (key, mark, rest string, ok bool) {
	after, found := strings.CutPrefix(description, tokenOpen)
	key, rest, closed := strings.Cut(after, "]")
	if !found || !closed || !engine.ValidKey(key) {
		return "", "", description, false
	}
	if marked, found := strings.CutPrefix(rest, markOpen); found {
		if text, behind, closed := strings.Cut(marked, "]"); closed && engine.ValidMark(text) {
			mark, rest = text, behind
		}
	}
	return key, mark, strings.TrimPrefix(rest, " "), true
}
