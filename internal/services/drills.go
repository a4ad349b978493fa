package services

import "github.com/genomics-continuity/terraform-provider-genomics/internal/failover"

// DrillIdentity is under what the canaries of a pair's drills run. No submission can
// have its name.
func DrillIdentity(pair string) failover.Identity {
	return failover.Identity{Pair: pair, Submission: "\x00drill"}
}
