package main

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"
)

const (
	// serverPatience is how long the servers may take for what they do by
	// themselves. It is waited for in full only when something is wrong.
	serverPatience = time.Minute
	pollInterval   = 100 * time.Millisecond
)

// await waits until the runs of some samples in a region have a status.
func (d *demo) await(ctx context.Context, what, region string, samples []string, status string) error {
	ctx, cancel := context.WithTimeoutCause(ctx, serverPatience, fmt.Errorf("%s: not within %s", what, serverPatience))
	defer cancel()
	activity := d.out.busy("waiting for %s", what)
	defer activity.done()
	tick := time.NewTicker(pollInterval)
	defer tick.Stop()
	for {
		l, err := d.ledger(ctx)
		if err != nil {
			return err
		}
		reached := 0
		for _, run := range l.in(region, samples) {
			if run.Status == status {
				reached++
			}
		}
		if reached == len(samples) {
			return nil
		}
		activity.now(fmt.Sprintf("%d of %d", reached, len(samples)))
		select {
		case <-ctx.Done():
			return fmt.Errorf("%w: %d of %d", context.Cause(ctx), reached, len(samples))
		case <-tick.C:
		}
	}
}

func field(text, name string) (string, error) {
	var object map[string]any
	if err := json.Unmarshal([]byte(text), &object); err != nil {
		return "", err
	}
	return inner(object, name), nil
}

func indent(text string) string { return "   " + strings.ReplaceAll(text, "\n", "\n   ") }
