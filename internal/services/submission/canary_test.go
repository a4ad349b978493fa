package submission

import (
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// canaryArguments reads arguments as a configuration gives them, in JSON.
func canaryArguments(t *testing.T, given string) CanaryArguments {
	t.Helper()
	ctx := t.Context()
	s := schema.Schema{Attributes: CanaryAttributes()}
	value, err := tftypes.ValueFromJSONWithOpts([]byte(given), s.Type().TerraformType(ctx), tftypes.ValueFromJSONOpts{})
	if err != nil {
		t.Fatal(err)
	}
	var a CanaryArguments
	config := tfsdk.Config{Schema: s, Raw: value}
	if diags := config.Get(ctx, &a); diags.HasError() {
		t.Fatal(diags)
	}
	return a
}

const (
	noProcess = `"inputs": null, "process": null, "process_args": null, "storage_access": null`
	noInput   = `"name": null, "description": null, "type": null, "content": null, "streamable": null`
	executors = `[{"image": "debian", "command": ["true"], "workdir": null, "stdin": null, "stdout": null, "stderr": null, "env": null, "ignore_error": null}]`
)

func taskOf(input, output string) string {
	return `{` + noProcess + `, "run": null, "task": {"executors": ` + executors + `, "resources": null, "volumes": null, "tags": null,
		"inputs": [{` + noInput + `, "url": "` + input + `", "path": "/in"}],
		"outputs": [{"name": null, "description": null, "path_prefix": null, "type": null, "url": "` + output + `", "path": "/out"}]}}`
}

func runOf(params string) string {
	return `{` + noProcess + `, "task": null, "run": {"workflow_type": "CWL", "workflow_type_version": "v1.2", "workflow_url": "a.cwl", "workflow_attachments": null,
		"workflow_params": ` + params + `, "workflow_engine_parameters": null, "tags": null}}`
}

func processOf(more string) string {
	return `{"process": "gatk4", "storage_access": null, "task": null, "run": null, ` + more + `}`
}

func TestWhatADrillMayRun(t *testing.T) {
	for name, row := range map[string]struct{ given, engine, refused string }{
		"process":            {processOf(`"process_args": "R=hg38m1", "inputs": ["a_1.fq.gz", "a_2.fq.gz"]`), "microsoft_genomics", ""},
		"half a pair":        {processOf(`"process_args": "R=hg38m1", "inputs": ["a_1.fq.gz"]`), "microsoft_genomics", "Invalid inputs"},
		"no arguments":       {processOf(`"process_args": null, "inputs": ["a_1.fq.gz", "a_2.fq.gz"]`), "microsoft_genomics", "Missing argument"},
		"task":               {taskOf("store://a", "output://b"), "tes", ""},
		"task writes to us":  {taskOf("store://a", "https://elsewhere.example/production"), "tes", "An output that is not the drill's own"},
		"task reads nothing": {taskOf("https://elsewhere.example/a", "output://b"), "tes", "A canary without inputs"},
		"task reads outputs": {taskOf("output://a", "output://b"), "tes", "Invalid input"},
		"run":                {runOf(`"{\"reads\": \"store://a\"}"`), "wes", ""},
		"run reads nothing":  {runOf(`"{\"reads\": \"a\"}"`), "wes", "A canary without inputs"},
		"nothing":            {`{` + noProcess + `, "task": null, "run": null}`, "microsoft_genomics", "Not one canary"},
		"task with inputs":   {strings.Replace(taskOf("store://a", "output://b"), `"inputs": null`, `"inputs": ["a.bam"]`, 1), "tes", "Argument without meaning"},
		"two":                {strings.Replace(taskOf("store://a", "output://b"), `"process": null`, `"process": "gatk4"`, 1), "tes", "Not one canary"},
	} {
		t.Run(name, func(t *testing.T) {
			a := canaryArguments(t, row.given)
			if got := a.Engine(); got != row.engine {
				t.Errorf("it runs on %s", got)
			}
			diags := a.Validate(t.Context())
			switch {
			case row.refused == "" && diags.HasError(), row.refused != "" && !diags.HasError():
				t.Errorf("it is judged %v", diags)
			case row.refused != "" && diags[0].Summary() != row.refused:
				t.Errorf("it is refused with %v", diags)
			}
		})
	}
}

// A canary is read as a submission is.
func TestACanaryIsASubmissionsJob(t *testing.T) {
	canary, diags := canaryArguments(t, taskOf("store://a b.fq", "output://c")).Canary(t.Context(), "failover drill march")
	if diags.HasError() {
		t.Fatal(diags)
	}
	if names, _ := canary.Inputs(t.Context()); len(names) != 1 || names[0] != "a b.fq" {
		t.Errorf("its inputs are %v", names)
	}
	task, ok := canary.job.(*taskModel)
	if !ok {
		t.Fatalf("it is a %T", canary.job)
	}
	job, _ := task.task(t.Context())
	if job.Name != "failover drill march" || len(job.Executors) != 1 || job.Executors[0].Image != "debian" || job.Outputs[0].URL != "output://c" {
		t.Errorf("it asks for %+v", job)
	}
}
