package blobstore

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

// played answers without a network and keeps what it was asked.
type played struct {
	answer   func(n int, req *http.Request) (status int, header http.Header, body []byte)
	requests []*http.Request
}

func (p *played) Do(req *http.Request) (*http.Response, error) {
	p.requests = append(p.requests, req)
	status, header, body := p.answer(len(p.requests), req)
	return &http.Response{StatusCode: status, Header: header, Body: io.NopCloser(bytes.NewReader(body)), ContentLength: int64(len(body)), Request: req}, nil
}

func (p *played) container(t *testing.T) *Container {
	t.Helper()
	options := quick(nil)
	options.Transport = p
	c, err := Open("https://acct.blob.core.windows.net/box", Credential{Key: testKey}, options)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// storable reports whether Azure takes a name at all: 1 to 1,024 characters of
// valid Unicode, without a segment that a path swallows.
func storable(name string) bool {
	if name == "" || !utf8.ValidString(name) || utf8.RuneCountInString(name) > 1024 {
		return false
	}
	for segment := range strings.SplitSeq(name, "/") {
		if segment == "." || segment == ".." {
			return false
		}
	}
	return true
}

// listing is a page as the service writes it: a name with characters that XML
// cannot hold comes percent-encoded, and says so.
func listing(name string) []byte {
	var b strings.Builder
	encoded := strings.ContainsFunc(name, func(r rune) bool {
		return r < 0x20 && r != '\t' && r != '\n' || r == '\r' || r == 0xFFFE || r == 0xFFFF || r == utf8.RuneError
	})
	attribute := ""
	if encoded {
		// azblob takes a plus for a space here, and so it is written as one that cannot be mistaken.
		name, attribute = strings.ReplaceAll(url.QueryEscape(name), "+", "%20"), ` Encoded="true"`
	}
	for _, r := range name {
		switch r {
		case '&', '<', '>', '"', '\t', '\n':
			fmt.Fprintf(&b, "&#%d;", r)
		default:
			b.WriteRune(r)
		}
	}
	return fmt.Appendf(nil, `<?xml version="1.0" encoding="utf-8"?><EnumerationResults ContainerName="box"><Blobs><Blob><Name%s>%s</Name>`+
		`<Properties><Content-Length>3</Content-Length><Etag>0x1</Etag></Properties></Blob></Blobs><NextMarker /></EnumerationResults>`, attribute, b.String())
}

// A name is the same wherever it goes: in a request's path, in what a signature
// covers, in the URL that a copy is made from, and in a listing.
func FuzzBlobName(f *testing.F) {
	for _, seed := range []string{
		"a_1.fq.gz", "dir/ü b+c%2F?#&=~'\"<>.fq", "//", "/leading", "trailing/", "a\\b", "\u00a0\u2028\ufeff", "\u0001\n\r\t", "\ufffe\uffff", "😀/" + strings.Repeat("é", 500),
		strings.Repeat("%", 1024), "..a/.b", "a/../b", "sig=x&sv=1", "\u0130ſ", "a\u0301", "]]>", "&amp;", "a+00\x000000",
	} {
		f.Add(seed)
	}
	now := time.Date(2025, 6, 1, 12, 0, 30, 0, time.UTC)
	f.Fuzz(func(t *testing.T, name string) {
		if !storable(name) {
			return
		}
		p := &played{answer: func(_ int, req *http.Request) (int, http.Header, []byte) {
			if req.Method == http.MethodGet {
				return http.StatusOK, http.Header{"Content-Type": {"application/xml"}}, listing(name)
			}
			return http.StatusOK, http.Header{"Content-Length": {"3"}, "Etag": {`"0x1"`}}, nil
		}}
		c := p.container(t)
		c.now = func() time.Time { return now }

		if b, err := c.Stat(t.Context(), name); err != nil || b.Name != name {
			t.Fatalf("%q: %+v %v", name, b, err)
		}
		if got := pathOf(t, p.requests[0].URL.String()); got != "/box/"+name || p.requests[0].URL.RawQuery != "" {
			t.Errorf("%q: asked for %q", name, got)
		}

		source, err := c.ReadURL(t.Context(), name)
		if err != nil || pathOf(t, source) != "/box/"+name {
			t.Fatalf("%q: is copied from %q, %v", name, source, err)
		}
		if strings.ContainsFunc(source, func(r rune) bool { return r <= ' ' || r > '~' }) {
			t.Errorf("%q: is copied from %q, which no header holds", name, source)
		}
		query, err := c.BlobSAS(t.Context(), name, time.Hour)
		if err != nil {
			t.Fatal(err)
		}
		v, err := url.ParseQuery(query)
		// azblob signs a backslash as a slash, as it believes the service to do.
		if err != nil || v.Get("sig") != signed(v, "/blob/acct/box/"+strings.ReplaceAll(name, `\`, "/")) {
			t.Errorf("%q: the signature does not cover it: %v", name, err)
		}

		for b, err := range c.List(t.Context(), "") {
			if err != nil || b.Name != name || b.Size != 3 || b.ETag != "0x1" {
				t.Errorf("%q is listed as %+v, %v", name, b, err)
			}
		}
	})
}

func pathOf(t *testing.T, address string) string {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil || u.Host != "acct.blob.core.windows.net" || u.Fragment != "" {
		t.Fatalf("%q: %v", address, err)
	}
	return u.Path
}

// signed is the signature by the service's documentation for service SAS.
func signed(v url.Values, resource string) string {
	fields := []string{
		v.Get("sp"), v.Get("st"), v.Get("se"), resource, v.Get("si"), v.Get("sip"), v.Get("spr"), v.Get("sv"), v.Get("sr"), "", v.Get("ses"),
		v.Get("rscc"), v.Get("rscd"), v.Get("rsce"), v.Get("rscl"), v.Get("rsct"),
	}
	key, _ := base64.StdEncoding.DecodeString(testKey)
	h := hmac.New(sha256.New, key)
	h.Write([]byte(strings.Join(fields, "\n")))
	return base64.StdEncoding.EncodeToString(h.Sum(nil))
}

// Whatever answers in storage's place: errors have their type, none of them holds
// a signature or a body, only storage's own word means that a blob is gone, and a
// listing ends.
func FuzzStorageAnswers(f *testing.F) {
	const xml = "application/xml"
	f.Add(uint16(200), "", xml, listing("a"))
	f.Add(uint16(200), "", xml, bytes.Replace(listing("a"), []byte("<NextMarker />"), []byte("<NextMarker>2</NextMarker>"), 1))
	f.Add(uint16(200), "", xml, []byte(`<EnumerationResults><Blobs><Blob><Name Encoded="true">%zz</Name></Blob><Blob/></Blobs></EnumerationResults>`))
	f.Add(uint16(200), "", xml, []byte(`<EnumerationResults><Blobs><Blob><Properties><Content-Length>-1</Content-Length><Last-Modified>x</Last-Modified><Content-MD5>!</Content-MD5></Properties></Blob></Blobs></EnumerationResults>`))
	f.Add(uint16(200), "", "text/html", []byte("<html>sig=bodysecretbodysecret</html>"))
	f.Add(uint16(404), "BlobNotFound", xml, []byte("<Error><Code>BlobNotFound</Code><Message>sig=bodysecretbodysecret</Message></Error>"))
	f.Add(uint16(404), "", "text/html", []byte("<Error><Code>BlobNotFound</Code></Error>"))
	f.Add(uint16(404), "CannotVerifyCopySource", xml, []byte(nil))
	f.Add(uint16(409), "BlobAlreadyExists", xml, []byte(nil))
	f.Add(uint16(412), "ConditionNotMet", "", []byte("\x00"))
	f.Add(uint16(503), "ServerBusy", xml, []byte("{"))
	f.Add(uint16(304), "", "", []byte(nil))
	f.Add(uint16(200), "", "text/html", []byte("<html>sig&bodysecretbodysecret000000 "))
	f.Fuzz(func(t *testing.T, status uint16, code, contentType string, body []byte) {
		if status < 200 || status > 599 {
			status = 200 + status%400
		}
		p := &played{answer: func(int, *http.Request) (int, http.Header, []byte) {
			header := http.Header{"Content-Type": {contentType}, "X-Ms-Request-Id": {"r"}}
			if code != "" {
				header.Set("x-ms-error-code", code)
			}
			return int(status), header, body
		}}
		c := p.container(t)
		check := func(what string, err error) {
			var typed *Error
			switch {
			case err == nil:
				if status >= 300 {
					t.Errorf("%s: %d is taken for success", what, status)
				}
				return
			case !errors.As(err, &typed):
				t.Errorf("%s: %T %v", what, err, err)
			case strings.Contains(err.Error(), "bodysecretbodysecret") && !strings.Contains(code, "bodysecret"):
				t.Errorf("%s: the error leaks: %v", what, err)
			}
			if IsNotFound(err) && (status != http.StatusNotFound || code == "") {
				t.Errorf("%s: %d %q means that it is gone", what, status, code)
			}
		}
		seen := 0
		for b, err := range c.List(t.Context(), "") {
			check("list", err)
			if seen++; seen > 1000 {
				break
			}
			_ = b.Name
		}
		if len(p.requests) > 4 {
			t.Errorf("%d requests for a listing that repeats itself", len(p.requests))
		}
		_, err := c.Stat(t.Context(), "a")
		check("stat", err)
		_, err = c.Exists(t.Context())
		if status != http.StatusNotFound {
			check("exists", err)
		}
		_, err = c.Upload(t.Context(), "a", strings.NewReader("x"), UploadOptions{})
		check("upload", err)
		content, _, err := c.Download(t.Context(), "a")
		check("download", err)
		if err == nil {
			_ = content.Close()
		}
	})
}
