package workflows

import (
	"context"
	"fmt"
	"time"
)

// submit takes a valid submission into the ledger and starts its job.
func (s *Service) submit(account Account, submission Submission) Run {
	s.mu.Lock()
	defer s.mu.Unlock()
	process := submission.Process
	if versioned, bare := versions[process]; bare {
		process = versioned
	}
	run := &Run{
		ID: s.next, Region: s.Region, Account: account.Name, TenantID: account.TenantID, Process: process,
		Created: s.Now().UTC(), Submission: submission,
	}
	s.next++
	s.runs = append(s.runs, run)
	s.turn(run, Queued, "submitted")
	s.launch(run)
	return run.clone()
}

// launch starts a queued run's job unless the region is down. The caller holds the lock.
func (s *Service) launch(run *Run) {
	if s.down || s.closed {
		return
	}
	run.epoch++
	ctx, cancel := s.work()
	s.jobs[run.ID] = cancel
	id, epoch := run.ID, run.epoch
	s.group.Go(func() {
		defer cancel(nil)
		s.job(ctx, id, epoch)
	})
}

// halt ends a run's job, if it has one, and makes its result count for
// nothing. The caller holds the lock.
func (s *Service) halt(run *Run, cause error) {
	run.epoch++
	if cancel, ok := s.jobs[run.ID]; ok {
		cancel(cause)
		delete(s.jobs, run.ID)
	}
}

// job is one job: it waits for a place, runs, and reports.
func (s *Service) job(ctx context.Context, id int64, epoch int) {
	if s.slots != nil {
		select {
		case s.slots <- struct{}{}:
			defer func() { <-s.slots }()
		case <-ctx.Done():
			return
		}
	}
	if !s.granted(ctx, id) {
		return
	}
	run, ok := s.started(id, epoch)
	if !ok {
		return
	}
	result := s.execute(ctx, run)
	if ctx.Err() == nil {
		s.done(id, epoch, result)
	}
}

func (s *Service) started(id int64, epoch int) (Run, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	run := s.find(id)
	if run == nil || run.epoch != epoch || run.Status != Queued && run.Status != InProgress {
		return Run{}, false
	}
	run.Attempts++
	s.turn(run, InProgress, "the job started")
	return run.clone(), true
}

func (s *Service) done(id int64, epoch int, r result) {
	s.mu.Lock()
	defer s.mu.Unlock()
	run := s.find(id)
	if run == nil || run.epoch != epoch {
		return
	}
	delete(s.jobs, id)
	run.FailureCode, run.Message, run.BasesProcessed, run.Products = r.code, r.message, r.bases, r.products
	run.Restart = r.code == CodeStorage && s.StorageDark()
	s.turn(run, r.status, "the job ended")
}

// cancel asks for the end of a run. A run that has ended already is refused,
// except one that was cancelled: asking twice is harmless.
func (s *Service) cancel(tenant, id int64) (run Run, found, refused bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := s.find(id)
	if r == nil || !r.belongs(tenant) {
		return Run{}, false, false
	}
	over := r.Status == Succeeded || r.Status == Failed
	s.stopRun(r)
	return r.clone(), true, over
}

// stopRun asks for the end of a run that has not ended. The caller holds the lock.
func (s *Service) stopRun(r *Run) {
	if finished(r.Status) || r.Status == Cancelling {
		return
	}
	s.halt(r, errCancelled)
	r.Restart = false
	s.turn(r, Cancelling, "cancellation was requested")
	s.settle(r)
}

