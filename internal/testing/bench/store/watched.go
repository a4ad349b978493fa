package store

import (
	"context"
	"iter"
	"os"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/blobstore"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/replication"
)

// point is how far a survey was at a moment.
type point struct {
	Blobs   int
	Seconds float64
	Worked  float64 // seconds of the processor
	Memory  int64   // resident, in bytes
}

// watched is a store that notes how its listing gets on.
type watched struct {
	replication.Store
	every  int
	began  time.Time
	points []point
}

// List implements replication.Store.
func (w *watched) List(ctx context.Context, prefix string) iter.Seq2[blobstore.Blob, error] {
	return func(yield func(blobstore.Blob, error) bool) {
		n := 0
		for b, err := range w.Store.List(ctx, prefix) {
			if !yield(b, err) || err != nil {
				return
			}
			if n++; n%w.every == 0 {
				w.points = append(w.points, point{Blobs: n, Seconds: time.Since(w.began).Seconds(), Worked: worked(), Memory: resident()})
			}
		}
	}
}

// worked is the processor's time that this process took so far, in seconds; zero where the system doesn't tell.
func worked() float64 {
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		return 0
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano()).Seconds()
}

// resident is what this process holds of the machine's memory now.
func resident() int64 {
	// The second field counts pages. Where there is no such file, the runtime's own account has to do.
	if content, err := os.ReadFile("/proc/self/statm"); err == nil {
		if fields := strings.Fields(string(content)); len(fields) > 1 {
			if pages, err := strconv.ParseInt(fields[1], 10, 64); err == nil {
				return pages * int64(os.Getpagesize())
			}
		}
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.Sys - m.HeapReleased)
}
