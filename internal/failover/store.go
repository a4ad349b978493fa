package failover

import (
	"fmt"
	"slices"
	"time"

	"github.com/dustin/go-humanize"
)

// The guards of an input store that can be lifted by name; each lifts only itself.
const (
	AcceptDataLoss      = "data_loss"
	AcceptStaleManifest = "stale_manifest"
)

const onStore = "input store"

// StoreAction is what happens to an input store.
type StoreAction string

// The actions of an input store.
const (
	// StoreKeep changes nothing.
	StoreKeep StoreAction = "keep"
	// StoreReplicate copies what the standby lacks, with the roles as they are.
	StoreReplicate StoreAction = "replicate"
	// StoreFlip swaps the roles and copies nothing.
	StoreFlip StoreAction = "flip"
	// StoreReplicateThenFlip brings the standby to zero backlog and swaps the roles
	// only when it is there.
	StoreReplicateThenFlip StoreAction = "replicate_then_flip"
	// StoreRefuse changes nothing and says why.
	StoreRefuse StoreAction = "refuse"
)

// ManifestState is what a look at the standby's manifest found.
type ManifestState string

// The states of a manifest. ManifestUnseen means that nobody could look.
const (
	ManifestUnseen     ManifestState = ""
	ManifestFound      ManifestState = "found"
	ManifestMissing    ManifestState = "missing"
	ManifestUnreadable ManifestState = "unreadable"
)

// ManifestFacts tell one version of a manifest from another.
type ManifestFacts struct {
	// SHA256 is the digest of its entries, hexadecimal.
	SHA256 string
	// RecoveryPoint is zero when no replication was complete.
	RecoveryPoint time.Time
}

// StoreObservation is all that a decision about an input store rests on. The
// figures are the last known ones: nothing needs an answer of a silent region.
type StoreObservation struct {
	// From is the active location by the state, To the one that the configuration
	// wants active; the same unless this is a failover.
	From, To string
	// Standby is the location that the figures and the manifest tell of.
	Standby string
	// Mode is forced or planned.
	Mode string
	// Silent holds the locations that did not answer the last refresh, be it their
	// service or their storage.
	Silent []string
	// Flows says that data may flow from From to To at all: it does from the
	// primary, and to it only when the user asks.
	Flows bool
	// ByAzure says that Azure itself replicates: an apply copies nothing, and no manifest is in the container.
	ByAzure bool
	// Known is false while nobody has ever compared the two sides.
	Known                      bool
	PendingBlobs, PendingBytes int64
	// InSync is false also when nothing is pending but something cannot be copied.
	InSync bool
	// InSyncAt is when a look last found nothing pending; zero if none did.
	InSyncAt time.Time
	Now      time.Time
	// Limit is the user's max_data_loss; nil if there is none.
	Limit *DataLoss
	// Left is where the last replication left its manifest, empty if none did, and
	// Recorded is that manifest.
	Left     string
	Recorded ManifestFacts
	// Manifest and Seen are what was found in Standby.
	Manifest ManifestState
	Seen     ManifestFacts
	// Accept holds the names of the guards that the user lifts.
	Accept []string
}

// StoreDecision is what to do about an input store.
type StoreDecision struct {
	Action StoreAction
	// Refusals are all the preconditions that do not hold; only when refusing.
	Refusals []Refusal
	// Lifted are those that the user lifted.
	Lifted []Refusal
	// Loss says what the region to go to lacks, though nothing refuses that; empty
	// if nothing is known to lack.
	Loss string
}

// DecideStore tells what an input store needs. It is a pure function of what was
// observed. A failover that is not planned needs nothing of the region that is left.
func DecideStore(o StoreObservation) StoreDecision {
	switch {
	case o.From == o.To && o.behind():
		return StoreDecision{Action: StoreReplicate}
	case o.From == o.To:
		return StoreDecision{Action: StoreKeep}
	case o.Mode == ModePlanned:
		return o.planned()
	}
	return o.forced()
}

func (o StoreObservation) answers(location string) bool { return !slices.Contains(o.Silent, location) }

// behind reports whether there is something to copy that can be copied now. With
// nothing pending and yet out of sync, what is left cannot be copied. A manifest
// that is not the one the last replication left is written anew by another one,
// except for one that cannot be read: replication overwrites nothing that it does
// not know.
func (o StoreObservation) behind() bool {
	if !o.Flows || o.ByAzure || !o.answers(o.From) || !o.answers(o.Standby) {
		return false
	}
	pending := o.Known && !o.InSync && o.PendingBlobs > 0
	return pending || o.stale() != "" && o.Manifest != ManifestUnreadable
}

// planned is a failover without loss: both sides have to take part in it.
func (o StoreObservation) planned() StoreDecision {
	var failed []Refusal
	for _, location := range []string{o.From, o.To} {
		if !o.answers(location) {
			failed = append(failed, Refusal{
				Summary: "A planned failover needs both regions",
				Reason:  fmt.Sprintf("%s did not answer the refresh, and before a planned failover changes the active region, %s has to hold everything.", location, o.To),
				Remedy:  fmt.Sprintf("set the store's failover.mode to \"forced\" to fail over with what %s holds", o.To),
			})
		}
	}
	d := StoreDecision{Action: StoreReplicateThenFlip}
	if o.ByAzure {
		// What Azure replicates nobody can hurry: all of it has to be there already.
		d.Action = StoreFlip
	}
	if len(failed) == 0 && (!o.Flows && o.lacks() || o.ByAzure && (o.lacks() || !o.Known)) {
		failed = append(failed, o.loss())
		if slices.Contains(o.Accept, AcceptDataLoss) {
			d.Action = StoreFlip
		}
	}
	return o.guard(d, failed)
}

