package report

import (
	"cmp"
	_ "embed"
	"fmt"
	"html"
	"slices"
	"strings"
	"text/template"

	"github.com/dustin/go-humanize"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/readiness"
)

//go:embed picture.svg.tmpl
var pictureText string

var picture = template.Must(template.New("picture").Funcs(template.FuncMap{
	"xml": func(text string) string { return html.EscapeString(plain(text)) },
	// The spaces of what was cut to size already stay.
	"text": html.EscapeString,
	"add":  func(a, b int) int { return a + b },
}).Parse(pictureText))

// The picture's measures, in pixels.
const (
	width       = 960
	cardTop     = 142
	cardHead    = 62
	rowHeight   = 26
	arrowStep   = 74
	noteHeight  = 20
	noteWrap    = 116 // characters of a note's line
	aboutWidth  = 33  // characters of a row in a card
	remedyLines = 9
)

// colours of a status: of the line or dot, and of its ground.
var colours = map[readiness.Status][2]string{
	readiness.Pass: {"#1a7f37", "#dafbe1"}, readiness.Fail: {"#cf222e", "#ffebe9"}, readiness.Unknown: {"#9a6700", "#fff8c5"},
}

var signs = map[readiness.Status]string{readiness.Pass: "✓", readiness.Fail: "✕"}

// ink is the colour of a status; what nobody knows looks as what is unknown.
func ink(status readiness.Status) string {
	return cmp.Or(colours[status][0], colours[readiness.Unknown][0])
}

func counts(r readiness.Report) string {
	return fmt.Sprintf("%d checks: %d fail, %d unknown, %d pass", len(r.Checks), r.Count(readiness.Fail), r.Count(readiness.Unknown), r.Count(readiness.Pass))
}

type shape struct {
	Title, Verdict, Summary, Facts string
	Ink, Ground                    string
	Width, Height                  int
	Cards                          []card
	Arrows                         []arrow
	Middle                         []note
	Notes                          []note
}

type card struct {
	X, Y, W, H                 int
	Role, Location, Name, Line string
	Ink                        string
	Rows                       []dot
}

// dot is one check in a card.
type dot struct {
	X, Y         int
	Text, Detail string
	Ink, Sign    string
}

// arrow is one store's replication, or that there is nothing to replicate.
type arrow struct {
	From, To, Y, Mid        int
	Name, Label, Age        string
	Ink, Ground, Dash, Head string
}

type note struct {
	Y           int
	Text, Class string
	Ink         string
}

// SVG is one picture of both regions, which needs nothing beside itself: what is in
// each, what flows between them with its backlog, and in red where it hurts.
func SVG(r readiness.Report) (string, error) {
	s := shape{
		Title: "Failover readiness of " + r.Pair, Verdict: strings.ToUpper(words[r.Verdict]), Summary: counts(r), Facts: route(r) + " · " + facts(r), Width: width,
	}
	s.Ink, s.Ground = verdictColours(r.Verdict)
	active, standby := perRegion(r)
	s.Cards = []card{
		region("ACTIVE", r.Active, active, 24),
		region("STANDBY", r.Standby, standby, 636),
	}
	s.Arrows = arrows(r)
	s.Middle = middle(r, cardTop+arrowStep*max(len(r.Stores), 1)+58)
	bottom := s.Middle[len(s.Middle)-1].Y
	for _, c := range s.Cards {
		bottom = max(bottom, c.Y+c.H)
	}
	s.Notes = notes(r, bottom+34)
	s.Height = bottom + 24
	if n := len(s.Notes); n > 0 {
		s.Height = s.Notes[n-1].Y + 26
	}
	var out strings.Builder
	err := picture.Execute(&out, s)
	return out.String(), err
}

func verdictColours(v readiness.Verdict) (ink, ground string) {
	status := map[readiness.Verdict]readiness.Status{readiness.Ready: readiness.Pass, readiness.NotReady: readiness.Fail}[v]
	both := colours[cmp.Or(status, readiness.Unknown)]
	return both[0], both[1]
}

// perRegion gives the checks to the card of their region; what is about no region
// of the pair stands with the standby, which is what is judged.
func perRegion(r readiness.Report) (active, standby []readiness.Check) {
	for _, c := range readiness.Worst(r.Checks) {
		if c.Region == r.Active.Location {
			active = append(active, c)
		} else {
			standby = append(standby, c)
		}
	}
	return active, standby
}

func region(role string, r readiness.Region, checks []readiness.Check, x int) card {
	c := card{X: x, Y: cardTop, W: 300, Role: role, Location: r.Location, Name: cmp.Or(r.DisplayName, "not a known region"), Ink: "#d0d7de"}
	if r.Geography != "" {
		c.Name += ", " + r.Geography
	}
	if slices.ContainsFunc(checks, func(c readiness.Check) bool { return c.Status == readiness.Fail }) {
		c.Ink = colours[readiness.Fail][0]
	}
	for _, check := range grouped(checks, r.Location) {
		c.Rows = append(c.Rows, dot{
			X: x + 26, Y: cardTop + cardHead + rowHeight*len(c.Rows) + 12, Text: clip(check.Name, aboutWidth), Detail: check.Message,
			Ink: ink(check.Status), Sign: cmp.Or(signs[check.Status], "?"),
		})
	}
	c.H = cardHead + rowHeight*len(c.Rows) + 10
	return c
}

