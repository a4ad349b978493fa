package submission

import (
	"context"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework-timeouts/resource/timeouts"
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/diagnostics"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/engine"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/failover"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/region"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/services"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/session"
)

type model struct {
	ID                types.String   `tfsdk:"id"`
	Name              types.String   `tfsdk:"name"`
	Region            types.Object   `tfsdk:"region"`
	InputStore        types.Object   `tfsdk:"input_store"`
	Inputs            types.List     `tfsdk:"inputs"`
	Process           types.String   `tfsdk:"process"`
	ProcessArgs       types.String   `tfsdk:"process_args"`
	Options           types.Object   `tfsdk:"options"`
	Output            types.Object   `tfsdk:"output"`
	Description       types.String   `tfsdk:"description"`
	IgnoreAzureRegion types.Bool     `tfsdk:"ignore_azure_region"`
	SASDuration       types.String   `tfsdk:"sas_duration"`
	OnFailover        types.String   `tfsdk:"on_failover"`
	WaitForCompletion types.Bool     `tfsdk:"wait_for_completion"`
	OnDestroy         types.String   `tfsdk:"on_destroy"`
	Triggers          types.Map      `tfsdk:"triggers"`
	Accept            types.Set      `tfsdk:"accept"`
	WorkflowID        types.String   `tfsdk:"workflow_id"`
	Status            types.String   `tfsdk:"status"`
	Message           types.String   `tfsdk:"message"`
	FailureCode       types.Int64    `tfsdk:"failure_code"`
	BasesProcessed    types.Int64    `tfsdk:"bases_processed"`
	CreatedAt         types.String   `tfsdk:"created_at"`
	EndedAt           types.String   `tfsdk:"ended_at"`
	Location          types.String   `tfsdk:"location"`
	SubmissionKey     types.String   `tfsdk:"submission_key"`
	OutputBasename    types.String   `tfsdk:"output_basename"`
	OutputURL         types.String   `tfsdk:"output_url"`
	Generation        types.Int64    `tfsdk:"generation"`
	Attempts          types.List     `tfsdk:"attempts"`
	UnfencedAttempts  types.Int64    `tfsdk:"unfenced_attempts"`
	Timeouts          timeouts.Value `tfsdk:"timeouts"`

	// kind is the engine's part in it; nil means workflows.
	kind *kind
	// own is the model that this one was made of; nil for a workflow.
	own endpointJob
	// limits are how long a run may be in a state that tells little.
	limits engine.Limits
}

type identityModel struct {
	AccountID  types.String `tfsdk:"account_id"`
	WorkflowID types.String `tfsdk:"workflow_id"`

	location types.String
}

// regionModel is the active side of a pair, as genomics_region_pair gives it.
type regionModel struct {
	PairName               types.String `tfsdk:"pair_name"`
	Role                   types.String `tfsdk:"role"`
	Location               types.String `tfsdk:"location"`
	AccountID              types.String `tfsdk:"account_id"`
	AccountName            types.String `tfsdk:"account_name"`
	APIURL                 types.String `tfsdk:"api_url"`
	OutputStorageAccountID types.String `tfsdk:"output_storage_account_id"`
	OutputContainerURL     types.String `tfsdk:"output_container_url"`
	Generation             types.Int64  `tfsdk:"generation"`
	FailoverMode           types.String `tfsdk:"failover_mode"`
	MaxDataLoss            types.String `tfsdk:"max_data_loss"`
	DrainTimeout           types.String `tfsdk:"drain_timeout"`
	PeerLocation           types.String `tfsdk:"peer_location"`
	PeerAccountID          types.String `tfsdk:"peer_account_id"`
	PeerAPIURL             types.String `tfsdk:"peer_api_url"`

	kind *kind
}

// storeModel is the active side of an input store, as
// genomics_replicated_input_store gives it.
type storeModel struct {
	StoreName          types.String `tfsdk:"store_name"`
	Prefix             types.String `tfsdk:"prefix"`
	Location           types.String `tfsdk:"location"`
	StorageAccountID   types.String `tfsdk:"storage_account_id"`
	StorageAccountName types.String `tfsdk:"storage_account_name"`
	ContainerName      types.String `tfsdk:"container_name"`
	ContainerURL       types.String `tfsdk:"container_url"`
}

