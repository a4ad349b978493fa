package blobstore

import (
	"context"
	"errors"
	"iter"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/container"
)

// pageSize is the most that one listing request returns; fewer and larger pages are the faster way to list.
const pageSize int32 = 5000

// List walks the blobs whose names start with prefix, in the service's order of names, with metadata, copy state and,
// where the identity and the account allow it, tags. Snapshots, versions and deleted blobs aren't among them. One page of
// 5,000 is held at a time. The walk ends with the first error.
func (c *Container) List(ctx context.Context, prefix string) iter.Seq2[Blob, error] {
	return func(yield func(Blob, error) bool) {
		tags := !c.tagless.Load()
		pager := c.pager(prefix, tags)
		first, marker := true, ""
		for pager.More() {
			page, err := pager.NextPage(ctx)
			err = c.wrap("list", "", err)
			if err != nil && first && tags && refusesTags(err) {
				// Whether the tags were to blame shows when the listing without them works.
				tags = false
				pager = c.pager(prefix, false)
				continue
			}
			if err != nil {
				yield(Blob{}, err)
				return
			}
			first = false
			if !tags {
				c.tagless.Store(true)
			}
			// Something that answers every page alike, such as a cache that ignores queries, would be asked for ever.
			if next := deref(page.NextMarker); next != "" && next == marker {
				yield(Blob{}, c.wrap("list", "", errors.New("its pages repeat themselves, so that the list has no end")))
				return
			}
			marker = deref(page.NextMarker)
			if page.Segment == nil {
				yield(Blob{}, c.wrap("list", "", errors.New("the answer holds no list of blobs")))
				return
			}
			for _, item := range page.Segment.BlobItems {
				if !yield(fromItem(item, tags), nil) {
					return
				}
			}
		}
	}
}

func (c *Container) pager(prefix string, tags bool) *runtime.Pager[container.ListBlobsFlatResponse] {
	size := pageSize
	o := &container.ListBlobsFlatOptions{
		MaxResults: &size,
		Include:    container.ListBlobsInclude{Metadata: true, Copy: true, Tags: tags},
	}
	if prefix != "" {
		o.Prefix = &prefix
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
