package blobstore

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"html"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"
)

// taken is where a listing's blobs go past azblob.
type taken struct{ blobs []Blob }

// give hands over the blobs of the last page.
func (t *taken) give(tags bool) []Blob {
	blobs := t.blobs
	t.blobs = nil
	for i := range blobs {
		blobs[i].TagsKnown = tags
	}
	return blobs
}

type takenKey struct{}

// rowsPolicy reads the blobs of a listing's page itself, and leaves azblob the page without them: by reflection, and with
// a pointer for each of forty properties, the reading takes five times as long and as much memory. What it does not
// understand to the last byte it leaves to azblob.
type rowsPolicy struct{}

// Do implements policy.Policy.
func (rowsPolicy) Do(req *policy.Request) (*http.Response, error) {
	answer, err := req.Next()
	to, wanted := req.Raw().Context().Value(takenKey{}).(*taken)
	if err != nil || !wanted || answer.StatusCode != http.StatusOK {
		return answer, err
	}
	body, err := runtime.Payload(answer)
	if err != nil {
		return answer, nil //nolint:nilerr // azblob meets it again, and words it as ever
	}
	to.blobs = nil
	if blobs, left, err := readRows(body); err == nil {
		to.blobs = blobs
		answer.Body = io.NopCloser(bytes.NewReader(left))
	}
	return answer, nil
}

// taking lets rowsPolicy put the blobs of pages asked for with this context into the result.
func taking(ctx context.Context) (context.Context, *taken) {
	to := &taken{}
	return context.WithValue(ctx, takenKey{}, to), to
}

// errUnusual says that a page is not as pages are.
var errUnusual = errors.New("an unusual page")

// readRows reads the blobs of a page, and returns the page without them.
func readRows(page []byte) (blobs []Blob, left []byte, err error) {
	const opening, closing = "<Blobs>", "</Blobs>"
	from := bytes.Index(page, []byte(opening))
	to := bytes.LastIndex(page, []byte(closing))
	if from < 0 || to < from {
		return nil, nil, errUnusual
	}
	from += len(opening)
	r := rows{text: page[from:to], known: map[string]string{}}
	if !utf8.Valid(r.text) || bytes.ContainsFunc(r.text, control) {
		return nil, nil, errUnusual
	}
	blobs = make([]Blob, 0, bytes.Count(r.text, []byte("</Blob>")))
	for {
		name, kind := r.tag()
		switch {
		case kind == end && r.at == len(r.text) && !r.bad:
			return blobs, append(append(make([]byte, 0, len(page)-len(r.text)), page[:from]...), page[to:]...), nil
		case kind != opened || string(name) != "Blob":
			return nil, nil, errUnusual
		}
		var b Blob
		if r.blob(&b); r.bad {
			return nil, nil, errUnusual
		}
		blobs = append(blobs, b)
	}
}

// control tells of characters that XML does not have, or that its readers replace.
func control(c rune) bool { return c < ' ' && c != '\t' && c != '\n' || c == 0xFFFE || c == 0xFFFF }

// rows walks the text of a page.
type rows struct {
	text []byte
	at   int
	bad  bool
	// void tells that the element that was begun last has ended already.
	void bool
	// known are texts that repeat from row to row.
	known map[string]string
}

type tagKind int

const (
	end    tagKind = iota // nothing more, or nothing that could be read
	opened                // <name>
	closed                // </name>
	empty                 // <name />
)

// tag reads the next tag, before which only white space may stand.
func (r *rows) tag() (name []byte, kind tagKind) {
	for r.at < len(r.text) && (r.text[r.at] == ' ' || r.text[r.at] == '\n' || r.text[r.at] == '\t') {
		r.at++
	}
	if r.at == len(r.text) {
		return nil, end
	}
	stop := bytes.IndexByte(r.text[r.at:], '>')
	if r.text[r.at] != '<' || stop < 2 {
		r.bad = true
		return nil, end
	}
	name, kind = r.text[r.at+1:r.at+stop], opened
	r.at += stop + 1
	switch {
	case name[0] == '/':
		name, kind = name[1:], closed
	case name[len(name)-1] == '/':
		name, kind = bytes.TrimRight(name[:len(name)-1], " "), empty
	}
	// Attributes say that a value is not what it seems.
	if len(name) == 0 || bytes.ContainsAny(name, " \t\n\"'=<&/:!?") {
		r.bad = true
		return nil, end
	}
	return name, kind
}

// value reads the text of an element up to its end, which must be the next tag. It is valid until the next call.
func (r *rows) value(name []byte) []byte {
	if r.void {
		r.void = false
		return nil
	}
	stop := bytes.IndexByte(r.text[r.at:], '<')
	if stop < 0 {
		r.bad = true
		return nil
	}
	text := r.text[r.at : r.at+stop]
	r.at += stop
	if closing, kind := r.tag(); kind != closed || !bytes.Equal(closing, name) {
		r.bad = true
		return nil
	}
	if bytes.IndexByte(text, '&') < 0 {
		return text
	}
	return r.unescape(text)
}

