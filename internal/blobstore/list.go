package blobstore

import (
	"context"
	"errors"
	"iter"
	"strings"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/container"
)

// pageSize is the most that one listing request returns; fewer and larger pages are the faster way to list.
const pageSize int32 = 5000

// listTries bounds how often a page is asked for again of a service that is too busy, after the pipeline's own attempts,
// and listPause is half of the first pause before that.
const (
	listTries = 4
	listPause = time.Second
)

// List walks the blobs whose names start with prefix, in the service's order of names, with metadata, copy state and,
// where the identity and the account allow it, tags. Snapshots, versions and deleted blobs aren't among them. One page of
// 5,000 is held at a time. A long listing goes on in parts, some of which are listed ahead at the same time, by a page
// each. The walk ends with the first error.
func (c *Container) List(ctx context.Context, prefix string) iter.Seq2[Blob, error] {
	return func(yield func(Blob, error) bool) {
		ctx, stop := context.WithCancel(ctx)
		defer stop()
		var part string
		var rest *parts
		defer func() { rest.end() }()
		read := 0
		for p, err := range c.pages(ctx, prefix) {
			if err != nil {
				yield(Blob{}, err)
				return
			}
			for _, b := range p.blobs {
				if rest != nil && !strings.HasPrefix(b.Name, part) {
					rest.walk(ctx, yield)
					return
				}
				if !yield(b, nil) {
					return
				}
			}
			if read++; read == c.splitAfter && p.more {
				part, rest = c.split(ctx, prefix, p.blobs)
			}
		}
		if rest != nil {
			rest.walk(ctx, yield)
		}
	}
}

// page is one answer of a listing.
type page struct {
	blobs []Blob
	more  bool
}

// pages walks a listing by its answers.
func (c *Container) pages(ctx context.Context, prefix string) iter.Seq2[page, error] {
	return func(yield func(page, error) bool) {
		ctx, rows := taking(ctx)
		tags := !c.tagless.Load()
		pager := c.pager(prefix, tags, "")
		first, marker, busy := true, "", 0
		for pager.More() {
			answer, err := pager.NextPage(ctx)
			err = c.wrap("list", "", err)
			if err != nil && first && tags && refusesTags(err) {
				// Whether the tags were to blame shows when the listing without them works.
				tags = false
				pager = c.pager(prefix, false, "")
				continue
			}
			if Throttled(err) && !first && busy < listTries {
				// Hundreds of pages should not be for nothing because the service has too much to do at one of them. At the
				// first of them there is nothing to lose.
				if busy++; wait(ctx, listPause<<busy) == nil {
					pager = c.pager(prefix, tags, marker)
					continue
				}
			}
			if err != nil {
				yield(page{}, err)
				return
			}
			first, busy = false, 0
			if !tags {
				c.tagless.Store(true)
			}
			// Something that answers every page alike, such as a cache that ignores queries, would be asked for ever.
			if next := deref(answer.NextMarker); next != "" && next == marker {
				yield(page{}, c.wrap("list", "", errors.New("its pages repeat themselves, so that the list has no end")))
				return
			}
			marker = deref(answer.NextMarker)
			if answer.Segment == nil {
				yield(page{}, c.wrap("list", "", errors.New("the answer holds no list of blobs")))
				return
			}
			p := page{blobs: rows.give(tags), more: marker != ""}
			for _, item := range answer.Segment.BlobItems {
				p.blobs = append(p.blobs, fromItem(item, tags))
			}
			if !yield(p, nil) {
				return
			}
		}
	}
}

// pager lists from a marker on; a pager that failed once can't go on.
func (c *Container) pager(prefix string, tags bool, marker string) *runtime.Pager[container.ListBlobsFlatResponse] {
	o := &container.ListBlobsFlatOptions{
		MaxResults: &c.pageSize,
		Include:    container.ListBlobsInclude{Metadata: true, Copy: true, Tags: tags},
	}
	if prefix != "" {
		o.Prefix = &prefix
	}
	if marker != "" {
		o.Marker = &marker
	}
	return c.client.NewListBlobsFlatPager(o)
}

// fromItem is one row of a listing.
func fromItem(item *container.BlobItem, tags bool) Blob {
	b := Blob{Name: deref(item.Name), Metadata: plain(item.Metadata), TagsKnown: tags}
	if item.BlobTags != nil && len(item.BlobTags.BlobTagSet) > 0 {
		b.Tags = make(map[string]string, len(item.BlobTags.BlobTagSet))
		for _, t := range item.BlobTags.BlobTagSet {
			b.Tags[deref(t.Key)] = deref(t.Value)
		}
	}
	for rule, status := range item.OrMetadata {
		if b.Replicated == nil {
			b.Replicated = make(map[string]string, len(item.OrMetadata))
		}
		b.Replicated[strings.TrimPrefix(rule, "or-")] = deref(status)
	}
	p := item.Properties
	if p == nil {
		return b
	}
	b.Size, b.MD5, b.ETag, b.LastModified = deref(p.ContentLength), p.ContentMD5, etag(p.ETag), deref(p.LastModified)
	b.Type, b.Tier = string(deref(p.BlobType)), string(deref(p.AccessTier))
	b.Rehydrating, b.CustomerKey = deref(p.ArchiveStatus) != "", deref(p.CustomerProvidedKeySHA256) != ""
	b.CopyStatus, b.CopySource = string(deref(p.CopyStatus)), copySource(deref(p.CopySource))
	b.CopyCompletedAt = deref(p.CopyCompletionTime)
	b.Headers = Headers{
		ContentType: deref(p.ContentType), ContentEncoding: deref(p.ContentEncoding),
		ContentLanguage: deref(p.ContentLanguage), ContentDisposition: deref(p.ContentDisposition),
		CacheControl: deref(p.CacheControl),
	}
	return b
}
