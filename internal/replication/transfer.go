package replication

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/blobstore"
)

// maxTries bounds how often a blob that changes while it is being copied is looked at again.
const maxTries = 4

// maxPutOff bounds how often a blob is tried whose service asks to be left alone.
const maxPutOff = 6

// errRestless says that a blob didn't keep still.
var errRestless = errors.New("it kept changing while it was being copied")

// transfer brings one row's destination up to date and returns its entry, nil for none. found is the decision that the
// listings led to; whatever meets a failed condition is decided anew from both sides' properties.
func (e *engine) transfer(ctx context.Context, r row, found decision) (*Entry, error) {
	if found.doubtful {
		made, err := e.dst.Store.HoldsCopy(ctx, *r.src, r.dst.ETag)
		if made = made && sameProperties(r.src, r.dst); made || err != nil || !e.writes(found) {
			return e.undoubted(ctx, r, found, made, err)
		}
	}
	now, d := r, found
	for range maxTries {
		entry, err := e.patiently(ctx, func() (*Entry, error) { return e.once(ctx, now, d, r, found) })
		var condition *blobstore.ConditionError
		var source *blobstore.CopySourceError
		switch {
		case err == nil:
			return entry, nil
		case errors.As(err, &source):
			if e.opt.Transfer != TransferAuto {
				return nil, err
			}
		case !errors.As(err, &condition) && !blobstore.IsNotFound(err):
			return nil, err
		}
		before := now
		if now, err = e.look(ctx, now, err); err != nil {
			return nil, err
		}
		if source != nil && now.src != nil && now.src.ETag == before.src.ETag {
			// The source is as it was, and we can see it: it is the destination's service that can't.
			e.fallBack(source)
		}
		d = decide(now, e.by)
		if !e.writes(d) {
			return e.conclude(r, found, now, d), nil
		}
	}
	return nil, errRestless
}

// undoubted is the entry of a blob whose blocks said whether it is the source's copy. Its content is, then; what else was
// changed there since is told as for any other blob.
func (e *engine) undoubted(ctx context.Context, r row, found decision, made bool, err error) (*Entry, error) {
	switch d := tagged(r, adopted); {
	case err != nil:
		return nil, err
	case !made:
		return kept(r, found), nil
	case d.kind == retag:
		return e.patiently(ctx, func() (*Entry, error) { return e.once(ctx, r, d, r, found) })
	default:
		e.settle(r, found, func(res *Result) { res.Adopted++ })
		return kept(r, d), nil
	}
}

// patiently repeats an attempt that the service put off, more often than the pipeline does: the slots wait for as long as
// the service asks, and let fewer in each time, so that sooner or later it is served.
func (e *engine) patiently(ctx context.Context, attempt func() (*Entry, error)) (entry *Entry, err error) {
	for range maxPutOff {
		if entry, err = attempt(); !blobstore.Throttled(err) || ctx.Err() != nil {
			return entry, err
		}
	}
	return entry, err
}

// once makes one attempt. first and found are what the result was counted by.
func (e *engine) once(ctx context.Context, r row, d decision, first row, found decision) (*Entry, error) {
	if d.kind == retag {
		if err := e.dst.Store.SetTags(ctx, r.name, r.src.Tags); err != nil {
			return nil, err
		}
		e.settle(first, found, func(res *Result) { res.Retagged++ })
		return kept(r, d), nil
	}
	opt := blobstore.TransferOptions{Slots: e.slots, CheckMD5: e.opt.Verify == VerifyMD5, Moved: e.moved}
	opt.IfAbsent = r.dst == nil
	if r.dst != nil {
		opt.IfMatch = r.dst.ETag
	}
	streaming := e.streaming()
	move := e.dst.Store.CopyFrom
	if streaming {
		move = e.dst.Store.StreamFrom
	}
	done, err := move(ctx, e.src.Store, *r.src, opt)
	var content *blobstore.ContentError
	if errors.As(err, &content) {
		return nil, fmt.Errorf("%w; upload it again, or set verify = %q to copy it as it is", err, VerifySize)
	}
	if err != nil {
		return nil, err
	}
	e.copied(first, found, r.src.Size, done, streaming)
	return &Entry{
		Name: r.name, Size: r.src.Size, MD5: done.MD5, SourceETag: r.src.ETag, ETag: done.ETag, CopiedAt: done.LastModified,
	}, nil
}

// moved counts bytes that arrived.
func (e *engine) moved(bytes int64) {
	e.slots.moved(bytes)
	e.report(func(p *Progress) { p.MovedBytes += bytes })
}

// look reads both sides' properties anew. cause is why; it is returned when the destination's container is what is
// missing.
func (e *engine) look(ctx context.Context, r row, cause error) (row, error) {
	src, err := e.src.Store.Stat(ctx, r.name)
	switch {
	case blobstore.IsNotFound(err):
		r.src = nil
	case err != nil:
		return r, err
	default:
		src.Tags, src.TagsKnown = r.src.Tags, r.src.TagsKnown
		r.src = &src
	}
	dst, err := e.dst.Store.Stat(ctx, r.name)
	switch {
	case blobstore.IsNotFound(err):
		r.dst = nil
		if blobstore.IsNotFound(cause) && r.src != nil {
			return r, cause
		}
	case err != nil:
		return r, err
	default:
		r.dst = &dst
	}
	return r, nil
}

// conclude takes the outcome of a row that turned out to need no write after all.
func (e *engine) conclude(first row, found decision, now row, d decision) *Entry {
	e.settle(first, found, func(res *Result) {
		if d.kind == adopted || d.kind == same {
			res.Adopted++
			return
		}
		if first.src != nil {
			// count adds the source again, if it is still there.
			res.BlobCount--
			res.TotalBytes -= first.src.Size
			if len(first.src.MD5) == 0 {
				res.Unhashed--
				res.UnhashedNames = slices.DeleteFunc(res.UnhashedNames, func(name string) bool { return name == first.name })
			}
		}
		res.count(now, d)
	})
	return kept(now, d)
}

// unpend is the reverse of pend.
func (i *Inventory) unpend(r row, d decision) {
	i.PendingBlobs--
	switch d.kind {
	case retag:
		return
	case inProgress:
		i.InProgress--
	case altered, conflict:
		i.ConflictCount--
		i.Conflicts = slices.DeleteFunc(i.Conflicts, func(c Conflict) bool { return c.Name == r.name })
	default: // nothing more than pending
	}
	i.PendingBytes -= r.src.Size
}
