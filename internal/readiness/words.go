package readiness

import (
	"fmt"
	"strings"
	"time"
)

// Age writes a duration as people say it: 45s, 12m, 5h 12m, 3d 4h.
func Age(d time.Duration) string {
	const dayLength = 24 * time.Hour
	two := func(big, small time.Duration, bigUnit, smallUnit string) string {
		text := fmt.Sprintf("%d%s", d/big, bigUnit)
		if rest := d % big / small; rest > 0 {
			text += fmt.Sprintf(" %d%s", rest, smallUnit)
		}
		return text
	}
	switch d = max(d, 0); {
	case d < time.Second && d > 0:
		return "under 1s"
	case d < time.Minute:
		return fmt.Sprintf("%ds", d/time.Second)
	case d < time.Hour:
		return fmt.Sprintf("%dm", d/time.Minute)
	case d < 2*dayLength:
		return two(time.Hour, time.Minute, "h", "m")
	}
	return two(dayLength, time.Hour, "d", "h")
}

func day(t time.Time) string { return t.UTC().Format(time.DateOnly) }

// block is a piece of configuration.
func block(head, line string) string {
	if !strings.HasSuffix(head, "{") {
		head += " {"
	}
	return head + "\n  " + line + "\n}"
}

// identifier makes a name fit to be one in a configuration.
func identifier(name string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' {
			return r
		}
		return '_'
	}, name)
}

func quoted(words []string) string {
	out := make([]string, len(words))
	for i, w := range words {
		out[i] = fmt.Sprintf("%q", w)
	}
	return strings.Join(out, ", ")
}
