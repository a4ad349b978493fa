package replication

import (
	"bytes"
	"context"
	"crypto/md5"
	"fmt"
	"io"
	"iter"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/blobstore"
)

// clock is a fake service clock that moves with every write.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func newClock() *clock { return &clock{at: time.Date(2025, 3, 1, 12, 0, 0, 0, time.UTC)} }

func (c *clock) tick() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(time.Second)
	return c.at
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

// fakeStore is a container in memory that keeps the service's promises: conditions, ETags that change with content and
// metadata but not with tags, copies pinned by the source's ETag, listings in order.
type fakeStore struct {
	url   string
	clock *clock

	mu      sync.Mutex
	blobs   map[string]fakeBlob
	version int
	calls   map[string]int
	// before, when set, is asked before each call and may fail it; after is asked after a write.
	before func(op, name string) error
	after  func(op, name string) error
	// puts tells that copies leave no trace of where they came from; larger blobs than large are copied in blocks.
	puts  bool
	large int64
}

type fakeBlob struct {
	blobstore.Blob
	content string
	// blocksOf is the source's ETag when the blob was made of blocks that are named after it.
	blocksOf string
}

func newStore(url string, c *clock) *fakeStore {
	return &fakeStore{url: url, clock: c, blobs: map[string]fakeBlob{}, calls: map[string]int{}, large: 1 << 40}
}

// pair is a source and a destination on one clock.
func pair() (src, dst *fakeStore, c *clock) {
	c = newClock()
	return newStore("https://one.example/in", c), newStore("https://two.example/in", c), c
}

func (s *fakeStore) side(location string) Side { return Side{Location: location, Store: s} }

func (s *fakeStore) enter(op, name string) error {
	s.mu.Lock()
	s.calls[op]++
	hook := s.before
	s.mu.Unlock()
	if hook != nil {
		return hook(op, name)
	}
	return nil
}

func (s *fakeStore) leave(op, name string) error {
	if s.after != nil {
		return s.after(op, name)
	}
	return nil
}

func failure(status int, code, name string) *blobstore.Error {
	return &blobstore.Error{Op: "use", Blob: name, StatusCode: status, Code: code}
}

func notFound(name string) error { return failure(http.StatusNotFound, "BlobNotFound", name) }

func conditionNotMet(name string) error {
	return &blobstore.ConditionError{Failure: failure(http.StatusPreconditionFailed, "ConditionNotMet", name)}
}

func cannotVerify(name string) error {
	return &blobstore.CopySourceError{Failure: failure(http.StatusForbidden, "CannotVerifyCopySource", name)}
}

// put writes a blob without condition, as a user does. edit may change what a listing shows of it.
func (s *fakeStore) put(name, content string, edit ...func(*blobstore.Blob)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	sum := md5.Sum([]byte(content))
	b := blobstore.Blob{Name: name, Size: int64(len(content)), MD5: sum[:], Type: blobstore.TypeBlock, TagsKnown: true}
	for _, e := range edit {
		e(&b)
	}
	s.store(fakeBlob{Blob: b, content: content})
}

func (s *fakeStore) store(b fakeBlob) fakeBlob {
	s.version++
	b.ETag = fmt.Sprintf("0x%s%d", s.url[8:11], s.version)
	b.LastModified = s.clock.tick()
	s.blobs[b.Name] = b
	return b
}

func noHash(b *blobstore.Blob) { b.MD5 = nil }

// edit changes properties in place, with a new ETag unless only tags change. It stays what it was copied from.
func (s *fakeStore) edit(name string, change func(*blobstore.Blob)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	b := s.blobs[name]
	change(&b.Blob)
	s.store(b)
}

func (s *fakeStore) tag(name, value string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	b := s.blobs[name]
	b.Tags = map[string]string{"k": value}
	s.blobs[name] = b
}

func (s *fakeStore) remove(name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.blobs, name)
}

// contents are the blobs that aren't replication's own.
func (s *fakeStore) contents() map[string]string {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := map[string]string{}
	for name, b := range s.blobs {
		if !strings.HasPrefix(name, Reserved) {
			out[name] = b.content
		}
	}
	return out
}

func (s *fakeStore) get(name string) (fakeBlob, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	b, ok := s.blobs[name]
	return b, ok
}

func (s *fakeStore) count(op string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.calls[op]
}

func (s *fakeStore) URL() string { return s.url }

func (s *fakeStore) ReadURL(_ context.Context, name string) (string, error) {
	return s.url + "/" + name, nil
}

func (s *fakeStore) ReadPinned(_ context.Context, name, etag string, offset int64) (io.ReadCloser, error) {
	if err := s.enter("read", name); err != nil {
		return nil, err
	}
	b, ok := s.get(name)
	if !ok {
		return nil, notFound(name)
	}
	if b.ETag != etag {
		return nil, conditionNotMet(name)
	}
	return io.NopCloser(strings.NewReader(b.content[offset:])), nil
}

func (s *fakeStore) List(ctx context.Context, prefix string) iter.Seq2[blobstore.Blob, error] {
	return func(yield func(blobstore.Blob, error) bool) {
		if err := s.enter("list", prefix); err != nil {
			yield(blobstore.Blob{}, err)
			return
		}
		s.mu.Lock()
		names := slices.SortedFunc(maps.Keys(s.blobs), compareNames)
		s.mu.Unlock()
		for _, name := range names {
			b, ok := s.get(name)
			if !ok || !strings.HasPrefix(name, prefix) {
				continue
			}
			if ctx.Err() != nil {
				yield(blobstore.Blob{}, ctx.Err())
				return
			}
			if !yield(b.Blob, nil) {
				return
			}
		}
	}
}

