package submission

import (
	"context"
	"strconv"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/blobstore"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/engine"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/engine/genomics"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/failover"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/msgenomics"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/services"
)

// kind is what the submissions to one engine have of their own. All else is the
// same for all of them.
type kind struct {
	// engine is its kind, as the session knows it.
	engine string
	// segment stands between the place of a run and its number in the run's ID.
	segment string
	// noun is what a person calls one run, and server what it is sent to.
	noun, server string
	// leftBehind says what to do about a run in a region that does not answer, when its
	// resource is destroyed.
	leftBehind string
	// typeName is the resource's.
	typeName string
	// names are what the attempts of endpoints call two of their attributes.
	names map[string]string
	// fresh is an empty model of an endpoint's; nil for workflows.
	fresh func() endpointJob
	// code is what the state keeps of a run's failure code.
	code func(engine.Run) types.Int64
	// blames reports whether a run that failed with a code did so for its input's
	// fault.
	blames func(code types.Int64) bool
	// observe takes what only this engine tells of a run into the model.
	observe func(m *model, run engine.Run)
	// job is what the model asks this engine to run.
	job func(m *model) job
}

// job is what one submission asks its engine to run.
type job interface {
	// content is what the submission key is made of.
	content(ctx context.Context) (any, diag.Diagnostics)
	// basename is what the user wants the names of results to begin with.
	basename(ctx context.Context) string
	// inputs are the blobs of the input store that have to be there.
	inputs(ctx context.Context) ([]string, diag.Diagnostics)
	// plannable reports whether enough of the content is known to plan.
	plannable() bool
	// validate holds the rules between attributes, offline.
	validate(ctx context.Context) diag.Diagnostics
	// compose makes the engine's job, with signatures that live as long as the user
	// says, and results under the given name.
	compose(ctx context.Context, at storage, basename string) (engine.Job, error)
}

// storage is where a job's inputs are and its results go.
type storage interface {
	// containers opens both, and tells how long a signature for either is valid. That
	// of inputs is nil where there is none.
	containers(ctx context.Context) (input, output *blobstore.Container, validFor time.Duration, err error)
}

// workflows are the submissions to Microsoft Genomics.
var workflows = &kind{
	engine:  genomics.Kind,
	segment: workflowsSegment, noun: "workflow", server: "workflow service", typeName: TypeName,
	leftBehind: "The service restarts it when the region returns. Cancel it then with the service's own client, or regenerate the account's keys.",
	code: func(run engine.Run) types.Int64 {
		if run.Code == 0 {
			return types.Int64Null()
		}
		return types.Int64Value(int64(run.Code))
	},
	blames: func(code types.Int64) bool { return msgenomics.InputFailure(int(code.ValueInt64())) },
	observe: func(m *model, run engine.Run) {
		m.BasesProcessed = types.Int64Null()
		if workflow, ok := run.Detail.(msgenomics.Workflow); ok {
			m.BasesProcessed = types.Int64PointerValue(workflow.BasesProcessed)
		}
	},
	job: func(m *model) job { return workflow{m} },
}

// orWorkflows is the kind of something that was read without one.
func orWorkflows(k *kind) *kind {
	if k == nil {
		return workflows
	}
	return k
}

// statusOf is a run's state in the words of the user's contract.
func statusOf(s engine.State) failover.Status {
	switch s {
	case engine.StateQueued:
		return failover.StatusQueued
	case engine.StateInitializing, engine.StateRunning, engine.StatePaused:
		return failover.StatusWorking
	case engine.StateSucceeded:
		return failover.StatusSuccess
	case engine.StateFailedInput, engine.StateFailedSystem:
		return failover.StatusFailed
	case engine.StateCancelling:
		return failover.StatusCancelling
	case engine.StateCancelled:
		return failover.StatusCancelled
	default:
		return failover.StatusUnknown
	}
}

// workflow is what a model asks Microsoft Genomics to run.
type workflow struct{ *model }

func (w workflow) basename(ctx context.Context) string {
	return w.output(ctx).Basename.ValueString()
}

func (w workflow) inputs(ctx context.Context) ([]string, diag.Diagnostics) { return w.inputNames(ctx) }

func (w workflow) validate(ctx context.Context) diag.Diagnostics { return validate(ctx, w.model) }

func (w workflow) plannable() bool {
	if !services.Known(w.InputStore) || !services.Known(w.Process) || w.ProcessArgs.IsUnknown() || !services.AllKnown(w.Inputs) ||
		w.Output.IsUnknown() || w.Options.IsUnknown() {
		return false
	}
	for _, object := range []types.Object{w.Output, w.Options} {
		for _, v := range object.Attributes() {
			if v.IsUnknown() {
				return false
			}
		}
	}
	return true
}

// content does not name a region, an account or a container: those change in a
// failover.
func (w workflow) content(ctx context.Context) (any, diag.Diagnostics) {
	var diags diag.Diagnostics
	c := failover.Content{Process: w.Process.ValueString(), ProcessArgs: w.ProcessArgs.ValueString(), Basename: w.basename(ctx)}
	names, d := w.inputNames(ctx)
	diags.Append(d...)
	c.Inputs = names
	o, d := w.options(ctx)
	diags.Append(d...)
	options := map[string]string{}
	for name, v := range map[string]types.String{"emit_ref_confidence": o.EmitRefConfidence, "read_group": o.ReadGroup} {
		if !v.IsNull() {
			options[name] = v.ValueString()
		}
	}
	for name, v := range map[string]types.Bool{"bgzip_output": o.BgzipOutput, "bqsr_enabled": o.BQSREnabled, "suppress_fastq_validation": o.SuppressFastqValidation} {
		if !v.IsNull() {
			options[name] = strconv.FormatBool(v.ValueBool())
		}
	}
	if len(options) > 0 {
		c.Options = options
	}
	if !w.Triggers.IsNull() {
		diags.Append(w.Triggers.ElementsAs(ctx, &c.Triggers, false)...)
	}
	return c, diags
}

// compose makes the request: names, and signatures.
func (w workflow) compose(ctx context.Context, at storage, basename string) (engine.Job, error) {
	out := w.output(ctx)
	options, _ := w.options(ctx)
	names, _ := w.inputNames(ctx)
	input, output, validFor, err := at.containers(ctx)
	if err != nil {
		return nil, err
	}
	s := msgenomics.Submission{
		Process: w.Process.ValueString(), ProcessArgs: w.ProcessArgs.ValueString(), Description: w.Description.ValueString(),
		IgnoreAzureRegion: w.IgnoreAzureRegion.ValueBoolPointer(),
		InputAccount:      input.AccountName(), InputContainer: input.Name(),
		OutputAccount: output.AccountName(), OutputContainer: output.Name(), OutputBase: basename,
		Overwrite: out.Overwrite.ValueBool(), IncludeLogs: out.IncludeLogs.ValueBool(),
		Options: msgenomics.Options{
			EmitRefConfidence: options.EmitRefConfidence.ValueString(), BgzipOutput: options.BgzipOutput.ValueBoolPointer(), BQSR: options.BQSREnabled.ValueBoolPointer(),
			ReadGroup: options.ReadGroup.ValueString(), SuppressFastqValidation: options.SuppressFastqValidation.ValueBoolPointer(),
		},
	}
	for _, name := range names {
		signature, err := input.BlobSAS(ctx, name, validFor)
		if err != nil {
			return nil, err
		}
		s.Inputs = append(s.Inputs, msgenomics.Input{Name: name, SAS: signature})
	}
	s.OutputSAS, err = output.ContainerSAS(ctx, validFor)
	if err != nil {
		return nil, err
	}
	return s, nil
}
