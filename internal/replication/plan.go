package replication

import (
	"bytes"
	"fmt"
	"maps"
	"net/url"
	"strings"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/blobstore"
)

// kind is what a row means.
type kind int

const (
	// same: the destination holds the source's content, by ETags that a run recorded, or by hash.
	same kind = iota
	// adopted is same without an entry: the next manifest gets one.
	adopted
	// missing at the destination.
	missing
	// changed: the source was changed since it was copied; the destination still is what we know.
	changed
	// altered: the destination isn't what we put there, though the source is what it was. It is a conflict.
	altered
	// conflict: the destination holds something that no run put or saw there.
	conflict
	// retag: same but for the index tags.
	retag
	// inProgress: source or destination is still being filled by an asynchronous copy.
	inProgress
	// unsupported: the source can't be copied.
	unsupported
	// extra: only the destination has the blob.
	extra
	// gone: neither side has the blob, only a manifest.
	gone
)

// decision is what to do about a row, and why where that needs saying.
type decision struct {
	kind   kind
	reason string
	// doubtful is a conflict for want of hashes: the destination's blocks may tell more.
	doubtful bool
}

// rules are what a decision needs to know besides the row.
type rules struct {
	// bySize takes equal lengths for equal content where ETags don't tell.
	bySize bool
	// source is the URL of the source's container.
	source string
}

func because(k kind, reason string) decision { return decision{kind: k, reason: reason} }

// decide classifies a row by what listings and manifests say. It is pure.
func decide(r row, by rules) decision {
	switch {
	case r.src == nil && r.dst == nil:
		return decision{kind: gone}
	case r.src == nil:
		return decision{kind: extra}
	}
	if r.dst != nil && r.dst.Type != blobstore.TypeBlock {
		return because(unsupported, "the destination holds "+typeName(r.dst.Type)+" under this name")
	}
	if r.src.Type != blobstore.TypeBlock {
		return because(unsupported, "it is "+typeName(r.src.Type)+"; only block blobs are replicated")
	}
	d := compare(r, by)
	if d.kind == same || d.kind == adopted || d.kind == retag {
		return d
	}
	// What has to be written needs a source that can be read and a destination that can be written.
	switch {
	case r.src.CopyStatus == blobstore.CopyPending:
		return because(inProgress, "the source is still being filled by a copy")
	case r.dst != nil && r.dst.CopyStatus == blobstore.CopyPending:
		return because(inProgress, "the destination is still being filled by a copy")
	case r.src.CustomerKey:
		return because(unsupported, "it is encrypted with a key that the customer provides with each request")
	case r.src.Rehydrating:
		return because(unsupported, "it is in the archive tier, and on its way back")
	case r.src.Tier == blobstore.TierArchive:
		return because(unsupported, "it is in the archive tier")
	}
	return d
}

// typeName is what the documentation calls a type of blob.
func typeName(t string) string {
	switch t {
	case blobstore.TypeAppend:
		return "an append blob"
	case blobstore.TypePage:
		return "a page blob"
	}
	return "a blob of type " + t
}

// compare holds a block blob at the source against the destination.
//
// An entry of the destination's manifest (entry) and one of the source's (reverse, from when the flow went the other
// way) say of a pair of ETags that both once stood for the same content. A side whose ETag still is the recorded one was
// not touched since. A destination that was not touched holds nothing that the source hasn't had, so that it may be
// overwritten.
func compare(r row, by rules) decision {
	if r.dst == nil {
		return decision{kind: missing}
	}
	src, dst := r.src, r.dst
	known := r.entry != nil || r.reverse != nil
	srcKept := r.entry != nil && r.entry.SourceETag == src.ETag
	dstKept := r.entry != nil && r.entry.ETag == dst.ETag
	srcBack := r.reverse != nil && r.reverse.ETag == src.ETag
	dstBack := r.reverse != nil && r.reverse.SourceETag == dst.ETag
	switch {
	case (srcKept && dstKept || srcBack && dstBack) && src.Size == dst.Size:
		return tagged(r, same)
	case dstKept || dstBack:
		if sameContent(src, dst) && sameProperties(src, dst) {
			return tagged(r, same)
		}
		return decision{kind: changed}
	}
	// A copy that a run which was killed has not recorded, but the service has.
	from := copiedFrom(src, dst, by.source)
	switch {
	case from == copiedNow && sameProperties(src, dst):
		return tagged(r, adopted)
	case srcKept:
		// Also when the hashes agree: a stored hash is what the writer claims, not what the content is.
		return because(altered, "it was altered since it was copied there")
	case from != copiedNever && (!sameContent(src, dst) || !sameProperties(src, dst)):
		return decision{kind: changed}
	case srcBack && from == copiedNever:
		return because(conflict, "it was changed there since it was copied from there, and the change isn't here")
	}
	// Nothing recorded, or both sides changed since: the content decides.
	reason, doubtful := difference(src, dst, by)
	if reason != "" {
		return decision{kind: conflict, reason: reason, doubtful: doubtful}
	}
	switch {
	case !sameContent(src, dst) || sameProperties(src, dst):
	case known:
		return because(conflict, "its metadata or content headers differ, and both sides changed since the last copy")
	case src.LastModified.After(dst.LastModified):
		// The same content in the state that the source was in before: to copy it again loses nothing.
		return decision{kind: changed}
	}
	return tagged(r, adopted)
}

