package replication

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
)

var sampleEntries = []Entry{
	{Name: "a\n\"<&>", Size: 0, SourceETag: "1", ETag: "2", CopiedAt: time.Date(2025, 1, 2, 3, 4, 5, 0, time.UTC)},
	{Name: "b/\uFF5E", Size: 1 << 40, MD5: bytes.Repeat([]byte{7}, 16), SourceETag: "3", ETag: "4", CopiedAt: time.Date(2025, 1, 2, 3, 4, 5, 0, time.UTC)},
}

func encode(t testing.TB, h Header, entries ...Entry) ([]byte, string) {
	t.Helper()
	var lines, out bytes.Buffer
	w := newEntryWriter(&lines)
	for _, e := range entries {
		if err := w.add(e); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(w.flush(), writeManifest(&out, h, &lines, footer{w.count, w.sum()})); err != nil {
		t.Fatal(err)
	}
	return out.Bytes(), w.sum()
}

func decode(data []byte) (entries []Entry, h Header, digest string, err error) {
	r, err := newManifestReader(bytes.NewReader(data))
	if err != nil {
		return nil, h, "", err
	}
	for e, err := range r.entries() {
		if err != nil {
			return entries, r.header, "", err
		}
		entries = append(entries, e)
	}
	return entries, r.header, r.digest, nil
}

func TestManifestRoundTrip(t *testing.T) {
	h := Header{Store: "s", Prefix: "p/", Run: "r", RecoveryPoint: time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC),
		Source: Endpoint{"west", "https://w/c"}, Destination: Endpoint{"east", "https://e/c"}}
	data, sum := encode(t, h, sampleEntries...)
	entries, got, digest, err := decode(data)
	h.Format, h.Version = manifestFormat, manifestVersion
	if err != nil || got != h || digest != sum || !reflect.DeepEqual(entries, sampleEntries) {
		t.Errorf("%v %+v %s\n%+v", err, got, digest, entries)
	}
}

func TestDigestIsOfTheEntriesOnly(t *testing.T) {
	_, a := encode(t, Header{Store: "s"}, sampleEntries...)
	_, b := encode(t, Header{Store: "s", Run: "other", RecoveryPoint: time.Now()}, sampleEntries...)
	changed := slices.Clone(sampleEntries)
	changed[1].ETag = "5"
	_, c := encode(t, Header{Store: "s"}, changed...)
	if a != b || a == c {
		t.Errorf("%s %s %s", a, b, c)
	}
}

func TestDamagedManifestsAreRefused(t *testing.T) {
	pack := func(text string) []byte {
		var b bytes.Buffer
		w := gzip.NewWriter(&b)
		_, _ = io.WriteString(w, text)
		_ = w.Close()
		return b.Bytes()
	}
	data, _ := encode(t, Header{}, sampleEntries...)
	r, _ := gzip.NewReader(bytes.NewReader(data))
	raw, _ := io.ReadAll(r)
	text := string(raw)
	lines := strings.SplitAfter(text, "\n")
	for name, bad := range map[string][]byte{
		"empty":          nil,
		"not gzip":       []byte(text),
		"no header":      pack(""),
		"another format": pack(`{"format":"x","version":1}` + "\n"),
		"newer":          pack(strings.Replace(text, `"version":1`, `"version":2`, 1)),
		"cut off":        data[:len(data)-12],
		"no footer":      pack(lines[0] + lines[1]),
		"entry lost":     pack(lines[0] + lines[1] + lines[3]),
		"disorder":       pack(lines[0] + lines[2] + lines[1] + lines[3]),
		"twice":          pack(lines[0] + lines[1] + lines[1] + lines[3]),
		"altered":        pack(strings.Replace(text, `"source_etag":"3"`, `"source_etag":"9"`, 1)),
		"follows":        pack(text + lines[1]),
		"garbage after":  append(bytes.Clone(data), 'x'),
		"bad size":       pack(strings.Replace(text, `"size":0`, `"size":-1`, 1)),
		"bad hash":       pack(strings.Replace(text, `"md5":"BwcH`, `"md5":"`, 1)),
		"no etag":        pack(strings.Replace(text, `"etag":"4"`, `"etag":""`, 1)),
		"no name":        pack(lines[0] + "{}\n"),
		"not json":       pack(lines[0] + "x\n"),
		"endless line":   pack(lines[0] + strings.Repeat("x", maxLine+1)),
	} {
		_, _, _, err := decode(bad)
		var damaged *ManifestError
		if !errors.As(err, &damaged) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestEntriesOutOfOrderAreNotWritten(t *testing.T) {
	w := newEntryWriter(io.Discard)
	if err := w.add(Entry{Name: "b"}); err != nil {
		t.Fatal(err)
	}
	if w.add(Entry{Name: "a"}) == nil || w.add(Entry{Name: "b"}) == nil {
		t.Error("disorder was written")
	}
}

func TestLoadManifest(t *testing.T) {
	_, dst, _ := pair()
	if _, err := LoadManifest(t.Context(), dst, "s", ""); !errors.Is(err, ErrNoManifest) {
		t.Errorf("%v", err)
	}
	data, sum := encode(t, Header{Store: "s"}, sampleEntries...)
	dst.put(ManifestName("s", ""), string(data))
	m, err := LoadManifest(t.Context(), dst, "s", "")
	if err != nil || m.Len() != 2 || m.SHA256 != sum || m.ETag == "" {
		t.Fatalf("%+v %v", m, err)
	}
	if e, ok := m.Lookup(sampleEntries[1].Name); !ok || e.Size != 1<<40 {
		t.Errorf("%+v %v", e, ok)
	}
	if _, ok := m.Lookup("absent"); ok {
		t.Error("found what isn't there")
	}
}

// FuzzManifest: whatever a manifest holds, reading it ends, and what is read without an error can be written again and
// has the digest that was promised.
