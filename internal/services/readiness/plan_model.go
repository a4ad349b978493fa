package readiness

import (
	"github.com/hashicorp/terraform-plugin-framework-timeouts/datasource/timeouts"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

type planModel struct {
	jobsModel

	RegionPair     planPairModel     `tfsdk:"region_pair"`
	InputStores    []planStoreModel  `tfsdk:"input_stores"`
	From           types.String      `tfsdk:"from"`
	To             types.String      `tfsdk:"to"`
	Possible       types.Bool        `tfsdk:"possible"`
	Guards         []guardModel      `tfsdk:"guards"`
	Submissions    []submissionModel `tfsdk:"submissions"`
	MissingInputs  []missingModel    `tfsdk:"missing_inputs"`
	ResubmitCount  types.Int64       `tfsdk:"resubmit_count"`
	KeepCount      types.Int64       `tfsdk:"keep_count"`
	RefuseCount    types.Int64       `tfsdk:"refuse_count"`
	InputBytes     types.Int64       `tfsdk:"input_bytes"`
	BasesProcessed types.Int64       `tfsdk:"bases_processed"`
	PendingBlobs   types.Int64       `tfsdk:"pending_blobs"`
	PendingBytes   types.Int64       `tfsdk:"pending_bytes"`
	recoveryModel

	Timeouts timeouts.Value `tfsdk:"timeouts"`
}

type failoverModel struct {
	Mode        types.String `tfsdk:"mode"`
	MaxDataLoss types.String `tfsdk:"max_data_loss"`
}

type pairFailoverModel struct {
	failoverModel

	CoolingTime types.String `tfsdk:"cooling_time"`
}

type planPairModel struct {
	pairModel

	Failover *pairFailoverModel `tfsdk:"failover"`
	Accept   []string           `tfsdk:"accept"`
}

type planStoreModel struct {
	storeModel

	Failover *failoverModel `tfsdk:"failover"`
	Accept   []string       `tfsdk:"accept"`
}

type guardModel struct {
	On      types.String `tfsdk:"on"`
	Accept  types.String `tfsdk:"accept"`
	Summary types.String `tfsdk:"summary"`
	Reason  types.String `tfsdk:"reason"`
	Remedy  types.String `tfsdk:"remedy"`
}

type submissionModel struct {
	Name   types.String `tfsdk:"name"`
	Action types.String `tfsdk:"action"`
	Reason types.String `tfsdk:"reason"`

	InputBytes     types.Int64 `tfsdk:"input_bytes"`
	BasesProcessed types.Int64 `tfsdk:"bases_processed"`
}

type missingModel struct {
	Submission types.String `tfsdk:"submission"`
	Input      types.String `tfsdk:"input"`
	Reason     types.String `tfsdk:"reason"`
}

func (m *planModel) subject() subjectModel {
	s := subjectModel{RegionPair: m.RegionPair.pairModel, jobsModel: m.jobsModel}
	for _, store := range m.InputStores {
		s.InputStores = append(s.InputStores, store.storeModel)
	}
	return s
}
