// Package blobstore is the small part of Azure Blob Storage that replication, preflight checks and submissions need:
// listing with metadata, shared access signatures, and the ways of moving a blob from one account to another.
//
// It stands on azblob. What the package adds are the decisions that azblob leaves open: which request copies a blob of
// which size, which conditions guard it, how a signature has to be spelled for the workflow service, and errors that can
// be matched by kind and never carry a secret.
package blobstore

import (
	"context"
	"time"
)

// Block types and states as the service spells them.
const (
	// TypeBlock is the only blob type that is replicated.
	TypeBlock = "BlockBlob"
	// TypeAppend is the type of blobs that grow by appending.
	TypeAppend = "AppendBlob"
	// TypePage is the type of blobs behind virtual disks.
	TypePage = "PageBlob"
	// TierArchive is the offline tier: its content can't be read before rehydration.
	TierArchive = "Archive"
	// CopyPending is the CopyStatus of a blob that is still being filled by an asynchronous copy.
	CopyPending = "pending"
)

// Blob is one blob as a listing or Stat describes it.
type Blob struct {
	Name string
	// Size is the length of the content in bytes.
	Size int64
	// MD5 is the stored Content-MD5; nil when the blob carries none. The service stores what the writer sent and does
	// not check it for blobs made of several blocks.
	MD5 []byte
	// ETag without the quotes that headers, but not listings, put around it. It changes with content, metadata and
	// content headers, not with tags or tier.
	ETag         string
	LastModified time.Time
	Type         string
	Tier         string
	// Rehydrating tells that an archived blob is on its way back; it can't be read yet.
	Rehydrating bool
	// CustomerKey tells that the content is encrypted with a key that only the customer has.
	CustomerKey bool
	// Metadata is nil when there is none. Names keep the case that the listing shows, header answers change it:
	// compare without case.
	Metadata map[string]string
	// Tags are the blob index tags; only meaningful when TagsKnown.
	Tags map[string]string
	// TagsKnown is false when the listing was not allowed, or the account is not able, to show tags, and after Stat.
	TagsKnown bool
	Headers   Headers
	// CopyStatus is empty when the blob was never the destination of a Copy Blob, else pending, success, aborted or
	// failed. The service clears the three copy fields when the blob is written in another way.
	CopyStatus string
	// CopySource is the URL that the blob was copied from, without its query; empty when that was a snapshot or a version
	// other than the current one.
	CopySource string
	// CopyCompletedAt is the time at which that copy ended.
	CopyCompletedAt time.Time
	// Replicated is, in a listing, how Azure's object replication fared with the blob as it is now: complete or failed, by
	// "policy_rule". It is nil where no policy applies, or none has got to the blob.
	Replicated map[string]string
}

// Headers are the content headers that travel with a blob.
type Headers struct {
	ContentType, ContentEncoding, ContentLanguage, ContentDisposition, CacheControl string
}

// Condition guards a write. The zero value is no condition.
type Condition struct {
	// IfMatch is the ETag (without quotes) that the blob must still have.
	IfMatch string
	// IfAbsent demands that no blob has the name yet. It wins over IfMatch.
	IfAbsent bool
}

// UploadOptions are the optional parts of an upload.
type UploadOptions struct {
	Condition
	Headers  Headers
	Metadata map[string]string
	Tags     map[string]string
	// ContentMD5 is stored with the blob; computed when nil.
	ContentMD5 []byte
}

// TransferOptions are the optional parts of CopyFrom and StreamFrom.
type TransferOptions struct {
	Condition
	// Slots bounds the requests that carry data, over all transfers that share it; nil means that this transfer has
	// four of its own.
	Slots Slots
	// CheckMD5 refuses a source whose content isn't what its stored MD5 says. Ranges are not checked: the service hashes
	// no more than one of them at a time.
	CheckMD5 bool
	// Moved, when set, is told of the bytes of each request that moved some, by several goroutines at once.
	Moved func(bytes int64)
}

// Slots bounds requests under way. A *semaphore.Weighted is one.
type Slots interface {
	Acquire(ctx context.Context, n int64) error
	Release(n int64)
}

// Copied is what a finished transfer left in the destination.
type Copied struct {
	// ETag of the destination, without quotes.
	ETag string
	// MD5 that the destination stores; nil when neither the source had one nor the transfer could compute it.
	MD5          []byte
	LastModified time.Time
	// Bytes that went through this process: zero for a server-side copy.
	Bytes int64
}
