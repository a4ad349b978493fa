package store

import (
	"crypto/md5"
	"crypto/rand"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"net/http"
	"sort"
	"strconv"
	"strings"
)

// generator is a Blob service that makes up what it lists: so many blobs in
// every container, and no content. Both sides of a comparison read the same.
type generator struct{ blobs int }

// maxPage is the most that a page of the service holds.
const maxPage = 5000

// madeUp is the name of the blob number i; names are in the order of numbers.
func madeUp(i int) string { return fmt.Sprintf("cohort-%03d/sample_%08d.fq.gz", i/10_000, i) }

// ServeHTTP implements http.Handler.
func (g *generator) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	// By these a client knows that it is the service itself that answers.
	w.Header().Set("Server", "Windows-Azure-Blob/1.0")
	w.Header().Set("X-Ms-Request-Id", rand.Text())
	w.Header().Set("X-Ms-Version", r.Header.Get("X-Ms-Version"))
	query := r.URL.Query()
	if r.Method != http.MethodGet || query.Get("comp") != "list" {
		w.Header().Set("Content-Type", "application/xml")
		w.Header().Set("X-Ms-Error-Code", "BlobNotFound")
		w.WriteHeader(http.StatusNotFound)
		_, _ = w.Write([]byte(`<?xml version="1.0" encoding="utf-8"?><Error><Code>BlobNotFound</Code><Message>There is no such blob.</Message></Error>`))
		return
	}
	prefix, delimiter := query.Get("prefix"), query.Get("delimiter")
	at, end := g.first(prefix), g.after(prefix)
	if marker, err := strconv.Atoi(query.Get("marker")); err == nil {
		at = max(at, marker)
	}
	page := maxPage
	if asked, err := strconv.Atoi(query.Get("maxresults")); err == nil && asked > 0 {
		page = min(page, asked)
	}
	out := make([]byte, 0, page*700)
	out = fmt.Appendf(out, `<?xml version="1.0" encoding="utf-8"?><EnumerationResults ServiceEndpoint="http://%s/" ContainerName="made-up"><Prefix>%s</Prefix><Blobs>`, r.Host, prefix)
	for range page {
		if at >= end {
			break
		}
		name := madeUp(at)
		if below, _, found := strings.Cut(name[len(prefix):], delimiter); delimiter != "" && found {
			out = fmt.Appendf(out, "<BlobPrefix><Name>%s</Name></BlobPrefix>", prefix+below+delimiter)
			at = g.after(prefix + below + delimiter)
			continue
		}
		out = listed(out, at, name)
		at++
	}
	out = append(out, "</Blobs><NextMarker>"...)
	if at < end {
		out = strconv.AppendInt(out, int64(at), 10)
	}
	out = append(out, "</NextMarker></EnumerationResults>"...)
	w.Header().Set("Content-Type", "application/xml")
	_, _ = w.Write(out) // the client may be gone, which is no matter here
}

// first is the number of the first blob below a prefix, after of the first one past it.
func (g *generator) first(prefix string) int {
	return sort.Search(g.blobs, func(i int) bool { return madeUp(i) >= prefix })
}

func (g *generator) after(prefix string) int {
	return sort.Search(g.blobs, func(i int) bool { return madeUp(i) > prefix && !strings.HasPrefix(madeUp(i), prefix) })
}

// listed writes a blob as a listing shows it, with what listings of real reads carry.
func listed(out []byte, i int, name string) []byte {
	var number [8]byte
	binary.BigEndian.PutUint64(number[:], uint64(i))
	sum := md5.Sum(number[:])
	out = append(out, "<Blob><Name>"...)
	out = append(out, name...)
	out = append(out, "</Name><Properties><Creation-Time>Mon, 06 Jan 2025 08:00:00 GMT</Creation-Time>"+
		"<Last-Modified>Mon, 06 Jan 2025 08:00:00 GMT</Last-Modified><Etag>0x8DD2E2A"...)
	out = strconv.AppendInt(out, int64(i), 16)
	out = append(out, "</Etag><Content-Length>"...)
	out = strconv.AppendInt(out, int64(1<<30+i), 10)
	out = append(out, "</Content-Length><Content-Type>application/gzip</Content-Type><Content-Encoding /><Content-Language />"+
		"<Content-CRC64 /><Content-MD5>"...)
	out = base64.StdEncoding.AppendEncode(out, sum[:])
	return append(out, "</Content-MD5><Cache-Control /><Content-Disposition /><BlobType>BlockBlob</BlobType><AccessTier>Hot</AccessTier>"+
		"<AccessTierInferred>true</AccessTierInferred><LeaseStatus>unlocked</LeaseStatus><LeaseState>available</LeaseState>"+
		"<ServerEncrypted>true</ServerEncrypted></Properties><Metadata><sample>NA12878</sample></Metadata><OrMetadata /></Blob>"...)
}
