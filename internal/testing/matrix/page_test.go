//go:build acceptance

package matrix

import (
	"fmt"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/testing/harness"
)

// plainNames takes out of a text what is another in every run: names, numbers,
// ports, times. Which of several resources came first is left out as well.
func (c *cell) plainNames() func(string) string {
	replace := strings.NewReplacer(
		"store"+c.region[primary], "storage1", "store"+c.region[secondary], "storage2",
		c.region[primary], "REGION1", c.region[secondary], "REGION2",
		c.name+"-p", "ACCOUNT1", c.name+"-s", "ACCOUNT2", c.name, "LAB",
		c.lane.name(), "SERVICE", c.Emulator.Ready.SubscriptionID, "SUBSCRIPTION",
	)
	return func(text string) string {
		text = replace.Replace(text)
		for _, v := range varies {
			text = v.found.ReplaceAllString(text, v.as)
		}
		return text
	}
}

var varies = []struct {
	found *regexp.Regexp
	as    string
}{
	{regexp.MustCompile(`https?://[^\s"]+`), "URL"},
	// Of several blobs, or gates one behind the other, any may be the first.
	{regexp.MustCompile(`"((?:r|new)_[12]\.fq|\.genomics-continuity/[^"]*)"`), `"BLOB"`},
	{regexp.MustCompile(`region resource-manager/[^ ]+ is unreachable: `), ""},
	{regexp.MustCompile(`(?m)^Request ID: .*\n?`), ""},
	{regexp.MustCompile(`,? ?\(?request ID [0-9a-fA-F-]+\)?`), ""},
	{regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`), "UUID"},
	{regexp.MustCompile(`\d{4}-\d\d-\d\dT[0-9:.]+Z`), "TIME"},
	{regexp.MustCompile(`(read|write|dial) (tcp|udp) [^ ]+: `), ""},
	{regexp.MustCompile(`lookup SERVICE[^:]*:`), "lookup SERVICE:"},
	// How a connection broke depends on who noticed first.
	{regexp.MustCompile(`(Get|Head|Put|Post|Delete|Patch) "URL": `), ""},
	{regexp.MustCompile(`\b(unexpected EOF|EOF|(read: )?connection reset by peer|broken pipe|(write: )?broken pipe|net/http: HTTP/1.x transport connection broken: [^\n]*)`), "the connection broke"},
	{regexp.MustCompile(`body download policy: `), ""},
	// Who finds a gate closed has asked for nothing.
	{regexp.MustCompile(`could not [^\n]* in URL (region REGION)`), "$1"},
	{regexp.MustCompile(`\b1\d{4}\b`), "NUMBER"},
	{regexp.MustCompile(`tfg:[a-z0-9]+`), "tfg:KEY"},
	{regexp.MustCompile(`the key [a-z0-9]{20,}`), "the key KEY"},
	{regexp.MustCompile(`127\.0\.0\.1:\d+`), "ADDRESS"},
	{regexp.MustCompile(`\bsample[12]\b`), "SUBMISSION"},
	// Of two submissions, how far the second has come when the first finds the region dark.
	{
		regexp.MustCompile(`error: (The inputs cannot be looked at|The workflow service cannot be asked for earlier runs)\n(region REGION\d is unreachable: [^\n]*\n)\nResource: [^\n]*`),
		"error: WHAT COMES BEFORE A SUBMISSION\n$2\nResource: LAB/SUBMISSION",
	},
	{regexp.MustCompile(`[ \t]+\n`), "\n"},
}

// snapshot is what a user was shown, each thing once.
func (r result) snapshot() string {
	var all []string
	for _, m := range r.said {
		text := r.names(m.severity + ": " + m.summary + "\n" + strings.TrimSpace(m.detail))
		all = append(all, strings.ReplaceAll("- "+strings.TrimSpace(text), "\n", "\n  "))
	}
	slices.Sort(all)
	return strings.Join(slices.Compact(all), "\n")
}

func slug(name string) string {
	return strings.ReplaceAll(strings.ToLower(name), " ", "-")
}

func cellName(e engine, f fault, o operation) string {
	return path.Join(e.face, o.name, slug(f.name))
}

// compare holds what was shown against the snapshots of each fault, and the page
// of the documentation against what has run.
func compare(t *testing.T, results map[string]result) {
	t.Helper()
	whole := true
	for _, e := range engines {
		for _, f := range faults {
			if slices.ContainsFunc(operations, func(o operation) bool { return e.plays(f, o) }) {
				whole = compareFault(t, e, f, results) && whole
			}
		}
	}
	if !whole {
		return
	}
	root, err := harness.Root()
	if err != nil {
		t.Fatal(err)
	}
	page := filepath.Join(root, "templates", "guides", "fault-matrix.md.tmpl")
	now := pageOf(results)
	if *update {
		write(t, page, now)
		return
	}
	before, err := os.ReadFile(page)
	if err != nil || string(before) != now {
		t.Errorf("%s is not what has run (%v): -update writes it anew, and `make docs` the page", page, err)
	}
}

// compareFault holds one fault's snapshots; it reports whether all its cells have run.
func compareFault(t *testing.T, e engine, f fault, results map[string]result) (whole bool) {
	t.Helper()
	whole = true
	var b strings.Builder
	for _, o := range operations {
		got, ran := results[cellName(e, f, o)]
		if !ran {
			whole = whole && (impossible(f, o) != "" || !e.plays(f, o))
			continue
		}
		fmt.Fprintf(&b, "## %s: %s\n", o.name, got.word)
		if text := got.snapshot(); text != "" {
			fmt.Fprintf(&b, "%s\n", text)
		}
		b.WriteString("\n")
	}
	file := filepath.Join("testdata", e.face, slug(f.name)+".txt")
	if *update {
		if whole {
			write(t, file, b.String())
		}
		return whole
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Error(err)
		return whole
	}
	sections := map[string]string{}
	for section := range strings.SplitSeq(string(want), "## ") {
		sections[strings.SplitN(section, ":", 2)[0]] = section
	}
	// Cells that were left out with -run are not compared.
	for section := range strings.SplitSeq(b.String(), "## ") {
		if known := sections[strings.SplitN(section, ":", 2)[0]]; section != known {
			t.Errorf("%s says otherwise than it did: -update writes it anew\nnow: %s\nbefore: %s", file, section, known)
		}
	}
	return whole
}

func write(t *testing.T, path, content string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
}

const pageHead = `---
page_title: "Faults and operations"
description: |-
  What every operation does under every fault, as tested.
---

# Faults and operations

This page is written by the provider's own tests: each cell is an operation during which something is broken, played against an
emulated Azure. Unless a row says otherwise the fault is in the first region of a pair, its service and its storage together.

- **as usual**: the operation ends as it does without the fault.
- **warns**: it ends well, and a warning says what is broken; what is known of the silent region is kept.
- **stops**: it ends with an error that says what to do; nothing is lost, and nothing runs twice.

Of every cell it was held as well: the state says what the servers say; a dead region costs one timeout a command; no secret is in the state, the
plan, a message or the log; and once the fault is gone, at most two applies lead to an empty plan, with exactly one run of each
submission that counts.

`

func pageOf(results map[string]result) string {
	var b strings.Builder
	b.WriteString(pageHead)
	b.WriteString("## The operations\n\n")
	for _, o := range operations {
		fmt.Fprintf(&b, "- **%s**: %s.\n", o.name, o.what)
	}
	b.WriteString("\n## The faults\n\n")
	for _, f := range faults {
		fmt.Fprintf(&b, "- **%s**: %s.\n", f.name, f.what)
	}
	var reasons []string
	where := map[string][]string{}
	b.WriteString("\n## What happens\n")
	for _, e := range engines {
		fmt.Fprintf(&b, "\n### %s\n\n", e.name)
		if e.faults != nil {
			b.WriteString("A fault of each kind that a server can have, for the others are taken alike; and the operations that an engine has a part in: the first submission is that of submit, and blobs are copied without it.\n\n")
		}
		rows := map[string]string{}
		heads := ""
		e.cells(func(f fault, o operation, possible bool) {
			if column := " " + o.name + " |"; !strings.Contains(heads, column) {
				heads += column
			}
			if possible {
				rows[f.name] += fmt.Sprintf(" %s |", results[cellName(e, f, o)].word)
				return
			}
			rows[f.name] += " – |"
			reason := impossible(f, o)
			if !slices.Contains(reasons, reason) {
				reasons = append(reasons, reason)
			}
			if at := o.name + " under " + f.name; !slices.Contains(where[reason], at) {
				where[reason] = append(where[reason], at)
			}
		})
		b.WriteString("| |" + heads + "\n|---|" + strings.Repeat("---|", strings.Count(heads, "|")) + "\n")
		for _, f := range faults {
			if row := rows[f.name]; row != "" {
				fmt.Fprintf(&b, "| %s |%s\n", f.name, row)
			}
		}
	}
	b.WriteString("\n## What cannot occur\n\n")
	for _, reason := range reasons {
		fmt.Fprintf(&b, "- %s: %s.\n", strings.Join(where[reason], ", "), reason)
	}
	return b.String()
}
