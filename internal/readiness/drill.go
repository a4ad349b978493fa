package readiness

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// drillVersion opens every record of a drill. A reader refuses versions it does not know.
const drillVersion = 1

// DrillRecord is what the last drill of a pair that succeeded in a region leaves in
// the output container there, for whoever looks whether it was long ago.
type DrillRecord struct {
	Version int    `json:"version"`
	Pair    string `json:"pair"`
	ID      string `json:"drill_id"`
	// Location is where the drill ran.
	Location string `json:"location"`
	// Run is the number that the service gave the canary.
	Run       string    `json:"run"`
	StartedAt time.Time `json:"started_at"`
	EndedAt   time.Time `json:"ended_at"`
	// AcceptSeconds is how long it took from the start until the service had accepted
	// the canary, and OutputSeconds until it had written its first output.
	AcceptSeconds float64 `json:"accept_seconds"`
	OutputSeconds float64 `json:"output_seconds,omitempty"`
	// OutputsDeleted is how many blobs the canary had written.
	OutputsDeleted int64 `json:"outputs_deleted,omitempty"`
}

// DrillRecordName is the name of a pair's record, without the folder it lies in.
func DrillRecordName(pair string) string {
	sum := sha256.Sum256([]byte(pair))
	return "drill-" + hex.EncodeToString(sum[:8]) + ".json"
}

// Encode is the record's content.
func (d DrillRecord) Encode() []byte {
	d.Version = drillVersion
	d.StartedAt, d.EndedAt = d.StartedAt.UTC().Truncate(time.Millisecond), d.EndedAt.UTC().Truncate(time.Millisecond)
	// Marshalling strings, finite numbers and times of this millennium cannot fail.
	content, _ := json.Marshal(d)
	return append(content, '\n')
}

// ParseDrill reads what Encode wrote, and trusts none of it.
func ParseDrill(pair string, content []byte) (DrillRecord, error) {
	var d DrillRecord
	if err := json.Unmarshal(content, &d); err != nil {
		return DrillRecord{}, errors.New("it is not JSON of the expected form")
	}
	switch {
	case d.Version != drillVersion:
		return DrillRecord{}, fmt.Errorf("it has version %d, and this version of the provider knows %d", d.Version, drillVersion)
	case d.Pair != pair:
		return DrillRecord{}, fmt.Errorf("it is that of the pair %q", d.Pair)
	case d.EndedAt.IsZero(), d.EndedAt.Before(d.StartedAt), d.EndedAt.Year() > 9998, d.AcceptSeconds < 0, d.OutputSeconds < 0, d.OutputsDeleted < 0:
		return DrillRecord{}, errors.New("its times make no sense")
	}
	return d, nil
}

// Seen is what the rules go by.
func (d DrillRecord) Seen() Drill {
	return Drill{At: d.EndedAt, ID: d.ID, Duration: d.EndedAt.Sub(d.StartedAt), Accept: time.Duration(d.AcceptSeconds * float64(time.Second))}
}
