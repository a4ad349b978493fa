package blobstore

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/blob"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/blockblob"
	"golang.org/x/sync/errgroup"
	"golang.org/x/sync/semaphore"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/region"
)

// Limits of the service.
const (
	// copyLimit is the largest blob that one Copy Blob From URL takes.
	copyLimit = 256 << 20
	// maxBlocks is the most blocks that a blob may have.
	maxBlocks = 50_000
	// copyBlock is the size of the ranges that larger blobs are copied in, unless that makes too many.
	copyBlock = 64 << 20
	// ownSlots is how many data requests a transfer makes at a time when no limit is shared with others.
	ownSlots = 4
)

const (
	// sourceValidity is how long a copy request may read its source; a new signature is made for each request.
	sourceValidity = time.Hour
	// patience is how long the service may take to answer one request that moves data before it counts as dead.
	patience = 3 * time.Minute
	// verifyTries bounds the attempts at a copy whose source could not be verified for a reason that passes.
	verifyTries = 4
	verifyPause = 100 * time.Millisecond
)

// Source is where CopyFrom and StreamFrom read; *Container is one.
type Source interface {
	// URL of the container, without a query.
	URL() string
	// ReadURL is an address that the destination's service can read the blob at, authorised by a short signature.
	ReadURL(ctx context.Context, name string) (string, error)
	// ReadPinned streams the blob as long as it has the ETag; a *ConditionError says that it changed.
	ReadPinned(ctx context.Context, name, etag string) (io.ReadCloser, error)
}

// ReadURL implements Source.
func (c *Container) ReadURL(ctx context.Context, name string) (string, error) {
	query, err := c.BlobSAS(ctx, name, sourceValidity)
	if err != nil {
		return "", err
	}
	return c.blobURL(name) + "?" + query, nil
}

// blobURL is the address of a blob, spelled as azblob spells it.
func (c *Container) blobURL(name string) string {
	return runtime.JoinPaths(c.address, url.PathEscape(name))
}

// CopyFrom copies the blob from src to the same name here without a byte passing through this process: by one request up
// to 256 MiB, by ranges above. b is the source as listed: its ETag pins the content, its headers, metadata and tags
// arrive too. Errors: *ConditionError (destination or source isn't as demanded), *CopySourceError, *Error.
func (c *Container) CopyFrom(ctx context.Context, src Source, b Blob, opt TransferOptions) (Copied, error) {
	ctx = region.WithPatience(ctx, patience)
	if b.Size <= copyLimit {
		return c.copyWhole(ctx, src, b, opt)
	}
	return c.copyRanges(ctx, src, b, copyBlock, opt)
}

// copyWhole is one Copy Blob From URL. The service copies content headers and metadata; tags are set from the listing,
// which needs no tag permission on the source.
func (c *Container) copyWhole(ctx context.Context, src Source, b Blob, opt TransferOptions) (Copied, error) {
	slots := opt.slots()
	if err := slots.Acquire(ctx, 1); err != nil {
		return Copied{}, err
	}
	defer slots.Release(1)
	var out Copied
	err := c.verified(ctx, func() error {
		from, err := src.ReadURL(ctx, b.Name)
		if err != nil {
			return err
		}
		answer, err := c.client.NewBlobClient(b.Name).CopyFromURL(ctx, from, &blob.CopyFromURLOptions{
			BlobTags:                       b.Tags,
			BlobAccessConditions:           opt.accessConditions(),
			SourceModifiedAccessConditions: &blob.SourceModifiedAccessConditions{SourceIfMatch: quoted(b.ETag)},
		})
		if err != nil {
			return c.wrap("copy", b.Name, err)
		}
		out = Copied{ETag: etag(answer.ETag), MD5: b.MD5, LastModified: deref(answer.LastModified)}
		return nil
	})
	return out, err
}

