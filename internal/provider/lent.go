package provider

import (
	"context"
	"sync/atomic"
	"time"
)

// lent is a call's context until that is taken back. From then on it is one that was
// cancelled and carries nothing.
type lent struct {
	call atomic.Pointer[context.Context]
}

// lend gives a call's context to the framework until end. The framework keeps what it
// derives from the context of every call until the provider is stopped, and with it
// all that the context carries: for a thousand submissions that was fifty megabytes.
func lend(ctx context.Context) (of context.Context, end func()) {
	l := &lent{}
	l.call.Store(&ctx)
	return l, func() { l.call.Store(nil) }
}

func (l *lent) Deadline() (deadline time.Time, ok bool) {
	if ctx := l.call.Load(); ctx != nil {
		return (*ctx).Deadline()
	}
	return time.Time{}, false
}

func (l *lent) Done() <-chan struct{} {
	if ctx := l.call.Load(); ctx != nil {
		return (*ctx).Done()
	}
	return over
}

func (l *lent) Err() error {
	if ctx := l.call.Load(); ctx != nil {
		return (*ctx).Err()
	}
	return context.Canceled
}

func (l *lent) Value(key any) any {
	if ctx := l.call.Load(); ctx != nil {
		return (*ctx).Value(key)
	}
	return nil
}

// over is closed.
var over = func() <-chan struct{} {
	c := make(chan struct{})
	close(c)
	return c
}()
