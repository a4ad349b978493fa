package failover

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
)

// Phase is how far a change of the active region has come.
type Phase string

// The phases of a pair.
const (
	// PhaseActive is the steady one: nothing is under way.
	PhaseActive Phase = "active"
	// PhaseFailingOver says that a failover was recorded and has not been finished.
	PhaseFailingOver Phase = "failing_over"
)

// recordVersion opens every record. A reader refuses versions it does not know.
const recordVersion = 1

// PairRecord says which region of a pair is active, by whose word. A copy lies in
// the output container of each of the two regions, so that configurations that
// share nothing else see each other.
type PairRecord struct {
	Version int    `json:"version"`
	Pair    string `json:"pair"`
	// Active is the location that runs workflows from this generation on.
	Active     string `json:"active_region"`
	Generation int64  `json:"generation"`
	Phase      Phase  `json:"phase"`
	// Writer tells configurations apart: a random name that each keeps to itself.
	Writer string `json:"writer"`
	// By is who ran it, as user@host, for people to find each other.
	By string    `json:"by"`
	At time.Time `json:"at"`
	// From is the location that was left; empty in the first generation.
	From string `json:"from,omitempty"`
	// Mode is how it was left, and DetectedAt when it was first seen not to answer;
	// records of before there were these have neither.
	Mode       string     `json:"mode,omitempty"`
	DetectedAt *time.Time `json:"detected_at,omitempty"`
	// Followers are the other configurations that go by this record.
	Followers []Follower `json:"followers,omitempty"`
}

// Follower is a configuration that has joined what another one recorded, or whose
// record another one has followed upon.
type Follower struct {
	Writer string `json:"writer"`
	By     string `json:"by"`
}

// Upon is the record in the place of another: who went by that goes by this.
func (r PairRecord) Upon(before *PairRecord) PairRecord {
	if before == nil {
		return r
	}
	r.Followers = slices.Clone(before.Followers)
	if before.Writer != "" {
		r = r.Joined(Follower{Writer: before.Writer, By: before.By})
	}
	return r.Left(r.Writer)
}

// Joined is the record with one more follower, who is named once.
func (r PairRecord) Joined(f Follower) PairRecord {
	r = r.Left(f.Writer)
	if f.Writer != r.Writer {
		r.Followers = append(r.Followers, f)
	}
	return r
}

// Has reports whether a configuration is among the followers.
func (r PairRecord) Has(writer string) bool {
	return slices.ContainsFunc(r.Followers, func(f Follower) bool { return f.Writer == writer })
}

// Left is the record without a follower.
func (r PairRecord) Left(writer string) PairRecord {
	r.Followers = slices.DeleteFunc(slices.Clone(r.Followers), func(f Follower) bool { return f.Writer == writer })
	return r
}

// FollowedBy names those who go by the record besides its writer, for a person to read.
func (r PairRecord) FollowedBy() string {
	var names []string
	for _, f := range r.Followers {
		names = append(names, cmp.Or(readable(f.By), "another configuration"))
	}
	return strings.Join(names, ", ")
}

// readable is a text without what a terminal would obey.
func readable(text string) string {
	return strings.Map(func(c rune) rune {
		if unicode.IsGraphic(c) {
			return c
		}
		return -1
	}, text)
}

// RecordName is the name of a pair's record, without the folder it lies in.
func RecordName(pair string) string {
	sum := sha256.Sum256([]byte(pair))
	slug := strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', r == '-', r == '_':
			return r
		}
		return '-'
	}, pair)
	return "pair-" + slug + "-" + hex.EncodeToString(sum[:6]) + ".json"
}

// Encode is the record's content.
func (r PairRecord) Encode() []byte {
	r.Version, r.At = recordVersion, r.At.UTC().Truncate(time.Second)
	if r.DetectedAt != nil {
		at := r.DetectedAt.UTC().Truncate(time.Second)
		r.DetectedAt = &at
	}
	// Marshalling strings, numbers and a time of this millennium cannot fail.
	content, _ := json.Marshal(r)
	return append(content, '\n')
}

// RecordError says that what lies in a record's place cannot be used as one.
type RecordError struct {
	Reason string
	cause  error
}

// Error implements error.
func (e *RecordError) Error() string { return "the pair's record cannot be used: " + e.Reason }

// Unwrap gives the cause, if any.
func (e *RecordError) Unwrap() error { return e.cause }

// ParseRecord reads what Encode wrote, and trusts none of it. Every error is a
// *RecordError.
func ParseRecord(pair string, content []byte) (PairRecord, error) {
	var r PairRecord
	if err := json.Unmarshal(content, &r); err != nil {
		return PairRecord{}, &RecordError{Reason: "it is not JSON of the expected form", cause: err}
	}
	reason := ""
	switch {
	case r.Version != recordVersion:
		reason = fmt.Sprintf("it has version %d, and this version of the provider knows %d", r.Version, recordVersion)
	case r.Pair != pair:
		reason = fmt.Sprintf("it is the record of the pair %q", r.Pair)
	case r.Active == "":
		reason = "it names no active region"
	case r.Generation < 1:
		reason = fmt.Sprintf("it has the generation %d", r.Generation)
	case outOfRange(r.At) || r.DetectedAt != nil && outOfRange(*r.DetectedAt):
		// What Encode writes again has to be a time of four digits in UTC.
		reason = "its time is out of range"
	case r.Phase != PhaseActive && r.Phase != PhaseFailingOver:
		reason = fmt.Sprintf("it has the phase %q", r.Phase)
	}
	if reason != "" {
		return PairRecord{}, &RecordError{Reason: reason}
	}
	return r, nil
}

func outOfRange(at time.Time) bool { return at.UTC().Year() < 1 || at.UTC().Year() > 9998 }

// IsRecordError reports whether an error says that a record cannot be used.
func IsRecordError(err error) bool {
	var e *RecordError
	return errors.As(err, &e)
}

// SameFlip reports whether two records are of one change of the active region.
func (r PairRecord) SameFlip(o PairRecord) bool {
	return r.Writer == o.Writer && r.Generation == o.Generation && r.Active == o.Active
}

// Told says who made which region active, and when, for a person to read.
func (r PairRecord) Told() string {
	by := cmp.Or(readable(r.By), "Another configuration")
	verb := "made"
	if r.Phase == PhaseFailingOver {
		verb = "began to make"
	}
	return fmt.Sprintf("%s %s %s the active region of pair %q on %s (generation %d).", by, verb, r.Active, r.Pair, r.At.UTC().Format(time.RFC3339), r.Generation)
}

// NewestRecord is the record that holds among those seen: the one of the highest
// generation, the later of two. A copy in a region that was dark at a failover
// stays behind until somebody writes it again.
func NewestRecord(records []PairRecord) (PairRecord, bool) {
	var newest PairRecord
	for i, r := range records {
		later := r.Generation == newest.Generation && (r.At.After(newest.At) || r.At.Equal(newest.At) && r.Active > newest.Active)
		if i == 0 || r.Generation > newest.Generation || later {
			newest = r
		}
	}
	return newest, len(records) > 0
}
