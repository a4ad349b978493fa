package readiness

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/dustin/go-humanize"
)

func (o Observation) replication() []Check {
	var out []Check
	for _, s := range o.Stores {
		c := Check{Name: RuleReplication, Region: o.Standby.Location, Subject: s.Name}
		switch {
		case s.Unseen != "":
			out = append(out, unseen(c, s.Unseen, again)...)
		case s.PendingBlobs == 0 && s.Uncopiable == 0:
			out = append(out, passed(c, "All %d blobs (%s) are in %s.", s.Blobs, size(s.Bytes), o.Standby.Location)...)
		default:
			out = append(out, failed(c, o.behind(s), s.remedy())...)
		}
	}
	return out
}

// behind says what a store's standby lacks, naming the oldest.
func (o Observation) behind(s Store) string {
	var b strings.Builder
	switch {
	case s.PendingBlobs > 0:
		fmt.Fprintf(&b, "%d of %d blobs (%s) are not in %s", s.PendingBlobs, s.Blobs, size(s.PendingBytes), o.Standby.Location)
		if !s.Oldest.IsZero() {
			fmt.Fprintf(&b, ", the oldest for %s", Age(o.Now.Sub(s.Oldest)))
		}
		b.WriteString(": " + o.name(s))
		if s.Conflicts > 0 {
			fmt.Fprintf(&b, ". %d of them are conflicts", s.Conflicts)
		}
	default:
		fmt.Fprintf(&b, "Everything that can be copied is in %s", o.Standby.Location)
	}
	if s.Uncopiable > 0 {
		fmt.Fprintf(&b, ". %d cannot be copied at all", s.Uncopiable)
	}
	return b.String() + "."
}

func (o Observation) name(s Store) string {
	const named = 3
	var names []string
	for _, b := range s.Pending[:min(named, len(s.Pending))] {
		text := fmt.Sprintf("%s (%s, %s old)", b.Name, size(b.Size), Age(o.Now.Sub(b.Modified)))
		if b.Reason != "" {
			text += " " + b.Reason
		}
		names = append(names, text)
	}
	if more := s.PendingBlobs - int64(len(names)); more > 0 && len(names) > 0 {
		names = append(names, fmt.Sprintf("and %d more", more))
	}
	return strings.Join(names, ", ")
}

// remedy says how the standby of a store gets what it lacks.
func (s Store) remedy() string {
	switch {
	case !s.Flows:
		return block(fmt.Sprintf("resource \"genomics_replicated_input_store\" %q", identifier(s.Name)), "failback_replication = true # then terraform apply")
	case s.PendingBlobs > 0 && s.Conflicts == s.PendingBlobs:
		return block(fmt.Sprintf("resource \"genomics_replicated_input_store\" %q", identifier(s.Name)), `on_conflict = "overwrite" # then terraform apply, if the standby's blobs are not wanted`)
	case s.PendingBlobs == 0:
		return block(fmt.Sprintf("resource \"genomics_replicated_input_store\" %q", identifier(s.Name)), "exclude = [\"…\"] # leave out what cannot be copied, or store it as a block blob")
	}
	return "terraform apply"
}

func (o Observation) manifests() []Check {
	var out []Check
	for _, s := range o.Stores {
		c := Check{Name: RuleManifest, Region: o.Standby.Location, Subject: s.Name}
		switch s.Manifest {
		case ManifestGood:
			out = append(out, passed(c, "The manifest is complete: %d entries, and its digest is right.", s.ManifestEntries)...)
		case ManifestNone:
			out = append(out, passed(c, "Azure itself replicates this store, and keeps no manifest.")...)
		case ManifestMissing:
			out = append(out, failed(c, "There is no manifest: nobody can tell which of the blobs there are good copies.", s.renew())...)
		case ManifestDamaged:
			out = append(out, failed(c, "The manifest cannot be used: "+s.ManifestReason,
				fmt.Sprintf("az storage blob delete --account-name %s --container-name %s --name %s --auth-mode login && terraform apply", s.Account, s.Container, s.ManifestName))...)
		default:
			out = append(out, unseen(c, cmp.Or(s.StandbyUnseen, "Nobody could look."), again)...)
		}
	}
	return out
}

// renew says how a manifest is written anew.
func (s Store) renew() string {
	if !s.Flows {
		return s.remedy()
	}
	return "terraform apply"
}

// point is up to when the standby of a store is known to hold everything; why says
// what keeps that from being known.
func (s Store) point(now time.Time) (at time.Time, why string) {
	switch {
	case s.Unseen == "" && s.PendingBlobs == 0:
		// Both sides were compared, and nothing is missing.
		return now, ""
	case s.Unseen == "" && !s.Oldest.IsZero():
		// Everything that is older than the oldest of what is missing is there.
		at = s.Oldest
	}
	if s.RecoveryPoint.After(at) {
		at = s.RecoveryPoint
	}
	if at.IsZero() {
		return at, cmp.Or(s.Unseen, cmp.Or(s.StandbyUnseen, "No replication was ever complete."))
	}
	return at, ""
}

// recoveryPointAge is that of the store that is the furthest behind.
func (o Observation) recoveryPointAge() (age time.Duration, why string) {
	if len(o.Stores) == 0 {
		return 0, "There is no input store."
	}
	for _, s := range o.Stores {
		at, why := s.point(o.Now)
		if why != "" {
			return 0, why
		}
		age = max(age, o.Now.Sub(at))
	}
	return age, ""
}

