package submission

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework-validators/listvalidator"
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-framework/types/basetypes"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/blobstore"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/engine"
)

// CanaryArguments say what a drill runs: what a submission to one of the engines
// says, and nothing of failovers.
type CanaryArguments struct {
	Inputs        types.List   `tfsdk:"inputs"`
	Process       types.String `tfsdk:"process"`
	ProcessArgs   types.String `tfsdk:"process_args"`
	Task          types.Object `tfsdk:"task"`
	Run           types.Object `tfsdk:"run"`
	StorageAccess types.String `tfsdk:"storage_access"`
}

// CanaryAttributes are the schema of CanaryArguments. None of them has a default, so
// that they are fit for an action as well.
func CanaryAttributes() map[string]schema.Attribute {
	task, run, access := taskAttributes(), runAttributes(), accessAttribute()
	task["tags"], run["tags"] = tagsAttribute(tasks), tagsAttribute(runs)
	access.Computed, access.Default = false, nil
	access.MarkdownDescription = strings.TrimSuffix(access.MarkdownDescription, " A change takes effect with the next run.") + " Without meaning for Microsoft Genomics."
	const one = " Exactly one of `process`, `task` and `run` is given, as the pair's sides are."
	return map[string]schema.Attribute{
		"inputs": schema.ListAttribute{
			ElementType: types.StringType, Optional: true, Validators: []validator.List{listvalidator.SizeAtLeast(1), listvalidator.NoNullValues()},
			MarkdownDescription: "Names of the input blobs of one sample, as a `genomics_workflow_submission` has them; only with `process`. A small one makes a quick drill.",
		},
		"process":      optionalText("The workflow of Microsoft Genomics to run: `snapgatk` or `gatk4`."+one, validProcess()),
		"process_args": optionalText("Arguments of the process, such as `R=hg38m1`; only with `process`.", validProcessArgs()),
		"task": schema.SingleNestedAttribute{
			Optional: true, Attributes: task,
			MarkdownDescription: "The task of TES to run, as a `genomics_task_submission` has it. At least one input is a `store://` reference, and every output an `output://` one." + one,
		},
		"run": schema.SingleNestedAttribute{
			Optional: true, Attributes: run,
			MarkdownDescription: "The run of WES, as a `genomics_run_submission` has it. At least one `store://` reference is in it; let it write to `output://` references only, for what it writes elsewhere stays." + one,
		},
		"storage_access": access,
	}
}

// Engine is the kind of what it can be run on. It is told by which arguments are
// given, whatever is in them.
func (a CanaryArguments) Engine() string {
	switch {
	case !a.Task.IsNull():
		return tasks.engine
	case !a.Run.IsNull():
		return runs.engine
	}
	return workflows.engine
}

// Canary is a job that is run without being a submission.
type Canary struct{ job job }

// Canary reads the arguments. name is what the engine shows of it.
func (a CanaryArguments) Canary(ctx context.Context, name string) (Canary, diag.Diagnostics) {
	common := endpointModel{Name: types.StringValue(name), StorageAccess: a.StorageAccess}
	switch {
	case !a.Task.IsNull():
		var given struct {
			taskArguments
			Tags types.Map `tfsdk:"tags"`
		}
		diags := a.Task.As(ctx, &given, basetypes.ObjectAsOptions{})
		common.Tags = given.Tags
		return Canary{&taskModel{endpointModel: common, taskArguments: given.taskArguments, Description: types.StringValue(name)}}, diags
	case !a.Run.IsNull():
		var given struct {
			runArguments
			Tags types.Map `tfsdk:"tags"`
		}
		diags := a.Run.As(ctx, &given, basetypes.ObjectAsOptions{})
		common.Tags = given.Tags
		return Canary{&runModel{endpointModel: common, runArguments: given.runArguments}}, diags
	}
	// What it writes is its own and nobody else's, so that it may write over it.
	output := map[string]attr.Value{"basename": types.StringValue(name), "overwrite": types.BoolValue(true), "include_logs": types.BoolValue(true)}
	return Canary{workflow{&model{
		Process: a.Process, ProcessArgs: a.ProcessArgs, Inputs: a.Inputs, Description: types.StringValue(name),
		Output: types.ObjectValueMust(map[string]attr.Type{"basename": types.StringType, "overwrite": types.BoolType, "include_logs": types.BoolType}, output),
	}}}, nil
}

