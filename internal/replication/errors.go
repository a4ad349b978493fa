package replication

import (
	"errors"
	"fmt"
	"strings"
)

// namesShown is how many blobs an error or an inventory names.
const namesShown = 20

// ErrManifestChanged says that another run wrote the manifest while this one worked. What was copied stays; the next run
// finds it.
var ErrManifestChanged = errors.New("another replication of the same store ran at the same time")

// ConflictError says that the destination holds blobs that replication didn't put there and wasn't told to overwrite.
// Everything else was copied.
type ConflictError struct {
	// Conflicts are the first twenty, Count is all of them.
	Conflicts []Conflict
	Count     int64
}

// Error implements error.
func (e *ConflictError) Error() string {
	names := make([]string, len(e.Conflicts))
	for i, c := range e.Conflicts {
		names[i] = c.Name + ": " + c.Reason
	}
	return named(e.Count, "the destination holds a different blob than replication put there", names)
}

// UnsupportedError says that the source has blobs that can't be replicated.
type UnsupportedError struct {
	// Unsupported are the first twenty, Count is all of them.
	Unsupported []Unsupported
	Count       int64
}

// Error implements error.
func (e *UnsupportedError) Error() string {
	names := make([]string, len(e.Unsupported))
	for i, u := range e.Unsupported {
		names[i] = u.Name + ": " + u.Reason
	}
	return named(e.Count, "can't be replicated", names)
}

// TransferError says which blobs could not be copied. The others were.
type TransferError struct {
	// Failures are at most twenty; a run gives up after as many.
	Failures []Failure
}

// Failure is a blob that could not be copied.
type Failure struct {
	Name string
	Err  error
}

// Error implements error.
func (e *TransferError) Error() string {
	names := make([]string, len(e.Failures))
	for i, f := range e.Failures {
		names[i] = f.Name + ": " + f.Err.Error()
	}
	return named(int64(len(names)), "could not be copied", names)
}

// Unwrap gives the failures' errors.
func (e *TransferError) Unwrap() []error {
	errs := make([]error, len(e.Failures))
	for i, f := range e.Failures {
		errs[i] = f.Err
	}
	return errs
}

// named is "3 blobs: what", the names a line each, and how many more there are.
func named(count int64, what string, names []string) string {
	noun := "blobs"
	if count == 1 {
		noun = "blob"
	}
	text := fmt.Sprintf("%d %s: %s\n  %s", count, noun, what, strings.Join(names, "\n  "))
	if more := count - int64(len(names)); more > 0 {
		text += fmt.Sprintf("\n  and %d more", more)
	}
	return text
}

// ConflictError is the inventory's conflicts as an error; nil when there are none.
func (i Inventory) ConflictError() error {
	if i.ConflictCount == 0 {
		return nil
	}
	return &ConflictError{Conflicts: i.Conflicts, Count: i.ConflictCount}
}

// UnsupportedError is the inventory's unsupported blobs as an error; nil when there are none. A run doesn't fail on
// them, since no later run could do better: the caller decides whether to warn.
func (i Inventory) UnsupportedError() error {
	if i.UnsupportedCount == 0 {
		return nil
	}
	return &UnsupportedError{Unsupported: i.Unsupported, Count: i.UnsupportedCount}
}

// UnhashedError says which blobs carry no MD5.
type UnhashedError struct {
	// Names are the first twenty, Count is all of them.
	Names []string
	Count int64
}

// Error implements error.
func (e *UnhashedError) Error() string {
	return named(e.Count, "no MD5 is stored with the source", e.Names)
}

// UnhashedError is the inventory's blobs without an MD5 as an error; nil when there are none. A run doesn't fail on them.
func (i Inventory) UnhashedError() error {
	if i.Unhashed == 0 {
		return nil
	}
	return &UnhashedError{Names: i.UnhashedNames, Count: i.Unhashed}
}
