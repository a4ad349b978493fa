package replication

import (
	"bytes"
	"fmt"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/blobstore"
)

// ProblemKind says what is wrong with an input.
type ProblemKind string

// Kinds of problems.
const (
	// ProblemMissing: the container doesn't have the blob.
	ProblemMissing ProblemKind = "missing"
	// ProblemUnreadable: the blob is there but can't be read (archived, or still being copied).
	ProblemUnreadable ProblemKind = "unreadable"
	// ProblemSize and ProblemHash: the blob isn't what the manifest records.
	ProblemSize ProblemKind = "size"
	ProblemHash ProblemKind = "hash"
	// ProblemAltered: the blob was written since it was replicated, its length is the same, and there are no two hashes
	// to compare.
	ProblemAltered ProblemKind = "altered"
)

// Problem is one input that isn't as it should be. Text is a sentence that names the blob.
type Problem struct {
	Name string
	Kind ProblemKind
	Text string
}

// CheckInputs compares the wanted blobs with what the active container holds and with the manifest in it. actual lacks
// the blobs that don't exist. m is nil when the container has no manifest, because it never was a destination: then only
// presence is checked. So it is with blobs that the manifest doesn't know: they were uploaded here. It is pure.
func CheckInputs(wanted []string, actual map[string]blobstore.Blob, m *Manifest) []Problem {
	var problems []Problem
	seen := make(map[string]bool, len(wanted))
	for _, name := range wanted {
		if seen[name] {
			continue
		}
		seen[name] = true
		if kind, text := checkInput(name, actual, m); kind != "" {
			problems = append(problems, Problem{Name: name, Kind: kind, Text: text})
		}
	}
	return problems
}

func checkInput(name string, actual map[string]blobstore.Blob, m *Manifest) (ProblemKind, string) {
	var e Entry
	var known bool
	if m != nil {
		e, known = m.Lookup(name)
	}
	b, ok := actual[name]
	switch {
	case !ok && known:
		return ProblemMissing, fmt.Sprintf("%q is missing, though it was replicated here on %s", name, day(e))
	case !ok && m != nil:
		return ProblemMissing, fmt.Sprintf("%q is missing, and was never replicated here", name)
	case !ok:
		return ProblemMissing, fmt.Sprintf("%q is missing", name)
	case b.CopyStatus == blobstore.CopyPending:
		return ProblemUnreadable, fmt.Sprintf("%q is still being copied", name)
	case b.Tier == blobstore.TierArchive || b.Rehydrating:
		return ProblemUnreadable, fmt.Sprintf("%q is in the archive tier and can't be read", name)
	case !known || b.ETag == e.ETag:
		return "", ""
	case b.Size != e.Size:
		return ProblemSize, fmt.Sprintf("%q has %d bytes, but %d were replicated here on %s", name, b.Size, e.Size, day(e))
	case len(b.MD5) != 0 && bytes.Equal(b.MD5, e.MD5):
		return "", ""
	case len(b.MD5) != 0 && len(e.MD5) != 0:
		return ProblemHash, fmt.Sprintf("%q has the MD5 %x, but a blob with %x was replicated here on %s", name, b.MD5, e.MD5, day(e))
	}
	return ProblemAltered, fmt.Sprintf("%q was written since it was replicated here on %s", name, day(e))
}

func day(e Entry) string { return e.CopiedAt.UTC().Format("2006-01-02 15:04:05 UTC") }