// Validate holds the rules between the arguments, offline, as far as they are known.
func (a CanaryArguments) Validate(ctx context.Context) diag.Diagnostics {
	var diags diag.Diagnostics
	if a.Process.IsUnknown() || a.Task.IsUnknown() || a.Run.IsUnknown() {
		return diags
	}
	var given []string
	for name, v := range map[string]attr.Value{"process": a.Process, "task": a.Task, "run": a.Run} {
		if !v.IsNull() {
			given = append(given, name)
		}
	}
	if len(given) != 1 {
		diags.AddError("Not one canary", fmt.Sprintf("A drill runs exactly one of process, task and run; %d are given.", len(given)))
		return diags
	}
	for name, v := range map[string]attr.Value{"process_args": a.ProcessArgs, "inputs": a.Inputs} {
		switch missing := v.IsNull(); {
		case missing && given[0] == "process":
			diags.AddAttributeError(path.Root(name), "Missing argument", fmt.Sprintf("A process needs %s.", name))
		case !missing && given[0] != "process":
			diags.AddAttributeError(path.Root(name), "Argument without meaning", fmt.Sprintf("%s belongs to process; a %s says all of this itself.", name, given[0]))
		}
	}
	if diags.HasError() || !fullyKnown(a.Inputs, a.Task, a.Run) {
		return diags
	}
	canary, d := a.Canary(ctx, "")
	if diags.Append(d...); diags.HasError() {
		return diags
	}
	at := path.Root(given[0])
	switch job := canary.job.(type) {
	case workflow:
		return append(diags, job.validate(ctx)...)
	case *taskModel:
		task, d := job.task(ctx)
		diags.Append(d...)
		diags.Append(checkInputs(task, at.AtName("inputs"))...)
		for i, out := range task.Outputs {
			if scheme, _, ok := parseReference(out.URL); !ok || scheme != outputScheme {
				diags.AddAttributeError(at.AtName("outputs").AtListIndex(i).AtName("url"), "An output that is not the drill's own",
					fmt.Sprintf("%q is no %s reference: a drill writes below its own prefix only, and deletes that when it has ended.", out.URL, outputScheme))
			}
		}
	}
	names, d := canary.Inputs(ctx)
	if diags.Append(d...); len(names) == 0 {
		diags.AddAttributeError(at, "A canary without inputs",
			fmt.Sprintf("Nothing in it is a %s<blob> reference. A drill that takes nothing from the input store says nothing of what a failover would find there.", inputScheme))
	}
	return diags
}

// Content is what makes a canary another one.
func (c Canary) Content(ctx context.Context) (any, diag.Diagnostics) { return c.job.content(ctx) }

// Inputs are the blobs of the input store that have to be there.
func (c Canary) Inputs(ctx context.Context) ([]string, diag.Diagnostics) { return c.job.inputs(ctx) }

// Places is where a canary's inputs are and its results go.
type Places struct {
	Input, Output *blobstore.Container
	// ValidFor is how long a signature for either is valid.
	ValidFor time.Duration
}

func (p Places) containers(context.Context) (input, output *blobstore.Container, validFor time.Duration, err error) {
	return p.Input, p.Output, p.ValidFor, nil
}

// Compose makes the engine's job. The names of all results begin with basename.
func (c Canary) Compose(ctx context.Context, at Places, basename string) (engine.Job, error) {
	return c.job.compose(ctx, at, basename)
}
