// Package replication keeps a standby container at the content of an active one and proves it.
//
// Both containers are listed in the order of names and merged, as streams, with the manifest that the last run left in
// the standby: the three together tell for each blob, without a request of its own, whether it is the same, missing,
// changed at the source, or altered at the destination. Memory doesn't grow with the number of blobs. Nothing is ever
// deleted, and no destination blob is overwritten unless it is known to be what an earlier run, in either direction, put
// or found there, or the user said so.
package replication

import (
	"context"
	"io"
	"iter"
	"time"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/blobstore"
)

// Values of Options.Transfer, Verify and OnConflict, spelled as in the resource's schema.
const (
	TransferAuto       = "auto"
	TransferServerSide = "server_side"
	TransferStream     = "stream"

	VerifyMD5  = "md5"
	VerifySize = "size"

	ConflictFail      = "fail"
	ConflictOverwrite = "overwrite"
)

// DefaultConcurrency is used when Options.Concurrency is zero.
const DefaultConcurrency = 16

// Options say what is replicated and how.
type Options struct {
	// Name is the store's name. With Prefix it names the manifest, so that stores which share a container keep apart.
	Name string
	// Prefix limits the listing to names that start with it.
	Prefix string
	// Include and Exclude are doublestar globs over the whole name of a blob (`*` stops at '/', `**` doesn't). Without
	// Include everything is included; Exclude wins.
	Include, Exclude []string
	// Transfer, Verify and OnConflict default to auto, md5 and fail.
	Transfer, Verify, OnConflict string
	// Concurrency bounds the data requests under way, and the blobs. How many there are below it the run finds out.
	Concurrency int
	// Progress, when set, is called after each step and at the end, never by two goroutines at once.
	Progress func(Progress)
}

// Progress is how far a run has come.
type Progress struct {
	// Seen blobs of the source have been compared; Found of them, of FoundBytes, are to be copied, which grows until Listed.
	Seen, Found, FoundBytes int64
	Listed                  bool
	// Copied of the found ones were copied; Active are being copied.
	Copied, CopiedBytes, Active int64
	// MovedBytes have arrived at the destination, those of unfinished blobs included.
	MovedBytes int64
	// Streaming tells that content passes through this process.
	Streaming bool
}

// Side is one end of a replication.
type Side struct {
	// Location is the Azure region's name; it is recorded, not used.
	Location string
	Store    Store
}

// Store is what replication needs of a container; *blobstore.Container is one.
type Store interface {
	blobstore.Source
	List(ctx context.Context, prefix string) iter.Seq2[blobstore.Blob, error]
	Stat(ctx context.Context, name string) (blobstore.Blob, error)
	Download(ctx context.Context, name string) (io.ReadCloser, blobstore.Blob, error)
	Upload(ctx context.Context, name string, content io.ReadSeeker, opt blobstore.UploadOptions) (blobstore.Copied, error)
	CopyFrom(ctx context.Context, src blobstore.Source, b blobstore.Blob, opt blobstore.TransferOptions) (blobstore.Copied, error)
	StreamFrom(ctx context.Context, src blobstore.Source, b blobstore.Blob, opt blobstore.TransferOptions) (blobstore.Copied, error)
	HoldsCopy(ctx context.Context, b blobstore.Blob, etag string) (bool, error)
	SetTags(ctx context.Context, name string, tags map[string]string) error
}

var _ Store = (*blobstore.Container)(nil)

// Inventory is what a comparison of both sides found.
type Inventory struct {
	// BlobCount and TotalBytes are the source's blobs within the options.
	BlobCount, TotalBytes int64
	// PendingBlobs and PendingBytes are those whose content, metadata or tags the destination doesn't hold: to be
	// copied, still being copied by someone else, or in conflict. Unsupported blobs are not among them.
	PendingBlobs, PendingBytes int64
	// ConflictCount is the number of conflicts; Conflicts names the first twenty.
	ConflictCount int64
	Conflicts     []Conflict
	// UnsupportedCount is the number of blobs that can't be copied; Unsupported names the first twenty.
	UnsupportedCount int64
	Unsupported      []Unsupported
	// ExtraCount blobs exist in the destination only; they are kept.
	ExtraCount, ExtraBytes int64
	// Unhashed blobs of the source carry no MD5: their sameness rests on ETags alone. UnhashedNames are the first twenty.
	Unhashed      int64
	UnhashedNames []string
	// InProgress blobs are the destination or the result of an asynchronous copy that hasn't ended; they are pending.
	InProgress int64
	// ManifestSHA256 is the digest of the manifest in the destination, hexadecimal; empty when there is none.
	ManifestSHA256 string
	// RecoveryPoint is up to when the source's changes are in the destination: the time just before the last complete
	// run listed the source. Zero when no run was complete.
	RecoveryPoint time.Time
}

// InSync tells whether the destination holds everything that can be replicated.
func (i Inventory) InSync() bool { return i.PendingBlobs == 0 }

// Conflict is a destination blob that isn't what replication put there.
type Conflict struct {
	Name   string
	Reason string
}

// Unsupported is a source blob that can't be replicated.
type Unsupported struct {
	Name   string
	Reason string
}

// Result is what a run did, and what is left.
type Result struct {
	// Inventory as it is after the run.
	Inventory
	// Copied blobs and bytes of this run; Retagged blobs only got new tags; Adopted ones were already there.
	Copied, CopiedBytes, Retagged, Adopted int64
	// StreamedBytes of CopiedBytes passed through this process.
	StreamedBytes int64
	// Transfer is what was used in the end: server_side or stream; empty when nothing was copied.
	Transfer string
	// FallbackReason is why auto went over to streaming.
	FallbackReason string
}
