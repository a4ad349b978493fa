package blobstore

import (
	"bytes"
	"context"
	"crypto/md5" //nolint:gosec // Content-MD5 is the integrity header that the service checks and stores
	"crypto/rand"
	"errors"
	"fmt"
	"hash"
	"io"
	"net/http"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/streaming"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/blob"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/blockblob"
	"golang.org/x/sync/errgroup"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/region"
)

// streamBlock is the size of the pieces in which content passes through this process; each request that is under way
// holds one.
const streamBlock = 4 << 20

// resumable is how many blocks a streamed blob has at least before it is asked for those that are staged: for fewer the
// question costs about what it saves.
const resumable = 4

// downloadTries bounds how often a broken download is taken up again where it stopped.
const downloadTries = 5

// Download reads a whole blob. The caller closes the reader. A connection that breaks is taken up again where it
// stopped, as long as the blob stays the same.
func (c *Container) Download(ctx context.Context, name string) (io.ReadCloser, Blob, error) {
	answer, err := c.open(ctx, name, nil)
	if err != nil {
		return nil, Blob{}, err
	}
	b := Blob{
		Name: name, Size: deref(answer.ContentLength), MD5: answer.ContentMD5, ETag: etag(answer.ETag),
		LastModified: deref(answer.LastModified), Type: string(deref(answer.BlobType)), Metadata: plain(answer.Metadata),
		Headers: Headers{
			ContentType: deref(answer.ContentType), ContentEncoding: deref(answer.ContentEncoding),
			ContentLanguage: deref(answer.ContentLanguage), ContentDisposition: deref(answer.ContentDisposition),
			CacheControl: deref(answer.CacheControl),
		},
	}
	return c.reader(ctx, name, answer), b, nil
}

// ReadPinned implements Source.
func (c *Container) ReadPinned(ctx context.Context, name, tag string, offset int64) (io.ReadCloser, error) {
	answer, err := c.open(ctx, name, &blob.DownloadStreamOptions{
		Range: blob.HTTPRange{Offset: offset}, AccessConditions: Condition{IfMatch: tag}.accessConditions(),
	})
	if err != nil {
		return nil, err
	}
	return c.reader(ctx, name, answer), nil
}

func (c *Container) open(ctx context.Context, name string, o *blob.DownloadStreamOptions) (blob.DownloadStreamResponse, error) {
	var raw *http.Response
	answer, err := c.client.NewBlobClient(name).DownloadStream(policy.WithCaptureResponse(ctx, &raw), o)
	if err == nil && raw != nil && raw.StatusCode == http.StatusNotModified {
		// azblob takes it for a success, without so much as an empty body. Nothing here asks for it, so that a cache made it.
		err = runtime.NewResponseError(raw)
	}
	return answer, c.wrap("read", name, err)
}

// reader takes up broken connections again and words read errors as ours.
func (c *Container) reader(ctx context.Context, name string, answer blob.DownloadStreamResponse) io.ReadCloser {
	body := answer.NewRetryReader(ctx, &blob.RetryReaderOptions{MaxRetries: downloadTries})
	return &errorReader{ReadCloser: body, wrap: func(err error) error { return c.wrap("read", name, err) }}
}

type errorReader struct {
	io.ReadCloser
	wrap func(error) error
}

func (r *errorReader) Read(p []byte) (int, error) {
	n, err := r.ReadCloser.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		err = r.wrap(err)
	}
	return n, err
}

// Upload writes a blob from its content, which it reads to the end from the start. Content of more than one block is
// staged and appears at once, when all of it has arrived and the condition holds.
func (c *Container) Upload(ctx context.Context, name string, content io.ReadSeeker, opt UploadOptions) (Copied, error) {
	size, err := content.Seek(0, io.SeekEnd)
	if err != nil {
		return Copied{}, err
	}
	if _, err := content.Seek(0, io.SeekStart); err != nil {
		return Copied{}, err
	}
	b := Blob{
		Name: name, Size: size, MD5: opt.ContentMD5, Headers: opt.Headers, Metadata: opt.Metadata, Tags: opt.Tags,
		// A version of its own, so that blocks which another writer staged under this name are never committed.
		ETag: rand.Text(),
	}
	return c.write(ctx, b, content, TransferOptions{Condition: opt.Condition})
}

