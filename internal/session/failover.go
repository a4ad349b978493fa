package session

import "github.com/genomics-continuity/terraform-provider-genomics/internal/failover"

// NoteFailover notes how the last failover of a pair went, as far as its state knows,
// for whoever reports in this run: what reads a pair takes only what is known while
// planning, which this is not in a failover.
func (s *Session) NoteFailover(pair string, last failover.Last) { s.failovers.Store(pair, last) }

// LastFailover is what was noted in this run; false if nothing was.
func (s *Session) LastFailover(pair string) (failover.Last, bool) {
	noted, ok := s.failovers.Load(pair)
	last, _ := noted.(failover.Last)
	return last, ok
}
