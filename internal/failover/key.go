package failover

import (
	"crypto/sha256"
	"encoding/base32"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"strings"
)

const (
	// KeyLength is the number of characters of a submission key.
	KeyLength = 26
	// identityLength is how much of a key names the submission. The rest names
	// its revision, so that one search finds every run of a submission, whatever
	// its generation: that is how a lost state file is survived.
	identityLength = 16
	// maxGeneration bounds the search for the generation of a found run.
	maxGeneration = 4096
)

// Identity names a submission for good: by its pair and its own name there.
type Identity struct {
	Pair       string
	Submission string
}

// Content is the content of a workflow submission. What merely steers
// this provider (durations, failover policy) or labels the run is not content.
type Content struct {
	Process     string            `json:"process"`
	ProcessArgs string            `json:"process_args"`
	Inputs      []string          `json:"inputs"`
	Basename    string            `json:"basename"`
	Options     map[string]string `json:"options,omitempty"`
	Triggers    map[string]string `json:"triggers,omitempty"`
}

// Key is the submission key: 26 characters of a-z and 2-7, a function of the
// identity, the generation and the content alone. Locations are deliberately
// not part of it: a run in another region is the same submission.
//
// content is what makes a run another run when it changes, in whatever form a kind
// of submission has for it; it must marshal, and always to the same.
func Key(id Identity, generation int64, content any) string {
	// Marshalling sorts map keys.
	body, _ := json.Marshal(content)
	revision := sha256.New()
	_ = binary.Write(revision, binary.BigEndian, generation)
	revision.Write(body)
	return Part(id) + encode(revision.Sum(nil))[:KeyLength-identityLength]
}

// Part is what the keys of all runs of a submission begin with, and no other's.
func Part(id Identity) string {
	h := sha256.New()
	// Lengths separate the two names, so that ("a", "bc") is not ("ab", "c").
	fmt.Fprintf(h, "%d:%s%d:%s", len(id.Pair), id.Pair, len(id.Submission), id.Submission)
	return encode(h.Sum(nil))[:identityLength]
}

// markLength is how many characters of a hash the mark of a failover has.
const markLength = 12

// Mark is what the runs carry that a failover of a pair submits, beside their keys:
// by it they are found again, to tell how long it took. A change of the active
// region has a generation of the pair's for itself.
func Mark(pair string, generation int64) string {
	h := sha256.New()
	fmt.Fprintf(h, "failover %d of %s", generation, pair)
	return encode(h.Sum(nil))[:markLength]
}

func encode(sum []byte) string {
	return strings.ToLower(base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(sum))
}

// Generation tells which generation of a submission carries the key, looking
// upwards from 1. It is how a run found without state is recognised.
func Generation(id Identity, content any, key string) (int64, bool) {
	if !strings.HasPrefix(key, Part(id)) {
		return 0, false
	}
	for g := int64(1); g <= maxGeneration; g++ {
		if Key(id, g, content) == key {
			return g, true
		}
	}
	return 0, false
}
