package drill

import (
	"cmp"
	"context"
	"math"
	"time"

	"github.com/hashicorp/terraform-plugin-framework-timeouts/resource/timeouts"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-framework/types/basetypes"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/services/endpoint"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/services/submission"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/session"
)

// arguments are what the resource and the action are told alike.
type arguments struct {
	submission.CanaryArguments

	DrillID     types.String `tfsdk:"drill_id"`
	Region      types.Object `tfsdk:"region"`
	InputStore  types.Object `tfsdk:"input_store"`
	SASDuration types.String `tfsdk:"sas_duration"`
}

type model struct {
	arguments

	ID                types.String   `tfsdk:"id"`
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
	Engine                 types.String `tfsdk:"engine"`
	AccountID              types.String `tfsdk:"account_id"`
	APIURL                 types.String `tfsdk:"api_url"`
	OutputStorageAccountID types.String `tfsdk:"output_storage_account_id"`
	OutputContainerURL     types.String `tfsdk:"output_container_url"`
	Generation             types.Int64  `tfsdk:"generation"`
}

type storeModel struct {
	StoreName        types.String `tfsdk:"store_name"`
	Prefix           types.String `tfsdk:"prefix"`
	Location         types.String `tfsdk:"location"`
	StorageAccountID types.String `tfsdk:"storage_account_id"`
	ContainerURL     types.String `tfsdk:"container_url"`
}

// service is what runs workflows there; kind is the engine's where the side does not
// say it.
func (r regionModel) service(kind string) session.ServiceAccount {
	if r.Engine.ValueString() == "" {
		r.Engine = types.StringValue(kind)
	}
	return endpoint.Account(r.Engine, r.AccountID, r.APIURL, r.Location)
}

// canary is the drill that the arguments ask for.
func (a arguments) canary(ctx context.Context) (canary, diag.Diagnostics) {
	c := canary{id: a.DrillID.ValueString(), engine: a.Engine()}
	// The schema has seen that it is a duration.
	c.validFor, _ = time.ParseDuration(cmp.Or(a.SASDuration.ValueString(), defaultSASDuration))
	diags := a.Region.As(ctx, &c.region, basetypes.ObjectAsOptions{})
	diags.Append(a.InputStore.As(ctx, &c.store, basetypes.ObjectAsOptions{})...)
	var d diag.Diagnostics
	c.job, d = a.Canary(ctx, "failover drill "+c.id)
	diags.Append(d...)
	c.inputs, d = c.job.Inputs(ctx)
	return c, append(diags, d...)
}

// foresee says before anything is done what is known to be wrong with a drill.
func (a arguments) foresee(ctx context.Context) diag.Diagnostics {
	if a.Region.IsUnknown() {
		return nil
	}
	c := canary{id: a.DrillID.ValueString(), engine: a.Engine()}
	diags := a.Region.As(ctx, &c.region, basetypes.ObjectAsOptions{})
	return append(diags, c.suits()...)
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
	if d.run == "" {
		m.WorkflowID = types.StringNull()
	}
	m.Message = types.StringNull()
	if d.message != "" {
		m.Message = types.StringValue(d.message)
	}
	m.Success = types.BoolValue(d.success)
	m.StartedAt, m.EndedAt = types.StringValue(stamp(d.started)), types.StringValue(stamp(d.ended))
	m.OutputsDeleted = types.Int64Value(d.deleted)
	m.Duration = seconds(d.ended.Sub(d.started))
	m.TimeToAccept, m.TimeToFirstOutput = measured(d.accepted), measured(d.firstOutput)
}

func stamp(at time.Time) string { return at.UTC().Format(time.RFC3339) }

// measured is a time that was measured; null if it was not.
func measured(d *time.Duration) types.Float64 {
	if d == nil {
		return types.Float64Null()
	}
	return seconds(*d)
}

func seconds(d time.Duration) types.Float64 {
	return types.Float64Value(math.Round(d.Seconds()*1000) / 1000)
}
