package blobstore

import (
	"encoding/base64"
	"encoding/xml"
	"fmt"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/container"
	"pgregory.net/rapid"
)

const pageStart = `<?xml version="1.0" encoding="utf-8"?><EnumerationResults ServiceEndpoint="https://a/" ContainerName="c"><Prefix>p</Prefix><MaxResults>5000</MaxResults><Blobs>`

func pageOf(rows, marker string) string {
	return pageStart + rows + "</Blobs><NextMarker>" + marker + "</NextMarker></EnumerationResults>"
}

// oneRow has everything that a listing with metadata, copies and tags shows.
const oneRow = `<Blob><Name>a &amp; b/é😀 &lt;x&gt;.fq</Name><Properties><Creation-Time>Mon, 06 Jan 2025 08:00:00 GMT</Creation-Time>` +
	`<Last-Modified>Tue, 07 Jan 2025 09:10:11 GMT</Last-Modified><Etag>0x8DD2E2A0</Etag><Content-Length>17</Content-Length>` +
	`<Content-Type>text/x; a=&quot;b&quot;</Content-Type><Content-Encoding>gzip</Content-Encoding><Content-Language /><Content-CRC64 />` +
	`<Content-MD5>AAECAwQFBgcICQoLDA0ODw==</Content-MD5><Cache-Control>no-cache</Cache-Control><Content-Disposition>inline</Content-Disposition>` +
	`<BlobType>BlockBlob</BlobType><AccessTier>Archive</AccessTier><AccessTierInferred>true</AccessTierInferred><ArchiveStatus>rehydrate-pending-to-hot</ArchiveStatus>` +
	`<LeaseStatus>unlocked</LeaseStatus><LeaseState>available</LeaseState><CopyId>7a5cbb40-4f87-4bd2-9d52-2e8c0c2b0a11</CopyId>` +
	`<CopySource>https://other/c/a%20b?sv=1&amp;sig=x</CopySource><CopyStatus>success</CopyStatus><CopyProgress>17/17</CopyProgress>` +
	`<CopyCompletionTime>Tue, 07 Jan 2025 09:10:12 GMT</CopyCompletionTime><ServerEncrypted>true</ServerEncrypted>` +
	`<CustomerProvidedKeySha256>xyz</CustomerProvidedKeySha256><TagCount>1</TagCount></Properties>` +
	`<Metadata><Sample>NA12878</Sample><empty /></Metadata><Tags><TagSet><Tag><Key>project</Key><Value>a b</Value></Tag></TagSet></Tags>` +
	`<OrMetadata><or-1111_2222>complete</or-1111_2222></OrMetadata></Blob>`

// byAzblob reads a page as azblob does.
func byAzblob(page string) ([]Blob, error) {
	var answer container.ListBlobsFlatSegmentResponse
	if err := xml.Unmarshal([]byte(page), &answer); err != nil {
		return nil, err
	}
	blobs := []Blob{}
	if answer.Segment != nil {
		for _, item := range answer.Segment.BlobItems {
			blobs = append(blobs, fromItem(item, false))
		}
	}
	return blobs, nil
}

// alike makes blobs comparable: an empty hash is none, zones without a difference are one, and azblob changes the case of
// metadata's names.
func alike(blobs []Blob) []Blob {
	for i := range blobs {
		b := &blobs[i]
		if len(b.MD5) == 0 {
			b.MD5 = nil
		}
		if b.Metadata != nil {
			folded := map[string]string{}
			for k, v := range b.Metadata {
				folded[strings.ToLower(k)] = v
			}
			b.Metadata = folded
		}
		b.LastModified, b.CopyCompletedAt = b.LastModified.UTC(), b.CopyCompletedAt.UTC()
	}
	return blobs
}

func TestRowsAreReadAsAzblobReadsThem(t *testing.T) {
	for _, rows := range []string{
		"", oneRow, oneRow + "\n " + oneRow, "<Blob><Name>x</Name></Blob>",
		"<Blob><Name>x</Name><Properties><Content-Length>0</Content-Length></Properties><Metadata /><OrMetadata /><Tags><TagSet /></Tags></Blob>",
	} {
		page := pageOf(rows, "next")
		blobs, left, err := readRows([]byte(page))
		if err != nil {
			t.Errorf("%s: %v", rows, err)
			continue
		}
		want, err := byAzblob(page)
		if err != nil || !reflect.DeepEqual(alike(blobs), alike(want)) {
			t.Errorf("%v\n%+v\n%+v", err, blobs, want)
		}
		if string(left) != pageOf("", "next") {
			t.Errorf("left is %s", left)
		}
	}
}