// unescape replaces the five entities that XML has. Others, and characters by number, are unusual.
func (r *rows) unescape(text []byte) []byte {
	for rest := text; ; {
		at := bytes.IndexByte(rest, '&')
		if at < 0 {
			return []byte(html.UnescapeString(string(text)))
		}
		rest = rest[at:]
		known := false
		for _, entity := range []string{"&amp;", "&lt;", "&gt;", "&quot;", "&apos;"} {
			known = known || bytes.HasPrefix(rest, []byte(entity))
		}
		if !known {
			r.bad = true
			return nil
		}
		rest = rest[1:]
	}
}

// common is a text of which there are few.
func (r *rows) common(text []byte) string {
	if s, ok := r.known[string(text)]; ok {
		return s
	}
	s := string(text)
	if len(r.known) < 100 {
		r.known[s] = s
	}
	return s
}

// children calls each with the name of each element up to the end of the parent; each has to read the element.
func (r *rows) children(parent string, each func(name []byte)) {
	if r.void {
		r.void = false
		return
	}
	for !r.bad {
		name, kind := r.tag()
		switch kind {
		case opened, empty:
			r.void = kind == empty
			each(name)
			r.bad = r.bad || r.void
		case closed:
			r.bad = r.bad || string(name) != parent
			return
		case end:
			r.bad = true
		}
	}
}

func (r *rows) blob(b *Blob) {
	named := false
	r.children("Blob", func(name []byte) {
		switch string(name) {
		case "Name":
			b.Name, named = string(r.value(name)), true
		case "Properties":
			r.children("Properties", func(name []byte) { r.property(b, name) })
		case "Metadata":
			b.Metadata = r.pairs("Metadata")
		case "OrMetadata":
			for rule, status := range r.pairs("OrMetadata") {
				if b.Replicated == nil {
					b.Replicated = map[string]string{}
				}
				b.Replicated[strings.TrimPrefix(rule, "or-")] = status
			}
		case "Tags":
			r.children("Tags", func(set []byte) {
				r.bad = r.bad || string(set) != "TagSet"
				r.children("TagSet", func(tag []byte) {
					r.bad = r.bad || string(tag) != "Tag"
					r.keyed(b)
				})
			})
		case "Deleted", "Snapshot", "VersionId", "IsCurrentVersion", "HasVersionsOnly":
			r.value(name)
		default:
			r.bad = true
		}
	})
	r.bad = r.bad || !named
}

// keyed reads a tag of the blob's index.
func (r *rows) keyed(b *Blob) {
	var key, value string
	r.children("Tag", func(name []byte) {
		switch string(name) {
		case "Key":
			key = r.common(r.value(name))
		case "Value":
			value = string(r.value(name))
		default:
			r.bad = true
		}
	})
	if b.Tags == nil {
		b.Tags = map[string]string{}
	}
	b.Tags[key] = value
}

// pairs reads names and values of a blob's own; nil when there are none.
func (r *rows) pairs(parent string) (pairs map[string]string) {
	r.children(parent, func(name []byte) {
		if pairs == nil {
			pairs = map[string]string{}
		}
		pairs[r.common(name)] = r.common(r.value(name))
	})
	return pairs
}

// property reads one of a blob's properties. Those that nobody here asks for are passed over.
func (r *rows) property(b *Blob, name []byte) {
	text := r.value(name)
	if r.bad || len(text) == 0 {
		return
	}
	var err error
	switch string(name) {
	case "Content-Length":
		b.Size, err = strconv.ParseInt(string(text), 10, 64)
	case "Content-MD5":
		b.MD5, err = base64.StdEncoding.AppendDecode(nil, text)
	case "Etag":
		b.ETag = strings.Trim(strings.TrimPrefix(string(text), "W/"), `"`)
	case "Last-Modified":
		b.LastModified, err = time.Parse(http.TimeFormat, string(text))
	case "BlobType":
		b.Type = r.common(text)
	case "AccessTier":
		b.Tier = r.common(text)
	case "ArchiveStatus":
		b.Rehydrating = true
	case "CustomerProvidedKeySha256":
		b.CustomerKey = true
	case "CopyStatus":
		b.CopyStatus = r.common(text)
	case "CopySource":
		b.CopySource = copySource(string(text))
	case "CopyCompletionTime":
		b.CopyCompletedAt, err = time.Parse(http.TimeFormat, string(text))
	case "Content-Type":
		b.Headers.ContentType = r.common(text)
	case "Content-Encoding":
		b.Headers.ContentEncoding = r.common(text)
	case "Content-Language":
		b.Headers.ContentLanguage = r.common(text)
	case "Content-Disposition":
		b.Headers.ContentDisposition = r.common(text)
	case "Cache-Control":
		b.Headers.CacheControl = r.common(text)
	}
	r.bad = r.bad || err != nil
}
