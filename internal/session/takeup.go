package session

import "strings"

// TakeUp notes that a resource has made a run its own in this run of the CLI.
func (s *Session) TakeUp(id string) { s.taken.Store(strings.ToLower(id), true) }

// TakenUp reports whether one has: a resource that is replaced must not stop the
// run that the one in its place has taken up.
func (s *Session) TakenUp(id string) bool {
	_, taken := s.taken.Load(strings.ToLower(id))
	return taken
}