// What is not as pages are is left to azblob, which knows more of XML.
func TestUnusualPagesAreLeftToAzblob(t *testing.T) {
	for _, rows := range []string{
		`<Blob><Name Encoded="true">a%20b</Name></Blob>`, "<Blob><Name>a&#10;b</Name></Blob>", "<Blob><Name>a\r\nb</Name></Blob>",
		"<Blob><Name><![CDATA[a]]></Name></Blob>", "<!-- x --><Blob><Name>a</Name></Blob>", "<Blob><Name>a</Name><New>b</New></Blob>",
		"<Blob><Name>a</Blob>", "<Blob></Blob>", "<Other />", "text", "<Blob><Name>a</Name><Properties><Content-Length>x</Content-Length></Properties></Blob>",
		"<Blob><Name>a</Name><Properties><Last-Modified>today</Last-Modified></Properties></Blob>", "<Blob><Name>\xff</Name></Blob>", "<", "<Blob",
		"<Blob><Name>a</Name><Tags><Set><Tag><Key>a</Key><Value>b</Value></Tag></Set></Tags></Blob>",
	} {
		if blobs, _, err := readRows([]byte(pageOf(rows, ""))); err == nil {
			t.Errorf("%s: %+v", rows, blobs)
		}
	}
	for _, page := range []string{"", "<Blobs>", "</Blobs><Blobs>", "nothing"} {
		if _, _, err := readRows([]byte(page)); err == nil {
			t.Errorf("%q is a page", page)
		}
	}
}

// Both ways of reading a page show in a listing alike.
func TestListTakesRowsEitherWay(t *testing.T) {
	for rows, want := range map[string]string{oneRow: "a & b/é😀 <x>.fq", `<Blob><Name Encoded="true">a%20b</Name></Blob>`: "a b"} {
		c := serve(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/xml")
			w.Header().Set("x-ms-request-id", "req-1")
			w.Header().Set("x-ms-version", "2026-01-01")
			_, _ = fmt.Fprint(w, pageOf(rows, ""))
		})
		n := 0
		for b, err := range c.List(t.Context(), "") {
			if n++; err != nil || b.Name != want || !b.TagsKnown {
				t.Errorf("%+v %v", b, err)
			}
		}
		if n != 1 {
			t.Errorf("%d blobs", n)
		}
	}
}

func TestAnyRowIsReadAsAzblobReadsIt(t *testing.T) {
	text := func(t *rapid.T, label string) string {
		var out strings.Builder
		_ = xml.EscapeText(&out, []byte(rapid.StringMatching(`[ -~é😀]{0,12}`).Draw(t, label)))
		return strings.NewReplacer("&#34;", "&quot;", "&#39;", "&apos;").Replace(out.String())
	}
	rapid.Check(t, func(t *rapid.T) {
		var rows strings.Builder
		for range rapid.IntRange(0, 4).Draw(t, "rows") {
			rows.WriteString("<Blob><Name>" + text(t, "name") + "</Name><Properties>")
			at := time.Unix(rapid.Int64Range(0, 1<<32).Draw(t, "at"), 0).UTC().Format(http.TimeFormat)
			fmt.Fprintf(&rows, "<Last-Modified>%s</Last-Modified><Content-Length>%d</Content-Length>", at, rapid.Int64Min(0).Draw(t, "size"))
			if rapid.Bool().Draw(t, "hashed") {
				sum := rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(t, "md5")
				rows.WriteString("<Content-MD5>" + base64.StdEncoding.EncodeToString(sum) + "</Content-MD5>")
			}
			for _, name := range []string{"Content-Type", "Content-Encoding", "Cache-Control", "Etag", "Owner"} {
				fmt.Fprintf(&rows, "<%s>%s</%s>", name, text(t, name), name)
			}
			rows.WriteString("</Properties>")
			if rapid.Bool().Draw(t, "described") {
				fmt.Fprintf(&rows, "<Metadata><a>%s</a><B>%s</B></Metadata>", text(t, "a"), text(t, "b"))
			}
			rows.WriteString("</Blob>")
		}
		page := pageOf(rows.String(), "")
		got, _, err := readRows([]byte(page))
		if err != nil {
			t.Fatalf("%s: %v", page, err)
		}
		want, err := byAzblob(page)
		if err != nil || !reflect.DeepEqual(alike(got), alike(want)) {
			t.Fatalf("%v\n%+v\n%+v", err, got, want)
		}
	})
}

// Whatever is read here, azblob reads alike.
func FuzzRows(f *testing.F) {
	f.Add(oneRow)
	f.Add(`<Blob><Name Encoded="true">a%20b</Name></Blob>`)
	f.Add("<Blob><Name>a</Name><Properties /><Tags /></Blob>")
	f.Fuzz(func(t *testing.T, rows string) {
		page := pageOf(rows, "")
		got, _, err := readRows([]byte(page))
		if err != nil {
			return
		}
		want, err := byAzblob(page)
		if err != nil {
			return // a value of a property that nobody asks for
		}
		if !reflect.DeepEqual(alike(got), alike(want)) {
			t.Errorf("%q:\n%+v\n%+v", rows, got, want)
		}
	})
}
