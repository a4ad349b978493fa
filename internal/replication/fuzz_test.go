package replication

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

// A manifest that is accepted can be written, and is then the same; one that is
// not is damaged, and nothing worse.
func FuzzManifest(f *testing.F) {
	data, _ := encode(f, Header{Store: "s"}, sampleEntries...)
	r, _ := gzip.NewReader(bytes.NewReader(data))
	raw, _ := io.ReadAll(r)
	f.Add(raw)
	f.Add([]byte(`{"format":"genomics-continuity/manifest","version":1}` + "\n" + `{"end":{"entries":0,"sha256":""}}`))
	f.Add([]byte(`{"format":"genomics-continuity/manifest","version":1,"recovery_point":"0001-01-01T00:00:00Z"}` + "\n" +
		`{"end":{"entries":0,"sha256":"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"}}` + "\n"))
	f.Add([]byte("{}\n{}\n"))
	f.Add(data)
	f.Add(data[:len(data)/2])
	f.Fuzz(func(t *testing.T, text []byte) {
		var packed bytes.Buffer
		w := gzip.NewWriter(&packed)
		_, _ = w.Write(text)
		_ = w.Close()
		for _, content := range [][]byte{text, packed.Bytes()} {
			entries, h, digest, err := decode(content)
			if err != nil {
				var damaged *ManifestError
				if !errors.As(err, &damaged) {
					t.Fatalf("untyped %v", err)
				}
				continue
			}
			if len(digest) != 64 {
				t.Fatalf("digest %q", digest)
			}
			for i := range entries {
				// Writing keeps whole seconds.
				entries[i].CopiedAt = entries[i].CopiedAt.UTC().Truncate(time.Second)
				if len(entries[i].MD5) == 0 {
					entries[i].MD5 = nil
				}
			}
			again, sum := encode(t, h, entries...)
			second, header, digest, err := decode(again)
			if err != nil || digest != sum || !reflect.DeepEqual(second, entries) || !header.RecoveryPoint.Equal(h.RecoveryPoint) || header.Store != h.Store || header.Source != h.Source {
				t.Fatalf("written again: %v\n%+v\n%+v", err, entries, second)
			}
		}
	})
}

// Every name and tag that storage can give is kept as it is, in its place.
func FuzzManifestEntry(f *testing.F) {
	f.Add("a", "b", int64(0), []byte(nil), "0x8D1", "0x8D2")
	f.Add("\ufffe\uffff", "😀", int64(1)<<50, bytes.Repeat([]byte{7}, 16), "\"", "\\")
	f.Add("\uff5e", "\U0001F600", int64(3), make([]byte, 16), "\u2028", "<&>")
	f.Add("a\x00", "a\n", int64(7), []byte("0123456789abcdef"), "]]", "é")
	f.Add(strings.Repeat("\u0001", 1024), strings.Repeat("😀", 512), int64(9), []byte(nil), "1", "2")
	f.Fuzz(func(t *testing.T, first, second string, size int64, md5 []byte, source, tag string) {
		names := []string{first, second}
		for _, s := range append(names, source, tag) {
			if !utf8.ValidString(s) || s == "" || utf8.RuneCountInString(s) > 1024 {
				return
			}
		}
		if size < 0 || len(md5) != 16 && len(md5) != 0 {
			return
		}
		if len(md5) == 0 {
			md5 = nil
		}
		order := compareNames(first, second)
		if order == 0 != (first == second) || order != -compareNames(second, first) {
			t.Fatalf("%q and %q are in the order %d", first, second, order)
		}
		if order == 0 {
			return
		}
		if order > 0 {
			names[0], names[1] = second, first
		}
		var entries []Entry
		for _, name := range names {
			entries = append(entries, Entry{Name: name, Size: size, MD5: md5, SourceETag: source, ETag: tag, CopiedAt: time.Date(2025, 1, 2, 3, 4, 5, 0, time.UTC)})
		}
		data, sum := encode(t, Header{Store: "s", Prefix: first}, entries...)
		got, h, digest, err := decode(data)
		if err != nil || digest != sum || h.Prefix != first || !reflect.DeepEqual(got, entries) {
			t.Errorf("%v\n%+v\n%+v", err, entries, got)
		}
	})
}

// A manifest's name is one that storage, URLs and the workflow service take, and
// two stores have two.
func FuzzManifestName(f *testing.F) {
	shape := regexp.MustCompile(`^\.genomics-continuity/manifest-[A-Za-z0-9_-]+\.jsonl\.gz$`)
	f.Add("reads", "", "reads", "p/")
	f.Add("é/..", "\x00", "é/", "..\x00")
	f.Add(strings.Repeat("a", 100), "b", strings.Repeat("a", 64), "b")
	f.Fuzz(func(t *testing.T, store, prefix, otherStore, otherPrefix string) {
		name := ManifestName(store, prefix)
		if !shape.MatchString(name) || len(name) > 200 || name != ManifestName(store, prefix) {
			t.Errorf("%q", name)
		}
		if strings.Contains(store+otherStore, "\x00") {
			return // no name of a store has it, and it separates the two
		}
		if same := store == otherStore && prefix == otherPrefix; same != (name == ManifestName(otherStore, otherPrefix)) {
			t.Errorf("%q/%q and %q/%q share %s", store, prefix, otherStore, otherPrefix, name)
		}
	})
}
