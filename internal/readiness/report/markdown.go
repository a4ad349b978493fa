package report

import (
	"fmt"
	"strings"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/readiness"
)

var marks = map[readiness.Status]string{readiness.Pass: "✅ pass", readiness.Fail: "❌ fail", readiness.Unknown: "❔ unknown"}

// inert keeps a text from being taken for Markdown or HTML. Underscores stay, for
// within words they mean nothing and names are full of them.
var inert = strings.NewReplacer(`\`, `\\`, "`", "\\`", "*", `\*`, "[", `\[`, "]", `\]`, "<", "&lt;", ">", "&gt;", "|", `\|`, "@", "&#64;")

func cell(text string) string { return inert.Replace(plain(text)) }

// Markdown is a verdict in one line, a table with what fails first, and what to do
// about each.
func Markdown(r readiness.Report) string {
	var b strings.Builder
	fmt.Fprintf(&b, "### Failover readiness of %s: %s\n\n", cell(r.Pair), words[r.Verdict])
	fmt.Fprintf(&b, "**%s**\n\n", cell(upper(r.Summary())))
	fmt.Fprintf(&b, "%s · %s\n\n", route(r), facts(r))
	if text := recovery(r); text != "" {
		fmt.Fprintf(&b, "%s\n\n", cell(upper(text)))
	}
	b.WriteString("| | check | seen |\n|---|---|---|\n")
	checks := readiness.Worst(r.Checks)
	for _, c := range checks {
		fmt.Fprintf(&b, "| %s | %s | %s |\n", marks[c.Status], cell(c.About()), cell(c.Message))
	}
	if r.Count(readiness.Pass) < len(checks) {
		b.WriteString("\n#### What to do\n")
	}
	for _, c := range checks {
		if c.Remedy == "" {
			continue
		}
		text := lines(c.Remedy)
		fmt.Fprintf(&b, "\n%s:\n\n%s%s\n%s\n%[2]s\n", cell(c.About()), fence(text), language(text), text)
	}
	if len(r.NotAsked) > 0 {
		fmt.Fprintf(&b, "\nNot asked for: %s.\n", cell(strings.Join(r.NotAsked, "; ")))
	}
	return b.String()
}

// fence is longer than any run of backticks in a text.
func fence(text string) string {
	f := "```"
	for strings.Contains(text, f) {
		f += "`"
	}
	return f
}

// language is HCL for configuration, which opens a block.
func language(text string) string {
	if strings.Contains(text, "{\n") && !strings.HasPrefix(text, "az ") {
		return "hcl"
	}
	return "sh"
}

func upper(text string) string {
	if text == "" {
		return text
	}
	return strings.ToUpper(text[:1]) + text[1:]
}
