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

// Who gave up does not speak for the others: one resource's short timeout must not
// fail every other one that waits for the same key.
func TestMemoAsksAgainWhenTheAskerGaveUp(t *testing.T) {
	var m memo[string]
	impatient, giveUp := context.WithCancel(t.Context())
	asked := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		_, err := m.get(impatient, "k", func(ctx context.Context) (string, error) {
			close(asked)
			<-ctx.Done()
			return "", ctx.Err()
		})
		if !errors.Is(err, context.Canceled) {
			t.Errorf("the impatient caller got %v", err)
		}
	})
	<-asked
	waiting := make(chan struct{})
	wg.Go(func() {
		close(waiting)
		got, err := m.get(t.Context(), "k", func(context.Context) (string, error) { return "v", nil })
		if got != "v" || err != nil {
			t.Errorf("%q %v", got, err)
		}
	})
	<-waiting
	giveUp()
	wg.Wait()
}
