package main

import "fmt"

// The bounds. What Terraform itself takes for a change is about ten times what
// OpenTofu takes: that is why it has the tighter bound.
const (
	maxFlipTerraform = 1.5
	maxFlipTofu      = 2.5
	maxPlan          = 1.3
	maxMemory        = 200 << 20
	maxAttempts      = 3
	// A plan asks for a page of the listing for each hundred runs: about ten
	// requests. Queued runs, working ones and the last successes are listed apart, in
	// both regions, and only an empty page ends a list.
	pageSize  = 100
	morePages = 8
)

// bound is one figure and what it may be at most.
type bound struct {
	what     string
	got, max float64
	unit     string
	time     bool // decides with -strict only
}

func (b bound) held() bool { return b.got <= b.max }

func bounds(cli string, m measured, s settings) []bound {
	maxFlip := maxFlipTofu
	if cli == "terraform" {
		maxFlip = maxFlipTerraform
	}
	n := float64(s.count)
	listing := float64(s.count/pageSize + morePages)
	peak := max(m.prepare.provider.Memory, m.plan.provider.Memory, m.flip.provider.Memory, m.after.provider.Memory)
	service := m.plan.requests.of("list runs") + m.plan.requests.of("search runs") + m.plan.requests.of("read one run")
	var bounds []bound
	if m.weightChange.took > 0 {
		bounds = []bound{
			{"failover, times as heavy terraform_data", ratio(m.flip, m.weightChange), maxFlip, "x", true},
			{"plan in health, times as heavy ones'", ratio(m.plan, m.weightPlan), maxPlan, "x", true},
		}
	}
	return append(bounds, []bound{
		{"failover, times terraform_data changed", ratio(m.flip, m.floorChange), maxFlip, "x", true},
		{"plan in health, times terraform_data's", ratio(m.plan, m.floorPlan), maxPlan, "x", true},
		{"failover: POSTs", float64(m.flip.requests.of("submit")), n, "", false},
		{"failover: requests to the dark region", float64(m.flip.requests.attempts), maxAttempts, "", false},
		{"failover: answers of the dark region", float64(m.flip.requests.answers), 0, "", false},
		{"failover: submissions without a run", float64(m.lost), 0, "", false},
		{"failover: submissions with two runs", float64(m.doubled), 0, "", false},
		{"plan in health: requests to the services", float64(service), listing, "", false},
		{"provider's peak memory", float64(peak) / (1 << 20), maxMemory >> 20, " MiB", false},
	}...)
}

func ratio(a, b step) float64 { return a.took.Seconds() / b.took.Seconds() }

// report writes the table, and reports whether a bound that decides is broken.
func report(cli string, m measured, s settings) (lines []string, broken bool) {
	add := func(format string, args ...any) { lines = append(lines, fmt.Sprintf(format, args...)) }
	add("")
	add("%s, %d resources, region_timeout %s", cli, s.count, s.timeout)
	add("")
	add("  %-44s %9s %9s %9s %10s %9s", "", "wall time", "CPU time", "provider's", "memory", "requests")
	row := func(what string, st step) {
		if st.took > 0 {
			add("  %-44s %8.2fs %8.2fs %9.2fs %6d MiB %9d", what, st.took.Seconds(), st.cpu.Seconds(),
				st.provider.CPU.Seconds(), st.provider.Memory>>20, st.requests.total())
		}
	}
	row("terraform_data: plan", m.floorPlan)
	row("terraform_data: change", m.floorChange)
	row("terraform_data as heavy: plan", m.weightPlan)
	row("terraform_data as heavy: change", m.weightChange)
	row("submissions: prepare", m.prepare)
	row("submissions: plan in health", m.plan)
	row("submissions: failover, the primary dark", m.flip)
	row("submissions: plan after it, still dark", m.after)
	for _, part := range []struct {
		what     string
		requests tally
	}{{"plan in health", m.plan.requests}, {"failover", m.flip.requests}} {
		add("")
		add("  requests of the %s:", part.what)
		for _, line := range part.requests.lines() {
			add("    %s", line)
		}
	}
	add("")
	for _, b := range bounds(cli, m, s) {
		word := "ok"
		if !b.held() {
			word = "over"
			broken = broken || !b.time || s.strict
		}
		add("  %-4s %-44s %8.4g%s, at most %.4g%s", word, b.what, b.got, b.unit, b.max, b.unit)
	}
	if m.after.changes {
		add("  over the plan right after the failover still changes something")
		broken = true
	}
	return lines, broken
}
