//go:build acceptance

package matrix

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/testing/acctest"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/testing/harness"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/testing/wire"
)

// byCommand plays each fault once with a real command-line interface, and with
// it each operation. The driver prepares a cell and heals it; what happens
// between goes through a state file, so that one takes up what the other left.
func byCommand(t *testing.T, lanes chan *lane) {
	found, err := harness.FindCLIs()
	if err != nil {
		t.Fatal(err)
	}
	cli := found[len(found)-1] // OpenTofu, which is there always and starts fast
	for n, f := range faults {
		o := operationFor(n, f)
		t.Run(cellName(engines[0], f, o), func(t *testing.T) {
			t.Parallel()
			l := <-lanes
			defer func() { lanes <- l }()
			workspace, err := acctest.World(t).Workspace(t.Context(), cli, t.TempDir())
			if err != nil {
				t.Fatal(err)
			}
			c := newCell(t, l, engines[0], f, o)
			c.cli = workspace
			defer func() { c.ok(l.heal(context.WithoutCancel(t.Context()))) }()
			c.run()
		})
	}
}

// operationFor goes through the operations fault by fault.
func operationFor(n int, f fault) operation {
	if f.wire == wireName {
		n = slices.IndexFunc(operations, func(o operation) bool { return o.name == "prepare" })
	}
	for impossible(f, operations[n%len(operations)]) != "" {
		n++
	}
	return operations[n%len(operations)]
}

func (c *cell) byCLI() bool { return c.cli != nil && c.acting }

// command runs one command of the CLI on the cell's module and state.
func (c *cell) command(r *report, args ...string) {
	c.Helper()
	config, err := json.Marshal(c.module().document())
	c.ok(err)
	before := c.stateFile()
	c.ok(c.cli.Write(map[string]string{"main.tf.json": string(config), "terraform.tfstate": string(before)}))
	mark, err := c.Mark(c.context())
	c.ok(err)
	run, err := c.cli.Exec(c.context(), args...)
	var failed *harness.FailedError
	if err != nil && !errors.As(err, &failed) {
		c.Fatal(err)
	}
	for _, d := range slices.Concat(run.Warnings(), run.Errors()) {
		r.messages = append(r.messages, message{d.Severity, d.Summary, d.Detail, d.Address})
	}
	if args[0] == "import" && failed != nil { // which has no machine-readable output
		r.messages = append(r.messages, message{severity: "error", summary: "import failed", detail: run.Output()})
	}
	if (failed != nil) != r.failed() && args[0] != "import" {
		c.Errorf("%v ended with %d and the errors %v:\n%s", args, run.ExitCode, run.Errors(), run.Output())
	}
	if strings.Contains(run.Output(), "panic:") {
		c.Errorf("%v panicked:\n%s", args, run.Output())
	}
	seen, _, err := c.Journal(c.context(), harness.Query{Region: c.region[primary], Origin: "client", Since: mark})
	c.ok(err)
	r.asked[c.service[primary].address] += len(seen)
	after, err := c.cli.StateFile()
	c.ok(err)
	c.load(after)
	c.texts[fmt.Sprintf("%d output of %v", len(c.texts), args)] = []byte(run.Output())
	c.texts[fmt.Sprintf("%d state after %v", len(c.texts), args)] = after
}

// document is a root module in Terraform's JSON syntax.
func (m module) document() map[string]any {
	resources := map[string]map[string]any{}
	reference := func(address, attribute string) any { return "${" + address + "." + attribute + "}" }
	for _, level := range m.levels {
		for _, n := range level {
			if resources[n.kind] == nil {
				resources[n.kind] = map[string]any{}
			}
			resources[n.kind][strings.TrimPrefix(n.address, n.kind+".")] = n.config(reference)
		}
	}
	return map[string]any{
		"terraform": map[string]any{"required_providers": map[string]any{"genomics": map[string]any{"source": "genomics-continuity/genomics"}}},
		"provider":  map[string]any{"genomics": m.provider},
		"resource":  resources,
	}
}

// file is the part of a state file that matters here, in its version 4.
type file struct {
	Version   int            `json:"version"`
	Serial    int            `json:"serial"`
	Lineage   string         `json:"lineage"`
	Outputs   map[string]any `json:"outputs"`
	Resources []fileResource `json:"resources"`
}

type fileResource struct {
	Mode      string         `json:"mode"`
	Type      string         `json:"type"`
	Name      string         `json:"name"`
	Provider  string         `json:"provider"`
	Instances []fileInstance `json:"instances"`
}

type fileInstance struct {
	Status        string          `json:"status,omitempty"`
	SchemaVersion int64           `json:"schema_version"`
	Attributes    json.RawMessage `json:"attributes"`
	Private       string          `json:"private,omitempty"`
}

// stateFile is the cell's state as the CLI reads it.
func (c *cell) stateFile() []byte {
	host := map[string]string{"tofu": "registry.opentofu.org"}[c.cli.CLI.Name]
	if host == "" {
		host = "registry.terraform.io"
	}
	f := file{Version: 4, Serial: len(c.texts) + 1, Lineage: c.name, Outputs: map[string]any{}, Resources: []fileResource{}}
	for address, i := range c.state {
		one := fileInstance{Attributes: wire.JSON(i.state), Private: base64.StdEncoding.EncodeToString(i.private)}
		if i.tainted {
			one.Status = "tainted"
		}
		f.Resources = append(f.Resources, fileResource{Mode: "managed", Type: i.kind, Name: strings.TrimPrefix(address, i.kind+"."),
			Provider: fmt.Sprintf("provider[%q]", host+"/genomics-continuity/genomics"), Instances: []fileInstance{one}})
	}
	raw, err := json.Marshal(f)
	c.ok(err)
	return raw
}

// load takes up the state that the CLI wrote.
func (c *cell) load(raw []byte) {
	var f file
	if len(raw) > 0 {
		c.ok(json.Unmarshal(raw, &f))
	}
	p, err := start(c.context(), newReport(), c.module().provider)
	c.ok(err)
	defer p.end()
	c.state = state{}
	for _, found := range f.Resources {
		for _, one := range found.Instances {
			value, err := tfprotov6.RawState{JSON: one.Attributes}.Unmarshal(p.typeOf(found.Type))
			c.ok(err)
			private, err := base64.StdEncoding.DecodeString(one.Private)
			c.ok(err)
			c.state[found.Type+"."+found.Name] = instance{kind: found.Type, state: value, private: private, tainted: one.Status == "tainted"}
		}
	}
}
