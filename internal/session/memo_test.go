package session

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
)

func TestMemoAsksOnce(t *testing.T) {
	var m memo[string]
	var asked atomic.Int64
	release := make(chan struct{})
	var wg sync.WaitGroup
	for range 50 {
		wg.Go(func() {
			got, err := m.get(t.Context(), "k", func(context.Context) (string, error) {
				asked.Add(1)
				<-release
				return "v", nil
			})
			if got != "v" || err != nil {
				t.Errorf("%q %v", got, err)
			}
		})
	}
	close(release)
	wg.Wait()
	if asked.Load() != 1 {
		t.Errorf("asked %d times", asked.Load())
	}
}

func TestMemoDoesNotRememberAFailure(t *testing.T) {
	var m memo[string]
	if _, err := m.get(t.Context(), "k", func(context.Context) (string, error) { return "", errors.New("down") }); err == nil {
		t.Fatal("no error")
	}
	got, err := m.get(t.Context(), "k", func(context.Context) (string, error) { return "v", nil })
	if got != "v" || err != nil {
		t.Errorf("%q %v", got, err)
	}
}

func TestMemoForgetsOnlyTheWrongValue(t *testing.T) {
	var m memo[string]
	put := func(v string) string {
		got, _ := m.get(t.Context(), "k", func(context.Context) (string, error) { return v, nil })
		return got
	}
	put("old")
	m.forgetValue("k", "another")
	if got := put("new"); got != "old" {
		t.Errorf("a key that was not refused was dropped: %q", got)
	}
	m.forgetValue("k", "old")
	if got := put("new"); got != "new" {
		t.Errorf("the refused key came back: %q", got)
	}
}