// StreamFrom copies the blob from src through this process: for accounts whose services can't reach each other. It reads
// the source once, pinned by its ETag, and sends blocks with a Content-MD5 each; blocks that an earlier, interrupted
// transfer of the same content has staged are neither read nor sent again. The blob appears under the condition when all
// of it has arrived; content headers, metadata and tags arrive too, and the MD5 of what was read is stored when the source
// has none. No more than one block for each of opt's slots is in memory, and one being read.
// Errors: *ConditionError (destination or source isn't as demanded), *ContentError, *Error.
func (c *Container) StreamFrom(ctx context.Context, src Source, b Blob, opt TransferOptions) (Copied, error) {
	ctx = region.WithPatience(ctx, patience)
	w := c.writer(b, opt)
	// What carries no MD5 is known again by its blocks alone.
	whole := b.Size <= streamBlock && (len(b.MD5) != 0 || b.Size == 0)
	if !whole && w.plan.count >= resumable {
		if err := w.resume(ctx); err != nil {
			return Copied{}, err
		}
	}
	body, err := src.ReadPinned(ctx, b.Name, b.ETag, int64(len(w.ids))*w.plan.size)
	if err != nil {
		return Copied{}, err
	}
	defer body.Close()
	if whole {
		return w.single(ctx, body)
	}
	return w.blocks(ctx, body)
}

// write sends content, which must be b.Size bytes long.
func (c *Container) write(ctx context.Context, b Blob, content io.Reader, opt TransferOptions) (Copied, error) {
	ctx = region.WithPatience(ctx, patience)
	w := c.writer(b, opt)
	if b.Size <= streamBlock {
		return w.single(ctx, content)
	}
	return w.blocks(ctx, content)
}

// writer sends one blob's content.
type writer struct {
	c     *Container
	b     Blob
	opt   TransferOptions
	plan  plan
	whole hash.Hash
	// ids are those of the blocks so far; staged those that lie at the service from before, by number.
	ids    []string
	staged map[int]string
}

func (c *Container) writer(b Blob, opt TransferOptions) *writer {
	return &writer{c: c, b: b, opt: opt, plan: cut(b, streamBlock), whole: md5.New()} //nolint:gosec // see import
}

// resume goes to the end of the blocks that are staged without a gap, but for the last block of all: the MD5 at its end
// is in no ID.
func (w *writer) resume(ctx context.Context) (err error) {
	if w.staged, err = w.c.staged(ctx, w.b, w.plan); err != nil {
		return err
	}
	first := 0
	for first < w.plan.count-1 && w.staged[first] != "" {
		first++
	}
	if first == 0 {
		return nil
	}
	_, state, _ := w.plan.parse(w.staged[first-1])
	whole, ok := resumeMD5(state, int64(first)*w.plan.size)
	if !ok {
		return nil
	}
	w.whole = whole
	for i := range first {
		w.ids = append(w.ids, w.staged[i])
	}
	w.opt.moved(int64(first) * w.plan.size)
	return nil
}

// single sends a small blob in one request.
func (w *writer) single(ctx context.Context, content io.Reader) (Copied, error) {
	slots := w.opt.slots()
	if err := slots.Acquire(ctx, 1); err != nil {
		return Copied{}, err
	}
	defer slots.Release(1)
	data := make([]byte, w.b.Size)
	if err := w.fill(content, data); err != nil {
		return Copied{}, err
	}
	stored, err := w.finish(content)
	if err != nil {
		return Copied{}, err
	}
	sum := w.whole.Sum(nil)
	answer, err := w.c.client.NewBlockBlobClient(w.b.Name).Upload(ctx, streaming.NopCloser(bytes.NewReader(data)),
		&blockblob.UploadOptions{
			HTTPHeaders:             w.b.Headers.forUpload(stored),
			Metadata:                pointers(w.b.Metadata),
			Tags:                    w.b.Tags,
			AccessConditions:        w.opt.accessConditions(),
			TransactionalValidation: blob.TransferValidationTypeMD5(sum),
		})
	if err != nil {
		return Copied{}, w.c.wrap("write", w.b.Name, err)
	}
	w.opt.moved(w.b.Size)
	return Copied{ETag: etag(answer.ETag), MD5: stored, LastModified: deref(answer.LastModified), Bytes: w.b.Size}, nil
}

