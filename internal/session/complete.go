package session

import "time"

// Vouch notes until when a container is known to have held everything that the other
// side of its store did. The store knows it better than its manifest says: as long
// as nothing changes, nothing is copied, and the manifest grows old.
func (s *Session) Vouch(containerURL string, until time.Time) {
	if !until.IsZero() {
		s.complete.Store(containerURL, until)
	}
}

// Vouched is what was noted in this run; zero if nothing was.
func (s *Session) Vouched(containerURL string) time.Time {
	until, _ := s.complete.Load(containerURL)
	at, _ := until.(time.Time)
	return at
}
