package replication

import (
	"context"
	"fmt"
	"iter"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/blobstore"
)

// row is what is known about one name: the blob on both sides, the entry of the destination's manifest, and that of the
// manifest in the source from when the flow went the other way. At least one isn't nil.
type row struct {
	name           string
	src, dst       *blobstore.Blob
	entry, reverse *Entry
}

// OrderError says that a listing isn't in the order of names that the merge rests on.
type OrderError struct{ Before, After string }

// Error implements error.
func (e *OrderError) Error() string {
	return fmt.Sprintf("a listing shows %q after %q, which is not the order of names", e.After, e.Before)
}

// compareNames is the order of names in listings, and so of everything here.
var compareNames = blobstore.CompareNames

// stream is one of the merge's inputs, one item ahead.
type stream[T any] struct {
	pull func() (T, error, bool)
	name func(T) string
	head *T
	last string
	seen bool
}

func (s *stream[T]) advance() error {
	item, err, ok := s.pull()
	if err != nil {
		return err
	}
	if !ok {
		s.head = nil
		return nil
	}
	name := s.name(item)
	if s.seen && compareNames(s.last, name) >= 0 {
		return &OrderError{Before: s.last, After: name}
	}
	s.head, s.last, s.seen = &item, name, true
	return nil
}

// take returns the head when it has the name, and moves on.
func (s *stream[T]) take(name string) (*T, error) {
	if s.head == nil || s.name(*s.head) != name {
		return nil, nil //nolint:nilnil // nothing under this name is an answer
	}
	item := s.head
	return item, s.advance()
}

// least keeps the smaller of name and the head's.
func (s *stream[T]) least(name string, found bool) (string, bool) {
	if s.head == nil {
		return name, found
	}
	if head := s.name(*s.head); !found || compareNames(head, name) < 0 {
		return head, true
	}
	return name, found
}

// merge walks four sorted inputs as one. It ends with the first error; it holds one item of each input.
func merge(src, dst iter.Seq2[blobstore.Blob, error], entries, reverse iter.Seq2[Entry, error]) iter.Seq2[row, error] {
	return func(yield func(row, error) bool) {
		blobName := func(b blobstore.Blob) string { return b.Name }
		entryName := func(e Entry) string { return e.Name }
		pullSrc, stopSrc := iter.Pull2(src)
		defer stopSrc()
		pullDst, stopDst := iter.Pull2(dst)
		defer stopDst()
		pullEntries, stopEntries := iter.Pull2(entries)
		defer stopEntries()
		pullReverse, stopReverse := iter.Pull2(reverse)
		defer stopReverse()
		a := &stream[blobstore.Blob]{pull: pullSrc, name: blobName}
		b := &stream[blobstore.Blob]{pull: pullDst, name: blobName}
		c := &stream[Entry]{pull: pullEntries, name: entryName}
		d := &stream[Entry]{pull: pullReverse, name: entryName}
		for _, advance := range []func() error{a.advance, b.advance, c.advance, d.advance} {
			if err := advance(); err != nil {
				yield(row{}, err)
				return
			}
		}
		for {
			name, found := a.least("", false)
			name, found = b.least(name, found)
			name, found = c.least(name, found)
			name, found = d.least(name, found)
			if !found {
				return
			}
			r, err := takeRow(name, a, b, c, d)
			if err != nil {
				yield(row{}, err)
				return
			}
			if !yield(r, nil) {
				return
			}
		}
	}
}

func takeRow(name string, src, dst *stream[blobstore.Blob], entries, reverse *stream[Entry]) (r row, err error) {
	r.name = name
	if r.src, err = src.take(name); err != nil {
		return r, err
	}
	if r.dst, err = dst.take(name); err != nil {
		return r, err
	}
	if r.entry, err = entries.take(name); err != nil {
		return r, err
	}
	r.reverse, err = reverse.take(name)
	return r, err
}

// ahead is how many blobs a listing may run ahead of the merge: one page.
const ahead = 5000

// prefetch runs a listing in a goroutine of its own, so that both sides are listed at the same time. The goroutine ends
// with the walk or with ctx.
func prefetch(ctx context.Context, list iter.Seq2[blobstore.Blob, error]) iter.Seq2[blobstore.Blob, error] {
	type item struct {
		blob blobstore.Blob
		err  error
	}
	items := make(chan item, ahead)
	ctx, stop := context.WithCancel(ctx)
	go func() {
		defer close(items)
		for b, err := range list {
			select {
			case items <- item{b, err}:
			case <-ctx.Done():
				return
			}
		}
	}()
	return func(yield func(blobstore.Blob, error) bool) {
		defer stop()
		for {
			// A closed channel may mean that the listing stopped because ctx ended: that isn't the end of the blobs.
			i, ok := <-items
			if !ok {
				if err := ctx.Err(); err != nil {
					yield(blobstore.Blob{}, err)
				}
				return
			}
			if !yield(i.blob, i.err) {
				return
			}
		}
	}
}

// rows lists both sides and merges them with the manifests, within the filter.
func rows(ctx context.Context, src, dst Side, f *Filter, own, reverse *spool) iter.Seq2[row, error] {
	return func(yield func(row, error) bool) {
		ctx, stop := context.WithCancel(ctx)
		defer stop()
		from := prefetch(ctx, src.Store.List(ctx, f.prefix))
		to := prefetch(ctx, emptyWhenMissing(dst.Store.List(ctx, f.prefix)))
		all := merge(keep(from, f.matchBlob), keep(to, f.matchBlob),
			keep(own.entries(), f.matchEntry), keep(reverse.entries(), f.matchEntry))
		for r, err := range all {
			if !yield(r, err) || err != nil {
				return
			}
		}
	}
}

func (f *Filter) matchEntry(e Entry) bool { return f.Match(e.Name) }

// keep drops the items that don't match.
func keep[T any](items iter.Seq2[T, error], match func(T) bool) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for item, err := range items {
			if err != nil || match(item) {
				if !yield(item, err) {
					return
				}
			}
		}
	}
}

// emptyWhenMissing lists nothing for a container that doesn't exist: a destination before its first run.
func emptyWhenMissing(list iter.Seq2[blobstore.Blob, error]) iter.Seq2[blobstore.Blob, error] {
	return func(yield func(blobstore.Blob, error) bool) {
		for b, err := range list {
			if blobstore.IsNotFound(err) {
				return
			}
			if !yield(b, err) {
				return
			}
		}
	}
}

// Survey compares both sides by their listings and manifests, and changes nothing.
func Survey(ctx context.Context, src, dst Side, opt Options) (Inventory, error) {
	return Compare(ctx, src, dst, opt, func(Compared) {})
}
