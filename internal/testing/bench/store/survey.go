package store

import (
	"context"
	"errors"
	"net"
	"net/http"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/testing/harness"
)

// pointsOf is how many points the curve of a survey has.
const pointsOf = 100

// survey compares two containers of so many blobs each, and tells how that went on.
func survey(ctx context.Context, s Settings, blobs int) ([]point, sample, error) {
	var listen net.ListenConfig
	listener, err := listen.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, sample{}, err
	}
	server := &http.Server{ReadHeaderTimeout: patience, Handler: &generator{blobs: blobs}}
	go func() { _ = server.Serve(listener) }() // it ends with Close
	defer server.Close()
	at := func(region string) end {
		key := harness.NewStorageKey("made" + region)
		return end{Location: region, Account: key.Account, Key: key.Key, Container: "made-up"}
	}
	used, err := runChild(ctx, task{
		Do: doSurvey, Source: at(primary), Destination: at(secondary), Base: "http://" + listener.Addr().String(),
		Every: max(1, blobs/pointsOf), Profile: s.Profile,
	})
	if err == nil && used.Pending != 0 {
		err = errors.New("the same blobs on both sides were not taken for the same")
	}
	return used.Points, used, err
}

// half is what half a listing took: its time, that of the processor, and the most memory held in it.
type half struct {
	seconds, worked float64
	memory          int64
}

// halves splits a curve in two of as many blobs each.
func halves(points []point) (early, late half, err error) {
	middle := len(points) / 2
	if middle == 0 {
		return early, late, errors.New("the listing is too short to show anything")
	}
	for i, p := range points {
		if i < middle {
			early.memory = max(early.memory, p.Memory)
		} else {
			late.memory = max(late.memory, p.Memory)
		}
	}
	first, last := points[middle-1], points[2*middle-1]
	early.seconds, early.worked = first.Seconds, first.Worked
	late.seconds, late.worked = last.Seconds-first.Seconds, last.Worked-first.Worked
	return early, late, nil
}
