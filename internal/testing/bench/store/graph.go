package store

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// The graph's measures, in pixels.
const (
	graphWidth, panelHeight      = 720.0, 200.0
	marginLeft, marginTop, below = 70.0, 50.0, 50.0
	panelWidth                   = graphWidth - marginLeft - 20
)

// draw writes the curve of a listing as a picture: time and memory over blobs.
func draw(path, title string, points []point) error {
	var out strings.Builder
	height := 2*(panelHeight+below) + marginTop
	fmt.Fprintf(&out, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %.0f %.0f" font-family="sans-serif" font-size="12">`+"\n", graphWidth, height)
	fmt.Fprintf(&out, `<rect width="%.0f" height="%.0f" fill="white"/>`+"\n", graphWidth, height)
	fmt.Fprintf(&out, `<text x="%.0f" y="24" font-size="15">%s</text>`+"\n", marginLeft, title)
	var seconds, worked, memory []float64
	for _, p := range points {
		seconds = append(seconds, p.Seconds)
		worked = append(worked, p.Worked)
		memory = append(memory, float64(p.Memory)/(1<<20))
	}
	panel(&out, marginTop, "seconds; below, in grey, the processor's", points, curve{"#0b62a4", seconds}, curve{"#888", worked})
	panel(&out, marginTop+panelHeight+below, "MiB of memory", points, curve{"#a4490b", memory})
	out.WriteString("</svg>\n")
	if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
		return err
	}
	return os.WriteFile(path, []byte(out.String()), 0o644)
}

// curve is a value for each point.
type curve struct {
	colour string
	values []float64
}

// panel draws curves with their axes. The first one is the highest.
func panel(out *strings.Builder, top float64, unit string, points []point, curves ...curve) {
	most := roundUp(slices.Max(curves[0].values))
	last := float64(points[len(points)-1].Blobs)
	bottom := top + panelHeight
	for i := range 5 {
		part := float64(i) / 4
		y := bottom - part*panelHeight
		fmt.Fprintf(out, `<path d="M%.0f %.1fH%.0f" stroke="#ddd"/><text x="%.0f" y="%.1f" text-anchor="end">%.4g</text>`+"\n",
			marginLeft, y, marginLeft+panelWidth, marginLeft-6, y+4, part*most)
		x := marginLeft + part*panelWidth
		fmt.Fprintf(out, `<text x="%.1f" y="%.1f" text-anchor="middle">%.4g</text>`+"\n", x, bottom+18, part*last/1e6)
	}
	fmt.Fprintf(out, `<text x="%.0f" y="%.1f" text-anchor="end">million blobs</text>`+"\n", marginLeft+panelWidth, bottom+34)
	fmt.Fprintf(out, `<text x="%.0f" y="%.1f">%s</text>`+"\n", marginLeft, top-8, unit)
	for _, c := range curves {
		line := make([]string, 0, len(points))
		for i, p := range points {
			line = append(line, fmt.Sprintf("%.1f,%.1f", marginLeft+float64(p.Blobs)/last*panelWidth, bottom-min(c.values[i]/most, 1)*panelHeight))
		}
		fmt.Fprintf(out, `<polyline fill="none" stroke="%s" stroke-width="2" points="%s"/>`+"\n", c.colour, strings.Join(line, " "))
	}
}

// roundUp is the next of 1, 2, 4 and 8 times a power of ten, so that quarters of it are short.
func roundUp(v float64) float64 {
	if v <= 0 {
		return 1
	}
	power := math.Pow(10, math.Floor(math.Log10(v)))
	for _, step := range []float64{1, 2, 4, 8} {
		if v <= step*power {
			return step * power
		}
	}
	return 10 * power
}
