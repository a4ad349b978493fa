package failover

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
	"time"
)

// Handover is the note that is written beside a run that counts before this
// provider stops it to make way for another. State is saved only when an apply
// ends: if it is killed in between, the next one sees a cancelled run, and the
// note tells it from one that somebody wanted gone.
type Handover struct {
	Key        string    `json:"submission_key"`
	AccountID  string    `json:"account_id"`
	WorkflowID string    `json:"workflow_id"`
	To         string    `json:"to"`
	At         time.Time `json:"at"`
}

// Name is the note's name, without the folder it lies in. It is a function of the
// run alone, so that reading it needs no listing.
func (h Handover) Name() string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%s\x00%s\x00%s", strings.ToLower(h.AccountID), h.WorkflowID, h.Key))
	return "handover-" + hex.EncodeToString(sum[:16]) + ".json"
}

// Encode is the note's content, for whoever looks at the container.
func (h Handover) Encode() []byte {
	// Marshalling strings and a time of this millennium cannot fail.
	content, _ := json.Marshal(h)
	return append(content, '\n')
}
