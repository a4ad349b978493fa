package failover

import (
	"cmp"
	"fmt"
	"slices"
	"time"
)

// The guards of a pair that can be lifted by name; each lifts only itself.
const (
	AcceptStandbyUnreachable = "standby_unreachable"
	AcceptCoolingTime        = "cooling_time"
)

// ModePlanned is the failover of a region that is well.
const ModePlanned = "planned"

// PairAction is what happens to a pair.
type PairAction string

// The actions of a pair.
const (
	// PairKeep leaves the active region as it is.
	PairKeep PairAction = "keep"
	// PairFlip makes another region active, under a new generation.
	PairFlip PairAction = "flip"
	// PairResume finishes a failover of this configuration that ended half-way,
	// under the generation that it was recorded with.
	PairResume PairAction = "resume"
	// PairJoin follows a failover that another configuration made.
	PairJoin PairAction = "join"
	// PairRefuse changes nothing and says why.
	PairRefuse PairAction = "refuse"
)

// PairObservation is all that a decision about a pair rests on.
type PairObservation struct {
	// From is the active location by the state; empty for a pair without state.
	From string
	// To is the location that the configuration wants active.
	To string
	// Generation is the state's; 0 without state.
	Generation int64
	// LastFailoverAt is the state's; zero if there was none.
	LastFailoverAt time.Time
	// Mode is forced or planned.
	Mode string
	// CoolingTime is how long after a failover the next one is refused; 0 is not.
	CoolingTime time.Duration
	Now         time.Time
	// Dark says why a location cannot be asked; a location that may be is not in it.
	Dark map[string]string
	// Silent are the locations that did not answer the refresh. They are dark, too;
	// and they stay the same when the CLI plans once more while it applies.
	Silent []string
	// Records are those that could be read, in whatever region.
	Records []PairRecord
	// Writer is the name of this configuration in records; empty if it has none yet.
	Writer string
	// Accept holds the names of the guards that the user lifts.
	Accept []string
}

// Refusal is one precondition that does not hold.
type Refusal struct {
	// Accept is the name that lifts it; empty if nothing does.
	Accept string
	// On is what the override is set on; the pair when empty.
	On      string
	Summary string
	Reason  string
	// Remedy is what to do instead of lifting it.
	Remedy string
}

// Detail is what a person needs: why, and what to do.
func (r Refusal) Detail() string {
	text := fmt.Sprintf("%s\n\nNext step: %s", r.Reason, r.Remedy)
	if r.Accept == "" {
		return text + "."
	}
	return fmt.Sprintf("%s; or set accept = [%q] on the %s to go all the same.", text, r.Accept, cmp.Or(r.On, "pair"))
}

// PairDecision is what to do about a pair.
type PairDecision struct {
	Action PairAction
	// Generation is the pair's when it is done.
	Generation int64
	// From is the location that is left; empty unless it flips or resumes a flip.
	From string
	// Record is the one that is followed (resume, join), or that a configuration
	// which keeps its region does not follow; nil if there is none.
	Record *PairRecord
	// Refusals are all the preconditions that do not hold; only when refusing.
	Refusals []Refusal
	// Lifted are those that the user lifted.
	Lifted []Refusal
}

// Flips reports whether the pair's active region changes by this configuration's
// own doing.
func (d PairDecision) Flips() bool {
	return d.Action == PairFlip || d.Action == PairResume && d.From != ""
}

// DecidePair tells what a pair needs. It is a pure function of what was observed,
// and needs nothing of the region that is left unless the failover is planned.
func DecidePair(o PairObservation) PairDecision {
	newest, recorded := NewestRecord(o.Records)
	own := recorded && o.Writer != "" && newest.Writer == o.Writer
	ahead := recorded && (newest.Generation > o.Generation || newest.Generation == o.Generation && newest.Active != o.From)
	switch {
	case !ahead && o.From == "":
		return PairDecision{Action: PairKeep, Generation: 1}
	case !ahead && o.From == o.To:
		if own && newest.Generation == o.Generation && newest.Phase == PhaseFailingOver {
			return PairDecision{Action: PairResume, Generation: o.Generation, Record: &newest}
		}
		return PairDecision{Action: PairKeep, Generation: o.Generation}
	case !ahead:
		d := PairDecision{Action: PairFlip, Generation: o.Generation + 1, From: o.From}
		return o.guard(d, o.cooling(o.LastFailoverAt))
	case newest.Active == o.To && own:
		d := PairDecision{Action: PairResume, Generation: newest.Generation, From: o.From, Record: &newest}
		if o.From == o.To {
			d.From = ""
			return d
		}
		return o.guard(d, nil)
	case newest.Active == o.To:
		return PairDecision{Action: PairJoin, Generation: newest.Generation, Record: &newest}
	case o.From == o.To && own:
		// The failover that ended half-way is given up: what others have read of it
		// is taken back under the next generation, as soon as that can be written.
		return o.giveUp(newest)
	case o.From == o.To:
		return PairDecision{Action: PairKeep, Generation: o.Generation, Record: &newest}
	case o.From == newest.Active:
		// Others left this region and came back.
		return o.guard(PairDecision{Action: PairFlip, Generation: newest.Generation + 1, From: o.From}, o.cooling(later(o.LastFailoverAt, newest.At)))
	case o.From == "" && o.Dark[newest.Active] != "":
		// There is no joining a region in the dark first.
		return o.guard(PairDecision{Action: PairFlip, Generation: newest.Generation + 1, From: newest.Active}, nil)
	default:
		return PairDecision{Action: PairRefuse, Generation: o.Generation, Record: &newest, Refusals: []Refusal{Lost(newest, o.To)}}
	}
}

