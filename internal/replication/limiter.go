package replication

import (
	"container/list"
	"context"
	"sync"
	"time"
)

const (
	// windowLeast is how long the shortest window of work lasts: in less, chance decides how much is done.
	windowLeast = 200 * time.Millisecond
	// perRequest is the work that a request is by itself, in bytes: what the service could have copied meanwhile.
	perRequest = 1 << 20
	// holdMost bounds how long the service may ask to be left alone.
	holdMost = time.Minute
)

// limiter bounds the requests under way by what its controller allows. It is the Slots of all transfers of a run, and safe
// for concurrent use.
type limiter struct {
	now func() time.Time

	mu      sync.Mutex
	control *controller
	used    int
	waiting list.List // of turns, first come first served
	// until is when the service may be asked again, after it asked to be left alone.
	until time.Time
	// began, ended and bytes are of the window so far; full tells that the limit was reached in it.
	began time.Time
	ended int
	bytes int64
	full  bool
}

func newLimiter(most int, now func() time.Time) *limiter {
	return &limiter{control: newController(most), now: now}
}

// Acquire takes a slot for one request, whatever n is. It ends with ctx.
func (l *limiter) Acquire(ctx context.Context, _ int64) error {
	if err := l.queue(ctx); err != nil {
		return err
	}
	l.mu.Lock()
	pause := min(l.until.Sub(l.now()), holdMost)
	l.mu.Unlock()
	if pause <= 0 {
		return nil
	}
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		l.give(false)
		return ctx.Err()
	}
}

// queue waits for a slot.
func (l *limiter) queue(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	l.mu.Lock()
	if l.began.IsZero() {
		l.began = l.now()
	}
	if l.used < l.control.allowed() && l.waiting.Len() == 0 {
		l.used++
		l.mu.Unlock()
		return nil
	}
	l.full = true
	turn := make(chan struct{})
	place := l.waiting.PushBack(turn)
	l.mu.Unlock()
	select {
	case <-turn:
		return nil
	case <-ctx.Done():
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	select {
	case <-turn:
		// The slot came at the same moment: it is passed on.
		l.used--
		l.next()
	default:
		l.waiting.Remove(place)
	}
	return ctx.Err()
}

// Release gives a slot back after its request has ended.
func (l *limiter) Release(int64) { l.give(true) }

func (l *limiter) give(done bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.used--
	if done {
		l.ended++
		l.look()
	}
	l.next()
}

// next lets in whoever may go now.
func (l *limiter) next() {
	for l.used < l.control.allowed() && l.waiting.Len() > 0 {
		l.used++
		if first, ok := l.waiting.Remove(l.waiting.Front()).(chan struct{}); ok {
			close(first)
		}
	}
	l.full = l.full || l.waiting.Len() > 0
}

// look ends the window when it has seen enough.
func (l *limiter) look() {
	at := l.now()
	took := at.Sub(l.began)
	if took < windowLeast || l.ended < 2*l.control.allowed() {
		return
	}
	work := float64(l.ended) + float64(l.bytes)/perRequest
	l.control.window(work/took.Seconds(), l.full)
	l.began, l.ended, l.bytes, l.full = at, 0, 0, false
}

// moved tells of bytes that a request moved.
func (l *limiter) moved(bytes int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.bytes += bytes
}

// throttled tells that the service asked for less, and to be left alone for a while, which may be zero.
func (l *limiter) throttled(wait time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.control.throttled()
	if until := l.now().Add(min(wait, holdMost)); wait > 0 && until.After(l.until) {
		l.until = until
	}
}
