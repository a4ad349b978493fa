package submission

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-framework/types/basetypes"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/engine"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/engine/tes"
)

// tasks are the submissions to TES.
var tasks = &kind{
	engine: tes.Kind, segment: "/tasks/", noun: "task", server: "server", leftBehind: leftAtServer, typeName: "genomics_task_submission",
	names: map[string]string{"workflow_id": "task_id", "failure_code": "exit_code"},
	code:  exitCode, blames: blamesJob, observe: func(*model, engine.Run) {}, job: ownJob,
	fresh: func() endpointJob { return &taskModel{} },
}

// taskModel is a genomics_task_submission.
type taskModel struct {
	endpointModel

	taskArguments

	TaskID      types.String `tfsdk:"task_id"`
	Description types.String `tfsdk:"description"`
}

// taskArguments are what makes a task this one and no other.
type taskArguments struct {
	Executors types.List   `tfsdk:"executors"`
	Inputs    types.List   `tfsdk:"inputs"`
	Outputs   types.List   `tfsdk:"outputs"`
	Resources types.Object `tfsdk:"resources"`
	Volumes   types.List   `tfsdk:"volumes"`
}

type executorModel struct {
	Image       types.String `tfsdk:"image"`
	Command     []string     `tfsdk:"command"`
	Workdir     types.String `tfsdk:"workdir"`
	Stdin       types.String `tfsdk:"stdin"`
	Stdout      types.String `tfsdk:"stdout"`
	Stderr      types.String `tfsdk:"stderr"`
	Env         types.Map    `tfsdk:"env"`
	IgnoreError types.Bool   `tfsdk:"ignore_error"`
}

type taskInputModel struct {
	Name        types.String `tfsdk:"name"`
	Description types.String `tfsdk:"description"`
	URL         types.String `tfsdk:"url"`
	Path        types.String `tfsdk:"path"`
	Type        types.String `tfsdk:"type"`
	Content     types.String `tfsdk:"content"`
	Streamable  types.Bool   `tfsdk:"streamable"`
}

type taskOutputModel struct {
	Name        types.String `tfsdk:"name"`
	Description types.String `tfsdk:"description"`
	URL         types.String `tfsdk:"url"`
	Path        types.String `tfsdk:"path"`
	PathPrefix  types.String `tfsdk:"path_prefix"`
	Type        types.String `tfsdk:"type"`
}

type resourcesModel struct {
	CPUCores                types.Int64   `tfsdk:"cpu_cores"`
	Preemptible             types.Bool    `tfsdk:"preemptible"`
	RAMGb                   types.Float64 `tfsdk:"ram_gb"`
	DiskGb                  types.Float64 `tfsdk:"disk_gb"`
	Zones                   types.List    `tfsdk:"zones"`
	BackendParameters       types.Map     `tfsdk:"backend_parameters"`
	BackendParametersStrict types.Bool    `tfsdk:"backend_parameters_strict"`
}

func (t *taskModel) common() *endpointModel { return &t.endpointModel }
func (t *taskModel) runID() *types.String   { return &t.TaskID }

func (t *taskModel) plannable() bool {
	return fullyKnown(t.Executors, t.Inputs, t.Outputs, t.Resources, t.Volumes, t.Tags, t.Output)
}