// forced is a failover that copies nothing.
func (o StoreObservation) forced() StoreDecision {
	var failed []Refusal
	d := StoreDecision{Action: StoreFlip}
	switch {
	case o.Limit != nil && o.exceeds() != "":
		failed = append(failed, o.loss())
	case o.lacks() && o.Limit == nil && o.answers(o.From):
		failed = append(failed, o.loss())
	case o.lacks():
		d.Loss = o.lacking()
	case !o.Known:
		d.Loss = o.uncompared()
	}
	if why := o.stale(); why != "" {
		failed = append(failed, Refusal{
			Accept: AcceptStaleManifest, On: onStore,
			Summary: "The manifest of the region to fail over to cannot be trusted",
			Reason:  why + " Without it nobody can tell which of the blobs there are good copies, and how old they are.",
			Remedy:  o.renew(),
		})
	}
	return o.guard(d, failed)
}

func (o StoreObservation) guard(d StoreDecision, failed []Refusal) StoreDecision {
	for _, f := range failed {
		if f.Accept != "" && slices.Contains(o.Accept, f.Accept) {
			d.Lifted = append(d.Lifted, f)
		} else {
			d.Refusals = append(d.Refusals, f)
		}
	}
	if len(d.Refusals) > 0 {
		d.Action, d.Loss = StoreRefuse, ""
	}
	return d
}

func (o StoreObservation) lacks() bool { return o.Known && o.PendingBlobs > 0 }

func (o StoreObservation) uncompared() string {
	return fmt.Sprintf("Nobody has compared what %s and %s hold: what %s lacks is not known.", o.From, o.To, o.To)
}

func (o StoreObservation) lacking() string {
	return fmt.Sprintf("%s lacks %d blobs (%d bytes) that %s holds.", o.To, o.PendingBlobs, o.PendingBytes, o.From)
}

// exceeds says how more may be lost than the user allows; empty if it is within
// the limit. What is not known is not within it.
func (o StoreObservation) exceeds() string {
	looked := o.Known && o.answers(o.From)
	switch {
	case looked && o.PendingBlobs == 0:
		return ""
	case o.Limit.BySize && !o.Known:
		return fmt.Sprintf("how much %s lacks is not known, and max_data_loss is %s", o.To, o.Limit)
	case o.Limit.BySize && o.PendingBytes > o.Limit.Bytes:
		return fmt.Sprintf("%s lacks %s when last looked at, and max_data_loss is %s", o.To, humanize.IBytes(uint64(max(o.PendingBytes, 0))), o.Limit)
	case o.Limit.BySize:
		return ""
	}
	point := o.InSyncAt
	if o.Left == o.To {
		point = later(o.Recorded.RecoveryPoint, point)
	}
	switch age := o.Now.Sub(point); {
	case point.IsZero():
		return fmt.Sprintf("%s has no recovery point, and max_data_loss is %s", o.To, o.Limit)
	case age > o.Limit.Age:
		return fmt.Sprintf("%s is known to hold everything up to %s, which is %s ago, and max_data_loss is %s", o.To,
			point.UTC().Format(time.RFC3339), age.Round(time.Second), o.Limit)
	}
	return ""
}

// loss is the refusal to go without data.
func (o StoreObservation) loss() Refusal {
	r := Refusal{Accept: AcceptDataLoss, On: onStore, Summary: "Failing over would lose data", Remedy: o.renew()}
	if o.lacks() {
		r.Reason = o.lacking()
	} else if !o.Known {
		r.Reason = o.uncompared()
	}
	if o.Limit == nil {
		return r
	}
	if excess := o.exceeds(); excess != "" {
		r.Reason = "More may be lost than is allowed: " + excess + ". " + r.Reason
		r.Remedy += ", or raise max_data_loss"
	}
	return r
}

// renew says how the region to go to gets what it lacks.
func (o StoreObservation) renew() string {
	step := "apply with active_region unchanged first, which copies what is missing and writes the manifest"
	switch {
	case !o.answers(o.From):
		return fmt.Sprintf("wait until %s answers again and apply with active_region unchanged", o.From)
	case o.ByAzure && o.Flows:
		return "wait until Azure has replicated what is pending, which each plan with active_region unchanged looks at anew"
	case !o.Flows:
		return "set failback_replication = true and " + step
	case o.Manifest == ManifestUnreadable:
		return "delete the manifest named and " + step
	}
	return step
}

// stale says what is wrong with the manifest of a standby that the last
// replication went to; empty when nothing is, or nobody could look.
func (o StoreObservation) stale() string {
	if o.Left == "" || o.Left != o.Standby {
		return ""
	}
	switch o.Manifest {
	case ManifestMissing:
		return fmt.Sprintf("The manifest that the last replication left in %s is missing.", o.Standby)
	case ManifestUnreadable:
		return fmt.Sprintf("The manifest in %s is damaged.", o.Standby)
	case ManifestFound:
		known, seen := o.Recorded, o.Seen
		switch {
		case seen.RecoveryPoint.Before(known.RecoveryPoint):
			return fmt.Sprintf("The manifest in %s has the recovery point %s, which is older than %s, the last one known.", o.Standby,
				point(seen.RecoveryPoint), point(known.RecoveryPoint))
		case seen.RecoveryPoint.Equal(known.RecoveryPoint) && seen.SHA256 != known.SHA256:
			return fmt.Sprintf("The manifest in %s is not the one that the last replication left there.", o.Standby)
		}
	default:
	}
	return ""
}

func point(at time.Time) string {
	if at.IsZero() {
		return "none"
	}
	return at.UTC().Format(time.RFC3339)
}
