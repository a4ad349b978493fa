package submission

import (
	"context"
	"fmt"
	"maps"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework-timeouts/resource/timeouts"
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-framework/types/basetypes"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/engine"
)

// endpointModel is what submissions to endpoints of GA4GH have in common. An
// endpoint's base URL stands where a workflow submission has its account's ID.
type endpointModel struct {
	ID                  types.String   `tfsdk:"id"`
	Name                types.String   `tfsdk:"name"`
	Region              types.Object   `tfsdk:"region"`
	InputStore          types.Object   `tfsdk:"input_store"`
	Output              types.Object   `tfsdk:"output"`
	Tags                types.Map      `tfsdk:"tags"`
	StorageAccess       types.String   `tfsdk:"storage_access"`
	SASDuration         types.String   `tfsdk:"sas_duration"`
	OnFailover          types.String   `tfsdk:"on_failover"`
	StalledAfter        types.String   `tfsdk:"stalled_after"`
	InitializingTimeout types.String   `tfsdk:"initializing_timeout"`
	WaitForCompletion   types.Bool     `tfsdk:"wait_for_completion"`
	OnDestroy           types.String   `tfsdk:"on_destroy"`
	Triggers            types.Map      `tfsdk:"triggers"`
	Accept              types.Set      `tfsdk:"accept"`
	Status              types.String   `tfsdk:"status"`
	Message             types.String   `tfsdk:"message"`
	ExitCode            types.Int64    `tfsdk:"exit_code"`
	CreatedAt           types.String   `tfsdk:"created_at"`
	EndedAt             types.String   `tfsdk:"ended_at"`
	Location            types.String   `tfsdk:"location"`
	SubmissionKey       types.String   `tfsdk:"submission_key"`
	OutputBasename      types.String   `tfsdk:"output_basename"`
	OutputURL           types.String   `tfsdk:"output_url"`
	Generation          types.Int64    `tfsdk:"generation"`
	Attempts            types.List     `tfsdk:"attempts"`
	UnfencedAttempts    types.Int64    `tfsdk:"unfenced_attempts"`
	Timeouts            timeouts.Value `tfsdk:"timeouts"`
}

// endpointJob is the model of one kind of submission to endpoints.
type endpointJob interface {
	job
	// common is what it has in common with the others.
	common() *endpointModel
	// runID is the attribute that says which run counts.
	runID() *types.String
}

type endpointOutput struct {
	Basename types.String `tfsdk:"basename"`
}

// core is the model that everything is decided by.
func (e *endpointModel) core(ctx context.Context, k *kind, own endpointJob) *model {
	return &model{
		kind: k, own: own,
		limits: engine.Limits{Stalled: duration(e.StalledAfter), Initializing: duration(e.InitializingTimeout)},
		ID:     e.ID, Name: e.Name, Region: toCoreRegion(ctx, e.Region), InputStore: e.InputStore, SASDuration: e.SASDuration, OnFailover: e.OnFailover,
		WaitForCompletion: e.WaitForCompletion, OnDestroy: e.OnDestroy, Triggers: e.Triggers, Accept: e.Accept, WorkflowID: *own.runID(),
		Status: e.Status, Message: e.Message, FailureCode: e.ExitCode, CreatedAt: e.CreatedAt, EndedAt: e.EndedAt, Location: e.Location,
		SubmissionKey: e.SubmissionKey, OutputBasename: e.OutputBasename, OutputURL: e.OutputURL, Generation: e.Generation,
		Attempts: toCoreAttempts(e.Attempts, k), UnfencedAttempts: e.UnfencedAttempts, Timeouts: e.Timeouts,
	}
}

// take takes everything computed out of the core's model.
func (e *endpointModel) take(m *model, k *kind, own endpointJob) {
	*own.runID() = m.WorkflowID
	e.ID, e.Status, e.Message, e.ExitCode, e.CreatedAt, e.EndedAt = m.ID, m.Status, m.Message, m.FailureCode, m.CreatedAt, m.EndedAt
	e.Location, e.SubmissionKey, e.OutputBasename, e.OutputURL = m.Location, m.SubmissionKey, m.OutputBasename, m.OutputURL
	e.Generation, e.Attempts, e.UnfencedAttempts = m.Generation, fromCoreAttempts(m.Attempts, k), m.UnfencedAttempts
}

// duration is a text that the schema has checked; zero when there is none.
func duration(text types.String) time.Duration {
	d, _ := time.ParseDuration(text.ValueString())
	return d
}

func (e *endpointModel) basename(ctx context.Context) string {
	var out endpointOutput
	if !e.Output.IsNull() && !e.Output.IsUnknown() {
		e.Output.As(ctx, &out, basetypes.ObjectAsOptions{})
	}
	if name := out.Basename.ValueString(); name != "" {
		return name
	}
	// What names have besides these is not for URLs.
	return strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("._-", r) {
			return r
		}
		return '-'
	}, e.Name.ValueString())
}

