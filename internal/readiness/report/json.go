package report

import (
	"encoding/json"
	"math"
	"time"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/readiness"
)

// Version is that of the JSON report. It goes up when a field changes its meaning
// or goes away; a new field alone does not raise it.
const Version = 1

type document struct {
	Version          int        `json:"version"`
	Pair             string     `json:"pair"`
	ActiveRegion     string     `json:"active_region"`
	StandbyRegion    string     `json:"standby_region"`
	At               time.Time  `json:"at"`
	Probe            string     `json:"probe"`
	Verdict          string     `json:"verdict"`
	Ready            bool       `json:"ready"`
	Summary          string     `json:"summary"`
	RecoveryPointAge *int64     `json:"recovery_point_age_seconds"`
	LastDrillAt      *time.Time `json:"last_drill_at"`
	// Estimate is null without a drill that succeeded, or submissions to count.
	Estimate     *int64    `json:"estimated_recovery_time_seconds"`
	LastFailover *failover `json:"last_failover"`
	Checks       []entry   `json:"checks"`
	NotAsked     []string  `json:"not_asked"`
	InputStores  []backlog `json:"input_stores"`
}

type failover struct {
	From string    `json:"from"`
	To   string    `json:"to"`
	Mode string    `json:"mode,omitempty"`
	At   time.Time `json:"decided_at"`
	// Resubmitted is null while nobody has looked, and so are the others while they are
	// not known.
	Resubmitted *int64 `json:"resubmitted"`
	Accepted    *int64 `json:"accepted_seconds"`
	Finished    *int64 `json:"finished_seconds"`
}

type entry struct {
	Name    string `json:"name"`
	Region  string `json:"region,omitempty"`
	Subject string `json:"subject,omitempty"`
	Status  string `json:"status"`
	Message string `json:"message"`
	Remedy  string `json:"remedy,omitempty"`
}

type backlog struct {
	Name string `json:"name"`
	// Compared is false when the two sides could not be, and the figures are zero.
	Compared     bool       `json:"compared"`
	Blobs        int64      `json:"blobs"`
	Bytes        int64      `json:"bytes"`
	PendingBlobs int64      `json:"pending_blobs"`
	PendingBytes int64      `json:"pending_bytes"`
	Oldest       *time.Time `json:"oldest_pending,omitempty"`
	Pending      []pending  `json:"pending,omitempty"`
}

type pending struct {
	Name     string    `json:"name"`
	Bytes    int64     `json:"bytes"`
	Modified time.Time `json:"modified"`
	Reason   string    `json:"reason,omitempty"`
}

// JSON is the report for programs, indented, of the form that Version names.
func JSON(r readiness.Report) (string, error) {
	d := document{
		Version: Version, Pair: r.Pair, ActiveRegion: r.Active.Location, StandbyRegion: r.Standby.Location, At: r.At, Probe: r.Probe,
		Verdict: string(r.Verdict), Ready: r.Verdict == readiness.Ready, Summary: r.Summary(),
		Checks: []entry{}, NotAsked: r.NotAsked, InputStores: []backlog{}, LastDrillAt: moment(r.Drill.At),
	}
	if d.NotAsked == nil {
		d.NotAsked = []string{}
	}
	d.RecoveryPointAge, d.Estimate = seconds(r.RecoveryPointAge), seconds(r.Estimate)
	if f := r.LastFailover; f != nil {
		d.LastFailover = &failover{f.From, f.To, f.Mode, f.At.UTC(), f.Resubmitted, seconds(f.Accepted), seconds(f.Finished)}
	}
	for _, c := range r.Checks {
		d.Checks = append(d.Checks, entry{c.Name, c.Region, c.Subject, string(c.Status), c.Message, c.Remedy})
	}
	for _, s := range r.Stores {
		b := backlog{Name: s.Name, Compared: s.Unseen == "", Blobs: s.Blobs, Bytes: s.Bytes, PendingBlobs: s.PendingBlobs, PendingBytes: s.PendingBytes, Oldest: moment(s.Oldest)}
		for _, p := range s.Pending {
			b.Pending = append(b.Pending, pending{p.Name, p.Size, p.Modified.UTC(), p.Reason})
		}
		d.InputStores = append(d.InputStores, b)
	}
	out, err := json.MarshalIndent(d, "", "  ")
	return string(out) + "\n", err
}

func seconds(d *time.Duration) *int64 {
	if d == nil {
		return nil
	}
	n := int64(math.Round(d.Seconds()))
	return &n
}

func moment(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC()
	return &t
}
