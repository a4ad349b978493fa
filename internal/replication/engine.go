package replication

import (
	"context"
	"errors"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/blobstore"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/region"
)

// maxFailures is how many blobs may fail before a run gives up: by then the cause isn't the blobs.
const maxFailures = namesShown

// engine is one run.
type engine struct {
	ctx      context.Context //nolint:containedctx // the engine lives for one call of Run
	src, dst Side
	opt      Options
	by       rules
	slots    *limiter

	mu       sync.Mutex
	res      Result
	failures []Failure
	progress Progress
	fallback bool
}

func newEngine(ctx context.Context, src, dst Side, opt Options) *engine {
	e := &engine{src: src, dst: dst, opt: opt, by: opt.rules(src), slots: newLimiter(opt.Concurrency, time.Now)}
	e.ctx = blobstore.OnThrottle(ctx, e.slots.throttled)
	e.progress.Streaming = opt.Transfer == TransferStream
	return e
}

// slot is a place in the manifest's order. entry is valid once done is closed; a nil done means at once.
type slot struct {
	name  string
	entry *Entry
	done  chan struct{}
}

// run walks the rows, copies, and writes the manifest's entries in order. The error is what ended the run; failures of
// single blobs and conflicts are kept apart.
func (e *engine) run(f *Filter, own, reverse *spool, d *draft) error {
	group, ctx := errgroup.WithContext(e.ctx)
	group.SetLimit(e.opt.Concurrency)
	queue := make(chan *slot, window)
	written := make(chan error, 1)
	go func() { written <- collect(queue, d) }()

	var last string
	var some bool
	var ended error
	for r, err := range rows(ctx, e.src, e.dst, f, own, reverse) {
		if err != nil {
			ended = err
			break
		}
		last, some = r.name, true
		queue <- e.begin(ctx, group, r)
	}
	e.report(func(p *Progress) { p.Listed = ended == nil })
	err := group.Wait()
	close(queue)
	writeErr := <-written
	if err == nil {
		err = ended
	}
	if err != nil && writeErr == nil {
		writeErr = d.retain(last, some, f)
	}
	if e.ctx.Err() != nil {
		err = e.ctx.Err()
	}
	return errors.Join(err, writeErr)
}

// collect writes entries in the order of their slots. It reads the queue to its end even after an error.
func collect(queue <-chan *slot, d *draft) error {
	var failed error
	for s := range queue {
		if s.done != nil {
			<-s.done
		}
		if s.entry != nil && failed == nil {
			failed = d.writer.add(*s.entry)
		}
	}
	return failed
}

// begin decides about a row and starts what is to be done.
func (e *engine) begin(ctx context.Context, group *errgroup.Group, r row) *slot {
	d := decide(r, e.by)
	s := &slot{name: r.name, entry: kept(r, d)}
	e.note(r, d)
	if !e.writes(d) && !d.doubtful {
		return s
	}
	s.done = make(chan struct{})
	e.report(func(p *Progress) {
		p.Active++
		if d.kind != retag && e.writes(d) {
			p.Found++
			p.FoundBytes += r.src.Size
		}
	})
	group.Go(func() error {
		defer close(s.done)
		if err := ctx.Err(); err != nil {
			return err
		}
		entry, err := e.transfer(ctx, r, d)
		if err == nil {
			s.entry = entry
		}
		e.report(func(p *Progress) { p.Active-- })
		return e.judge(ctx, r.name, err)
	})
	return s
}

// writes tells whether a decision leads to a write.
func (e *engine) writes(d decision) bool {
	switch d.kind {
	case missing, changed, retag:
		return true
	case altered, conflict:
		return e.opt.OnConflict == ConflictOverwrite
	default:
		return false
	}
}

// note takes a row into the result as it was found. What a transfer settles is taken out again.
func (e *engine) note(r row, d decision) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.res.count(r, d)
	if d.kind == adopted {
		e.res.Adopted++
	}
	if r.src != nil {
		e.progress.Seen++
	}
}

// judge keeps a blob's failure, or returns the error when it ends the run.
func (e *engine) judge(ctx context.Context, name string, err error) error {
	var dark *region.UnreachableError
	if err == nil || errors.As(err, &dark) || ctx.Err() != nil {
		return err
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if len(e.failures) < maxFailures {
		e.failures = append(e.failures, Failure{Name: name, Err: err})
	}
	if len(e.failures) == maxFailures {
		return errTooMany
	}
	return nil
}

// errTooMany ends a run; the failures say why.
var errTooMany = errors.New("the run was given up after too many failures")

func (e *engine) failed() error {
	if len(e.failures) == 0 {
		return nil
	}
	return &TransferError{Failures: e.failures}
}

func (e *engine) report(change func(*Progress)) {
	e.mu.Lock()
	defer e.mu.Unlock()
	change(&e.progress)
	if e.opt.Progress != nil {
		e.opt.Progress(e.progress)
	}
}

// result is the run's result so far.
func (e *engine) result() Result {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.res
}

// streaming tells how to transfer now.
func (e *engine) streaming() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.opt.Transfer == TransferStream || e.fallback
}

// fallBack goes over to streaming for the rest of the run.
func (e *engine) fallBack(because error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if !e.fallback {
		e.fallback = true
		e.res.FallbackReason = because.Error()
		e.progress.Streaming = true
	}
}

// settle takes a row out of what is pending and counts what was done.
func (e *engine) settle(r row, d decision, done func(*Result)) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.res.unpend(r, d)
	if done != nil {
		done(&e.res)
	}
}

// copied counts a transfer.
func (e *engine) copied(r row, d decision, size int64, c blobstore.Copied, streamed bool) {
	e.settle(r, d, func(res *Result) {
		res.Copied++
		res.CopiedBytes += size
		res.StreamedBytes += c.Bytes
		if streamed {
			res.Transfer = TransferStream
		} else if res.Transfer == "" {
			res.Transfer = TransferServerSide
		}
	})
	e.report(func(p *Progress) {
		p.Copied++
		p.CopiedBytes += size
	})
}
