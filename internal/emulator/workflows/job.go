package workflows

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/emulator/reads"
)

// result is how a job ended.
type result struct {
	status  int
	code    int
	message string
	bases   *int64
	// products are what a task has written.
	products []Product
}

// jobLog collects what goes into the archive of logs.
type jobLog struct{ out, err strings.Builder }

func (l *jobLog) printf(format string, args ...any) { fmt.Fprintf(&l.out, format+"\n", args...) }

// execute is a job from its start to its end. It aligns nothing: it reads and
// checks every input, waits as the settings say, and writes what a client can
// check.
func (s *Service) execute(ctx context.Context, run Run) result {
	if run.Task != nil {
		return s.executeTask(ctx, run)
	}
	log := &jobLog{}
	log.printf("workflow %d in %s, attempt %d: %s %s", run.ID, s.Region, run.Attempts, run.Process, run.Submission.ProcessArgs)
	bases, err := s.process(ctx, run, log)
	if err == nil {
		err = s.writeResult(ctx, run, bases, log)
	}
	if err == nil {
		return result{status: Succeeded, bases: &bases}
	}
	if ctx.Err() != nil {
		return result{} // halted: whoever did it has written the end
	}
	r := result{status: Failed}
	r.code, r.message = classify(err)
	fmt.Fprintf(&log.err, "%s (code %d)\n", r.message, r.code)
	if r.code != CodeOutputExists && run.Submission.IncludeLogs {
		// Logs are a help, not a result: a failure to write them changes nothing.
		_ = s.writeLogs(ctx, run, nil, log)
	}
	return r
}

func classify(err error) (code int, message string) {
	var bad *reads.InputError
	var storage *storageError
	switch {
	case errors.As(err, &bad):
		return bad.Code, bad.Message
	case errors.As(err, &storage):
		return storage.code(), storage.Error()
	case errors.Is(err, errOutputExists):
		return CodeOutputExists, err.Error()
	default:
		return CodeStorage, "storage could not be reached"
	}
}

func (s *Service) process(ctx context.Context, run Run, log *jobLog) (int64, error) {
	begun := time.Now()
	if err := s.checkOutput(ctx, run); err != nil {
		return 0, err
	}
	bases, err := s.readInputs(ctx, run, log)
	if err != nil {
		return bases, err
	}
	return bases, s.linger(ctx, run, begun)
}

func (s *Service) readInputs(ctx context.Context, run Run, log *jobLog) (bases int64, err error) {
	leave, err := s.reading(ctx)
	if err != nil {
		return 0, err
	}
	defer leave()
	inputs := run.Submission.Inputs
	if run.Submission.aligned() {
		for _, input := range inputs {
			n, err := s.readAligned(ctx, run, input)
			if err != nil {
				return bases, err
			}
			log.printf("%s: %d bases", input.Name, n)
			bases += n
		}
		return bases, nil
	}
	for i := 0; i < len(inputs); i += 2 {
		n, err := s.readPair(ctx, run, inputs[i], inputs[i+1])
		if err != nil {
			return bases, err
		}
		log.printf("%s and %s: %d bases", inputs[i].Name, inputs[i+1].Name, n)
		bases += n
	}
	return bases, nil
}

// reading waits for a place among the jobs that read, and returns how to leave it.
func (s *Service) reading(ctx context.Context) (leave func(), err error) {
	select {
	case s.cpu <- struct{}{}:
		return func() { <-s.cpu }, nil
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

func (s *Service) readAligned(ctx context.Context, run Run, input Input) (int64, error) {
	body, err := s.fetch(ctx, run, input)
	if err != nil {
		return 0, err
	}
	defer body.Close()
	return s.countAligned(ctx, reads.Named{Name: input.Name, Reader: body})
}

func (s *Service) countAligned(ctx context.Context, file reads.Named) (int64, error) {
	if strings.HasSuffix(strings.ToLower(file.Name), ".bam") {
		return reads.BAM(ctx, file, s.Limits)
	}
	return reads.SAM(ctx, file, s.Limits)
}

func (s *Service) readPair(ctx context.Context, run Run, first, second Input) (int64, error) {
	one, err := s.fetch(ctx, run, first)
	if err != nil {
		return 0, err
	}
	defer one.Close()
	two, err := s.fetch(ctx, run, second)
	if err != nil {
		return 0, err
	}
	defer two.Close()
	return reads.FASTQ(ctx, named(first, one), named(second, two), s.Limits, !run.Submission.SkipValidation)
}

func named(input Input, r io.Reader) reads.Named { return reads.Named{Name: input.Name, Reader: r} }

// linger lets a job take as long as the settings say, and no hold ends before
// it is released.
func (s *Service) linger(ctx context.Context, run Run, begun time.Time) error {
	for {
		duration, _, held, changed := s.Controls.ask(s.Region, run.Submission.Description)
		if held && !s.exempt(run.ID) {
			select {
			case <-changed:
				continue
			case <-ctx.Done():
				return context.Cause(ctx)
			}
		}
		if waited(ctx, duration-time.Since(begun), changed) {
			return nil
		}
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
	}
}

func (s *Service) exempt(id int64) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	run := s.find(id)
	return run != nil && run.Exempt
}