// task is what is asked for, its references as they are written.
func (t *taskModel) task(ctx context.Context) (tes.Task, diag.Diagnostics) {
	out := tes.Task{Name: t.Name.ValueString(), Description: t.Description.ValueString()}
	var executors []executorModel
	diags := t.Executors.ElementsAs(ctx, &executors, false)
	for _, e := range executors {
		env, d := texts(ctx, e.Env)
		diags.Append(d...)
		out.Executors = append(out.Executors, tes.Executor{
			Image: e.Image.ValueString(), Command: e.Command, Workdir: e.Workdir.ValueString(), Stdin: e.Stdin.ValueString(), Stdout: e.Stdout.ValueString(),
			Stderr: e.Stderr.ValueString(), Env: env, IgnoreError: e.IgnoreError.ValueBoolPointer(),
		})
	}
	var inputs []taskInputModel
	diags.Append(elements(ctx, t.Inputs, &inputs)...)
	for _, in := range inputs {
		out.Inputs = append(out.Inputs, tes.Input{
			Name: in.Name.ValueString(), Description: in.Description.ValueString(), URL: in.URL.ValueString(), Path: in.Path.ValueString(), Type: in.Type.ValueString(),
			Content: in.Content.ValueString(), Streamable: in.Streamable.ValueBoolPointer(),
		})
	}
	var outputs []taskOutputModel
	diags.Append(elements(ctx, t.Outputs, &outputs)...)
	for _, o := range outputs {
		out.Outputs = append(out.Outputs, tes.Output{
			Name: o.Name.ValueString(), Description: o.Description.ValueString(), URL: o.URL.ValueString(), Path: o.Path.ValueString(),
			PathPrefix: o.PathPrefix.ValueString(), Type: o.Type.ValueString(),
		})
	}
	diags.Append(elements(ctx, t.Volumes, &out.Volumes)...)
	var d diag.Diagnostics
	out.Tags, d = texts(ctx, t.Tags)
	diags.Append(d...)
	if t.Resources.IsNull() || t.Resources.IsUnknown() {
		return out, diags
	}
	var r resourcesModel
	diags.Append(t.Resources.As(ctx, &r, basetypes.ObjectAsOptions{})...)
	out.Resources = &tes.Resources{
		CPUCores: r.CPUCores.ValueInt64Pointer(), Preemptible: r.Preemptible.ValueBoolPointer(), RAMGb: r.RAMGb.ValueFloat64Pointer(),
		DiskGb: r.DiskGb.ValueFloat64Pointer(), BackendParametersStrict: r.BackendParametersStrict.ValueBoolPointer(),
	}
	diags.Append(elements(ctx, r.Zones, &out.Resources.Zones)...)
	out.Resources.BackendParameters, d = texts(ctx, r.BackendParameters)
	return out, append(diags, d...)
}

// content has the references, which stay the same in a failover. A description
// only labels the task.
func (t *taskModel) content(ctx context.Context) (any, diag.Diagnostics) {
	task, diags := t.task(ctx)
	task.Name, task.Description = "", ""
	triggers, d := t.triggers(ctx)
	return struct {
		Task     tes.Task          `json:"task"`
		Basename string            `json:"basename"`
		Triggers map[string]string `json:"triggers,omitempty"`
	}{task, t.basename(ctx), triggers}, append(diags, d...)
}

func (t *taskModel) inputs(ctx context.Context) ([]string, diag.Diagnostics) {
	task, diags := t.task(ctx)
	var urls []string
	for _, in := range task.Inputs {
		urls = append(urls, in.URL)
	}
	return references(urls), diags
}

func (t *taskModel) compose(ctx context.Context, at storage, folder string) (engine.Job, error) {
	task, _ := t.task(ctx)
	r, err := t.resolver(ctx, at, folder)
	if err != nil {
		return nil, err
	}
	for i := range task.Inputs {
		if task.Inputs[i].URL, err = r.resolve(ctx, task.Inputs[i].URL); err != nil {
			return nil, err
		}
	}
	for i := range task.Outputs {
		if task.Outputs[i].URL, err = r.resolve(ctx, task.Outputs[i].URL); err != nil {
			return nil, err
		}
	}
	return task, nil
}

// elements are a list's; none when it is null or not known yet.
func elements(ctx context.Context, list types.List, target any) diag.Diagnostics {
	if list.IsNull() || list.IsUnknown() {
		return nil
	}
	return list.ElementsAs(ctx, target, false)
}

// exitCode is what the state keeps of a failure: the code, 0 when the server does
// not tell it, of a job that failed by itself, and nothing of one that its server
// lost.
func exitCode(run engine.Run) types.Int64 {
	if run.State != engine.StateFailedInput {
		return types.Int64Null()
	}
	return types.Int64Value(int64(run.Code))
}

func blamesJob(code types.Int64) bool { return !code.IsNull() && !code.IsUnknown() }

func ownJob(m *model) job { return m.own }

func (t *taskModel) validate(ctx context.Context) diag.Diagnostics {
	if !fullyKnown(t.Inputs, t.Executors, t.Outputs) {
		return nil
	}
	task, diags := t.task(ctx)
	diags.Append(checkInputs(task, path.Root("inputs"))...)
	names, d := t.inputs(ctx)
	diags.Append(d...)
	return append(diags, t.validateStore(names)...)
}

// checkInputs holds the rules within each input of a task.
func checkInputs(task tes.Task, at path.Path) diag.Diagnostics {
	var diags diag.Diagnostics
	for i, in := range task.Inputs {
		if (in.URL == "") == (in.Content == "") {
			diags.AddAttributeError(at.AtListIndex(i), "Invalid input", "An input has either a url or a content.")
		}
		if scheme, _, ok := parseReference(in.URL); ok && scheme == outputScheme {
			diags.AddAttributeError(at.AtListIndex(i).AtName("url"), "Invalid input", "output:// is for outputs.")
		}
	}
	return diags
}