// grouped makes one row of the checks of one rule that found the same.
func grouped(checks []readiness.Check, location string) []readiness.Check {
	var out []readiness.Check
	for _, c := range checks {
		subject := c.Subject
		if c.Region != location && c.Region != "" {
			subject = strings.TrimSpace(subject + " " + c.Region)
		}
		name := strings.ReplaceAll(c.Name, "_", " ")
		at := slices.IndexFunc(out, func(o readiness.Check) bool { return o.Status == c.Status && o.Subject == name })
		if at < 0 {
			at = len(out)
			out = append(out, readiness.Check{Name: name, Subject: name, Status: c.Status})
		}
		separator := " · "
		if strings.Contains(out[at].Name, separator) {
			separator = ", "
		}
		if subject != "" {
			out[at].Name += separator + subject
		}
		out[at].Message = strings.TrimSpace(out[at].Message + " " + c.Message)
	}
	return out
}

// middle says between the two regions what there is to take along, and what the
// last drill showed.
func middle(r readiness.Report, top int) []note {
	var texts []string
	if w := r.Workflows; w.Asked && w.Unseen == "" {
		texts = append(texts, fmt.Sprintf("%d of %d submissions unfinished", w.Unfinished, w.Total))
	} else if w.Asked {
		texts = append(texts, fmt.Sprintf("%d submissions, unfinished: unknown", w.Total))
	}
	if r.RecoveryPointAge != nil {
		texts = append(texts, "recovery point "+readiness.Age(*r.RecoveryPointAge)+" old")
	} else {
		texts = append(texts, "recovery point unknown")
	}
	if d := r.Drill; !d.At.IsZero() {
		texts = append(texts, "last drill "+readiness.Age(r.At.Sub(d.At))+" ago:",
			fmt.Sprintf("accepted in %s, done in %s", readiness.Age(d.Accept), readiness.Age(d.Duration)))
	}
	var out []note
	for i, text := range texts {
		out = append(out, note{Y: top + noteHeight*i, Text: text})
	}
	return out
}

func arrows(r readiness.Report) []arrow {
	var out []arrow
	for i, s := range r.Stores {
		a := arrow{From: 334, To: 626, Mid: 480, Y: cardTop + 78 + arrowStep*i, Name: clip(s.Name, 36), Head: "pass"}
		status := readiness.Pass
		switch {
		case s.Unseen != "":
			status, a.Label, a.Dash, a.Head = readiness.Unknown, "backlog unknown", "7 6", "unknown"
		case s.PendingBlobs > 0:
			status, a.Head = readiness.Fail, "fail"
			a.Label = fmt.Sprintf("%d of %d blobs behind, %s", s.PendingBlobs, s.Blobs, humanize.IBytes(uint64(max(s.PendingBytes, 0))))
			if !s.Oldest.IsZero() {
				a.Age = "oldest " + readiness.Age(r.At.Sub(s.Oldest))
			}
			if !s.Flows {
				a.Dash, a.Age = "3 7", "nothing flows this way"
			}
		default:
			a.Label = fmt.Sprintf("%d blobs, %s, none behind", s.Blobs, humanize.IBytes(uint64(max(s.Bytes, 0))))
		}
		a.Ink, a.Ground = colours[status][0], colours[status][1]
		out = append(out, a)
	}
	return out
}

// notes say in words what hurts, and what to do about it.
func notes(r readiness.Report, top int) []note {
	var out []note
	y := top
	for _, c := range readiness.Worst(r.Checks) {
		if c.Status == readiness.Pass {
			continue
		}
		out = append(out, note{Y: y, Text: clip(c.About(), noteWrap), Class: "head", Ink: ink(c.Status)})
		for i, line := range wrap(c.Message, noteWrap) {
			if i == 3 {
				break
			}
			y += noteHeight
			out = append(out, note{Y: y, Text: line, Class: "text", Ink: "#1f2328"})
		}
		for i, line := range strings.Split(lines(c.Remedy), "\n") {
			if i == remedyLines {
				break
			}
			// Spaces at a line's start would be lost.
			indent := len(line) - len(strings.TrimLeft(line, " "))
			y += noteHeight - 3
			out = append(out, note{Y: y, Text: strings.Repeat("\u00a0", indent) + clip(line, noteWrap-10-indent), Class: "code", Ink: "#59636e"})
		}
		y += noteHeight + 12
	}
	return out
}

// clip shortens a text to a number of characters.
func clip(text string, most int) string {
	runes := []rune(plain(text))
	if len(runes) <= most {
		return string(runes)
	}
	return strings.TrimRight(string(runes[:most-1]), " ,(") + "…"
}

// wrap breaks a text into lines, at spaces where there are any.
func wrap(text string, most int) []string {
	var out []string
	line := ""
	for word := range strings.FieldsSeq(plain(text)) {
		if line != "" && len([]rune(word)) > most {
			out, line = append(out, line), ""
		}
		for runes := []rune(word); len(runes) > most; runes = []rune(word) {
			out, word = append(out, string(runes[:most])), string(runes[most:])
		}
		switch {
		case line == "":
			line = word
		case len([]rune(line))+1+len([]rune(word)) > most:
			out, line = append(out, line), word
		default:
			line += " " + word
		}
	}
	if line != "" {
		out = append(out, line)
	}
	return out
}
