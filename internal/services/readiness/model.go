package readiness

import (
	"math"
	"time"

	"github.com/hashicorp/terraform-plugin-framework-timeouts/datasource/timeouts"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	rules "github.com/genomics-continuity/terraform-provider-genomics/internal/readiness"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/readiness/report"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/region"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/services/submission"
)

// subjectModel is what is looked at.
type subjectModel struct {
	jobsModel

	RegionPair  pairModel
	InputStores []storeModel
}

// jobsModel is the pair's submissions, each as its resource has it.
type jobsModel struct {
	Workflows []workflowModel `tfsdk:"workflows"`
	Tasks     []taskModel     `tfsdk:"tasks"`
	Runs      []runModel      `tfsdk:"runs"`
}

type model struct {
	jobsModel

	RegionPair          pairModel    `tfsdk:"region_pair"`
	InputStores         []storeModel `tfsdk:"input_stores"`
	MaxRecoveryPointAge types.String `tfsdk:"max_recovery_point_age"`
	MaxDrillAge         types.String `tfsdk:"max_drill_age"`
	StateLocation       types.String `tfsdk:"state_location"`
	Probe               types.String `tfsdk:"probe"`
	Ready               types.Bool   `tfsdk:"ready"`
	Verdict             types.String `tfsdk:"verdict"`
	Summary             types.String `tfsdk:"summary"`
	Checks              []checkModel `tfsdk:"checks"`
	RecoveryPointAge    types.Int64  `tfsdk:"recovery_point_age"`
	LastDrillAt         types.String `tfsdk:"last_drill_at"`
	recoveryModel

	ReportMarkdown types.String   `tfsdk:"report_markdown"`
	ReportJUnit    types.String   `tfsdk:"report_junit"`
	ReportJSON     types.String   `tfsdk:"report_json"`
	ReportSVG      types.String   `tfsdk:"report_svg"`
	Timeouts       timeouts.Value `tfsdk:"timeouts"`
}

type pairModel struct {
	Name          types.String    `tfsdk:"name"`
	ActiveRegion  types.String    `tfsdk:"active_region"`
	Primary       pairSideModel   `tfsdk:"primary"`
	Secondary     pairSideModel   `tfsdk:"secondary"`
	DataResidency *residencyModel `tfsdk:"data_residency"`
}

type pairSideModel struct {
	Location  types.String `tfsdk:"location"`
	AccountID types.String `tfsdk:"account_id"`
	TES       *serverModel `tfsdk:"tes"`
	WES       *serverModel `tfsdk:"wes"`
	Output    outputModel  `tfsdk:"output"`
}

type serverModel struct {
	URL types.String `tfsdk:"url"`
}

type outputModel struct {
	StorageAccountID types.String `tfsdk:"storage_account_id"`
	ContainerName    types.String `tfsdk:"container_name"`
}

type residencyModel struct {
	AllowedGeographies []string `tfsdk:"allowed_geographies"`
}

type storeModel struct {
	Name                types.String    `tfsdk:"name"`
	Primary             *storeSideModel `tfsdk:"primary"`
	Secondary           *storeSideModel `tfsdk:"secondary"`
	Prefix              types.String    `tfsdk:"prefix"`
	Include             []string        `tfsdk:"include"`
	Exclude             []string        `tfsdk:"exclude"`
	Verify              types.String    `tfsdk:"verify"`
	Mode                types.String    `tfsdk:"mode"`
	FailbackReplication types.Bool      `tfsdk:"failback_replication"`
}

type storeSideModel struct {
	Location         types.String `tfsdk:"location"`
	StorageAccountID types.String `tfsdk:"storage_account_id"`
	ContainerName    types.String `tfsdk:"container_name"`
}

type workflowModel struct {
	Name       types.String     `tfsdk:"name"`
	Inputs     []string         `tfsdk:"inputs"`
	OnFailover types.String     `tfsdk:"on_failover"`
	InputStore *inputStoreModel `tfsdk:"input_store"`
	Accept     []string         `tfsdk:"accept"`
}

type taskModel struct {
	Name       types.String     `tfsdk:"name"`
	Inputs     []taskInputModel `tfsdk:"inputs"`
	OnFailover types.String     `tfsdk:"on_failover"`
	InputStore *inputStoreModel `tfsdk:"input_store"`
	Accept     []string         `tfsdk:"accept"`
}

type taskInputModel struct {
	URL types.String `tfsdk:"url"`
}

type runModel struct {
	Name           types.String     `tfsdk:"name"`
	WorkflowURL    types.String     `tfsdk:"workflow_url"`
	WorkflowParams types.String     `tfsdk:"workflow_params"`
	OnFailover     types.String     `tfsdk:"on_failover"`
	InputStore     *inputStoreModel `tfsdk:"input_store"`
	Accept         []string         `tfsdk:"accept"`
}

type inputStoreModel struct {
	StoreName types.String `tfsdk:"store_name"`
}

type checkModel struct {
	Name    types.String `tfsdk:"name"`
	Region  types.String `tfsdk:"region"`
	Subject types.String `tfsdk:"subject"`
	Status  types.String `tfsdk:"status"`
	Message types.String `tfsdk:"message"`
	Remedy  types.String `tfsdk:"remedy"`
}

