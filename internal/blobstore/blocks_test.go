package blobstore

import (
	"bytes"
	"context"
	"crypto/md5"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sync/semaphore"
	"pgregory.net/rapid"
)

// stage is a service that keeps one blob's blocks.
type stage struct {
	mu     sync.Mutex
	staged map[string][]byte
	sent   []string
	list   []string
	blob   []byte
	md5    string
	asked  int
	// fail, when set, refuses blocks.
	fail func(sent int) bool
}

func (s *stage) serve(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	body, _ := io.ReadAll(r.Body)
	query := r.URL.Query()
	switch {
	case r.Method == http.MethodGet && query.Get("comp") == "blocklist":
		s.asked++
		s.answer(w, query.Get("blocklisttype"))
	case query.Get("comp") == "block":
		if s.fail != nil && s.fail(len(s.sent)) {
			refuse(w, 403, "AuthorizationFailure")
			return
		}
		if s.staged == nil {
			s.staged = map[string][]byte{}
		}
		s.staged[query.Get("blockid")] = body
		s.sent = append(s.sent, query.Get("blockid"))
		w.WriteHeader(http.StatusCreated)
	case query.Get("comp") == "blocklist":
		s.blob, s.list = nil, nil
		for part := range strings.SplitSeq(string(body), "<Latest>") {
			if id, _, ok := strings.Cut(part, "</Latest>"); ok {
				s.list = append(s.list, id)
				s.blob = append(s.blob, s.staged[id]...)
			}
		}
		s.md5 = r.Header.Get("x-ms-blob-content-md5")
		w.Header().Set("ETag", `"made"`)
		w.WriteHeader(http.StatusCreated)
	default:
		w.WriteHeader(http.StatusNotImplemented)
	}
}

func (s *stage) answer(w http.ResponseWriter, kind string) {
	ids := s.list
	if kind == "uncommitted" {
		ids = nil
		for id := range s.staged {
			ids = append(ids, id)
		}
	}
	w.Header().Set("Content-Type", "application/xml")
	w.Header().Set("ETag", `"made"`)
	var text strings.Builder
	for _, id := range ids {
		fmt.Fprintf(&text, "<Block><Name>%s</Name><Size>%d</Size></Block>", id, len(s.staged[id]))
	}
	part := map[string]string{"uncommitted": "UncommittedBlocks", "committed": "CommittedBlocks"}[kind]
	_, _ = fmt.Fprintf(w, `<?xml version="1.0"?><BlockList><%s>%s</%s></BlockList>`, part, text.String(), part)
}

// A stream that breaks off goes on from its staged blocks: they are neither read nor sent again, and the MD5 of the whole
// is right all the same.
func TestAStreamGoesOnFromItsStagedBlocks(t *testing.T) {
	data := make([]byte, 6*streamBlock+5)
	_, _ = rand.Read(data)
	sum := md5.Sum(data)
	for _, stored := range [][]byte{nil, sum[:]} {
		s := &stage{fail: func(sent int) bool { return sent == 4 }}
		c := serve(t, s.serve)
		b := Blob{Name: "x", Size: int64(len(data)), ETag: "e", MD5: stored}
		opt := TransferOptions{CheckMD5: true, Slots: semaphore.NewWeighted(1)}
		if _, err := c.StreamFrom(t.Context(), memory{bytes.NewReader(data)}, b, opt); err == nil {
			t.Fatal("it did not break off")
		}
		s.fail = nil
		before := len(s.sent)
		var moved int64
		var mu sync.Mutex
		opt.Moved = func(n int64) { mu.Lock(); defer mu.Unlock(); moved += n }
		done, err := c.StreamFrom(t.Context(), memory{bytes.NewReader(data)}, b, opt)
		if err != nil || !bytes.Equal(s.blob, data) || !bytes.Equal(done.MD5, sum[:]) || s.md5 != base64.StdEncoding.EncodeToString(sum[:]) {
			t.Fatalf("%d bytes, MD5 %x %s, %v", len(s.blob), done.MD5, s.md5, err)
		}
		if again := len(s.sent) - before; again != 7-4 || done.Bytes != int64(len(data)-4*streamBlock) || moved != b.Size {
			t.Errorf("%d blocks sent again, %+v, %d moved", again, done, moved)
		}
		// Whatever made a copy can tell it is one; a changed source, another blob, is none.
		if ok, err := c.HoldsCopy(t.Context(), b, "made"); !ok || err != nil {
			t.Errorf("%v %v", ok, err)
		}
		other := b
		other.ETag = "f"
		for _, wrong := range []struct {
			b   Blob
			tag string
		}{{other, "made"}, {b, "else"}} {
			if ok, err := c.HoldsCopy(t.Context(), wrong.b, wrong.tag); ok || err != nil {
				t.Errorf("%v %v", ok, err)
			}
		}
	}
}

