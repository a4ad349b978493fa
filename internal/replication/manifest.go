package replication

import (
	"bufio"
	"compress/gzip"
	"crypto/md5" //nolint:gosec // only its size is used, to check hashes that the storage service made
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"iter"
	"strings"
	"time"
)

// ErrNoManifest says that a container holds no manifest for the store.
var ErrNoManifest = errors.New("the container holds no replication manifest")

const (
	// manifestFormat and manifestVersion open every manifest. A reader refuses versions that it doesn't know.
	manifestFormat  = "genomics-continuity/manifest"
	manifestVersion = 1
	// maxLine bounds a line: a name of 1,024 characters, escaped, and the rest of an entry need a fraction of it.
	maxLine = 64 << 10
)

// Header is a manifest's first line.
type Header struct {
	Format  string `json:"format"`
	Version int    `json:"version"`
	Store   string `json:"store"`
	Prefix  string `json:"prefix,omitempty"`
	// Source and Destination are the two ends as they were in the run that wrote the manifest.
	Source      Endpoint `json:"source"`
	Destination Endpoint `json:"destination"`
	// RecoveryPoint: every change to the source before it is in the destination. Zero when no run was complete.
	RecoveryPoint time.Time `json:"recovery_point,omitzero"`
	// Run tells the manifests of different runs apart.
	Run string `json:"run,omitempty"`
}

// Endpoint is one end of a replication.
type Endpoint struct {
	Location     string `json:"location"`
	ContainerURL string `json:"container_url"`
}

// Entry is a replicated blob: what was copied and what came of it.
type Entry struct {
	Name string `json:"name"`
	Size int64  `json:"size"`
	// MD5 is what the destination stores; nil when the blob carries none.
	MD5 []byte `json:"md5,omitempty"`
	// SourceETag and ETag are those of both ends when they held the same. They have no quotes.
	SourceETag string `json:"source_etag"`
	ETag       string `json:"etag"`
	// CopiedAt is when the copy was made, by the destination's clock.
	CopiedAt time.Time `json:"copied_at"`
}

// footer is a manifest's last line. Without it the manifest was cut off.
type footer struct {
	Entries int64  `json:"entries"`
	SHA256  string `json:"sha256"`
}

// line is an entry or, with End, the footer.
type line struct {
	Entry
	End *footer `json:"end,omitempty"`
}

// ManifestError says that a manifest can't be used.
type ManifestError struct {
	// Line counts from one; zero when the fault isn't in a line.
	Line   int64
	Reason string
	cause  error
}

// Error implements error.
func (e *ManifestError) Error() string {
	if e.Line == 0 {
		return "the replication manifest is damaged: " + e.Reason
	}
	return fmt.Sprintf("the replication manifest is damaged: line %d %s", e.Line, e.Reason)
}

// Unwrap gives the cause, if any.
func (e *ManifestError) Unwrap() error { return e.cause }

// ManifestName is the name of the blob that holds the manifest of the store with this name and prefix. It is the same on
// both sides, and differs for stores that share a container.
func ManifestName(store, prefix string) string {
	sum := sha256.Sum256([]byte(store + "\x00" + prefix))
	slug := strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', r == '-', r == '_':
			return r
		}
		return '-'
	}, store)
	if len(slug) > 64 {
		slug = slug[:64]
	}
	if slug != "" {
		slug += "-"
	}
	return Reserved + "manifest-" + slug + hex.EncodeToString(sum[:6]) + ".jsonl.gz"
}

// entryWriter writes entries, in the order of names, as JSON lines, and keeps their digest.
//
// The digest covers the lines of the entries only. So it changes exactly when the set of entries changes: not with the
// recovery point, nor with the run that wrote it.
type entryWriter struct {
	out    *bufio.Writer
	lines  *json.Encoder
	digest hash.Hash
	count  int64
	last   string
}

func newEntryWriter(w io.Writer) *entryWriter {
	m := &entryWriter{out: bufio.NewWriterSize(w, 64<<10), digest: sha256.New()}
	m.lines = encoder(io.MultiWriter(m.out, m.digest))
	return m
}

func encoder(w io.Writer) *json.Encoder {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	return e
}

// add writes an entry; entries must come in the order of names.
func (m *entryWriter) add(e Entry) error {
	if m.count > 0 && compareNames(m.last, e.Name) >= 0 {
		return fmt.Errorf("entry %q after %q breaks the manifest's order", e.Name, m.last)
	}
	m.last = e.Name
	m.count++
	e.CopiedAt = e.CopiedAt.UTC().Truncate(time.Second)
	return m.lines.Encode(e)
}