func (o Observation) recoveryPoint() []Check {
	limit := o.Limits.MaxRecoveryPointAge
	if limit <= 0 {
		return nil
	}
	var out []Check
	for _, s := range o.Stores {
		c := Check{Name: RuleRecoveryPoint, Region: o.Standby.Location, Subject: s.Name}
		at, why := s.point(o.Now)
		switch age := o.Now.Sub(at); {
		case why != "" && s.Unseen == "":
			out = append(out, failed(c, fmt.Sprintf("%s holds no complete state of any moment: %s", o.Standby.Location, why), s.remedy())...)
		case why != "":
			out = append(out, unseen(c, why, again)...)
		case age > limit && s.Unseen != "":
			// Everything may have been copied since; nobody could look.
			out = append(out, unseen(c, fmt.Sprintf("The last known recovery point is %s old, more than %s. %s", Age(age), Age(limit), s.Unseen), again)...)
		case age > limit:
			out = append(out, failed(c, fmt.Sprintf("The data in %s are %s old; at most %s are allowed.", o.Standby.Location, Age(age), Age(limit)), s.remedy())...)
		default:
			out = append(out, passed(c, "The data in %s are %s old, within %s.", o.Standby.Location, Age(age), Age(limit))...)
		}
	}
	return out
}

func (o Observation) workflowInputs() []Check {
	w := o.Workflows
	if !w.Asked {
		return nil
	}
	c := Check{Name: RuleWorkflowInputs, Region: o.Standby.Location}
	const named = 5
	switch {
	case w.Unlisted != "":
		return unseen(c, fmt.Sprintf("Inputs are taken from the store %q, which is not among input_stores.", w.Unlisted),
			block(`data "genomics_readiness" "lab"`, fmt.Sprintf("input_stores = [genomics_replicated_input_store.%s] # and the others", identifier(w.Unlisted))))
	case w.Unlooked != "":
		return unseen(c, w.Unlooked, again)
	case len(w.Problems) > 0:
		var texts []string
		gone := false
		for _, p := range w.Problems[:min(named, len(w.Problems))] {
			texts = append(texts, p.describe(o.Now))
		}
		for _, p := range w.Problems {
			gone = gone || p.Gone
		}
		if more := len(w.Problems) - len(texts); more > 0 {
			texts = append(texts, fmt.Sprintf("and %d more", more))
		}
		message := strings.Join(texts, "; ") + "."
		if w.Unseen != "" && !slices.ContainsFunc(w.Problems, func(p Problem) bool { return p.Certain }) {
			return unseen(c, fmt.Sprintf("%s It is not known whether that matters: %s", message, w.Unseen), again)
		}
		remedy := "terraform apply"
		if gone {
			remedy = "az storage blob upload --container-name … --name … --file … # in " + o.Active.Location + ", which lacks it as well; then terraform apply"
		}
		return failed(c, message, remedy)
	case w.Unseen != "":
		return passed(c, "All inputs of all %d submissions are there with the right content. (%s All were looked at.)", w.Total, w.Unseen)
	}
	return passed(c, "All inputs of the %d unfinished submissions, of %d, are there with the right content.", w.Unfinished, w.Total)
}

func (p Problem) describe(now time.Time) string {
	text := fmt.Sprintf("%s: %s", p.Workflow, p.Text)
	if p.Size >= 0 && !p.Modified.IsZero() {
		text += fmt.Sprintf(" (%s, %s old)", size(p.Size), Age(now.Sub(p.Modified)))
	}
	return text
}

func (o Observation) fencing() []Check {
	f := o.Fencing
	c := Check{Name: RuleFencing, Region: o.Standby.Location}
	submissions := "workflows = [ … ] # the pair's submissions"
	if o.Account.None {
		submissions = "tasks = [ … ] # or runs: the pair's submissions"
	}
	switch {
	case len(f.Runs) > 0:
		const named = 3
		var texts []string
		for _, r := range f.Runs[:min(named, len(f.Runs))] {
			texts = append(texts, fmt.Sprintf("run %s of %s in %s is %s", r.ID, r.Workflow, r.Location, r.Status))
		}
		if more := len(f.Runs) - len(texts); more > 0 {
			texts = append(texts, fmt.Sprintf("and %d more", more))
		}
		return failed(c, "Superseded runs are alive: "+strings.Join(texts, "; ")+". They would compute and write beside those that count.", "terraform apply # cancels them")
	case f.Unseen != "":
		return unseen(c, f.Unseen, again)
	case f.Nameless > 0:
		return unseen(c, fmt.Sprintf("%d runs with a submission's key are alive there, and nobody said which submissions are the pair's.", f.Nameless),
			block(`data "genomics_readiness" "lab"`, submissions))
	}
	return passed(c, "No superseded run is alive.")
}

// notAsked names the rules for which nothing is configured.
func (o Observation) notAsked() []string {
	var out []string
	submissions := "workflows"
	if o.Account.None {
		submissions = "tasks or runs"
	}
	for _, rule := range []struct {
		asked bool
		text  string
	}{
		{o.Workflows.Asked, RuleWorkflowInputs + ": set " + submissions},
		{o.Limits.MaxRecoveryPointAge > 0, RuleRecoveryPoint + ": set max_recovery_point_age"},
		{len(o.Limits.Geographies) > 0, RuleResidency + ": set the pair's data_residency"},
		{o.Limits.MaxDrillAge > 0, RuleDrill + ": set max_drill_age"},
		{o.Limits.StateLocation != "", RuleStateLocation + ": set state_location"},
	} {
		if !rule.asked {
			out = append(out, rule.text)
		}
	}
	return out
}

func size(bytes int64) string { return humanize.IBytes(uint64(max(bytes, 0))) }
