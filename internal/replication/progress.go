package replication

import (
	"sync"
	"time"
)

const (
	// tellEvery is how often a run tells how far it has come.
	tellEvery = time.Second
	// paceOver is the time that rates are taken over: long enough to be calm, short enough to follow the service.
	paceOver = 15 * time.Second
)

// Report is how far a run has come, and what follows from the time that it took.
type Report struct {
	Progress
	// Elapsed is the time since the run was watched.
	Elapsed time.Duration
	// BlobsPerSecond and BytesPerSecond are those of the last moments.
	BlobsPerSecond, BytesPerSecond float64
	// Left is how long what was found so far will take at this pace; zero when that can't be told. There may be more as
	// long as Listed is false.
	Left time.Duration
}

// pace turns progress into reports. It knows no clock.
type pace struct {
	began  time.Time
	points []point
}

type point struct {
	at    time.Time
	blobs int64
	bytes int64
}

// report takes in the progress at a time, and tells what it comes to.
func (p *pace) report(at time.Time, now Progress) Report {
	if p.began.IsZero() {
		p.began = at
		p.points = append(p.points, point{at: at})
	}
	r := Report{Progress: now, Elapsed: at.Sub(p.began)}
	for len(p.points) > 1 && at.Sub(p.points[1].at) >= paceOver {
		p.points = p.points[1:]
	}
	first := p.points[0]
	p.points = append(p.points, point{at, now.Copied, now.MovedBytes})
	seconds := at.Sub(first.at).Seconds()
	if seconds <= 0 {
		return r
	}
	r.BlobsPerSecond = float64(now.Copied-first.blobs) / seconds
	r.BytesPerSecond = float64(now.MovedBytes-first.bytes) / seconds
	// Whichever takes longer: small blobs cost requests, large ones bytes.
	r.Left = max(left(now.Found-now.Copied, r.BlobsPerSecond), left(now.FoundBytes-now.MovedBytes, r.BytesPerSecond))
	return r
}

func left(amount int64, rate float64) time.Duration {
	if amount <= 0 || rate <= 0 {
		return 0
	}
	return time.Duration(float64(amount) / rate * float64(time.Second)).Round(time.Second)
}

// Watch makes the run that gets opt tell how far it has come, each second from when it has found something to copy. Stop
// ends that, and has to be called after the run.
func Watch(opt *Options, tell func(Report)) (stop func()) {
	var mu sync.Mutex
	var last Progress
	before := opt.Progress
	opt.Progress = func(p Progress) {
		mu.Lock()
		last = p
		mu.Unlock()
		if before != nil {
			before(p)
		}
	}
	done, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		ticks := time.NewTicker(tellEvery)
		defer ticks.Stop()
		var p pace
		p.report(time.Now(), Progress{})
		for {
			select {
			case <-done:
				return
			case at := <-ticks.C:
				mu.Lock()
				now := last
				mu.Unlock()
				if now.Found > 0 {
					tell(p.report(at, now))
				}
			}
		}
	}()
	return func() {
		close(done)
		<-ended
	}
}
