package session

import "strings"

// Once is true for the first caller of this run that asks with these words: what
// many resources find out is said by one of them.
func (s *Session) Once(words ...string) bool {
	_, told := s.told.LoadOrStore(strings.ToLower(strings.Join(words, "\n")), true)
	return !told
}