// sides are the active and the standby side.
func (p pairModel) sides() (active, standby pairSideModel) {
	if at(p.ActiveRegion) == at(p.Secondary.Location) {
		return p.Secondary, p.Primary
	}
	return p.Primary, p.Secondary
}

// sides are those of the store that lie where the pair's do, and whether blobs flow
// from the one to the other.
func (s storeModel) sides(active string) (source, standby storeSideModel, flows bool) {
	if at(s.Secondary.Location) == active {
		return *s.Secondary, *s.Primary, s.FailbackReplication.ValueBool()
	}
	return *s.Primary, *s.Secondary, true
}

// check reports what an element of a list lacks.
func (s subjectModel) check() diag.Diagnostics {
	var diags diag.Diagnostics
	for i, store := range s.InputStores {
		if store.Name.ValueString() == "" || store.Primary == nil || store.Secondary == nil {
			diags.AddAttributeError(path.Root("input_stores").AtListIndex(i), "Not an input store", "It needs name, primary and secondary: give a genomics_replicated_input_store as it is.")
		}
	}
	for i, job := range s.Tasks {
		if job.Name.ValueString() == "" {
			diags.AddAttributeError(path.Root("tasks").AtListIndex(i), "Not a submission", "It needs name: give a genomics_task_submission as it is.")
		}
	}
	for i, job := range s.Runs {
		if job.Name.ValueString() == "" {
			diags.AddAttributeError(path.Root("runs").AtListIndex(i), "Not a submission", "It needs name: give a genomics_run_submission as it is.")
		}
	}
	for i, job := range s.Workflows {
		if job.Name.ValueString() == "" || len(job.Inputs) == 0 || job.InputStore == nil {
			diags.AddAttributeError(path.Root("workflows").AtListIndex(i), "Not a submission", "It needs name, inputs and input_store: give a genomics_workflow_submission as it is.")
		}
	}
	return diags
}

// jobs are all submissions alike: what the store has to hold for each. It is nil when
// none of the lists was given.
func (j jobsModel) jobs() []workflowModel {
	out := j.Workflows
	if out == nil && (j.Tasks != nil || j.Runs != nil) {
		out = []workflowModel{}
	}
	add := func(name, onFailover types.String, store *inputStoreModel, accept, inputs []string) {
		if store == nil {
			store = &inputStoreModel{}
		}
		out = append(out, workflowModel{Name: name, Inputs: inputs, OnFailover: onFailover, InputStore: store, Accept: accept})
	}
	for _, task := range j.Tasks {
		var urls []string
		for _, in := range task.Inputs {
			urls = append(urls, in.URL.ValueString())
		}
		add(task.Name, task.OnFailover, task.InputStore, task.Accept, submission.References("", urls...))
	}
	for _, run := range j.Runs {
		add(run.Name, run.OnFailover, run.InputStore, run.Accept, submission.References(run.WorkflowParams.ValueString(), run.WorkflowURL.ValueString()))
	}
	return out
}

// at is the name of a location.
func at(location types.String) string { return region.Normalize(location.ValueString()) }

// limits are what the configuration wants to hold. Durations were checked before.
func (m *model) limits() rules.Limits {
	duration := func(text types.String) time.Duration {
		d, _ := time.ParseDuration(text.ValueString())
		return d
	}
	l := rules.Limits{MaxRecoveryPointAge: duration(m.MaxRecoveryPointAge), MaxDrillAge: duration(m.MaxDrillAge)}
	if !m.StateLocation.IsNull() {
		l.StateLocation = at(m.StateLocation)
	}
	if m.RegionPair.DataResidency != nil {
		l.Geographies = m.RegionPair.DataResidency.AllowedGeographies
	}
	return l
}

// tell takes a judgement into the model.
func (m *model) tell(r rules.Report) error {
	m.Ready, m.Verdict, m.Summary = types.BoolValue(r.Verdict == rules.Ready), types.StringValue(string(r.Verdict)), types.StringValue(r.Summary())
	m.Checks = []checkModel{}
	for _, c := range r.Checks {
		m.Checks = append(m.Checks, checkModel{
			Name: types.StringValue(c.Name), Region: some(c.Region), Subject: some(c.Subject),
			Status: types.StringValue(string(c.Status)), Message: types.StringValue(c.Message), Remedy: some(c.Remedy),
		})
	}
	m.RecoveryPointAge, m.LastDrillAt = types.Int64Null(), types.StringNull()
	if r.RecoveryPointAge != nil {
		m.RecoveryPointAge = types.Int64Value(int64(math.Round(r.RecoveryPointAge.Seconds())))
	}
	if !r.Drill.At.IsZero() {
		m.LastDrillAt = types.StringValue(r.Drill.At.UTC().Format(time.RFC3339))
	}
	m.ReportMarkdown = types.StringValue(report.Markdown(r))
	for _, written := range []struct {
		into  *types.String
		write func(rules.Report) (string, error)
	}{{&m.ReportJUnit, report.JUnit}, {&m.ReportJSON, report.JSON}, {&m.ReportSVG, report.SVG}} {
		text, err := written.write(r)
		if err != nil {
			return err
		}
		*written.into = types.StringValue(text)
	}
	return nil
}

// some is a text, or null if there is none.
func some(text string) types.String {
	if text == "" {
		return types.StringNull()
	}
	return types.StringValue(text)
}