func (s *fakeStore) Stat(ctx context.Context, name string) (blobstore.Blob, error) {
	if err := s.enter("stat", name); err != nil {
		return blobstore.Blob{}, err
	}
	b, ok := s.get(name)
	if !ok {
		return blobstore.Blob{}, notFound(name)
	}
	b.Tags, b.TagsKnown = nil, false
	return b.Blob, ctx.Err()
}

func (s *fakeStore) Download(_ context.Context, name string) (io.ReadCloser, blobstore.Blob, error) {
	if err := s.enter("download", name); err != nil {
		return nil, blobstore.Blob{}, err
	}
	b, ok := s.get(name)
	if !ok {
		return nil, blobstore.Blob{}, notFound(name)
	}
	return io.NopCloser(strings.NewReader(b.content)), b.Blob, nil
}

// write stores a blob under a condition.
func (s *fakeStore) write(b fakeBlob, cond blobstore.Condition) (blobstore.Copied, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	old, exists := s.blobs[b.Name]
	if cond.IfAbsent && exists {
		return blobstore.Copied{}, &blobstore.ConditionError{Failure: failure(http.StatusConflict, "BlobAlreadyExists", b.Name)}
	}
	if !cond.IfAbsent && cond.IfMatch != "" && (!exists || old.ETag != cond.IfMatch) {
		return blobstore.Copied{}, conditionNotMet(b.Name)
	}
	b = s.store(b)
	return blobstore.Copied{ETag: b.ETag, MD5: b.MD5, LastModified: b.LastModified}, nil
}

func (s *fakeStore) Upload(ctx context.Context, name string, content io.ReadSeeker, opt blobstore.UploadOptions) (blobstore.Copied, error) {
	if err := s.enter("upload", name); err != nil {
		return blobstore.Copied{}, err
	}
	if ctx.Err() != nil {
		return blobstore.Copied{}, ctx.Err()
	}
	if _, err := content.Seek(0, io.SeekStart); err != nil {
		return blobstore.Copied{}, err
	}
	data, err := io.ReadAll(content)
	if err != nil {
		return blobstore.Copied{}, err
	}
	b := blobstore.Blob{Name: name, Size: int64(len(data)), Type: blobstore.TypeBlock, Metadata: opt.Metadata}
	done, err := s.write(fakeBlob{Blob: b, content: string(data)}, opt.Condition)
	if err == nil {
		err = s.leave("upload", name)
	}
	return done, err
}

func (s *fakeStore) CopyFrom(ctx context.Context, src blobstore.Source, b blobstore.Blob, opt blobstore.TransferOptions) (blobstore.Copied, error) {
	return s.transfer(ctx, "copy", src, b, opt)
}

func (s *fakeStore) StreamFrom(ctx context.Context, src blobstore.Source, b blobstore.Blob, opt blobstore.TransferOptions) (blobstore.Copied, error) {
	return s.transfer(ctx, "stream", src, b, opt)
}

func (s *fakeStore) transfer(ctx context.Context, op string, src blobstore.Source, b blobstore.Blob, opt blobstore.TransferOptions) (blobstore.Copied, error) {
	if err := s.enter(op, b.Name); err != nil {
		return blobstore.Copied{}, err
	}
	if ctx.Err() != nil {
		return blobstore.Copied{}, ctx.Err()
	}
	body, err := src.ReadPinned(ctx, b.Name, b.ETag, 0)
	if err != nil {
		if op == "copy" && blobstore.IsNotFound(err) {
			err = cannotVerify(b.Name)
		}
		return blobstore.Copied{}, err
	}
	data, _ := io.ReadAll(body)
	made := blobstore.Blob{
		Name: b.Name, Size: int64(len(data)), MD5: bytes.Clone(b.MD5), Type: blobstore.TypeBlock, Metadata: b.Metadata,
		Tags: b.Tags, TagsKnown: true, Headers: b.Headers,
	}
	var streamed int64
	var blocksOf string
	switch {
	case op == "stream":
		streamed = made.Size
		if made.MD5 == nil {
			sum := md5.Sum(data)
			made.MD5, blocksOf = sum[:], b.ETag
		}
	case made.MD5 == nil && made.Size > s.large:
		blocksOf = b.ETag
	case made.MD5 == nil || !s.puts:
		made.CopyStatus, made.CopySource, made.CopyCompletedAt = "success", src.URL()+"/"+b.Name, s.clock.tick()
	}
	done, err := s.write(fakeBlob{Blob: made, content: string(data), blocksOf: blocksOf}, opt.Condition)
	done.Bytes = streamed
	if err == nil && opt.Moved != nil {
		opt.Moved(made.Size)
	}
	if err == nil {
		err = s.leave(op, b.Name)
	}
	return done, err
}

func (s *fakeStore) HoldsCopy(_ context.Context, b blobstore.Blob, etag string) (bool, error) {
	if err := s.enter("blocks", b.Name); err != nil {
		return false, err
	}
	held, ok := s.get(b.Name)
	return ok && held.ETag == etag && held.blocksOf == b.ETag, nil
}

func (s *fakeStore) SetTags(_ context.Context, name string, tags map[string]string) error {
	if err := s.enter("tags", name); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	b, ok := s.blobs[name]
	if !ok {
		return notFound(name)
	}
	b.Tags = tags
	s.blobs[name] = b
	return nil
}
