package replication

import (
	"errors"
	"flag"
	"maps"
	"strconv"
	"testing"

	"pgregory.net/rapid"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/blobstore"
)

// history remembers every content that a name has held on a side.
type history map[string]bool

func (h history) note(s *fakeStore) {
	for name, content := range s.contents() {
		h[name+"\x00"+content] = true
	}
}

var (
	drawName    = rapid.SampledFrom([]string{"a", "a/b", "b", "c/\U0001F600", "c/\uFF5E"})
	drawContent = rapid.SampledFrom([]string{"one", "two", "longer", ""})
)

// change is one random thing that happens to a container between runs.
func change(t *rapid.T, s *fakeStore, label string) {
	name, content := drawName.Draw(t, label+" name"), drawContent.Draw(t, label+" content")
	_, exists := s.get(name)
	switch rapid.IntRange(0, 5).Draw(t, label) {
	case 0, 1:
		s.put(name, content)
	case 2:
		s.put(name, content, noHash)
	case 3:
		s.remove(name)
	case 4:
		if exists {
			s.edit(name, func(b *blobstore.Blob) { b.Metadata = map[string]string{"m": content} })
		}
	case 5:
		if exists {
			s.tag(name, content)
		}
	}
}

// troubles makes calls fail now and then: copies refused, answers lost, sources that change underneath.
func troubles(t *rapid.T, src, dst *fakeStore, changed func()) {
	faults := rapid.SliceOfN(rapid.IntRange(0, 9), 12, 12).Draw(t, "faults")
	next := func() int {
		if len(faults) == 0 {
			return 9
		}
		f := faults[0]
		faults = faults[1:]
		return f
	}
	dead := false
	dst.before = func(op, name string) error {
		if dead {
			// The process was killed: nothing is written any more, least of all a manifest.
			return failure(0, "", name)
		}
		if op != "copy" && op != "stream" {
			return nil
		}
		switch next() {
		case 0:
			if op == "copy" {
				return cannotVerify(name)
			}
		case 1:
			return failure(500, "InternalError", name)
		case 2:
			src.put(name, "changed underneath")
			changed()
		case 3:
			src.remove(name)
		case 5:
			return failure(503, "ServerBusy", name)
		case 6:
			dead = true
			return failure(0, "", name)
		}
		return nil
	}
	dst.after = func(op, name string) error {
		switch {
		case dead:
			return failure(0, "", name)
		case (op == "copy" || op == "stream" || op == "upload") && next() == 4:
			return conditionNotMet(name)
		case op == "copy" || op == "stream":
			// Killed right after the blob was written.
			dead = next() == 7
		}
		return nil
	}
}

// checks is how many random histories are played at least.
const checks = 500

// atLeast raises the number of checks for a test.
func atLeast(t *testing.T, n int) {
	t.Helper()
	f := flag.Lookup("rapid.checks")
	given := f.Value.String()
	if now, err := strconv.Atoi(given); err != nil || now >= n {
		return
	}
	if err := f.Value.Set(strconv.Itoa(n)); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Value.Set(given) })
}