type optionsModel struct {
	EmitRefConfidence       types.String `tfsdk:"emit_ref_confidence"`
	BgzipOutput             types.Bool   `tfsdk:"bgzip_output"`
	BQSREnabled             types.Bool   `tfsdk:"bqsr_enabled"`
	ReadGroup               types.String `tfsdk:"read_group"`
	SuppressFastqValidation types.Bool   `tfsdk:"suppress_fastq_validation"`
}

type outputModel struct {
	Basename    types.String `tfsdk:"basename"`
	Overwrite   types.Bool   `tfsdk:"overwrite"`
	IncludeLogs types.Bool   `tfsdk:"include_logs"`
}

type attemptModel struct {
	Location      types.String `tfsdk:"location"`
	AccountID     types.String `tfsdk:"account_id"`
	APIURL        types.String `tfsdk:"api_url"`
	WorkflowID    types.String `tfsdk:"workflow_id"`
	Status        types.String `tfsdk:"status"`
	FailureCode   types.Int64  `tfsdk:"failure_code"`
	Superseded    types.Bool   `tfsdk:"superseded"`
	SubmittedAt   types.String `tfsdk:"submitted_at"`
	SubmissionKey types.String `tfsdk:"submission_key"`
	// Where it writes. Not known of a run that was imported.
	OutputBasename         types.String `tfsdk:"output_basename"`
	OutputContainerURL     types.String `tfsdk:"output_container_url"`
	OutputStorageAccountID types.String `tfsdk:"output_storage_account_id"`
	Stray                  types.Bool   `tfsdk:"stray"`

	kind   *kind
	limits engine.Limits
}

var attemptTypes = map[string]attr.Type{
	"location":       types.StringType,
	"account_id":     types.StringType,
	"api_url":        types.StringType,
	"workflow_id":    types.StringType,
	"status":         types.StringType,
	"failure_code":   types.Int64Type,
	"superseded":     types.BoolType,
	"submitted_at":   types.StringType,
	"submission_key": types.StringType,

	"output_basename":           types.StringType,
	"output_container_url":      types.StringType,
	"output_storage_account_id": types.StringType,
	"stray":                     types.BoolType,
}

var attemptType = types.ObjectType{AttrTypes: attemptTypes}

func (m *model) region(ctx context.Context) (regionModel, diag.Diagnostics) {
	var r regionModel
	diags := services.Into(ctx, m.Region, &r)
	r.kind = m.kind
	return r, diags
}

func (m *model) store(ctx context.Context) (storeModel, diag.Diagnostics) {
	var s storeModel
	diags := services.Into(ctx, m.InputStore, &s)
	return s, diags
}

func (m *model) options(ctx context.Context) (optionsModel, diag.Diagnostics) {
	var o optionsModel
	if m.Options.IsNull() || m.Options.IsUnknown() {
		return o, nil
	}
	diags := services.Into(ctx, m.Options, &o)
	return o, diags
}

// output is how results are written. The schema has seen to its form.
func (m *model) output(ctx context.Context) outputModel {
	var o outputModel
	if services.Known(m.Output) {
		services.Into(ctx, m.Output, &o)
	}
	return o
}

func (m *model) inputNames(ctx context.Context) ([]string, diag.Diagnostics) {
	var names []string
	diags := m.Inputs.ElementsAs(ctx, &names, false)
	return names, diags
}

func (m *model) identity(r regionModel) failover.Identity {
	return failover.Identity{Pair: r.PairName.ValueString(), Submission: m.Name.ValueString()}
}

func (m *model) attempts(ctx context.Context) ([]attemptModel, diag.Diagnostics) {
	if m.Attempts.IsNull() || m.Attempts.IsUnknown() {
		return nil, nil
	}
	out, diags := services.Each[attemptModel](ctx, m.Attempts)
	for i := range out {
		out[i].kind, out[i].limits = m.kind, m.limits
	}
	return out, diags
}

