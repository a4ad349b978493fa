// Package report writes a judgement of readiness for its readers: Markdown for a
// job's summary or a pull request, JUnit XML for a build server, JSON for
// programs, and SVG for people who look at pictures.
package report

import (
	"fmt"
	"strings"
	"unicode"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/readiness"
)

// words are what people read for a verdict.
var words = map[readiness.Verdict]string{
	readiness.Ready: "ready", readiness.NotReady: "not ready", readiness.VerdictUnknown: "unknown",
}

// route names the two regions of a failover.
func route(r readiness.Report) string {
	return fmt.Sprintf("%s (active) → %s (standby)", r.Active.Location, r.Standby.Location)
}

// facts are what a report says beside its checks.
func facts(r readiness.Report) string {
	age := "recovery point unknown"
	if r.RecoveryPointAge != nil {
		age = "recovery point " + readiness.Age(*r.RecoveryPointAge) + " old"
	}
	probe := "nothing was changed to find out"
	if r.Probe == readiness.ProbeWrite {
		probe = "a probe blob was written and deleted"
	}
	return fmt.Sprintf("%s · %s · %s", age, r.At.Format("2006-01-02 15:04 UTC"), probe)
}

// recovery says how long a failover would take, beside how long the last one took;
// empty when neither is known.
func recovery(r readiness.Report) string {
	var parts []string
	if r.Estimate != nil {
		parts = append(parts, fmt.Sprintf("recovery time about %s, estimated from the drill of %s", readiness.Age(*r.Estimate), r.Drill.At.UTC().Format("2006-01-02")))
	}
	if r.LastFailover != nil {
		parts = append(parts, "last failover "+r.LastFailover.Told())
	}
	return strings.Join(parts, " · ")
}

// plain makes one line of a text and drops what no reader can show: it may hold
// names of blobs, which can be anything.
func plain(text string) string { return strings.Join(strings.Fields(shown(text)), " ") }

// lines is plain for a text that may have several, whose spaces stay.
func lines(text string) string {
	out := strings.Split(text, "\n")
	for i, line := range out {
		out[i] = strings.TrimRight(shown(line), " ")
	}
	return strings.Join(out, "\n")
}

// shown has a space for whatever cannot be seen.
func shown(text string) string {
	return strings.Map(func(c rune) rune {
		if unicode.IsSpace(c) || !unicode.IsGraphic(c) {
			return ' '
		}
		return c
	}, strings.ToValidUTF8(text, "�"))
}
