package replication

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"
)

func TestPace(t *testing.T) {
	began := time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC)
	var p pace
	if r := p.report(began, Progress{Found: 10}); r.Left != 0 || r.BlobsPerSecond != 0 {
		t.Errorf("at the start: %+v", r)
	}
	// Many small blobs: requests are what is left.
	r := p.report(began.Add(2*time.Second), Progress{Found: 1000, FoundBytes: 1000, Copied: 200, MovedBytes: 500})
	if r.BlobsPerSecond != 100 || r.BytesPerSecond != 250 || r.Left != 8*time.Second || r.Elapsed != 2*time.Second {
		t.Errorf("small: %+v", r)
	}
	// Large ones: bytes are, and they count before a blob is done.
	p = pace{}
	p.report(began, Progress{})
	r = p.report(began.Add(time.Second), Progress{Found: 3, FoundBytes: 100 << 20, MovedBytes: 10 << 20})
	if r.BytesPerSecond != 10<<20 || r.Left != 9*time.Second {
		t.Errorf("large: %+v", r)
	}
	// A pace that falls is seen: what was long ago doesn't count.
	for i := range 60 {
		r = p.report(began.Add(time.Duration(i+2)*time.Second), Progress{Found: 3, FoundBytes: 100 << 20, MovedBytes: 10<<20 + int64(i)})
	}
	if r.BytesPerSecond > 2 || len(p.points) > 17 {
		t.Errorf("later: %+v, %d points", r, len(p.points))
	}
	// All that was found is done.
	if r = p.report(began.Add(70*time.Second), Progress{Found: 3, FoundBytes: 100, Copied: 3, MovedBytes: 100}); r.Left != 0 {
		t.Errorf("done: %+v", r)
	}
}

func TestARunTellsEachSecondHowFarItIs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		src, dst, c := pair()
		for _, name := range []string{"a", "b", "c", "d"} {
			src.put(name, "content")
		}
		dst.before = func(op, _ string) error {
			if op == "copy" {
				<-time.After(1500 * time.Millisecond)
			}
			return nil
		}
		opt := named1
		opt.Concurrency = 1
		var told []Report
		stop := Watch(&opt, func(r Report) { told = append(told, r) })
		mustRun(t, src, dst, c, opt)
		stop()
		if len(told) < 5 || len(told) > 6 || told[4].Copied != 3 || told[4].Elapsed != 5*time.Second || told[4].Left == 0 || !told[4].Listed {
			t.Errorf("%+v", told)
		}
		// Nothing to copy, nothing to tell.
		told = nil
		opt = named1
		stop = Watch(&opt, func(r Report) { told = append(told, r) })
		mustRun(t, src, dst, c, opt)
		<-time.After(3 * time.Second)
		stop()
		if len(told) != 0 {
			t.Errorf("%+v", told)
		}
	})
}

func TestProgressEndsWithEverything(t *testing.T) {
	src, dst, c := pair()
	for i := range 20 {
		src.put(fmt.Sprint(i), "xx")
	}
	opt := named1
	var last Progress
	opt.Progress = func(p Progress) { last = p }
	mustRun(t, src, dst, c, opt)
	if last != (Progress{Seen: 20, Found: 20, FoundBytes: 40, Listed: true, Copied: 20, CopiedBytes: 40, MovedBytes: 40}) {
		t.Errorf("%+v", last)
	}
}