func (m *model) setAttempts(ctx context.Context, attempts []attemptModel) diag.Diagnostics {
	var diags diag.Diagnostics
	m.Attempts, diags = services.List(ctx, attemptType, attempts)
	m.UnfencedAttempts = types.Int64Value(failover.Unfenced(toCore(attempts)))
	return diags
}

// toCore is the attempts in the words of the decisions.
func toCore(attempts []attemptModel) []failover.Attempt {
	out := make([]failover.Attempt, 0, len(attempts))
	for _, a := range attempts {
		submitted, _ := time.Parse(time.RFC3339, a.SubmittedAt.ValueString())
		out = append(out, failover.Attempt{
			Location: a.Location.ValueString(), AccountID: a.AccountID.ValueString(), WorkflowID: a.WorkflowID.ValueString(),
			Key: a.SubmissionKey.ValueString(), Status: failover.Status(a.Status.ValueString()), SubmittedAt: submitted,
			Superseded:   a.Superseded.ValueBool(),
			Stray:        a.Stray.ValueBool(),
			InputFailure: a.status() == failover.StatusFailed && orWorkflows(a.kind).blames(a.FailureCode),
		})
	}
	return out
}

// account is the service account of the side.
func (r regionModel) account() session.ServiceAccount {
	return session.ServiceAccount{Kind: orWorkflows(r.kind).engine, ID: r.AccountID.ValueString(), Location: r.Location.ValueString(), URL: r.APIURL.ValueString()}
}

// peer is the account of the pair's other side; its ID is empty where that is not
// told.
func (r regionModel) peer() session.ServiceAccount {
	return session.ServiceAccount{Kind: orWorkflows(r.kind).engine, ID: r.PeerAccountID.ValueString(), Location: r.PeerLocation.ValueString(), URL: r.PeerAPIURL.ValueString()}
}

// status is the attempt's in the words of the decisions.
func (a attemptModel) status() failover.Status { return failover.Status(a.Status.ValueString()) }

// id names the run, under the account or endpoint that has it.
func (a attemptModel) id() string {
	return a.AccountID.ValueString() + orWorkflows(a.kind).segment + a.WorkflowID.ValueString()
}

// where is what a person needs to find the run.
func (a attemptModel) where() diagnostics.Context {
	return diagnostics.Context{Resource: a.id(), Region: a.Location.ValueString()}
}

// account is where an attempt ran.
func (a attemptModel) account() session.ServiceAccount {
	return session.ServiceAccount{Kind: orWorkflows(a.kind).engine, ID: a.AccountID.ValueString(), Location: a.Location.ValueString(), URL: a.APIURL.ValueString()}
}

// outputURL is what the URLs of the run's result blobs begin with.
func (a attemptModel) outputURL() types.String {
	if a.OutputBasename.IsUnknown() || a.OutputContainerURL.IsUnknown() {
		return types.StringUnknown()
	}
	if a.OutputBasename.ValueString() == "" || a.OutputContainerURL.ValueString() == "" {
		return types.StringNull()
	}
	return types.StringValue(a.OutputContainerURL.ValueString() + "/" + a.OutputBasename.ValueString())
}

// observe takes what the service says of the run into the attempt.
func (a *attemptModel) observe(run engine.Run) {
	a.Status = types.StringValue(string(statusOf(run.State)))
	if _, overdue := a.limits.Overdue(run, time.Now()); overdue {
		a.Status = types.StringValue(string(failover.StatusStalled))
	}
	a.FailureCode = orWorkflows(a.kind).code(run)
	if !run.CreatedAt.IsZero() {
		a.SubmittedAt = types.StringValue(run.CreatedAt.UTC().Format(time.RFC3339))
	}
}

func newAttempt(r regionModel, key, basename string, run engine.Run) attemptModel {
	a := attemptModel{
		kind: r.kind, Location: r.Location, AccountID: r.AccountID, APIURL: r.APIURL, WorkflowID: types.StringValue(run.ID),
		Superseded: types.BoolValue(false), SubmittedAt: types.StringNull(), SubmissionKey: types.StringValue(key),
		OutputBasename: types.StringValue(basename), OutputContainerURL: r.OutputContainerURL, OutputStorageAccountID: r.OutputStorageAccountID,
		Stray: types.BoolValue(false),
	}
	a.observe(run)
	return a
}

