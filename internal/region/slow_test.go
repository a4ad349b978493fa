package region

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"
)

func TestPatience(t *testing.T) {
	slow := func(d time.Duration) answer {
		return answer{func(n int32, req *http.Request) (*http.Response, error) {
			select {
			case <-time.After(d):
				return respond(202, nil, "").to(n, req)
			case <-req.Context().Done():
				return hang.to(n, req)
			}
		}}
	}
	t.Run("a slow answer is waited for", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			gate := NewGates(timeout).For("westus2")
			ctx := WithPatience(t.Context(), time.Hour)
			if err := get(ctx, t, through(gate, &wire{answer: slow(30 * time.Minute)}, 0)); err != nil || gate.State() != Open {
				t.Errorf("%v, gate %s", err, gate.State())
			}
		})
	})
	t.Run("less than the region timeout changes nothing", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			gate := NewGates(timeout).For("westus2")
			ctx := WithPatience(t.Context(), time.Second)
			if err := get(ctx, t, through(gate, &wire{answer: slow(5 * time.Second)}, 0)); err != nil {
				t.Error(err)
			}
		})
	})
	t.Run("it ends when another call proves the region dead", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			gate := NewGates(timeout).For("westus2")
			pl := through(gate, &wire{answer: hang}, 0)
			start := time.Now()
			done := make(chan error)
			go func() {
				err := get(WithPatience(t.Context(), time.Hour), t, pl)
				done <- err
			}()
			synctest.Wait()
			// The patient call holds the place of the one that asks first, but not for longer than the usual time.
			err := get(t.Context(), t, pl)
			for _, err := range []error{err, <-done} {
				var dark *UnreachableError
				if !errors.As(err, &dark) || !dark.Sent {
					t.Errorf("got %v", err)
				}
			}
			if took := time.Since(start); took != 2*timeout {
				t.Errorf("took %s", took)
			}
		})
	})
	t.Run("its own end is a strike only", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			gate := NewGates(timeout).For("westus2")
			ctx := WithPatience(t.Context(), time.Minute)
			if err := get(ctx, t, through(gate, &wire{answer: hang}, -1)); err == nil || gate.State() != Untried {
				t.Errorf("%v, gate %s", err, gate.State())
			}
		})
	})
}

// stream is a body that comes in pieces.
type stream struct {
	pieces int
	pause  time.Duration
	err    error
}

func (s *stream) Read(p []byte) (int, error) {
	if s.pieces == 0 {
		if s.err != nil {
			return 0, s.err
		}
		return 0, io.EOF
	}
	<-time.After(s.pause) // the clock is synctest's
	s.pieces--
	return copy(p, "x"), nil
}

func (s *stream) Seek(_ int64, whence int) (int64, error) {
	if whence == io.SeekEnd {
		return int64(s.pieces), nil
	}
	return 0, nil
}

func (s *stream) Close() error { return nil }

func put(ctx context.Context, t *testing.T, pl runtime.Pipeline, body *stream) error {
	t.Helper()
	req, err := runtime.NewRequest(ctx, http.MethodPut, "https://region.example/blob")
	if err != nil {
		t.Fatal(err)
	}
	if err := req.SetBody(body, "application/octet-stream"); err != nil {
		t.Fatal(err)
	}
	return finish(pl.Do(req))
}

// swallow reads the request's body before it answers.
var swallow = answer{func(n int32, req *http.Request) (*http.Response, error) {
	if _, err := io.Copy(io.Discard, req.Body); err != nil {
		return nil, err
	}
	return respond(201, nil, "").to(n, req)
}}

func TestALongUploadIsNoTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		gate := NewGates(timeout).For("westus2")
		if err := put(t.Context(), t, through(gate, &wire{answer: swallow}, -1), &stream{pieces: 20, pause: timeout / 2}); err != nil {
			t.Error(err)
		}
	})
}

func TestAnUploadsBrokenSourceIsNoProof(t *testing.T) {
	gate := NewGates(timeout).For("westus2")
	broken := &net.OpError{Op: "read", Err: syscall.ECONNRESET}
	for range strikes {
		err := put(t.Context(), t, through(gate, &wire{answer: swallow}, -1), &stream{pieces: 1, err: broken})
		if !errors.Is(err, syscall.ECONNRESET) {
			t.Fatal(err)
		}
	}
	if gate.State() != Untried {
		t.Errorf("the gate is %s", gate.State())
	}
}
