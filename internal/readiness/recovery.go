package readiness

import (
	"fmt"
	"math"
	"strings"
	"time"
)

// atOnce is how many resources the CLI works on at a time by default.
const atOnce = 10

// Failover is how the last real failover of a pair went. What is not known, or not
// yet, is nil or zero.
type Failover struct {
	From, To, Mode string
	// At is when it was decided.
	At time.Time
	// Resubmitted is how many runs it submitted.
	Resubmitted *int64
	// Accepted and Finished are how long it took until the last of them was accepted,
	// and had ended, from when the region was seen dark or else was left.
	Accepted, Finished *time.Duration
}

// Estimate is how long a failover would take that resubmits so many: until the region
// is found dark, until the service has accepted all, as fast as the last drill's, and
// until that one has ended. It is nil without a drill that succeeded.
func Estimate(patience time.Duration, resubmits int, drill Drill) *time.Duration {
	if drill.At.IsZero() {
		return nil
	}
	waves := math.Ceil(float64(resubmits) / atOnce)
	took := patience + time.Duration(waves*float64(drill.Accept)) + drill.Duration
	return &took
}

// estimate is that of a failover now; nil also when nobody said which submissions
// the pair has. Where it is not known which of them have ended, all are counted.
func (o Observation) estimate() *time.Duration {
	w := o.Workflows
	switch {
	case !w.Asked:
		return nil
	case w.Unseen != "":
		return Estimate(o.Patience, w.Total, o.Drill)
	}
	return Estimate(o.Patience, w.Unfinished, o.Drill)
}

// Told is what was measured, for a person to read.
func (f Failover) Told() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s → %s on %s", f.From, f.To, day(f.At))
	if f.Mode != "" {
		fmt.Fprintf(&b, " (%s)", f.Mode)
	}
	switch {
	case f.Resubmitted == nil:
		return b.String() + ": nobody has looked yet what it resubmitted"
	case *f.Resubmitted == 0:
		return b.String() + ": nothing was to be resubmitted"
	}
	fmt.Fprintf(&b, ": %d resubmitted", *f.Resubmitted)
	for _, step := range []struct {
		took *time.Duration
		text string
		not  string
	}{{f.Accepted, "all accepted after ", "not yet told to be accepted"}, {f.Finished, "all ended after ", "not all ended yet"}} {
		if step.took == nil {
			b.WriteString(", " + step.not)
		} else {
			b.WriteString(", " + step.text + Age(*step.took))
		}
	}
	return b.String()
}