// tagged turns a same row into a retag row when the tags of both sides are known and differ.
func tagged(r row, k kind) decision {
	if r.src.TagsKnown && r.dst.TagsKnown && !maps.Equal(r.src.Tags, r.dst.Tags) {
		return decision{kind: retag}
	}
	return decision{kind: k}
}

// difference says why the destination can't be taken for a copy of the source; "" when it can. It is doubtful when all
// that is missing are hashes.
func difference(src, dst *blobstore.Blob, by rules) (reason string, doubtful bool) {
	switch {
	case src.Size != dst.Size:
		return fmt.Sprintf("it has %d bytes there and %d here", dst.Size, src.Size), false
	case by.bySize, sameContent(src, dst):
		return "", false
	case len(src.MD5) != 0 && len(dst.MD5) != 0:
		return "its MD5 differs", false
	}
	return "it has the same size, but no MD5 on both sides to compare", true
}

// sameContent tells whether size and stored hashes agree; without hashes it is false, but of nothing.
func sameContent(a, b *blobstore.Blob) bool {
	return a.Size == b.Size && (a.Size == 0 || len(a.MD5) != 0 && bytes.Equal(a.MD5, b.MD5))
}

// provenance is what the service itself says of where a destination blob came from.
type provenance int

const (
	// copiedNever: nothing, or from somewhere else.
	copiedNever provenance = iota
	// copiedBefore: from the source, which may have been written since. So it holds nothing that the source hasn't had.
	copiedBefore
	// copiedNow: from the source as it is.
	copiedNow
)

// copiedFrom reads what the service notes of a Copy Blob. It forgets that with the next write of content or headers to the
// destination.
func copiedFrom(src, dst *blobstore.Blob, container string) provenance {
	if dst.CopyStatus != "success" {
		return copiedNever
	}
	from, err := url.Parse(dst.CopySource)
	base, baseErr := url.Parse(container)
	if err != nil || baseErr != nil || !strings.EqualFold(from.Host, base.Host) || from.Path != base.Path+"/"+src.Name {
		return copiedNever
	}
	// Both times are in whole seconds.
	switch {
	case !src.LastModified.Before(dst.CopyCompletedAt):
		return copiedBefore
	case src.Size != dst.Size:
		return copiedNever
	}
	return copiedNow
}

// sameProperties tells whether metadata and content headers agree. Names of metadata have no case.
func sameProperties(a, b *blobstore.Blob) bool {
	return a.Headers == b.Headers && maps.Equal(folded(a.Metadata), folded(b.Metadata))
}

func folded(m map[string]string) map[string]string {
	out := make(map[string]string, len(m))
	for k, v := range m {
		out[strings.ToLower(k)] = v
	}
	return out
}

// kept is the entry that a row leaves in the next manifest when nothing is written: nil when there is none.
func kept(r row, d decision) *Entry {
	switch d.kind {
	case same, adopted, retag:
		e := Entry{
			Name: r.name, Size: r.src.Size, MD5: r.dst.MD5, SourceETag: r.src.ETag, ETag: r.dst.ETag,
			CopiedAt: r.dst.LastModified,
		}
		if r.entry != nil && r.entry.ETag == e.ETag {
			e.CopiedAt = r.entry.CopiedAt
			if e.MD5 == nil {
				e.MD5 = r.entry.MD5
			}
		}
		return &e
	case gone:
		return nil
	case extra:
		// As long as the copy is what we made, remember so: the source's blob may come back.
		if r.entry != nil && r.entry.ETag == r.dst.ETag {
			return r.entry
		}
		return nil
	default:
		if r.dst == nil {
			return nil
		}
		// The entry still tells which copy was ours, if any was.
		return r.entry
	}
}

// count adds a row to an inventory.
func (i *Inventory) count(r row, d decision) {
	if r.src != nil {
		i.BlobCount++
		i.TotalBytes += r.src.Size
		if len(r.src.MD5) == 0 {
			i.Unhashed++
			if len(i.UnhashedNames) < namesShown {
				i.UnhashedNames = append(i.UnhashedNames, r.name)
			}
		}
	}
	switch d.kind {
	case extra:
		i.ExtraCount++
		i.ExtraBytes += r.dst.Size
	case unsupported:
		i.UnsupportedCount++
		if len(i.Unsupported) < namesShown {
			i.Unsupported = append(i.Unsupported, Unsupported{Name: r.name, Reason: d.reason})
		}
	case missing, changed, retag, inProgress, altered, conflict:
		i.pend(r, d)
	case same, adopted, gone:
	}
}

// pend adds a row whose content, metadata or tags aren't in the destination.
func (i *Inventory) pend(r row, d decision) {
	i.PendingBlobs++
	switch d.kind {
	case retag:
		return
	case inProgress:
		i.InProgress++
	case altered, conflict:
		i.ConflictCount++
		if len(i.Conflicts) < namesShown {
			i.Conflicts = append(i.Conflicts, Conflict{Name: r.name, Reason: d.reason})
		}
	default: // nothing more than pending
	}
	i.PendingBytes += r.src.Size
}