// TestRunKeepsItsPromises: whatever happened on both sides, in whichever direction runs went before, with calls failing:
// a run deletes nothing and overwrites nothing that the source never held; and a run without trouble leaves the
// destination with the source's content, except for conflicts, which it names and leaves as they were.
func TestRunKeepsItsPromises(t *testing.T) {
	atLeast(t, checks)
	rapid.Check(t, func(t *rapid.T) {
		one, two, c := pair()
		for _, s := range []*fakeStore{one, two} {
			s.puts = rapid.Bool().Draw(t, "puts")
			s.large = rapid.SampledFrom([]int64{0, 3, 100}).Draw(t, "large")
		}
		seen := map[*fakeStore]history{one: {}, two: {}}
		opt := Options{Name: "p", Concurrency: rapid.IntRange(1, 3).Draw(t, "concurrency")}
		oneWay := true
		steps := rapid.IntRange(1, 4).Draw(t, "runs")
		for step := range steps {
			for range rapid.IntRange(0, 8).Draw(t, "changes") {
				change(t, one, "one")
				seen[one].note(one)
				change(t, two, "two")
				seen[two].note(two)
			}
			if rapid.IntRange(0, 5).Draw(t, "lose manifest") == 0 {
				two.remove(ManifestName("p", ""))
			}
			src, dst := one, two
			if rapid.Bool().Draw(t, "reverse") {
				src, dst, oneWay = two, one, false
			}
			opt.Transfer = rapid.SampledFrom([]string{TransferAuto, TransferServerSide, TransferStream}).Draw(t, "transfer")
			faulty := step < steps-1 && rapid.Bool().Draw(t, "trouble")
			if faulty {
				opt.Concurrency = 1
				troubles(t, src, dst, func() { seen[src].note(src) })
			}
			before := dst.contents()
			res, err := Run(t.Context(), src.side("s"), dst.side("d"), opt, c.now)
			dst.before, dst.after = nil, nil
			checkNothingLost(t, before, dst.contents(), seen[src])
			seen[dst].note(dst)
			if !faulty {
				checkComplete(t, src, dst, oneWay, before, res, err)
				checkQuiet(t, src, dst, c, opt, res, err)
			}
		}
	})
}

func checkNothingLost(t *rapid.T, before, after map[string]string, known history) {
	for name, content := range before {
		now, ok := after[name]
		if !ok {
			t.Fatalf("%q was deleted", name)
		}
		if now != content && !known[name+"\x00"+content] {
			t.Fatalf("%q held %q, which the source never had, and was overwritten", name, content)
		}
	}
}

func checkComplete(t *rapid.T, src, dst *fakeStore, oneWay bool, before map[string]string, res Result, err error) {
	var conflict *ConflictError
	if err != nil && !errors.As(err, &conflict) {
		t.Fatal(err)
	}
	conflicts := map[string]bool{}
	if conflict != nil {
		for _, c := range conflict.Conflicts {
			conflicts[c.Name] = true
		}
	}
	if int64(len(conflicts)) != res.PendingBlobs || res.InSync() != (err == nil) {
		t.Fatalf("%d conflicts, result %+v", len(conflicts), res)
	}
	after := dst.contents()
	for name, content := range src.contents() {
		switch now, ok := after[name]; {
		case conflicts[name] && now != before[name]:
			t.Fatalf("conflict %q was overwritten", name)
		case !conflicts[name] && (!ok || now != content):
			t.Fatalf("%q holds %q, not %q, and is not named", name, now, content)
		}
		from, _ := src.get(name)
		to, _ := dst.get(name)
		if !conflicts[name] && !maps.Equal(from.Tags, to.Tags) {
			t.Fatalf("the tags of %q differ", name)
		}
		// Of blobs that were on both sides before there was a manifest, the destination's own metadata is let be, and is
		// what the other direction then has.
		if oneWay && !conflicts[name] && !sameProperties(&from.Blob, &to.Blob) && from.LastModified.After(to.LastModified) {
			t.Fatalf("the metadata of %q differ", name)
		}
	}
}

// checkQuiet: a second run has nothing to do and leaves the same manifest.
func checkQuiet(t *rapid.T, src, dst *fakeStore, c *clock, opt Options, first Result, firstErr error) {
	writes := dst.count("copy") + dst.count("stream") + dst.count("tags")
	again, err := Run(t.Context(), src.side("s"), dst.side("d"), opt, c.now)
	if (err == nil) != (firstErr == nil) || again.PendingBlobs != first.PendingBlobs || again.Copied+again.Retagged != 0 ||
		again.ManifestSHA256 != first.ManifestSHA256 {
		t.Fatalf("second run %+v %v\nafter %+v", again, err, first)
	}
	if now := dst.count("copy") + dst.count("stream") + dst.count("tags"); now != writes {
		t.Fatal("the second run wrote blobs")
	}
}