// giveUp takes back a failover of this configuration that ended half-way.
func (o PairObservation) giveUp(begun PairRecord) PairDecision {
	needed := []string{o.To}
	if o.Mode == ModePlanned {
		needed = append(needed, begun.Active)
	}
	for _, l := range needed {
		if slices.Contains(o.Silent, l) {
			return PairDecision{Action: PairKeep, Generation: o.Generation}
		}
	}
	for _, l := range needed {
		// What the refresh did not see yet would be unknown to the apply.
		if reason := o.Dark[l]; reason != "" {
			return PairDecision{Action: PairRefuse, Generation: o.Generation, Refusals: []Refusal{{
				Summary: "The failover that ended half-way cannot be given up now",
				Reason:  fmt.Sprintf("%s went silent after the refresh: %s", l, reason),
				Remedy:  "plan again, which goes by the regions that answer then",
			}}}
		}
	}
	return o.guard(PairDecision{Action: PairFlip, Generation: begun.Generation + 1, From: begun.Active}, nil)
}

// Lost is the refusal of a failover that somebody else came before.
func Lost(won PairRecord, wanted string) Refusal {
	remedy := fmt.Sprintf("set active_region to %s and apply, which joins it and needs no override", won.Active)
	if won.Active == wanted {
		remedy = fmt.Sprintf("leave active_region at %s and apply again, which joins it and needs no override", won.Active)
	} else {
		remedy += fmt.Sprintf(". Change it to %s after that, if that is still wanted", wanted)
	}
	return Refusal{
		Summary: "Another configuration changed the active region of this pair",
		Reason:  won.Told() + " Nothing was changed here.",
		Remedy:  remedy,
	}
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// cooling refuses a failover that follows too soon upon the last.
func (o PairObservation) cooling(last time.Time) []Refusal {
	if o.CoolingTime <= 0 || last.IsZero() {
		return nil
	}
	end := last.Add(o.CoolingTime)
	if !o.Now.Before(end) {
		return nil
	}
	return []Refusal{{
		Accept:  AcceptCoolingTime,
		Summary: "The pair is still cooling down from its last failover",
		Reason:  fmt.Sprintf("The active region last changed at %s, and failover.cooling_time is %s.", last.UTC().Format(time.RFC3339), o.CoolingTime),
		Remedy:  fmt.Sprintf("leave active_region at %s until %s", o.From, end.UTC().Format(time.RFC3339)),
	}}
}

// guard turns a decision to change the active region into a refusal where a
// precondition does not hold that the user did not lift.
func (o PairObservation) guard(d PairDecision, failed []Refusal) PairDecision {
	if reason := o.Dark[o.To]; reason != "" {
		failed = append(failed, StandbyUnreachable(o.To, d.From, reason))
	}
	if reason := o.Dark[d.From]; o.Mode == ModePlanned && reason != "" {
		failed = append(failed, Refusal{
			Summary: "A planned failover needs both regions",
			Reason:  reason,
			Remedy:  fmt.Sprintf("set failover.mode to \"forced\" to fail over without %s", d.From),
		})
	}
	for _, f := range failed {
		if f.Accept != "" && slices.Contains(o.Accept, f.Accept) {
			d.Lifted = append(d.Lifted, f)
		} else {
			d.Refusals = append(d.Refusals, f)
		}
	}
	if len(d.Refusals) > 0 {
		return PairDecision{Action: PairRefuse, Generation: o.Generation, Refusals: d.Refusals, Lifted: d.Lifted}
	}
	return d
}

// StandbyUnreachable is the refusal to fail over to a region that cannot be used.
func StandbyUnreachable(to, from, reason string) Refusal {
	return Refusal{
		Accept:  AcceptStandbyUnreachable,
		Summary: "The region to fail over to does not answer",
		Reason:  reason,
		Remedy:  fmt.Sprintf("leave active_region at %s until %s can be used again", from, to),
	}
}