// resolver is what makes URLs of the job's references, for one run.
func (e *endpointModel) resolver(ctx context.Context, at storage, folder string) (resolver, error) {
	r := resolver{access: e.StorageAccess.ValueString(), folder: folder}
	input, output, validFor, err := at.containers(ctx)
	if err != nil {
		return r, err
	}
	if input != nil {
		r.input = input
	}
	r.output, r.validFor = output, validFor
	return r, nil
}

func (e *endpointModel) triggers(ctx context.Context) (map[string]string, diag.Diagnostics) {
	return texts(ctx, e.Triggers)
}

func texts(ctx context.Context, m types.Map) (map[string]string, diag.Diagnostics) {
	var out map[string]string
	if m.IsNull() || m.IsUnknown() {
		return nil, nil
	}
	diags := m.ElementsAs(ctx, &out, false)
	return out, diags
}

// fullyKnown reports whether values are known to the last.
func fullyKnown(values ...attr.Value) bool {
	for _, v := range values {
		if v.IsUnknown() {
			return false
		}
		switch v := v.(type) {
		case types.List:
			if !fullyKnown(v.Elements()...) {
				return false
			}
		case types.Map:
			for _, element := range v.Elements() {
				if !fullyKnown(element) {
					return false
				}
			}
		case types.Object:
			for _, attribute := range v.Attributes() {
				if !fullyKnown(attribute) {
					return false
				}
			}
		}
	}
	return true
}

// toCoreRegion puts the base URLs where the core looks for accounts, and takes out
// what it does not know.
func toCoreRegion(ctx context.Context, region types.Object) types.Object {
	if region.IsNull() || region.IsUnknown() {
		return region
	}
	values, typesOf := region.Attributes(), region.AttributeTypes(ctx)
	delete(values, "engine")
	delete(typesOf, "engine")
	values["account_id"], values["peer_account_id"] = values["api_url"], values["peer_api_url"]
	return types.ObjectValueMust(typesOf, values)
}

// attemptTypesOf are the attributes of attempts as submissions to endpoints have
// them: no account, and other names for two.
func attemptTypesOf(k *kind) map[string]attr.Type {
	out := maps.Clone(attemptTypes)
	delete(out, "account_id")
	for core, own := range k.names {
		out[own] = out[core]
		delete(out, core)
	}
	return out
}

func toCoreAttempts(attempts types.List, k *kind) types.List {
	return mapAttempts(attempts, attemptTypes, func(values map[string]attr.Value) {
		for core, own := range k.names {
			values[core] = values[own]
			delete(values, own)
		}
		values["account_id"] = values["api_url"]
	})
}

func fromCoreAttempts(attempts types.List, k *kind) types.List {
	return mapAttempts(attempts, attemptTypesOf(k), func(values map[string]attr.Value) {
		for core, own := range k.names {
			values[own] = values[core]
			delete(values, core)
		}
		delete(values, "account_id")
	})
}

func mapAttempts(attempts types.List, to map[string]attr.Type, change func(map[string]attr.Value)) types.List {
	of := types.ObjectType{AttrTypes: to}
	switch {
	case attempts.IsUnknown():
		return types.ListUnknown(of)
	case attempts.IsNull():
		return types.ListNull(of)
	}
	out := []attr.Value{}
	for _, element := range attempts.Elements() {
		object, ok := element.(types.Object)
		if !ok || object.IsUnknown() || object.IsNull() {
			out = append(out, types.ObjectUnknown(to))
			continue
		}
		values := object.Attributes()
		change(values)
		out = append(out, types.ObjectValueMust(to, values))
	}
	return types.ListValueMust(of, out)
}

// leftAtServer is what to do about a run that was left behind at an endpoint.
const leftAtServer = "Its server may go on with it, or start it again, when the region returns. Cancel it then with a client of the server's own."

// parseRunID takes apart the ID of a run at an endpoint.
func (k *kind) parseRunID(id string) (place, run string, err error) {
	at := strings.LastIndex(id, k.segment)
	if at <= 0 || at+len(k.segment) == len(id) {
		return "", "", fmt.Errorf("%q is not the ID of a %s: write <region>=<base URL>%s<ID>", id, k.noun, k.segment)
	}
	return id[:at], id[at+len(k.segment):], nil
}

// validateStore holds a rule between attributes of all endpoints: what refers to the
// input store needs one.
func (e *endpointModel) validateStore(refers []string) diag.Diagnostics {
	var diags diag.Diagnostics
	if len(refers) > 0 && e.InputStore.IsNull() {
		diags.AddAttributeError(path.Root("input_store"), "No input store", fmt.Sprintf("%s%s refers to the input store, and none is given.", inputScheme, refers[0]))
	}
	return diags
}