// settle turns "cancellation requested" into "cancelled" after a while. The
// caller holds the lock.
func (s *Service) settle(run *Run) {
	if s.down {
		s.turn(run, Cancelled, "cancelled by the outage")
		return
	}
	if s.closed {
		return // Open goes on with it
	}
	id, epoch, since := run.ID, run.epoch, time.Now()
	description := run.Submission.Description
	ctx, cancel := s.work()
	s.group.Go(func() {
		defer cancel(nil)
		for {
			_, delay, _, changed := s.Controls.ask(s.Region, description)
			if waited(ctx, delay-time.Since(since), changed) {
				break
			}
			if ctx.Err() != nil {
				return
			}
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		if r := s.find(id); r.epoch == epoch && r.Status == Cancelling {
			s.turn(r, Cancelled, "cancelled")
		}
	})
}

// waited waits for d and reports true, or false when the settings changed or
// ctx ended before.
func waited(ctx context.Context, d time.Duration, changed <-chan struct{}) bool {
	if d <= 0 {
		return ctx.Err() == nil
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-changed:
	case <-ctx.Done():
	}
	return false
}

// Outage is the region going down: running jobs fail at once, queued ones stay
// queued, cancellations under way are over.
func (s *Service) Outage() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.down = true
	for _, run := range s.runs {
		switch run.Status {
		case InProgress:
			s.halt(run, errOutage)
			if run.Stuck || s.behaviour(run).Stuck {
				s.freeze(run, run.Shown)
				continue
			}
			run.Restart, run.FailureCode = true, CodeOutage
			run.Message = "The workflow failed because of an internal error of the service."
			s.turn(run, Failed, "the region went down")
		case Queued:
			s.halt(run, errOutage)
		case Cancelling:
			s.halt(run, errOutage)
			s.turn(run, Cancelled, "cancelled by the outage")
		}
	}
}

// Requeue is the service coming back: it queues the jobs that the outage
// failed again, under their old numbers. They start with Resume, so that the
// ledger is right before the first client is let in.
func (s *Service) Requeue() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, run := range s.runs {
		if run.Restart && run.Status == Failed {
			run.Restart, run.FailureCode, run.Message, run.BasesProcessed = false, 0, "", nil
			run.Restarts++
			s.turn(run, Queued, "the service restarted the job by itself")
		}
	}
}

// Resume starts what waits in the queue.
func (s *Service) Resume() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.down = false
	for _, run := range s.runs {
		if _, running := s.jobs[run.ID]; run.Status == Queued && !running {
			s.launch(run)
		}
	}
}

// Drop cancels the unfinished runs of an account that was deleted.
func (s *Service) Drop(tenant int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, run := range s.runs {
		if run.TenantID == tenant && (!finished(run.Status) || run.Restart) {
			s.halt(run, errCancelled)
			run.Restart = false
			s.turn(run, Cancelled, "the account was deleted")
		}
	}
}

// Change is what the admin API may force on a run.
type Change struct {
	Status      *int   `json:"status,omitempty"`
	State       string `json:"state,omitempty"` // of a task, in the words of the GA4GH interfaces
	FailureCode *int   `json:"failure_code,omitempty"`
	Message     string `json:"message,omitempty"`
	Release     bool   `json:"release,omitempty"` // no hold applies to this run from now on
	Forget      bool   `json:"forget,omitempty"`  // the service knows nothing of this run from now on
}

// Force applies a change. A run set to queued or in progress gets a new job; a
// status that the service does not know is kept as it is.
func (s *Service) Force(id int64, c Change) (Record, error) {
	s.mu.Lock()
	run := s.find(id)
	if run == nil {
		s.mu.Unlock()
		return Record{}, fmt.Errorf("the region %s has no workflow %d", s.Region, id)
	}
	if c.Release {
		run.Exempt = true
		s.save(run)
	}
	switch {
	case c.Status != nil:
		s.force(run, *c.Status, c)
	case c.State != "" && run.Task != nil:
		s.forceState(run, c.State, c)
	}
	if c.Forget {
		s.forget(run)
	}
	record := run.record(s.held(run))
	s.mu.Unlock()
	s.Controls.wake()
	return record, nil
}

// forget takes a run away from everybody. Its job, if it has one, is over.
func (s *Service) forget(run *Run) {
	run.Forgotten = true
	if !finished(run.Status) || run.Restart {
		s.halt(run, errCancelled)
		run.Restart = false
		s.turn(run, Cancelled, "the service has forgotten it")
		return
	}
	s.save(run)
}

func (s *Service) force(run *Run, status int, c Change) {
	s.halt(run, errReplaced)
	run.Restart, run.FailureCode, run.Message = false, 0, c.Message
	switch {
	case c.FailureCode != nil:
		run.FailureCode = *c.FailureCode
	case status == Failed:
		run.FailureCode = CodeForced
	}
	s.turn(run, status, "set over the admin API")
	switch status {
	case Queued, InProgress:
		s.launch(run)
	case Cancelling:
		s.settle(run)
	}
}
