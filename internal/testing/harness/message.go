package harness

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
)

// Message is one line of a command's machine-readable output.
type Message struct {
	Level      string      `json:"@level"`
	Text       string      `json:"@message"`
	Type       string      `json:"type"`
	Diagnostic *Diagnostic `json:"diagnostic"`
}

// Diagnostic is a warning or an error as the user sees it.
type Diagnostic struct {
	Severity string `json:"severity"`
	Summary  string `json:"summary"`
	Detail   string `json:"detail"`
	Address  string `json:"address"` // of the resource, when it is about one
}

// String formats a diagnostic for a test's failure.
func (d Diagnostic) String() string {
	return fmt.Sprintf("%s: %s (%s)\n%s", d.Severity, d.Summary, d.Address, d.Detail)
}

// Every command warns of the way the harness points the CLI at the provider.
// Terraform and OpenTofu say it alike.
const overrideWarning = "Provider development overrides are in effect"

func (d Diagnostic) aboutOverrides() bool { return d.Summary == overrideWarning }

// Warnings returns what the user is warned of. The warning that this is a
// provider under development is left out.
func (r *Run) Warnings() []Diagnostic { return r.diagnostics("warning") }

// Errors returns the errors that the user is shown.
func (r *Run) Errors() []Diagnostic { return r.diagnostics("error") }

func (r *Run) diagnostics(severity string) []Diagnostic {
	var found []Diagnostic
	for _, m := range r.Messages {
		if m.Diagnostic != nil && m.Diagnostic.Severity == severity && !m.Diagnostic.aboutOverrides() {
			found = append(found, *m.Diagnostic)
		}
	}
	return found
}

// Output is everything the command printed, for a search that must find nothing.
func (r *Run) Output() string { return r.Stdout + r.Stderr }

func (r *Run) detailed() bool { return slices.Contains(r.Args, "-detailed-exitcode") }

// messages parses machine-readable output while it is written. Lines that are
// something else are left alone.
type messages struct {
	watch   func(Message)
	all     []Message
	partial []byte
}

// Write implements io.Writer.
func (m *messages) Write(b []byte) (int, error) {
	m.partial = append(m.partial, b...)
	for {
		line, rest, complete := bytes.Cut(m.partial, []byte("\n"))
		if !complete {
			return len(b), nil
		}
		m.partial = rest
		var message Message
		if !bytes.HasPrefix(line, []byte(`{"@`)) || json.Unmarshal(line, &message) != nil {
			continue
		}
		m.all = append(m.all, message)
		if m.watch != nil {
			m.watch(message)
		}
	}
}
