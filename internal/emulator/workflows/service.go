package workflows

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/emulator/reads"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/emulator/state"
)

const kindRun = "run"

// firstID is where a region's workflow numbers begin. Every region counts for
// itself, so the same number means different runs in two regions.
const firstID = 10001

// Account is what the service knows of a Genomics account.
type Account struct {
	Name     string
	TenantID int64
}

// Config is what a region's service is made of.
type Config struct {
	Region   string
	Log      *state.Log
	Controls *Controls
	Limits   reads.Limits
	MaxJobs  int // jobs at a time; 0 means any number
	// AccountByKey finds the account that a subscription key opens in this region.
	AccountByKey func(key string) (Account, bool)
	// StorageLocation is the region of a storage account.
	StorageLocation func(account string) (string, bool)
	// BlobURL is the base URL of a storage account's blob service, known once the servers are up.
	BlobURL func(account string) (string, bool)
	// StorageDark reports whether this region's storage is down.
	StorageDark func() bool
	// Behave tells how the region's server of a GA4GH face runs its tasks; nil is without fail.
	Behave func(Face) Behaviour
	// KnownHost reports whether a host:port is a region's Blob endpoint: no task reads or writes elsewhere.
	KnownHost func(host string) bool
	// Seen is told of every SAS and key a client sends. It may be nil.
	Seen func(kind, owner, text string)
	// Mark puts the sign of a job's own requests on them.
	Mark   func(http.Header)
	Logger *slog.Logger
	Now    func() time.Time
}

// Service is the workflow service of one region.
type Service struct {
	Config
	client *http.Client
	slots  chan struct{} // jobs at a time, nil for any number
	cpu    chan struct{} // jobs that read their inputs at a time

	mu     sync.Mutex
	runs   []*Run // oldest first
	next   int64
	down   bool
	closed bool
	jobs   map[int64]context.CancelCauseFunc
	group  sync.WaitGroup
	// work gives a context for one piece of work; all of them end with stop.
	work func() (context.Context, context.CancelCauseFunc)
	stop context.CancelFunc
}

// parallelReads bounds the processor time that jobs take from everything else.
const parallelReads = 2

// storageTimeout is how long storage may take to begin an answer to a job.
const storageTimeout = 15 * time.Second

var (
	errOutage    = errors.New("the region went down")
	errCancelled = errors.New("the workflow was cancelled")
	errReplaced  = errors.New("the workflow's status was set over the admin API")
	errClosed    = errors.New("the emulator is closing")
)

// New prepares a region's service and reads its runs from the state.
func New(config Config) (*Service, error) {
	s := &Service{
		Config: config, next: firstID, jobs: map[int64]context.CancelCauseFunc{}, cpu: make(chan struct{}, parallelReads),
		client: &http.Client{Transport: &http.Transport{
			MaxIdleConnsPerHost: 8, IdleConnTimeout: 4 * time.Second, ResponseHeaderTimeout: storageTimeout, DisableCompression: true,
		}},
	}
	if config.MaxJobs > 0 {
		s.slots = make(chan struct{}, config.MaxJobs)
	}
	err := config.Log.Each(kindRun, func(_ string, raw []byte) error {
		run := &Run{}
		if err := json.Unmarshal(raw, run); err != nil {
			return err
		}
		if run.Region == config.Region {
			s.runs = append(s.runs, run)
			s.next = max(s.next, run.ID+1)
		}
		return nil
	})
	slices.SortFunc(s.runs, func(a, b *Run) int { return int(a.ID - b.ID) })
	return s, err
}

// Open starts the jobs that an earlier run of the emulator left unfinished.
// With down set they wait for Resume. Jobs outlive ctx and the requests that
// start them; Close ends them.
func (s *Service) Open(ctx context.Context, down bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	ctx, s.stop = context.WithCancel(context.WithoutCancel(ctx))
	s.work = func() (context.Context, context.CancelCauseFunc) { return context.WithCancelCause(ctx) }
	s.down = down
	for _, run := range s.runs {
		switch run.Status {
		case InProgress:
			if run.Stuck {
				continue
			}
			s.turn(run, Queued, "the emulator was restarted")
			s.launch(run)
		case Queued:
			s.launch(run)
		case Cancelling:
			s.settle(run)
		}
	}
}

// Close ends every job and waits for them.
func (s *Service) Close() {
	s.mu.Lock()
	s.closed = true
	for _, cancel := range s.jobs {
		cancel(errClosed)
	}
	stop := s.stop
	s.mu.Unlock()
	if stop != nil {
		stop()
	}
	s.group.Wait()
	s.client.CloseIdleConnections()
}

// Records returns the ledger, oldest run first.
func (s *Service) Records() []Record {
	s.mu.Lock()
	defer s.mu.Unlock()
	records := make([]Record, 0, len(s.runs))
	for _, run := range s.runs {
		records = append(records, run.record(s.held(run)))
	}
	return records
}

func (s *Service) held(run *Run) bool {
	_, _, held, _ := s.Controls.ask(s.Region, run.Submission.Description)
	return held && !run.Exempt && run.Status == InProgress
}

// find returns a run by its number. The caller holds the lock.
func (s *Service) find(id int64) *Run {
	index, found := slices.BinarySearchFunc(s.runs, id, func(r *Run, id int64) int { return int(r.ID - id) })
	if !found {
		return nil
	}
	return s.runs[index]
}

// turn changes a run's status and remembers the change. The caller holds the lock.
func (s *Service) turn(run *Run, status int, reason string) {
	now := s.Now().UTC()
	run.Status = status
	run.Shown, run.Stuck, run.Initializing = "", false, false
	run.Transitions = append(run.Transitions, Transition{Status: status, Name: StatusName(status), Time: now, Reason: reason})
	run.Ended = nil
	if finished(status) {
		run.Ended = &now
	}
	s.save(run)
	s.Logger.Info("workflow", "region", s.Region, "id", run.ID, "status", StatusName(status), "reason", reason)
}

func (s *Service) save(run *Run) {
	s.Log.Put(kindRun, fmt.Sprintf("%s/%012d", s.Region, run.ID), run)
}
