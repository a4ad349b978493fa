package blobstore

import (
	"context"
	"crypto/md5" //nolint:gosec // only its size is used, for the hash that block IDs have room for
	"errors"
	"io"
	"net/http"
	"net/url"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
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
	// ReadPinned streams the blob from an offset on as long as it has the ETag; a *ConditionError says that it changed.
	ReadPinned(ctx context.Context, name, etag string, offset int64) (io.ReadCloser, error)
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
// arrive too. Errors: *ConditionError (destination or source isn't as demanded), *CopySourceError, *ContentError, *Error.
func (c *Container) CopyFrom(ctx context.Context, src Source, b Blob, opt TransferOptions) (Copied, error) {
	ctx = region.WithPatience(ctx, patience)
	if b.Size <= copyLimit {
		return c.copyWhole(ctx, src, b, opt)
	}
	return c.copyRanges(ctx, src, b, copyBlock, opt)
}

// What is known of Put Blob From URL in an account. It is asked for by one copy; those beside it don't wait for the answer.
const (
	putUnknown int32 = iota
	putAsked
	putWorks
	putMissing
)

// copyWhole copies by one request: Put Blob From URL where the service has it, else Copy Blob From URL. A blob that
// carries no MD5 is always copied by the latter, because then the listing says where the copy came from.
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
		var done bool
		if out, done, err = c.putWhole(ctx, from, b, opt); !done {
			out, err = c.copyFromURL(ctx, from, b, opt)
		}
		return err
	})
	if err == nil {
		opt.moved(b.Size)
	}
	return out, err
}

// copyFromURL is Copy Blob From URL. The service copies content headers and metadata; tags are set from the listing,
// which needs no tag permission on the source.
func (c *Container) copyFromURL(ctx context.Context, from string, b Blob, opt TransferOptions) (Copied, error) {
	answer, err := c.client.NewBlobClient(b.Name).CopyFromURL(ctx, from, &blob.CopyFromURLOptions{
		BlobTags:                       b.Tags,
		BlobAccessConditions:           opt.accessConditions(),
		SourceContentMD5:               opt.promised(b),
		SourceModifiedAccessConditions: &blob.SourceModifiedAccessConditions{SourceIfMatch: quoted(b.ETag)},
	})
	if err != nil {
		return Copied{}, c.wrap("copy", b.Name, err)
	}
	return Copied{ETag: etag(answer.ETag), MD5: b.MD5, LastModified: deref(answer.LastModified)}, nil
}

// putWhole is Put Blob From URL; done is false when the copy has to be made in another way.
func (c *Container) putWhole(ctx context.Context, from string, b Blob, opt TransferOptions) (out Copied, done bool, err error) {
	asks := c.putsFromURL.CompareAndSwap(putUnknown, putAsked)
	if len(b.MD5) == 0 || !asks && c.putsFromURL.Load() != putWorks {
		if asks {
			c.putsFromURL.Store(putUnknown)
		}
		return Copied{}, false, nil
	}
	if asks {
		// A service that doesn't know the request may answer as if it were overloaded; once is enough to find out.
		ctx = policy.WithRetryOptions(ctx, policy.RetryOptions{MaxRetries: -1})
	}
	own := false
	answer, err := c.client.NewBlockBlobClient(b.Name).UploadBlobFromURL(ctx, from, &blockblob.UploadBlobFromURLOptions{
		// All that is to arrive is in the request, from the listing.
		CopySourceBlobProperties:       &own,
		HTTPHeaders:                    b.Headers.forUpload(b.MD5),
		Metadata:                       pointers(b.Metadata),
		Tags:                           b.Tags,
		AccessConditions:               opt.accessConditions(),
		SourceContentMD5:               opt.promised(b),
		SourceModifiedAccessConditions: &blob.SourceModifiedAccessConditions{SourceIfMatch: quoted(b.ETag)},
	})
	if asks {
		if state := judgePut(err); state != putWorks {
			c.putsFromURL.Store(state)
			return Copied{}, false, nil
		}
		c.putsFromURL.Store(putWorks)
	}
	if err != nil {
		return Copied{}, true, c.wrap("copy", b.Name, err)
	}
	return Copied{ETag: etag(answer.ETag), MD5: b.MD5, LastModified: deref(answer.LastModified)}, true, nil
}