// zeros is as much content as a stream asks for.
type zeros struct{ memory }

func (zeros) ReadPinned(context.Context, string, string, int64) (io.ReadCloser, error) {
	return io.NopCloser(io.LimitReader(zero{}, 64*streamBlock)), nil
}

type zero struct{}

func (zero) Read(p []byte) (int, error) { clear(p); return len(p), nil }

// A stream takes memory for the blocks that are under way, not for every block that it sends.
func TestAStreamUsesTheMemoryOfItsBlocksAgain(t *testing.T) {
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		if r.Method == http.MethodGet {
			refuse(w, http.StatusNotFound, "BlobNotFound")
			return
		}
		w.Header().Set("ETag", `"e"`)
		w.WriteHeader(http.StatusCreated)
	})
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, err := c.StreamFrom(t.Context(), zeros{}, Blob{Name: "x", Size: 64 * streamBlock, ETag: "e"}, TransferOptions{Slots: semaphore.NewWeighted(2)})
	runtime.ReadMemStats(&after)
	if err != nil {
		t.Fatal(err)
	}
	if blocks := (after.TotalAlloc - before.TotalAlloc) / streamBlock; blocks > 32 {
		t.Errorf("memory for %d blocks was taken, with two under way at a time", blocks)
	}
}

// A staged block in the wrong place, or of another version of the source, is no part of the copy.
func TestStagedBlocksOfOtherContentAreNotUsed(t *testing.T) {
	data := bytes.Repeat([]byte("acgt"), 5*streamBlock/4)
	s := &stage{fail: func(sent int) bool { return sent == 5 }}
	c := serve(t, s.serve)
	b := Blob{Name: "x", Size: int64(len(data)) + streamBlock, ETag: "old"}
	if _, err := c.StreamFrom(t.Context(), memory{bytes.NewReader(append(data, data[:streamBlock]...))}, b, TransferOptions{Slots: semaphore.NewWeighted(1)}); err == nil {
		t.Fatal("it did not break off")
	}
	s.fail = nil
	old := slices.Clone(s.sent)
	fresh := bytes.Repeat([]byte("tgca"), 5*streamBlock/4)
	b = Blob{Name: "x", Size: int64(len(fresh)), ETag: "new"}
	if _, err := c.StreamFrom(t.Context(), memory{bytes.NewReader(fresh)}, b, TransferOptions{}); err != nil || !bytes.Equal(s.blob, fresh) {
		t.Fatalf("%v", err)
	}
	for _, id := range s.list {
		if slices.Contains(old, id) {
			t.Error("a block of the old version was committed")
		}
		if len(id) != len(old[0]) {
			t.Error("block IDs differ in length, which the service refuses")
		}
	}
}

func TestAnMD5IsContinuedFromAnyBlock(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		units := rapid.IntRange(1, 50).Draw(t, "units")
		data := rapid.SliceOfN(rapid.Byte(), units*md5.BlockSize, units*md5.BlockSize+200).Draw(t, "data")
		at := rapid.IntRange(1, units).Draw(t, "at") * md5.BlockSize
		h := md5.New()
		h.Write(data[:at])
		p := cut(Blob{ETag: "e", Size: 10 * streamBlock}, streamBlock)
		i, state, ok := p.parse(p.id(3, stateOf(h)))
		again, resumed := resumeMD5(state, int64(at))
		if !ok || i != 3 || !resumed {
			t.Fatal(ok, i, resumed)
		}
		again.Write(data[at:])
		if sum := md5.Sum(data); !bytes.Equal(again.Sum(nil), sum[:]) {
			t.Fatal("another MD5")
		}
	})
	if _, ok := resumeMD5([md5.Size]byte{}, 64); ok {
		t.Error("nothing was continued")
	}
}

