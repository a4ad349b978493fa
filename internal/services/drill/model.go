package drill

import (
	"math"
	"time"

	"github.com/hashicorp/terraform-plugin-framework-timeouts/resource/timeouts"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

type model struct {
	ID                types.String   `tfsdk:"id"`
	DrillID           types.String   `tfsdk:"drill_id"`
	Region            types.Object   `tfsdk:"region"`
	InputStore        types.Object   `tfsdk:"input_store"`
	Inputs            types.List     `tfsdk:"inputs"`
	Process           types.String   `tfsdk:"process"`
	ProcessArgs       types.String   `tfsdk:"process_args"`
	SASDuration       types.String   `tfsdk:"sas_duration"`
	Location          types.String   `tfsdk:"location"`
	WorkflowID        types.String   `tfsdk:"workflow_id"`
	Status            types.String   `tfsdk:"status"`
	Message           types.String   `tfsdk:"message"`
	Success           types.Bool     `tfsdk:"success"`
	StartedAt         types.String   `tfsdk:"started_at"`
	EndedAt           types.String   `tfsdk:"ended_at"`
	TimeToAccept      types.Float64  `tfsdk:"time_to_accept"`
	TimeToFirstOutput types.Float64  `tfsdk:"time_to_first_output"`
	Duration          types.Float64  `tfsdk:"duration"`
	OutputsDeleted    types.Int64    `tfsdk:"outputs_deleted"`
	Timeouts          timeouts.Value `tfsdk:"timeouts"`
}

type regionModel struct {
	PairName               types.String `tfsdk:"pair_name"`
	Location               types.String `tfsdk:"location"`
	AccountID              types.String `tfsdk:"account_id"`
	APIURL                 types.String `tfsdk:"api_url"`
	OutputStorageAccountID types.String `tfsdk:"output_storage_account_id"`
	OutputContainerURL     types.String `tfsdk:"output_container_url"`
}

type storeModel struct {
	StoreName        types.String `tfsdk:"store_name"`
	Prefix           types.String `tfsdk:"prefix"`
	Location         types.String `tfsdk:"location"`
	StorageAccountID types.String `tfsdk:"storage_account_id"`
	ContainerURL     types.String `tfsdk:"container_url"`
}

// results copies what a drill found from another model.
func (m *model) results(from *model) {
	m.ID, m.Location, m.WorkflowID, m.Status, m.Message, m.Success = from.ID, from.Location, from.WorkflowID, from.Status, from.Message, from.Success
	m.StartedAt, m.EndedAt, m.OutputsDeleted = from.StartedAt, from.EndedAt, from.OutputsDeleted
	m.TimeToAccept, m.TimeToFirstOutput, m.Duration = from.TimeToAccept, from.TimeToFirstOutput, from.Duration
}

// tell takes the outcome of a drill into the model.
func (m *model) tell(d done) {
	m.Location, m.WorkflowID, m.Status = types.StringValue(d.location), types.StringValue(d.run), types.StringValue(d.status)
	m.Message = types.StringNull()
	if d.message != "" {
		m.Message = types.StringValue(d.message)
	}
	m.Success = types.BoolValue(d.success)
	m.StartedAt, m.EndedAt = types.StringValue(stamp(d.started)), types.StringValue(stamp(d.ended))
	m.OutputsDeleted = types.Int64Value(d.deleted)
	m.Duration = seconds(d.ended.Sub(d.started))
	m.TimeToAccept, m.TimeToFirstOutput = types.Float64Null(), types.Float64Null()
	if d.accepted > 0 {
		m.TimeToAccept = seconds(d.accepted)
	}
	if !d.firstOutput.IsZero() {
		// The storage's clock may be behind this machine's.
		m.TimeToFirstOutput = seconds(max(d.firstOutput.Sub(d.started), 0))
	}
}

func stamp(at time.Time) string { return at.UTC().Format(time.RFC3339) }

func seconds(d time.Duration) types.Float64 {
	return types.Float64Value(math.Round(d.Seconds()*1000) / 1000)
}