// judgePut tells from the outcome of the first request whether the service has Put Blob From URL.
func judgePut(err error) int32 {
	var answer *azcore.ResponseError
	switch {
	case err == nil:
		return putWorks
	case !errors.As(err, &answer):
		return putUnknown
	case answer.StatusCode == http.StatusNotImplemented, answer.StatusCode == http.StatusInternalServerError,
		answer.StatusCode == http.StatusMethodNotAllowed:
		return putMissing
	case answer.StatusCode > http.StatusInternalServerError, answer.StatusCode == http.StatusTooManyRequests:
		return putUnknown
	}
	return putWorks
}

// copyRanges copies by Put Block From URL, ranges of the usual size or larger, several at a time, and commits them under
// the condition. Ranges that an earlier transfer of the same content has staged are not copied again.
func (c *Container) copyRanges(ctx context.Context, src Source, b Blob, usual int64, opt TransferOptions) (Copied, error) {
	p := cut(b, usual)
	staged, err := c.staged(ctx, b, p)
	if err != nil {
		return Copied{}, err
	}
	target := c.client.NewBlockBlobClient(b.Name)
	slots := opt.slots()
	ids := make([]string, p.count)
	group, gctx := errgroup.WithContext(ctx)
	for i := range ids {
		ids[i] = p.id(i, [md5.Size]byte{})
		if staged[i] == ids[i] {
			opt.moved(p.length(i, b.Size))
			continue
		}
		if err := slots.Acquire(gctx, 1); err != nil {
			break // the group, or the caller, has ended; Wait and ctx tell why
		}
		group.Go(func() error {
			defer slots.Release(1)
			err := c.verified(gctx, func() error {
				from, err := src.ReadURL(gctx, b.Name)
				if err != nil {
					return err
				}
				_, err = target.StageBlockFromURL(gctx, ids[i], from, &blockblob.StageBlockFromURLOptions{
					Range:                          blob.HTTPRange{Offset: int64(i) * p.size, Count: p.length(i, b.Size)},
					SourceModifiedAccessConditions: &blob.SourceModifiedAccessConditions{SourceIfMatch: quoted(b.ETag)},
				})
				return c.wrap("copy a range of", b.Name, err)
			})
			if err == nil {
				opt.moved(p.length(i, b.Size))
			}
			return err
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
		if err := wait(ctx, verifyPause<<try); err != nil {
			return err
		}
	}
}

// wait ends with ctx.
func wait(ctx context.Context, d time.Duration) error {
	pause := time.NewTimer(d)
	defer pause.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-pause.C:
		return nil
	}
}

// commit makes the staged blocks the blob's content.
func (c *Container) commit(ctx context.Context, b Blob, ids []string, sum []byte, cond Condition) (Copied, error) {
	answer, err := c.client.NewBlockBlobClient(b.Name).CommitBlockList(ctx, ids, &blockblob.CommitBlockListOptions{
		HTTPHeaders:      b.Headers.forUpload(sum),
		Metadata:         pointers(b.Metadata),
		Tags:             b.Tags,
		AccessConditions: cond.accessConditions(),
	})
	if err != nil {
		return Copied{}, c.wrap("commit the blocks of", b.Name, err)
	}
	return Copied{ETag: etag(answer.ETag), MD5: sum, LastModified: deref(answer.LastModified)}, nil
}

// forUpload is the SDK's form of the headers.
func (h Headers) forUpload(sum []byte) *blob.HTTPHeaders {
	text := func(s string) *string {
		if s == "" {
			return nil
		}
		return &s
	}
	return &blob.HTTPHeaders{
		BlobContentType: text(h.ContentType), BlobContentEncoding: text(h.ContentEncoding),
		BlobContentLanguage: text(h.ContentLanguage), BlobContentDisposition: text(h.ContentDisposition),
		BlobCacheControl: text(h.CacheControl), BlobContentMD5: sum,
	}
}

// promised is the MD5 that the service should find the source's content to have; nil when it isn't to look.
func (o TransferOptions) promised(b Blob) []byte {
	if !o.CheckMD5 {
		return nil
	}
	return b.MD5
}

func (o TransferOptions) moved(bytes int64) {
	if o.Moved != nil {
		o.Moved(bytes)
	}
}

// slots is the shared limit or one of the transfer's own.
func (o TransferOptions) slots() Slots {
	if o.Slots != nil {
		return o.Slots
	}
	return semaphore.NewWeighted(ownSlots)
}
