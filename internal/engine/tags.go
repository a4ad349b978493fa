package engine

import (
	"maps"
	"strings"
)

// The tags that carry a token where a protocol has tags. Their names have small
// letters and hyphens only, which is all that Cromwell accepts of a label.
const (
	TagKey        = "tfg-key"
	TagSubmission = "tfg-submission"
	// TagOurs is on all of our runs, with TagOursValue: some servers find runs by a
	// tag's name and value, and not by its name alone.
	TagOurs      = "tfg"
	TagOursValue = "1"
	// TagMark is on the runs that a failover submitted.
	TagMark = "tfg-failover"
)

// ReservedTag reports whether a tag's name is one that users cannot give.
func ReservedTag(name string) bool { return name == TagOurs || strings.HasPrefix(name, TagOurs+"-") }

// Tags are the user's tags and the token's.
func (t Token) Tags(users map[string]string) map[string]string {
	all := maps.Clone(users)
	if all == nil {
		all = map[string]string{}
	}
	all[TagKey], all[TagSubmission], all[TagOurs] = t.Key, t.Submission, TagOursValue
	if t.Mark != "" {
		all[TagMark] = t.Mark
	}
	return all
}

// KeyOf is the key that a run's tags carry; empty if they carry none.
func KeyOf(tag func(name string) string) string {
	key, submission := tag(TagKey), tag(TagSubmission)
	if !(Token{Submission: submission, Key: key}).Valid() {
		return ""
	}
	return key
}
