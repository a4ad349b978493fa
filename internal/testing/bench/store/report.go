package store

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
)

// claim is one figure and what it has to be. Of several measurements the median counts.
type claim struct {
	what string
	got  spread
	// least or most is the bound; zero is none.
	least, most float64
	format      string // of the figure; by default that of a ratio
	time        bool   // decides with -strict only
	job         string
}

func (c claim) held() bool {
	return (c.least == 0 || c.got.median >= c.least) && (c.most == 0 || c.got.median <= c.most)
}

// report is what was measured so far.
type report struct {
	strict, quick bool
	out           io.Writer
	all           []claim
}

func (r *report) claims(job string, claims ...claim) {
	for _, c := range claims {
		c.job = job
		if c.format == "" {
			c.format = "%.2f"
		}
		r.all = append(r.all, c)
	}
}

// broken tells whether a bound that decides is broken.
func (r *report) broken() bool {
	return slices.ContainsFunc(r.all, func(c claim) bool { return !c.held() && (!c.time || r.strict) })
}

// race writes the table of a race.
func (r *report) race(what string, race *race) {
	var out strings.Builder
	fmt.Fprintf(&out, "\n%s, %d rounds\n\n", what, len(race.runners[0].samples))
	fmt.Fprintf(&out, "  %-42s %22s %20s %11s %9s\n", "", "seconds, median", "CPU seconds", "peak memory", "requests")
	for _, each := range race.runners {
		requests := "-"
		if n := each.traffic.others() + each.traffic.pages(); n > 0 {
			requests = fmt.Sprint(n)
		}
		fmt.Fprintf(&out, "  %-42s %22s %20s %7d MiB %9s\n", each.name, each.times().text("%.2f"), each.cpu().text("%.2f"),
			each.memory()>>20, requests)
	}
	for _, each := range race.runners {
		if len(each.traffic.kinds) == 0 {
			continue
		}
		var parts []string
		for _, kind := range slices.Sorted(maps.Keys(each.traffic.kinds)) {
			parts = append(parts, fmt.Sprintf("%d %s", each.traffic.kinds[kind], kind))
		}
		fmt.Fprintf(&out, "  requests of %s: %s; %d bytes besides listings\n", each.name, strings.Join(parts, ", "), each.traffic.content)
	}
	fmt.Fprintln(r.out, out.String())
}

// curve writes the table of a listing.
func (r *report) curve(what string, points []point, used sample) {
	var out strings.Builder
	fmt.Fprintf(&out, "\n%s: %.1f s, %.1f s of CPU, peak memory %d MiB\n\n", what, used.took.Seconds(), used.CPU.Seconds(), used.Memory>>20)
	step := max(1, len(points)/10)
	for i := step - 1; i < len(points); i += step {
		p := points[i]
		fmt.Fprintf(&out, "  %9d blobs %8.1f s %8.1f s of CPU %6.1f MiB\n", p.Blobs, p.Seconds, p.Worked, float64(p.Memory)/(1<<20))
	}
	fmt.Fprintln(r.out, out.String())
}

// summary is the table of all claims, in Markdown, as the README shows it.
func (r *report) summary(machine string) string {
	rows := [][4]string{{"Job", "Figure", "Median (least–most)", "Bound"}, {}}
	job := ""
	for _, c := range r.all {
		name := c.job
		if name == job {
			name = ""
		}
		job = c.job
		bound := fmt.Sprintf("at most "+c.format, c.most)
		if c.least != 0 {
			bound = fmt.Sprintf("at least "+c.format, c.least)
		}
		if !c.held() {
			bound += ", NOT HELD"
		}
		rows = append(rows, [4]string{name, c.what, c.got.text(c.format), bound})
	}
	var widths [4]int
	for _, row := range rows {
		for i, cell := range row {
			widths[i] = max(widths[i], len([]rune(cell)))
		}
	}
	var out strings.Builder
	for n, row := range rows {
		for i, cell := range row {
			fill := " "
			if n == 1 {
				fill = "-"
			}
			out.WriteString("| " + cell + strings.Repeat(fill, widths[i]-len([]rune(cell))) + " ")
		}
		out.WriteString("|\n")
	}
	out.WriteString("\n" + machine + "\n")
	if r.quick {
		out.WriteString("\nA quick run: nothing in it is large enough for its times to mean anything.\n")
	}
	return out.String()
}
