package replication

import (
	"context"
	"errors"
	"time"
)

var errNotYet = errors.New("not built yet")

// ErrNoManifest says that the container holds no manifest for the store.
var ErrNoManifest = errors.New("no manifest")

// Survey compares both sides by listings and manifest.
func Survey(ctx context.Context, src, dst Side, opt Options) (Inventory, error) {
	return Inventory{}, errNotYet
}

// Run copies what is pending.
func Run(ctx context.Context, src, dst Side, opt Options, now func() time.Time) (Result, error) {
	return Result{}, errNotYet
}

// Entry is a replicated blob in the manifest.
type Entry struct {
	Name       string
	Size       int64
	MD5        []byte
	SourceETag string
	ETag       string
	CopiedAt   time.Time
}

// Manifest is what the last run left in the destination.
type Manifest struct{}

// Lookup finds an entry.
func (m *Manifest) Lookup(name string) (Entry, bool) { return Entry{}, false }

// LoadManifest reads the manifest of the store with this name and prefix.
func LoadManifest(ctx context.Context, s Store, name, prefix string) (*Manifest, error) {
	return nil, errNotYet
}

// ConflictError names blobs in conflict, up to twenty.
type ConflictError struct {
	Conflicts []Conflict
	Count     int64
}

// Error implements error.
func (e *ConflictError) Error() string { return "conflicts" }

// UnsupportedError names blobs that can't be replicated, up to twenty.
type UnsupportedError struct {
	Unsupported []Unsupported
	Count       int64
}

// Error implements error.
func (e *UnsupportedError) Error() string { return "unsupported" }