// newStray is a run that was found alive in the account of the other region.
func newStray(k *kind, account session.ServiceAccount, key string, run engine.Run) attemptModel {
	a := attemptModel{
		kind: k, Location: types.StringValue(region.Normalize(account.Location)), AccountID: types.StringValue(account.ID), APIURL: types.StringValue(account.URL),
		WorkflowID: types.StringValue(run.ID), Superseded: types.BoolValue(true), SubmittedAt: types.StringNull(),
		SubmissionKey: types.StringValue(key), Stray: types.BoolValue(true),
	}
	a.observe(run)
	return a
}

// same reports whether two attempts are one run.
func (a attemptModel) same(b attemptModel) bool {
	return a.WorkflowID.Equal(b.WorkflowID) && strings.EqualFold(a.AccountID.ValueString(), b.AccountID.ValueString())
}

// observe takes the run that counts into the model.
func (m *model) observe(a attemptModel, run engine.Run) {
	m.WorkflowID, m.Location, m.Status = a.WorkflowID, a.Location, a.Status
	m.ID = types.StringValue(a.id())
	m.SubmissionKey = a.SubmissionKey
	m.OutputBasename, m.OutputURL = a.OutputBasename, a.outputURL()
	m.Message = types.StringNull()
	if run.Message != "" {
		m.Message = types.StringValue(run.Message)
	}
	m.FailureCode = orWorkflows(m.kind).code(run)
	m.CreatedAt, m.EndedAt = types.StringNull(), types.StringNull()
	if !run.CreatedAt.IsZero() {
		m.CreatedAt = types.StringValue(run.CreatedAt.UTC().Format(time.RFC3339))
	}
	if run.EndedAt != nil {
		m.EndedAt = types.StringValue(run.EndedAt.UTC().Format(time.RFC3339))
	}
	orWorkflows(m.kind).observe(m, run)
}

// content is what the submission key is made of.
func (m *model) content(ctx context.Context) (any, diag.Diagnostics) { return m.job().content(ctx) }

// job is what the model asks its engine to run.
func (m *model) job() job { return orWorkflows(m.kind).job(m) }

// computed copies everything computed from another model.
func (m *model) computed(from *model) {
	m.ID, m.WorkflowID, m.Status, m.Message, m.FailureCode = from.ID, from.WorkflowID, from.Status, from.Message, from.FailureCode
	m.BasesProcessed, m.CreatedAt, m.EndedAt, m.Location = from.BasesProcessed, from.CreatedAt, from.EndedAt, from.Location
	m.SubmissionKey, m.Generation, m.Attempts, m.UnfencedAttempts = from.SubmissionKey, from.Generation, from.Attempts, from.UnfencedAttempts
	m.OutputBasename, m.OutputURL = from.OutputBasename, from.OutputURL
}

// open marks what only the service can tell about a run as told by the apply.
func (m *model) open() {
	m.ID, m.WorkflowID, m.Status, m.Message = types.StringUnknown(), types.StringUnknown(), types.StringUnknown(), types.StringUnknown()
	m.FailureCode, m.BasesProcessed = types.Int64Unknown(), types.Int64Unknown()
	m.CreatedAt, m.EndedAt = types.StringUnknown(), types.StringUnknown()
	m.OutputBasename, m.OutputURL = types.StringUnknown(), types.StringUnknown()
}

// uncounted says that no run counts: there is nothing to tell of one.
func (m *model) uncounted() {
	m.WorkflowID, m.Status, m.Message = types.StringNull(), types.StringNull(), types.StringNull()
	m.FailureCode, m.BasesProcessed = types.Int64Null(), types.Int64Null()
	m.CreatedAt, m.EndedAt = types.StringNull(), types.StringNull()
	m.OutputBasename, m.OutputURL = types.StringNull(), types.StringNull()
}
