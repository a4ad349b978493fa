package replication

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/http"
	"os"
	"sort"
	"time"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/blobstore"
)

// spool is a manifest that was downloaded to a temporary file: so it can be read more than once, and after its region
// has gone dark, without holding it in memory.
type spool struct {
	file *os.File
	etag string
	// header and digest are known after a reading; digest needs one to the end.
	header Header
	digest string
}

// fetch downloads the manifest; ErrNoManifest when there is none.
func fetch(ctx context.Context, s Store, name string) (*spool, error) {
	body, b, err := s.Download(ctx, name)
	if blobstore.IsNotFound(err) {
		return nil, ErrNoManifest
	}
	if err != nil {
		return nil, fmt.Errorf("replication manifest: %w", err)
	}
	defer body.Close()
	file, err := os.CreateTemp("", "genomics-manifest-*")
	if err != nil {
		return nil, err
	}
	p := &spool{file: file, etag: b.ETag}
	if _, err = io.Copy(file, body); err != nil {
		p.close()
		return nil, fmt.Errorf("replication manifest: %w", err)
	}
	return p, nil
}

// find is fetch that looks beside a container that holds no manifest, where those of read-only ones are.
func find(ctx context.Context, s Store, name string) (*spool, error) {
	p, err := fetch(ctx, s, name)
	if !errors.Is(err, ErrNoManifest) {
		return p, err
	}
	other, err := beside(s)
	if err != nil || other == nil {
		return nil, errors.Join(err, ErrNoManifest)
	}
	if p, err = fetch(ctx, other, name); denied(err) {
		return nil, ErrNoManifest
	}
	return p, err
}

// denied tells the refusal of somebody who may use one container only: none lies beside it, then.
func denied(err error) bool {
	var refused *blobstore.Error
	return errors.As(err, &refused) && refused.StatusCode == http.StatusForbidden
}

// close removes the file. It may be called on nil.
func (p *spool) close() {
	if p == nil {
		return
	}
	_ = p.file.Close()
	_ = os.Remove(p.file.Name())
}

// entries reads the manifest from its start. Without a manifest there are none.
func (p *spool) entries() iter.Seq2[Entry, error] {
	return func(yield func(Entry, error) bool) {
		if p == nil {
			return
		}
		section := io.NewSectionReader(p.file, 0, 1<<62)
		r, err := newManifestReader(bufio.NewReaderSize(section, 64<<10))
		if err != nil {
			yield(Entry{}, err)
			return
		}
		p.header = r.header
		for e, err := range r.entries() {
			if !yield(e, err) {
				return
			}
		}
		p.digest = r.digest
	}
}

// Manifest is a manifest in memory, for looking up names.
type Manifest struct {
	Header Header
	// SHA256 is the digest of the entries, hexadecimal.
	SHA256 string
	// ETag of the blob that it was read from.
	ETag    string
	entries []Entry
}

// LoadManifest reads the manifest of the store with this name and prefix from a container that was, or is, a
// replication's destination, or from beside it. ErrNoManifest when there is none, *ManifestError when it is damaged.
func LoadManifest(ctx context.Context, s Store, name, prefix string) (*Manifest, error) {
	p, err := find(ctx, s, ManifestName(name, prefix))
	if err != nil {
		return nil, err
	}
	defer p.close()
	m := &Manifest{ETag: p.etag}
	for e, err := range p.entries() {
		if err != nil {
			return nil, err
		}
		m.entries = append(m.entries, e)
	}
	m.Header, m.SHA256 = p.header, p.digest
	return m, nil
}

// Inspect reads a manifest to its end without holding it in memory, and tells its digest and recovery point. Its errors
// are those of LoadManifest.
func Inspect(ctx context.Context, s Store, name, prefix string) (sha256 string, recoveryPoint time.Time, err error) {
	p, err := find(ctx, s, ManifestName(name, prefix))
	if err != nil {
		return "", time.Time{}, err
	}
	defer p.close()
	for _, err := range p.entries() {
		if err != nil {
			return "", time.Time{}, err
		}
	}
	return p.digest, p.header.RecoveryPoint, nil
}

// Lookup finds the entry of a name.
func (m *Manifest) Lookup(name string) (Entry, bool) {
	i := sort.Search(len(m.entries), func(i int) bool { return compareNames(m.entries[i].Name, name) >= 0 })
	if i < len(m.entries) && m.entries[i].Name == name {
		return m.entries[i], true
	}
	return Entry{}, false
}

// Len is the number of entries.
func (m *Manifest) Len() int { return len(m.entries) }

// RecoveryPoint is the header's.
func (m *Manifest) RecoveryPoint() time.Time { return m.Header.RecoveryPoint }

// fetchBoth downloads the manifest of the destination and, since roles may have been swapped, the one that the source
// holds from the time when it was a destination. Either may be nil.
func fetchBoth(ctx context.Context, src, dst Side, opt Options) (own, reverse *spool, err error) {
	type answer struct {
		p   *spool
		err error
	}
	name := ManifestName(opt.Name, opt.Prefix)
	other := make(chan answer, 1)
	go func() {
		p, err := fetch(ctx, src.Store, name)
		other <- answer{p, err}
	}()
	own, err = fetch(ctx, dst.Store, name)
	second := <-other
	reverse = second.p
	for _, e := range []error{err, second.err} {
		if e != nil && !errors.Is(e, ErrNoManifest) {
			own.close()
			reverse.close()
			return nil, nil, e
		}
	}
	return own, reverse, nil
}
