//go:build acceptance

package replication

import (
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/blobstore"
)

// histories is how many random histories are played on Azurite; the many are played in memory.
const histories = 12

// touch makes a random change on one side.
func (w *world) touch(t *testing.T, random *rand.Rand) {
	t.Helper()
	name := []string{"a", "a/b", "b", "c/\U0001F600", "c/\uFF5E"}[random.IntN(5)]
	content := []string{"one", "two", "longer", ""}[random.IntN(4)]
	value := fmt.Sprint(random.IntN(3))
	_, err := w.Stat(t.Context(), name)
	exists := err == nil
	switch kind := random.IntN(6); {
	case kind == 3 && exists:
		_, err = w.raw.NewBlobClient(name).Delete(t.Context(), nil)
	case kind == 4 && exists:
		_, err = w.raw.NewBlobClient(name).SetMetadata(t.Context(), map[string]*string{"m": &value}, nil)
	case kind == 5 && exists:
		err = w.SetTags(t.Context(), name, map[string]string{"k": value})
	default:
		w.put(t, name, content)
		if err = nil; kind == 2 {
			w.unhash(t, name)
		}
	}
	if err != nil && !blobstore.IsNotFound(err) {
		t.Fatal(err)
	}
}

// contents of all blobs that aren't replication's.
func (w *world) contents(t *testing.T) map[string]string {
	t.Helper()
	all := map[string]string{}
	for name := range w.list(t) {
		if f, _ := NewFilter("", nil, nil); f.Match(name) {
			all[name] = w.text(t, name)
		}
	}
	return all
}

// TestAccRunKeepsItsPromises is TestRunKeepsItsPromises with a service that keeps its own.
func TestAccRunKeepsItsPromises(t *testing.T) {
	for seed := range histories {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			random := rand.New(rand.NewPCG(uint64(seed), 4))
			src, dst := twoContainers(t)
			opt := Options{Name: "random", Concurrency: 3}
			for round := range 3 {
				for range 6 {
					src.touch(t, random)
				}
				for range random.IntN(2) {
					dst.touch(t, random)
				}
				opt.Transfer = []string{TransferAuto, TransferStream}[random.IntN(2)]
				held := dst.contents(t)
				if round == 1 {
					dst.seen.fault = func(kind string) (int, bool) {
						if kind == "GET" || kind == "GET list 5000" {
							return 0, false
						}
						return []int{0, 0, 503, 500}[random.IntN(4)], random.IntN(4) == 0
					}
				}
				_, err := Run(t.Context(), Side{"w", src}, Side{"e", dst}, opt, time.Now)
				for name := range held {
					if _, kept := dst.contents(t)[name]; !kept {
						t.Fatalf("%q was deleted", name)
					}
				}
				if round == 1 {
					dst.seen.fault = nil
					continue
				}
				left := map[string]bool{}
				var conflict *ConflictError
				if errors.As(err, &conflict) {
					for _, c := range conflict.Conflicts {
						left[c.Name] = true
					}
				} else if err != nil {
					t.Fatal(err)
				}
				now := dst.contents(t)
				want := src.contents(t)
				maps.DeleteFunc(want, func(name, _ string) bool { return left[name] })
				for name, content := range want {
					if got, ok := now[name]; !ok || got != content {
						t.Errorf("round %d: %q holds %q (%v), not %q, and isn't named: %v", round, name, got, ok, content, err)
					}
				}
				for name := range left {
					if now[name] != held[name] {
						t.Errorf("round %d: the conflict %q was overwritten", round, name)
					}
				}
			}
		})
	}
}
