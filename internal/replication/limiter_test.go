package replication

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/blobstore"
)

// load runs requests that take a time each, and returns the most that were under way at once.
func load(t *testing.T, l *limiter, requests int, takes time.Duration) int64 {
	t.Helper()
	var group sync.WaitGroup
	var now, most atomic.Int64
	for range requests {
		group.Go(func() {
			if err := l.Acquire(t.Context(), 1); err != nil {
				t.Error(err)
				return
			}
			n := now.Add(1)
			for old := most.Load(); n > old && !most.CompareAndSwap(old, n); old = most.Load() {
			}
			<-time.After(takes)
			now.Add(-1)
			l.Release(1)
		})
	}
	group.Wait()
	return most.Load()
}

func TestTheLimiterGrowsWhileTheServiceKeepsUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLimiter(48, time.Now)
		if most := load(t, l, firstLimit, 20*time.Millisecond); most != firstLimit {
			t.Errorf("%d at once in the beginning", most)
		}
		if most := load(t, l, 5000, 20*time.Millisecond); most != 48 {
			t.Errorf("%d at once, 48 are allowed and would do", most)
		}
		if l.used != 0 || l.waiting.Len() != 0 {
			t.Errorf("%d used, %d waiting", l.used, l.waiting.Len())
		}
	})
}

func TestTheLimiterLeavesTheServiceAloneForAsLongAsItAsks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLimiter(16, time.Now)
		l.throttled(7 * time.Second)
		began := time.Now()
		if err := l.Acquire(t.Context(), 1); err != nil || time.Since(began) != 7*time.Second {
			t.Errorf("after %v: %v", time.Since(began), err)
		}
		l.Release(1)
		if l.control.allowed() >= firstLimit {
			t.Errorf("%d at a time all the same", l.control.allowed())
		}
		// An absurd pause is cut, and waiting for it ends with the caller.
		l.throttled(time.Hour)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := l.Acquire(ctx, 1); !errors.Is(err, context.DeadlineExceeded) || l.used != 0 {
			t.Errorf("%v, %d used", err, l.used)
		}
		began = time.Now()
		if err := l.Acquire(t.Context(), 1); err != nil || time.Since(began) > holdMost {
			t.Errorf("after %v: %v", time.Since(began), err)
		}
	})
}

func TestWhoeverGivesUpWaitingHoldsNoSlot(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLimiter(1, time.Now)
		if err := l.Acquire(t.Context(), 1); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		var group sync.WaitGroup
		for range 3 {
			group.Go(func() {
				if err := l.Acquire(ctx, 1); err == nil {
					l.Release(1)
				}
			})
		}
		synctest.Wait()
		cancel()
		l.Release(1)
		group.Wait()
		if l.used != 0 || l.waiting.Len() != 0 {
			t.Fatalf("%d used, %d waiting", l.used, l.waiting.Len())
		}
		if err := l.Acquire(t.Context(), 1); err != nil {
			t.Error(err)
		}
	})
}

// A service that puts every request off some times is served in the end: nothing fails, and nothing is copied twice.
func TestAServiceThatIsBusyForAWhileIsWaitedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		src, dst, c := pair()
		for _, name := range []string{"a", "b", "c", "d"} {
			src.put(name, name)
		}
		refusals := map[string]int{}
		var mu sync.Mutex
		dst.before = func(op, name string) error {
			mu.Lock()
			defer mu.Unlock()
			if op == "copy" && refusals[name] < maxPutOff-1 {
				refusals[name]++
				return failure(503, "ServerBusy", name)
			}
			return nil
		}
		if res := mustRun(t, src, dst, c, named1); res.Copied != 4 || !res.InSync() {
			t.Errorf("%+v", res)
		}
		dst.before = func(op, name string) error {
			if op == "copy" {
				return failure(429, "ServerBusy", name)
			}
			return nil
		}
		src.put("e", "e")
		if _, err := Run(t.Context(), src.side("w"), dst.side("e"), named1, c.now); !blobstore.Throttled(err) {
			t.Errorf("%v", err)
		}
	})
}
