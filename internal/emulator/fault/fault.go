// Package fault puts the emulator's servers behind a switch: a server can be
// refused, black-holed, broken or slow for a while, and single requests can be
// made to fail once.
package fault

import (
	"fmt"
	"time"
)

// Mode is what is wrong with a server.
type Mode string

// The modes.
const (
	None       Mode = "none"
	Refused    Mode = "refused"    // nothing listens on the port
	Blackhole  Mode = "blackhole"  // connections are accepted, requests read, nothing is ever answered
	Error500   Mode = "error500"   // every answer is 500
	Error503   Mode = "error503"   // every answer is 503
	Gateway403 Mode = "gateway403" // the gateway says that the service behind it is down
	Slow       Mode = "slow"       // every request waits before it is served
)

// Scope says which of a region's servers a fault applies to.
type Scope string

// The scopes.
const (
	ScopeAll     Scope = "all"
	ScopeService Scope = "service"
	ScopeStorage Scope = "storage"
)

// What an outage does to the running jobs of its region.
const (
	JobsFail = "fail"
	JobsKeep = "keep"
)

// Fault is the state of a region, or of Resource Manager, as the admin API
// takes and shows it.
type Fault struct {
	Mode Mode `json:"mode"`
	// Scope defaults to all; it means nothing to Resource Manager.
	Scope Scope `json:"scope,omitempty"`
	// DelayMilliseconds is how long a slow server waits before it serves a request.
	DelayMilliseconds int `json:"delay_ms,omitempty"`
	// Jobs is fail or keep. By default running jobs fail with every fault of
	// the service except a slow one.
	Jobs string `json:"jobs,omitempty"`
}

// Delay is DelayMilliseconds as a duration.
func (f Fault) Delay() time.Duration { return time.Duration(f.DelayMilliseconds) * time.Millisecond }

// Normalize fills what was left out and refuses what is unknown.
func (f Fault) Normalize() (Fault, error) {
	if f.Mode == "" {
		f.Mode = None
	}
	if f.Scope == "" {
		f.Scope = ScopeAll
	}
	switch f.Mode {
	case None, Refused, Blackhole, Error500, Error503, Gateway403, Slow:
	default:
		return f, fmt.Errorf("unknown mode %q: none, refused, blackhole, error500, error503, gateway403 or slow", f.Mode)
	}
	switch f.Scope {
	case ScopeAll, ScopeService, ScopeStorage:
	default:
		return f, fmt.Errorf("unknown scope %q: all, service or storage", f.Scope)
	}
	switch f.Jobs {
	case "", JobsFail, JobsKeep:
	default:
		return f, fmt.Errorf("unknown jobs %q: fail or keep", f.Jobs)
	}
	if f.DelayMilliseconds < 0 {
		return f, fmt.Errorf("delay_ms is negative: %d", f.DelayMilliseconds)
	}
	if f.Mode == None {
		f = Fault{Mode: None, Scope: ScopeAll}
	}
	return f, nil
}

// KillsJobs reports whether the region's running jobs die with this fault.
func (f Fault) KillsJobs() bool {
	switch {
	case f.Mode == None || f.Mode == "":
		return false
	case f.Jobs != "":
		return f.Jobs == JobsFail
	default:
		return f.Mode != Slow && f.Scope != ScopeStorage
	}
}

// For returns the part of a region's fault that applies to one of its servers.
func (f Fault) For(scope Scope) Fault {
	if f.Scope == ScopeAll || f.Scope == "" || f.Scope == scope {
		return f
	}
	return Fault{Mode: None}
}

// Dark reports whether a server with this fault gives no useful answer.
func (f Fault) Dark() bool { return f.Mode != None && f.Mode != Slow && f.Mode != "" }