func (m *entryWriter) flush() error { return m.out.Flush() }

func (m *entryWriter) sum() string { return hex.EncodeToString(m.digest.Sum(nil)) }

// writeManifest writes a manifest: gzip-compressed lines of header, entries (as entryWriter wrote them) and footer.
func writeManifest(w io.Writer, h Header, entries io.Reader, f footer) error {
	h.Format, h.Version = manifestFormat, manifestVersion
	out := gzip.NewWriter(w)
	if err := encoder(out).Encode(h); err != nil {
		return err
	}
	if _, err := io.Copy(out, entries); err != nil {
		return err
	}
	if err := encoder(out).Encode(struct {
		End footer `json:"end"`
	}{f}); err != nil {
		return err
	}
	return out.Close()
}

// manifestReader reads what writeManifest wrote and trusts none of it.
type manifestReader struct {
	header Header
	// digest is set once all entries are read.
	digest string
	lines  *bufio.Scanner
	at     int64
}

// newManifestReader reads the header.
func newManifestReader(r io.Reader) (*manifestReader, error) {
	plain, err := gzip.NewReader(r)
	if err != nil {
		return nil, &ManifestError{Reason: "it is not compressed as expected", cause: err}
	}
	m := &manifestReader{lines: bufio.NewScanner(plain)}
	m.lines.Buffer(make([]byte, 0, 4096), maxLine)
	raw, err := m.next()
	if err != nil {
		return nil, err
	}
	if err := json.Unmarshal(raw, &m.header); err != nil || m.header.Format != manifestFormat {
		return nil, m.fault("is not a manifest's header", err)
	}
	if m.header.Version != manifestVersion {
		return nil, m.fault(fmt.Sprintf("has version %d, this program knows %d", m.header.Version, manifestVersion), nil)
	}
	return m, nil
}

// next is the next line; the end of the input is a fault, because a footer ends a manifest.
func (m *manifestReader) next() ([]byte, error) {
	m.at++
	if m.lines.Scan() {
		return m.lines.Bytes(), nil
	}
	if err := m.lines.Err(); err != nil {
		return nil, m.fault("can't be read", err)
	}
	return nil, m.fault("is missing: the manifest was cut off", nil)
}

func (m *manifestReader) fault(reason string, cause error) error {
	return &ManifestError{Line: m.at, Reason: reason, cause: cause}
}

// entries walks the entries once, in the order of names. It ends with an error unless order, count and digest are right.
func (m *manifestReader) entries() iter.Seq2[Entry, error] {
	return func(yield func(Entry, error) bool) {
		digest := sha256.New()
		var count int64
		var last string
		for {
			raw, err := m.next()
			if err != nil {
				yield(Entry{}, err)
				return
			}
			var l line
			if err := json.Unmarshal(raw, &l); err != nil {
				yield(Entry{}, m.fault("is not an entry", err))
				return
			}
			if l.End != nil {
				if err := m.end(*l.End, footer{count, hex.EncodeToString(digest.Sum(nil))}); err != nil {
					yield(Entry{}, err)
				}
				return
			}
			if reason := l.fault(last, count); reason != "" {
				yield(Entry{}, m.fault(reason, nil))
				return
			}
			count++
			last = l.Name
			digest.Write(raw)
			digest.Write([]byte{'\n'})
			if !yield(l.Entry, nil) {
				return
			}
		}
	}
}

// fault says what is wrong with an entry that follows count others, the last of them called last; "" when nothing is.
func (e Entry) fault(last string, count int64) string {
	switch {
	case e.Name == "":
		return "has no name"
	case count > 0 && compareNames(last, e.Name) >= 0:
		return "is out of order"
	case e.Size < 0:
		return "has a negative size"
	case len(e.MD5) != 0 && len(e.MD5) != md5.Size:
		return "has a hash of the wrong length"
	case e.SourceETag == "" || e.ETag == "":
		return "lacks an ETag"
	}
	return ""
}

// end compares the footer with what was read.
func (m *manifestReader) end(said, read footer) error {
	if said != read {
		return m.fault(fmt.Sprintf("promises %d entries with the digest %s, but %d with %s came before it",
			said.Entries, said.SHA256, read.Entries, read.SHA256), nil)
	}
	m.at++
	if m.lines.Scan() {
		return m.fault("follows the end", nil)
	}
	if err := m.lines.Err(); err != nil {
		return m.fault("can't be read", err)
	}
	m.digest = read.SHA256
	return nil
}