// Put Blob From URL is asked for once; where it is missing, everything is copied in the older way.
func TestPutBlobFromURLIsAskedForOnce(t *testing.T) {
	for status, works := range map[int]bool{201: true, 501: false, 500: false} {
		var mu sync.Mutex
		var puts, copies int
		c := serve(t, func(w http.ResponseWriter, r *http.Request) {
			mu.Lock()
			defer mu.Unlock()
			w.Header().Set("ETag", `"new"`)
			if r.Header.Get("x-ms-requires-sync") == "true" {
				copies++
				w.WriteHeader(http.StatusAccepted)
				return
			}
			puts++
			if r.Header.Get("x-ms-blob-type") != "BlockBlob" || r.Header.Get("x-ms-blob-content-md5") == "" || r.Header.Get("x-ms-source-content-md5") == "" ||
				r.Header.Get("x-ms-source-if-match") != `"e"` || r.Header.Get("If-None-Match") != "*" || r.Header.Get("x-ms-meta-sample") != "1" ||
				r.Header.Get("x-ms-tags") != "k=v" || r.Header.Get("x-ms-blob-content-type") != "text/x" {
				t.Errorf("%v", r.Header)
			}
			if status != 201 {
				refuse(w, status, "NotImplemented")
				return
			}
			w.WriteHeader(status)
		})
		for i := range 20 {
			b := Blob{
				Name: fmt.Sprint(i), ETag: "e", Size: 1, MD5: make([]byte, md5.Size), Metadata: map[string]string{"sample": "1"},
				Tags: map[string]string{"k": "v"}, Headers: Headers{ContentType: "text/x"},
			}
			if _, err := c.CopyFrom(t.Context(), c, b, TransferOptions{Condition: Condition{IfAbsent: true}, CheckMD5: true}); err != nil {
				t.Fatal(err)
			}
		}
		if works && (puts != 20 || copies != 0) || !works && (puts != 1 || copies != 20) {
			t.Errorf("%d: %d Put Blob From URL, %d Copy Blob From URL", status, puts, copies)
		}
		// Of a blob without an MD5 the listing has to say where it came from.
		before := copies
		if _, err := c.CopyFrom(t.Context(), c, Blob{Name: "plain", ETag: "e", Size: 1}, TransferOptions{}); err != nil || copies != before+1 {
			t.Errorf("%d copies, %v", copies-before, err)
		}
	}
}

func TestContentThatTheServiceRefusesIsNamed(t *testing.T) {
	c := serve(t, func(w http.ResponseWriter, _ *http.Request) { refuse(w, 400, "Md5Mismatch") })
	_, err := c.CopyFrom(t.Context(), c, Blob{Name: "x", ETag: "e", Size: 1, MD5: make([]byte, md5.Size)}, TransferOptions{CheckMD5: true})
	var content *ContentError
	if !errors.As(err, &content) || !strings.Contains(err.Error(), "Md5Mismatch (request req-1)") {
		t.Errorf("%v", err)
	}
}

func TestThrottlingIsTold(t *testing.T) {
	for header, want := range map[[2]string]time.Duration{
		{"Retry-After", "3"}: 3 * time.Second, {"x-ms-retry-after-ms", "40"}: 40 * time.Millisecond, {"Retry-After", "soon"}: 0, {"X", ""}: 0,
	} {
		var told []time.Duration
		c := serve(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set(header[0], header[1])
			refuse(w, 503, "ServerBusy")
		})
		ctx := OnThrottle(t.Context(), func(wait time.Duration) { told = append(told, wait) })
		_, err := c.Stat(ctx, "x")
		if len(told) == 0 || told[0] != want || !Throttled(err) {
			t.Errorf("%v: %v %v", header, told, err)
		}
	}
}

func TestACopyOfASnapshotIsNotACopyOfTheBlob(t *testing.T) {
	for from, want := range map[string]string{
		"https://a/c/b": "https://a/c/b", "https://a/c/b?sv=1&sig=x": "https://a/c/b", "https://a/c/b?snapshot=2024": "", "https://a/c/b?sv=1&versionId=2024": "",
	} {
		if got := copySource(from); got != want {
			t.Errorf("%s: %q", from, got)
		}
	}
}