// blocks stages a large blob's blocks, several at a time, and commits them. A slot is taken before a block is read, so
// that slots bound the memory.
func (w *writer) blocks(ctx context.Context, content io.Reader) (Copied, error) {
	first := len(w.ids)
	slots := w.opt.slots()
	target := w.c.client.NewBlockBlobClient(w.b.Name)
	group, gctx := errgroup.WithContext(ctx)
	var readErr error
	for i := first; i < w.plan.count; i++ {
		if readErr = slots.Acquire(gctx, 1); readErr != nil {
			break
		}
		block := takeBlock(w.plan.length(i, w.b.Size))
		data := *block
		if readErr = w.fill(content, data); readErr != nil {
			slots.Release(1)
			break
		}
		id := w.next()
		group.Go(func() error {
			defer slots.Release(1)
			defer w.opt.moved(int64(len(data)))
			defer giveBlock(block)
			if w.staged[i] == id {
				return nil
			}
			sum := md5.Sum(data) //nolint:gosec // see import
			body := &blockBody{content: bytes.NewReader(data)}
			defer body.end()
			_, err := target.StageBlock(gctx, id, body,
				&blockblob.StageBlockOptions{TransactionalValidation: blob.TransferValidationTypeMD5(sum[:])})
			return w.c.wrap("write a block of", w.b.Name, err)
		})
	}
	// A block that failed ends the reading too, so its error is the one to tell.
	if err := group.Wait(); err != nil {
		return Copied{}, err
	}
	if readErr != nil {
		return Copied{}, readErr
	}
	stored, err := w.finish(content)
	if err != nil {
		return Copied{}, err
	}
	out, err := w.c.commit(ctx, w.b, w.ids, stored, w.opt.Condition)
	out.Bytes = w.b.Size - int64(first)*w.plan.size
	return out, err
}

// next is the ID of the block that was just read.
func (w *writer) next() string {
	var state [md5.Size]byte
	if i := len(w.ids); i < w.plan.count-1 {
		state = stateOf(w.whole)
	}
	id := w.plan.id(len(w.ids), state)
	w.ids = append(w.ids, id)
	return id
}

// fill reads the next len(data) bytes and takes them into the hash of the whole.
func (w *writer) fill(content io.Reader, data []byte) error {
	if _, err := io.ReadFull(content, data); err != nil {
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			return w.contentError(fmt.Sprintf("ends before its %d bytes", w.b.Size))
		}
		return err
	}
	w.whole.Write(data)
	return nil
}

// finish checks that the content has ended and returns the MD5 to store: the source's own where it has one.
func (w *writer) finish(content io.Reader) ([]byte, error) {
	var more [1]byte
	if n, err := io.ReadFull(content, more[:]); n != 0 {
		return nil, w.contentError(fmt.Sprintf("goes on after its %d bytes", w.b.Size))
	} else if !errors.Is(err, io.EOF) {
		return nil, err
	}
	sum := w.whole.Sum(nil)
	if len(w.b.MD5) == 0 {
		return sum, nil
	}
	if w.opt.CheckMD5 && !bytes.Equal(w.b.MD5, sum) {
		return nil, w.contentError(fmt.Sprintf("has the MD5 %x, not the %x that is stored with it", sum, w.b.MD5))
	}
	return w.b.MD5, nil
}

func (w *writer) contentError(reason string) error {
	return &ContentError{Blob: w.b.Name, Container: w.c.URL(), Reason: reason}
}

// SetTags replaces a blob's index tags; its ETag stays as it is.
func (c *Container) SetTags(ctx context.Context, name string, tags map[string]string) error {
	if tags == nil {
		tags = map[string]string{}
	}
	_, err := c.client.NewBlobClient(name).SetTags(ctx, tags, nil)
	return c.wrap("set the tags of", name, err)
}

// Delete deletes a blob that is still as the condition demands. One that is gone already is an error that matches
// ErrNotFound.
func (c *Container) Delete(ctx context.Context, name string, cond Condition) error {
	_, err := c.client.NewBlobClient(name).Delete(ctx, &blob.DeleteOptions{AccessConditions: cond.accessConditions()})
	return c.wrap("delete", name, err)
}
