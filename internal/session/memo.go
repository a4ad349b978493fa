package session

import (
	"context"
	"errors"
	"sync"
)

// memo remembers one value a key. Concurrent callers of one key share one
// fetch. A failure is not remembered: the next caller asks again.
type memo[T comparable] struct {
	mu    sync.Mutex
	calls map[string]*call[T]
}

type call[T comparable] struct {
	done  chan struct{}
	value T
	err   error
}

func (m *memo[T]) get(ctx context.Context, key string, fetch func(context.Context) (T, error)) (T, error) {
	m.mu.Lock()
	if m.calls == nil {
		m.calls = make(map[string]*call[T])
	}
	c, ok := m.calls[key]
	if !ok {
		c = &call[T]{done: make(chan struct{})}
		m.calls[key] = c
	}
	m.mu.Unlock()
	if ok {
		select {
		case <-c.done:
			// That another caller gave up says nothing to this one.
			if given := errors.Is(c.err, context.Canceled) || errors.Is(c.err, context.DeadlineExceeded); given && ctx.Err() == nil {
				return m.get(ctx, key, fetch)
			}
			return c.value, c.err
		case <-ctx.Done():
			var none T
			return none, ctx.Err()
		}
	}
	c.value, c.err = fetch(ctx)
	if c.err != nil {
		m.forget(key)
	}
	close(c.done)
	return c.value, c.err
}

func (m *memo[T]) forget(key string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.calls, key)
}

// forgetValue drops a value that turned out to be wrong, unless another has
// taken its place meanwhile.
func (m *memo[T]) forgetValue(key string, wrong T) {
	m.mu.Lock()
	defer m.mu.Unlock()
	c, ok := m.calls[key]
	if !ok {
		return
	}
	select {
	case <-c.done:
		if c.value == wrong {
			delete(m.calls, key)
		}
	default:
	}
}
