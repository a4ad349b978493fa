package replication

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/blobstore"
)

func TestCheckInputs(t *testing.T) {
	hash := bytes.Repeat([]byte{1}, 16)
	m := &Manifest{entries: []Entry{
		{Name: "in", Size: 3, MD5: hash, ETag: "e", CopiedAt: time.Date(2025, 1, 2, 3, 4, 5, 0, time.UTC)},
	}}
	good := blobstore.Blob{Size: 3, MD5: hash, ETag: "e"}
	with := func(change func(*blobstore.Blob)) map[string]blobstore.Blob {
		b := good
		change(&b)
		return map[string]blobstore.Blob{"in": b}
	}
	for name, tc := range map[string]struct {
		wanted string
		actual map[string]blobstore.Blob
		m      *Manifest
		kind   ProblemKind
		text   string
	}{
		"good":               {"in", with(func(*blobstore.Blob) {}), m, "", ""},
		"no manifest":        {"in", with(func(b *blobstore.Blob) { b.Size = 9 }), nil, "", ""},
		"not in it":          {"other", map[string]blobstore.Blob{"other": {Size: 1}}, m, "", ""},
		"missing":            {"in", nil, m, ProblemMissing, "2025-01-02 03:04:05"},
		"never here":         {"other", nil, m, ProblemMissing, "never replicated"},
		"missing everywhere": {"in", nil, nil, ProblemMissing, "is missing"},
		"size":               {"in", with(func(b *blobstore.Blob) { b.ETag, b.Size = "f", 4 }), m, ProblemSize, "4 bytes"},
		"hash":               {"in", with(func(b *blobstore.Blob) { b.ETag, b.MD5 = "f", bytes.Repeat([]byte{2}, 16) }), m, ProblemHash, "0202"},
		"same hash again":    {"in", with(func(b *blobstore.Blob) { b.ETag = "f" }), m, "", ""},
		"altered, no hash":   {"in", with(func(b *blobstore.Blob) { b.ETag, b.MD5 = "f", nil }), m, ProblemAltered, "was written since"},
		"archived":           {"in", with(func(b *blobstore.Blob) { b.Tier = blobstore.TierArchive }), m, ProblemUnreadable, "archive"},
		"being copied":       {"in", with(func(b *blobstore.Blob) { b.CopyStatus = blobstore.CopyPending }), m, ProblemUnreadable, "copied"},
	} {
		t.Run(name, func(t *testing.T) {
			got := CheckInputs([]string{tc.wanted, tc.wanted}, tc.actual, tc.m)
			if tc.kind == "" {
				if len(got) != 0 {
					t.Errorf("%+v", got)
				}
				return
			}
			if len(got) != 1 || got[0].Kind != tc.kind || got[0].Name != tc.wanted || !strings.Contains(got[0].Text, tc.text) ||
				!strings.Contains(got[0].Text, tc.wanted) {
				t.Errorf("%+v", got)
			}
		})
	}
}

func TestPreflightAfterAFlip(t *testing.T) {
	west, east, c := pair()
	west.put("1.fq", "reads")
	west.put("2.fq", "reads")
	mustRun(t, west, east, c, named1)
	inputs := Inputs{now: c.now}
	check := func(names ...string) []Problem {
		t.Helper()
		problems, err := inputs.Preflight(t.Context(), east, names, "reads", "")
		if err != nil {
			t.Fatal(err)
		}
		return problems
	}
	if p := check("1.fq", "2.fq"); len(p) != 0 {
		t.Errorf("%+v", p)
	}
	east.put("1.fq", "other!")
	east.remove("2.fq")
	if p := check("1.fq", "2.fq"); len(p) != 2 || p[0].Kind != ProblemSize || p[1].Kind != ProblemMissing {
		t.Errorf("%+v", p)
	}
	// Two in the two runs' reading of manifests, then one more for three lookups.
	if n := east.count("download"); n != 2 {
		t.Errorf("the manifest was read %d times", n)
	}
	if west.count("stat") != 0 {
		t.Error("the other region was asked")
	}
	dark := errors.New("dark")
	east.before = func(string, string) error { return dark }
	if _, err := inputs.Preflight(t.Context(), east, []string{"1.fq"}, "reads", ""); !errors.Is(err, dark) {
		t.Errorf("%v", err)
	}
}
