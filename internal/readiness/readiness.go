// Package readiness judges whether a failover would work. It is pure: rules over
// what was observed, with the time as an argument. It asks nobody, and knows no
// engine and no Terraform.
package readiness

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Status is what a check found.
type Status string

// The statuses of a check. Unknown is never ready.
const (
	Pass    Status = "pass"
	Fail    Status = "fail"
	Unknown Status = "unknown"
)

// Verdict is what all checks say together.
type Verdict string

// The verdicts. VerdictUnknown says that nothing is known to fail, and something
// could not be looked at.
const (
	Ready          Verdict = "ready"
	NotReady       Verdict = "not_ready"
	VerdictUnknown Verdict = "unknown"
)

// Check is one rule, held against what was observed.
type Check struct {
	// Name is the rule's, one of the Rule constants.
	Name string
	// Region is the location that the check is about; empty for one that is about no
	// region in particular.
	Region string
	// Subject is what in the region it is about, such as a store's name.
	Subject string
	Status  Status
	// Message says what was seen or, for an unknown, why nothing could be.
	Message string
	// Remedy is a command or a piece of configuration; empty for a check that passes.
	Remedy string
}

// The names of the rules.
const (
	RuleRegion          = "region"
	RuleAccount         = "account"
	RuleResourceGroup   = "resource_group"
	RuleService         = "service"
	RuleCredentials     = "credentials"
	RuleOutputContainer = "output_container"
	RuleOutputAccess    = "output_access"
	RuleReplication     = "replication"
	RuleManifest        = "manifest"
	RuleRecoveryPoint   = "recovery_point"
	RuleWorkflowInputs  = "workflow_inputs"
	RuleFencing         = "fencing"
	RuleResidency       = "residency"
	RuleDrill           = "drill"
	RuleStateLocation   = "state_location"
)

// rules are all there are, in the order in which they are applied.
var rules = []struct {
	name  string
	apply func(Observation) []Check
}{
	{RuleRegion, Observation.regions},
	{RuleAccount, Observation.account},
	{RuleResourceGroup, Observation.resourceGroup},
	{RuleService, Observation.service},
	{RuleCredentials, Observation.credentials},
	{RuleOutputContainer, Observation.outputContainer},
	{RuleOutputAccess, Observation.outputAccess},
	{RuleReplication, Observation.replication},
	{RuleManifest, Observation.manifests},
	{RuleRecoveryPoint, Observation.recoveryPoint},
	{RuleWorkflowInputs, Observation.workflowInputs},
	{RuleFencing, Observation.fencing},
	{RuleResidency, Observation.residency},
	{RuleDrill, Observation.drill},
	{RuleStateLocation, Observation.stateLocation},
}

// Rules names every rule, in the order in which they are applied.
func Rules() []string {
	names := make([]string, len(rules))
	for i, rule := range rules {
		names[i] = rule.name
	}
	return names
}

// Report is what the rules made of an observation.
type Report struct {
	Pair string
	// Active and Standby are the locations: a failover goes from the first to the second.
	Active, Standby Region
	At              time.Time
	// Probe says whether anything was written for the report: read or write.
	Probe   string
	Verdict Verdict
	// Checks are in the order of the rules.
	Checks []Check
	// NotAsked are the rules that nothing was configured for, each with what would.
	NotAsked []string
	// RecoveryPointAge is how old the data are that a failover would go on with; nil
	// when it is not known.
	RecoveryPointAge *time.Duration
	Stores           []Store
	Workflows        Workflows
	Drill            Drill
	// Estimate is how long a failover would take; nil when nobody can tell.
	Estimate *time.Duration
	// LastFailover is how the last real one went; nil when none is known.
	LastFailover *Failover
}

// Assess applies every rule.
func Assess(o Observation) Report {
	r := Report{
		Pair: o.Pair, Active: o.Active, Standby: o.Standby, At: o.Now.UTC().Truncate(time.Second), Probe: cmp.Or(o.Probe, ProbeRead),
		Stores: o.Stores, Workflows: o.Workflows, Drill: o.Drill, Estimate: o.estimate(), LastFailover: o.LastFailover,
	}
	for _, rule := range rules {
		r.Checks = append(r.Checks, rule.apply(o)...)
	}
	r.Verdict = Judge(r.Checks)
	r.NotAsked = o.notAsked()
	if age, why := o.recoveryPointAge(); why == "" {
		r.RecoveryPointAge = &age
	}
	return r
}

// Judge makes a verdict of checks. None at all say nothing.
func Judge(checks []Check) Verdict {
	verdict := Ready
	if len(checks) == 0 {
		verdict = VerdictUnknown
	}
	for _, c := range checks {
		switch c.Status {
		case Pass:
		case Fail:
			return NotReady
		default:
			verdict = VerdictUnknown
		}
	}
	return verdict
}

// Worst gives the checks with those that fail first, then the unknown ones; the
// order is kept otherwise.
func Worst(checks []Check) []Check {
	rank := map[Status]int{Fail: 0, Unknown: 1, Pass: 2}
	out := slices.Clone(checks)
	slices.SortStableFunc(out, func(a, b Check) int { return cmp.Compare(rank[a.Status], rank[b.Status]) })
	return out
}

// About names what a check is about, for people: "replication (reads) in westeurope".
func (c Check) About() string {
	text := strings.ReplaceAll(c.Name, "_", " ")
	if c.Subject != "" {
		text += " (" + c.Subject + ")"
	}
	if c.Region != "" {
		text += " in " + c.Region
	}
	return text
}

// Summary says in one line what checks say together, naming the first of those
// that hurt.
func Summary(checks []Check) string {
	const named = 3
	var failed, unknown []string
	for _, c := range checks {
		switch c.Status {
		case Pass:
		case Fail:
			failed = append(failed, c.About())
		default:
			unknown = append(unknown, c.About())
		}
	}
	list := func(names []string) string {
		if more := len(names) - named; more > 0 {
			return fmt.Sprintf("%s and %d more", strings.Join(names[:named], ", "), more)
		}
		return strings.Join(names, ", ")
	}
	switch {
	case len(checks) == 0:
		return "unknown: nothing was checked"
	case len(failed) > 0 && len(unknown) > 0:
		return fmt.Sprintf("not ready: %d of %d checks fail (%s), and %d unknown (%s)", len(failed), len(checks), list(failed), len(unknown), list(unknown))
	case len(failed) > 0:
		return fmt.Sprintf("not ready: %d of %d checks fail (%s)", len(failed), len(checks), list(failed))
	case len(unknown) > 0:
		return fmt.Sprintf("unknown: %d of %d checks could not be made (%s), and unknown is not ready", len(unknown), len(checks), list(unknown))
	}
	return fmt.Sprintf("ready: all checks (%d) pass", len(checks))
}

// Summary is the report's one line.
func (r Report) Summary() string { return Summary(r.Checks) }

// Count is how many of the checks have a status.
func (r Report) Count(status Status) int {
	n := 0
	for _, c := range r.Checks {
		if c.Status == status {
			n++
		}
	}
	return n
}
