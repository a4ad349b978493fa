//go:build acceptance

package matrix

import (
	"slices"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/testing/harness"
)

// engine is what runs the submissions of a cell.
type engine struct {
	name string // for the page
	// face is how a side of a pair names it, and empty for accounts.
	face string
	// kind is the resource's, and number what it calls a run's ID.
	kind, number string
	// segment stands between a server's URL, or an account, and a run's ID.
	segment string
	// asks puts what a submission asks for into its configuration.
	asks func(c *cell, submission string, into map[string]any)
	// faults and operations that are played with it, by name; nil is all of them.
	faults, operations []string
}

// telling are faults of each kind that a server can have. Those of storage and Resource
// Manager are the same for all engines.
var telling = []string{
	"connection refused", "black hole", "reset after request", "body is no JSON", "401", "real 404", "503", "both regions down", "flapping",
}

// failovers are the operations that an engine has a part in: the first submission is
// that of submit, and blobs are copied without it.
var failovers = []string{"plan", "submit", "refresh", "flip", "fence", "failback", "import", "destroy"}

var engines = []engine{
	{
		name: "Microsoft Genomics", kind: "genomics_workflow_submission", number: "workflow_id", segment: "/workflows/",
		asks: func(c *cell, submission string, into map[string]any) {
			into["inputs"], into["process"], into["process_args"] = []string{"r_1.fq", "r_2.fq"}, "gatk4", "R=hg38m1"
			into["description"], into["output"] = c.describe(submission), map[string]any{"basename": submission}
		},
	},
	{
		name: "TES", face: "tes", kind: "genomics_task_submission", number: "task_id", segment: "/tasks/", faults: telling, operations: failovers,
		asks: func(c *cell, submission string, into map[string]any) {
			into["description"] = c.describe(submission)
			into["executors"] = []any{map[string]any{"image": "debian", "command": []string{"sh", "-c", "cat /in/* > /out/all"}}}
			into["inputs"] = []any{map[string]any{"url": "store://r_1.fq", "path": "/in/1"}, map[string]any{"url": "store://r_2.fq", "path": "/in/2"}}
			into["outputs"] = []any{map[string]any{"url": "output://all", "path": "/out/all"}}
		},
	},
	{
		name: "WES", face: "wes", kind: "genomics_run_submission", number: "run_id", segment: "/runs/", faults: telling, operations: failovers,
		asks: func(c *cell, submission string, into map[string]any) {
			into["tags"] = map[string]any{"description": c.describe(submission)}
			into["workflow_type"], into["workflow_type_version"], into["workflow_url"] = "CWL", "v1.2", "count.cwl"
			into["workflow_attachments"] = map[string]any{"count.cwl": "cwlVersion: v1.2\nclass: Workflow\n"}
			into["workflow_params"] = `{"reads": [{"class": "File", "location": "store://r_1.fq"}, {"class": "File", "location": "store://r_2.fq"}]}`
		},
	},
}

// plays reports whether a cell of the engine is played, if it can occur.
func (e engine) plays(f fault, o operation) bool {
	return (e.faults == nil || slices.Contains(e.faults, f.name)) && (e.operations == nil || slices.Contains(e.operations, o.name))
}

// cells visits those of the engine, and tells whether they can occur.
func (e engine) cells(visit func(f fault, o operation, possible bool)) {
	for _, f := range faults {
		for _, o := range operations {
			if e.plays(f, o) {
				visit(f, o, impossible(f, o) == "")
			}
		}
	}
}

// id is what a server calls a run.
func (e engine) id(run harness.JobRun) string {
	if e.face == "" {
		return itoa(run.ID)
	}
	return e.face + "-" + itoa(run.ID)
}

func (c *cell) address(submission string) string { return c.engine.kind + "." + submission }

// server is the base URL of a side's server of TES or WES.
func (c *cell) server(side int) string {
	return c.endpoint(side) + "/ga4gh/" + c.engine.face + "/v1"
}

// importID is what a run is imported by.
func (c *cell) importID(run harness.JobRun, side int) string {
	if c.engine.face == "" {
		return c.accountID(side) + c.engine.segment + c.engine.id(run)
	}
	return c.region[side] + "=" + c.server(side) + c.engine.segment + c.engine.id(run)
}

// cancels ends a run behind the provider's back.
func (c *cell) cancels(run harness.JobRun) {
	force := harness.Force{State: "CANCELED"}
	if c.engine.face == "" {
		cancelled := 60000
		force = harness.Force{Status: &cancelled}
	}
	c.ok(c.Force(c.context(), run.Region, run.ID, force))
}