// copyRanges copies by Put Block From URL, ranges of the usual size or larger, several at a time, and commits them under
// the condition.
func (c *Container) copyRanges(ctx context.Context, src Source, b Blob, usual int64, opt TransferOptions) (Copied, error) {
	size := blockSize(b.Size, usual)
	target := c.client.NewBlockBlobClient(b.Name)
	slots := opt.slots()
	ids := blockIDs(b, size)
	group, gctx := errgroup.WithContext(ctx)
	for i, id := range ids {
		if err := slots.Acquire(gctx, 1); err != nil {
			break // the group, or the caller, has ended; Wait and ctx tell why
		}
		group.Go(func() error {
			defer slots.Release(1)
			offset := int64(i) * size
			return c.verified(gctx, func() error {
				from, err := src.ReadURL(gctx, b.Name)
				if err != nil {
					return err
				}
				_, err = target.StageBlockFromURL(gctx, id, from, &blockblob.StageBlockFromURLOptions{
					Range:                          blob.HTTPRange{Offset: offset, Count: min(size, b.Size-offset)},
					SourceModifiedAccessConditions: &blob.SourceModifiedAccessConditions{SourceIfMatch: quoted(b.ETag)},
				})
				return c.wrap("copy a range of", b.Name, err)
			})
		})
	}
	if err := group.Wait(); err != nil {
		return Copied{}, err
	}
	if err := ctx.Err(); err != nil {
		return Copied{}, err
	}
	return c.commit(ctx, b, ids, b.MD5, opt.Condition)
}

// verified repeats a copy whose source could not be verified, when that may pass: a 5xx of the destination or of the
// source. Repeating it is safe: the request is conditional, and writes the same content again.
func (c *Container) verified(ctx context.Context, attempt func() error) error {
	for try := 1; ; try++ {
		err := attempt()
		var source *CopySourceError
		if !errors.As(err, &source) || source.Failure.StatusCode < http.StatusInternalServerError || try == verifyTries {
			return err
		}
		pause := time.NewTimer(verifyPause << try)
		select {
		case <-ctx.Done():
			pause.Stop()
			return ctx.Err()
		case <-pause.C:
		}
	}
}

// commit makes the staged blocks the blob's content.
func (c *Container) commit(ctx context.Context, b Blob, ids []string, md5 []byte, cond Condition) (Copied, error) {
	answer, err := c.client.NewBlockBlobClient(b.Name).CommitBlockList(ctx, ids, &blockblob.CommitBlockListOptions{
		HTTPHeaders:      b.Headers.forUpload(md5),
		Metadata:         pointers(b.Metadata),
		Tags:             b.Tags,
		AccessConditions: cond.accessConditions(),
	})
	if err != nil {
		return Copied{}, c.wrap("commit the blocks of", b.Name, err)
	}
	return Copied{ETag: etag(answer.ETag), MD5: md5, LastModified: deref(answer.LastModified)}, nil
}

// blockSize is the usual block size, or a larger one in whole MiB where the blob would need too many blocks.
func blockSize(total, usual int64) int64 {
	const mib = 1 << 20
	if need := (total + maxBlocks - 1) / maxBlocks; need > usual {
		return (need + mib - 1) / mib * mib
	}
	return usual
}

// blockIDs names a blob's blocks after the exact content that they hold, so that staged blocks of an interrupted
// transfer can be told apart from those of another version of the blob.
func blockIDs(b Blob, size int64) []string {
	ids := make([]string, (b.Size+size-1)/size)
	version := sha256.Sum256(fmt.Appendf(nil, "%s\x00%d", b.ETag, size))
	for i := range ids {
		raw := binary.BigEndian.AppendUint32(append([]byte(nil), version[:20]...), uint32(i))
		ids[i] = base64.StdEncoding.EncodeToString(raw)
	}
	return ids
}

// forUpload is the SDK's form of the headers.
func (h Headers) forUpload(md5 []byte) *blob.HTTPHeaders {
	text := func(s string) *string {
		if s == "" {
			return nil
		}
		return &s
	}
	return &blob.HTTPHeaders{
		BlobContentType: text(h.ContentType), BlobContentEncoding: text(h.ContentEncoding),
		BlobContentLanguage: text(h.ContentLanguage), BlobContentDisposition: text(h.ContentDisposition),
		BlobCacheControl: text(h.CacheControl), BlobContentMD5: md5,
	}
}

// slots is the shared limit or one of the transfer's own.
func (o TransferOptions) slots() *semaphore.Weighted {
	if o.Slots != nil {
		return o.Slots
	}
	return semaphore.NewWeighted(ownSlots)
}
