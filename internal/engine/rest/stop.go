package rest

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/engine"
)

// A cancellation that met another change of its run is sent this often, StopPause
// apart.
const stops = 5

// StopPause lies between two cancellations of one run.
const StopPause = 500 * time.Millisecond

// Stop sends a cancellation. A conflict with another change of the run is no
// answer: the service wants the request again. Of any other refusal ended tells
// whether there is nothing to stop any more, whatever the service calls that.
func Stop(ctx context.Context, pause time.Duration, send func() error, ended func() bool) error {
	for sent := 1; ; sent++ {
		err := send()
		var refused *Error
		if err == nil || !errors.As(err, &refused) {
			return err
		}
		if refused.StatusCode != http.StatusConflict || sent == stops {
			if !errors.Is(err, engine.ErrNotFound) && ended() {
				return nil
			}
			return err
		}
		if waited := engine.Wait(ctx, pause); waited != nil {
			return errors.Join(err, waited)
		}
	}
}
