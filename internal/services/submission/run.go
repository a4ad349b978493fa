package submission

import (
	"context"
	"encoding/json"
	"maps"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/engine"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/engine/wes"
)

// runs are the submissions to WES.
var runs = &kind{
	engine: wes.Kind, segment: "/runs/", noun: "run", server: "server", leftBehind: leftAtServer, typeName: "genomics_run_submission",
	names: map[string]string{"workflow_id": "run_id", "failure_code": "exit_code"},
	code:  exitCode, blames: blamesJob, observe: func(*model, engine.Run) {}, job: ownJob,
	fresh: func() endpointJob { return &runModel{} },
}

// runModel is a genomics_run_submission.
type runModel struct {
	endpointModel

	runArguments

	RunID types.String `tfsdk:"run_id"`
}

// runArguments are what makes a run this one and no other.
type runArguments struct {
	WorkflowType        types.String `tfsdk:"workflow_type"`
	WorkflowTypeVersion types.String `tfsdk:"workflow_type_version"`
	WorkflowURL         types.String `tfsdk:"workflow_url"`
	WorkflowAttachments types.Map    `tfsdk:"workflow_attachments"`
	WorkflowParams      types.String `tfsdk:"workflow_params"`
	EngineParameters    types.Map    `tfsdk:"workflow_engine_parameters"`
}

func (r *runModel) common() *endpointModel { return &r.endpointModel }
func (r *runModel) runID() *types.String   { return &r.RunID }

func (r *runModel) plannable() bool {
	return fullyKnown(r.WorkflowType, r.WorkflowTypeVersion, r.WorkflowURL, r.WorkflowAttachments, r.WorkflowParams, r.EngineParameters, r.Tags, r.Output)
}

// request is what is asked for, its references as they are written.
func (r *runModel) request(ctx context.Context) (wes.Request, diag.Diagnostics) {
	out := wes.Request{WorkflowType: r.WorkflowType.ValueString(), WorkflowTypeVersion: r.WorkflowTypeVersion.ValueString(), WorkflowURL: r.WorkflowURL.ValueString()}
	if params := r.WorkflowParams.ValueString(); params != "" {
		out.WorkflowParams = json.RawMessage(params)
	}
	var diags, d diag.Diagnostics
	out.EngineParameters, d = texts(ctx, r.EngineParameters)
	diags.Append(d...)
	out.Tags, d = texts(ctx, r.Tags)
	diags.Append(d...)
	attachments, d := texts(ctx, r.WorkflowAttachments)
	diags.Append(d...)
	for _, name := range slices.Sorted(maps.Keys(attachments)) {
		out.Attachments = append(out.Attachments, wes.Attachment{Name: name, Content: []byte(attachments[name])})
	}
	return out, diags
}

// content has the references, which stay the same in a failover.
func (r *runModel) content(ctx context.Context) (any, diag.Diagnostics) {
	request, diags := r.request(ctx)
	if len(request.WorkflowParams) > 0 {
		// However it is written, the same parameters are the same run.
		if plain, err := mapJSON(request.WorkflowParams, func(s string) (string, error) { return s, nil }); err == nil {
			request.WorkflowParams = plain
		}
	}
	triggers, d := r.triggers(ctx)
	return struct {
		Run      wes.Request       `json:"run"`
		Basename string            `json:"basename"`
		Triggers map[string]string `json:"triggers,omitempty"`
	}{request, r.basename(ctx), triggers}, append(diags, d...)
}

func (r *runModel) inputs(ctx context.Context) ([]string, diag.Diagnostics) {
	request, diags := r.request(ctx)
	all := []string{request.WorkflowURL}
	if len(request.WorkflowParams) > 0 {
		// The schema has seen that it is JSON.
		within, _ := jsonTexts(request.WorkflowParams)
		all = append(all, within...)
	}
	return references(all), diags
}

func (r *runModel) compose(ctx context.Context, where storage, folder string) (engine.Job, error) {
	request, _ := r.request(ctx)
	at, err := r.resolver(ctx, where, folder)
	if err != nil {
		return nil, err
	}
	resolve := func(text string) (string, error) { return at.resolve(ctx, text) }
	if request.WorkflowURL, err = resolve(request.WorkflowURL); err != nil {
		return nil, err
	}
	if len(request.WorkflowParams) > 0 {
		if request.WorkflowParams, err = mapJSON(request.WorkflowParams, resolve); err != nil {
			return nil, err
		}
	}
	return request, nil
}

func (r *runModel) validate(ctx context.Context) diag.Diagnostics {
	if !fullyKnown(r.WorkflowURL, r.WorkflowParams, r.WorkflowAttachments) {
		return nil
	}
	names, diags := r.inputs(ctx)
	return append(diags, r.validateStore(names)...)
}
