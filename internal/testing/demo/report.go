package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/testing/harness"
)

// row is one line of the table at the end.
type row struct {
	title string
	took  time.Duration
	asked asked
	runs  string
}

// addRow notes what a chapter cost.
func (d *demo) addRow(ctx context.Context, title string, took time.Duration, since int64) error {
	counts, err := d.asked(ctx, since)
	if err != nil {
		return err
	}
	l, err := d.ledger(ctx)
	if err != nil {
		return err
	}
	d.rows = append(d.rows, row{title, took, counts, d.spread(l)})
	return nil
}

// spread says how many runs a submission has had so far: "1", or "1 or 2".
func (d *demo) spread(l ledger) string {
	least, most := len(l[d.samples[0]]), 0
	for _, sample := range d.samples {
		least, most = min(least, len(l[sample])), max(most, len(l[sample]))
	}
	if least == most {
		return fmt.Sprint(most)
	}
	return fmt.Sprintf("%d or %d", least, most)
}

// conclude prints the tables and how it ended, and clears away what is not
// needed any more.
func (d *demo) conclude(failure error) {
	// What failed may have been the context of the demo itself.
	ctx, cancel := context.WithTimeout(context.Background(), serverPatience)
	defer cancel()
	if len(d.rows) > 0 {
		d.out.say("\n%s", d.costs())
	}
	if failure == nil {
		l, err := d.ledger(ctx)
		if err == nil {
			d.out.say("%s", d.runs(l))
		}
		d.out.say("Everything was as promised.")
		return
	}
	if errors.Is(failure, errBroken) {
		d.out.say("%d of the promises above are marked NOT KEPT.", d.broken)
	}
	if err := d.keepEvidence(ctx); err != nil {
		d.out.say("The journal could not be kept: %v", err)
	}
	d.out.say("Logs of every command and of the servers, the journal and the runs: %s", d.dir)
}

// costs is the table of the chapters.
func (d *demo) costs() string {
	var text strings.Builder
	table := tabwriter.NewWriter(&text, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintf(table, "seconds\trequests to %s\tto %s\tto Resource Manager\truns per submission\t  step\n", primary, secondary)
	all := row{asked: asked{regions: map[string]int{}}}
	for i, r := range d.rows {
		fmt.Fprintf(table, "%.1f\t%d\t%d\t%d\t%s\t  %d. %s\n", r.took.Seconds(), r.asked.regions[primary], r.asked.regions[secondary], r.asked.manager, r.runs, i+1, r.title)
		all.took += r.took
		all.asked.manager += r.asked.manager
		for region, n := range r.asked.regions {
			all.asked.regions[region] += n
		}
		all.runs = r.runs
	}
	fmt.Fprintf(table, "%.1f\t%d\t%d\t%d\t%s\t  all\n", all.took.Seconds(), all.asked.regions[primary], all.asked.regions[secondary], all.asked.manager, all.runs)
	_ = table.Flush() // into memory
	return text.String()
}

// runs is the table of the submissions.
func (d *demo) runs(l ledger) string {
	var text strings.Builder
	table := tabwriter.NewWriter(&text, 0, 0, 3, ' ', 0)
	fmt.Fprintf(table, "submission\tkey\truns\tin %s\tin %s\n", primary, secondary)
	for _, sample := range d.samples {
		fmt.Fprintf(table, "%s\t%s\t%d\t%s\t%s\n", sample, d.keys[sample], len(l[sample]),
			standing(l.in(primary, []string{sample})), standing(l.in(secondary, []string{sample})))
	}
	_ = table.Flush() // into memory
	return text.String()
}

func standing(runs []harness.JobRun) string {
	if len(runs) == 0 {
		return "-"
	}
	var words []string
	for _, run := range runs {
		word := run.Status
		if run.Restarts > 0 {
			word += " (the region had restarted it)"
		}
		words = append(words, word)
	}
	return strings.Join(words, ", ")
}
