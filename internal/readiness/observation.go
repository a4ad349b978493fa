package readiness

import "time"

// How the right to use the output container is found out: ProbeRead asks for what
// changes nothing, ProbeWrite writes a blob, reads it and deletes it.
const (
	ProbeRead  = "read"
	ProbeWrite = "write"
)

// Observation is everything that the rules go by. Whatever could not be looked at
// says why in a field called Unseen, which is empty otherwise.
type Observation struct {
	Pair            string
	Now             time.Time
	Active, Standby Region
	Limits          Limits
	// Probe is ProbeRead or ProbeWrite.
	Probe string
	// Account, Service and Output are the standby's.
	Account Account
	Service Service
	Output  Output
	// Storage holds every storage account of the standby, once.
	Storage     []Storage
	Credentials []Credential
	Stores      []Store
	Workflows   Workflows
	Fencing     Fencing
	Drill       Drill
	// Patience is how long it takes to find a region dark.
	Patience time.Duration
	// LastFailover is nil when there was none, or nobody knows of one.
	LastFailover *Failover
}

// Limits are what the user wants to hold; what is zero is not asked for.
type Limits struct {
	MaxRecoveryPointAge, MaxDrillAge time.Duration
	// StateLocation is where the user keeps the state of Terraform.
	StateLocation string
	// Geographies are those that data may be in.
	Geographies []string
}

// Region is one side of the pair.
type Region struct {
	Location string
	// DisplayName and Geography are empty when the catalogue does not know the region.
	DisplayName, Geography string
	// ServiceURL is the base URL of the workflow service there.
	ServiceURL string
	// EndOfLife is when that service ends or ended; zero when nothing is known of it.
	EndOfLife time.Time
}

// Account is the standby's account of the workflow service.
type Account struct {
	// None says that there is none: the service is known by its address.
	None    bool
	Unseen  string
	ID      string
	Name    string
	Missing bool
	// Location and State are Resource Manager's; State is Succeeded when all is well.
	Location, State string
	Group           Group
}

// Group is a resource group. Resource Manager keeps what is in it in the group's
// own region: in an outage of that it can be read at best.
type Group struct {
	Unseen   string
	Name     string
	Missing  bool
	Location string
}

// Service is the standby's workflow service.
type Service struct {
	// Unseen says why nobody could ask it, such as for want of a key.
	Unseen string
	// Silent says how it does not answer; empty when it does.
	Silent string
	// Refused says how it refused the key or login; empty when it took it.
	Refused string
	// About is what it says of itself: its name, its version, what it runs; empty when
	// it says nothing.
	About string
	// Foreign says that it speaks no version of its protocol that is known.
	Foreign string
}

// Output is the standby's output container.
type Output struct {
	Unseen    string
	Account   string
	AccountID string
	Container string
	URL       string
	Missing   bool
	Access    Access
}

// Access is what a signature made now may do in the output container.
type Access struct {
	Unseen string
	// Unsigned says why no signature could be made.
	Unsigned string
	// Denied are what was refused, of read, write and delete.
	Denied []Denial
}

// Denial is one refusal.
type Denial struct {
	Permission string
	// Reason is the storage service's.
	Reason string
}

// Storage is a storage account of the standby.
type Storage struct {
	Unseen  string
	ID      string
	Name    string
	Missing bool
	// Location is Resource Manager's.
	Location string
}

// Credential is a key that a failover needs in the standby.
type Credential struct {
	Unseen string
	// Name is the account's that it opens, and Kind says of what it is: "account",
	// "storage account" or "server".
	Name, Kind string
	// Handed says that it was handed over in advance.
	Handed bool
	// Token says that no key is needed, because an identity is used.
	Token bool
	// Refused says how it was refused, or how Resource Manager refused to give it.
	Refused string
	// Group is the resource group that Resource Manager reads it from.
	Group Group
}

// ManifestState is what a look at the standby's manifest found.
type ManifestState string

// The states of a manifest. ManifestUnseen means that nobody could look.
const (
	ManifestUnseen  ManifestState = ""
	ManifestGood    ManifestState = "good"
	ManifestMissing ManifestState = "missing"
	ManifestDamaged ManifestState = "damaged"
	// ManifestNone says that there is none to be: Azure itself replicates.
	ManifestNone ManifestState = "none"
)

// Store is one input store, seen from both sides.
type Store struct {
	Name string
	// Unseen says why the two sides could not be compared.
	Unseen string
	// Flows is false when nothing is replicated from the active side to the standby.
	Flows bool
	// Account and Container are the standby's.
	Account, Container    string
	Blobs, Bytes          int64
	PendingBlobs          int64
	PendingBytes          int64
	Conflicts, Uncopiable int64
	Pending               []Blob // the oldest of those that are pending
	Oldest                time.Time
	Manifest              ManifestState
	ManifestName          string
	ManifestReason        string
	ManifestEntries       int64
	RecoveryPoint         time.Time
	StandbyUnseen         string
}

// Blob is one that the standby lacks, or has otherwise.
type Blob struct {
	Name     string
	Size     int64
	Modified time.Time
	// Reason says what is the matter; empty when the standby just lacks it.
	Reason string
}

// Workflows are the submissions that a failover would take along.
type Workflows struct {
	// Asked is false when none were given.
	Asked bool
	// Unseen says why it is not known which of them have not finished; all are
	// looked at then.
	Unseen            string
	Total, Unfinished int
	// Unlooked says why their inputs could not be looked at.
	Unlooked string
	// Unlisted is the name of a store that inputs are taken from, and that nobody said
	// is to be looked at; empty when there is none.
	Unlisted string
	Problems []Problem
}

// Problem is one input that is not as it should be in the standby.
type Problem struct {
	Workflow, Input string
	// Text is a sentence without its full stop that names the input.
	Text string
	// Blob is the input in the active region; its size is negative when nobody knows.
	Size     int64
	Modified time.Time
	// Gone says that the active region lacks it too.
	Gone bool
	// Altered says that it is there, and not as it was replicated.
	Altered bool
	// Certain says that the submission would be taken along, also where that is not
	// known of others.
	Certain bool
}

// Fencing is what is alive in the standby, where nothing should be.
type Fencing struct {
	Unseen string
	Runs   []Run
	// Nameless counts runs that carry a key, which may be those of another pair:
	// nobody said which submissions this one has.
	Nameless int
}

// Run is a run that does not count and is alive.
type Run struct{ Workflow, ID, Location, Status string }

// Drill is the last drill that succeeded.
type Drill struct {
	Unseen string
	// At is when it ended; zero when there was none.
	At time.Time
	ID string
	// Duration and Accept are how long it took, and how long the service took to
	// accept it.
	Duration, Accept time.Duration
}
