// Package readiness tells whether a failover would work: the data source
// genomics_readiness looks at both regions, and internal/readiness judges.
package readiness

import (
	"context"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/datasource"

	rules "github.com/genomics-continuity/terraform-provider-genomics/internal/readiness"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/services"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/session"
)

const defaultReadTimeout = 5 * time.Minute

// DataSource implements genomics_readiness.
type DataSource struct {
	session *session.Session
	now     func() time.Time
}

var _ datasource.DataSourceWithConfigure = (*DataSource)(nil)

// NewDataSource makes the data source.
func NewDataSource() datasource.DataSource { return &DataSource{now: time.Now} }

// Metadata names the data source.
func (d *DataSource) Metadata(_ context.Context, req datasource.MetadataRequest, resp *datasource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_readiness"
}

// Schema describes the data source.
func (d *DataSource) Schema(ctx context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	resp.Schema = readinessSchema(ctx)
}

// Configure takes the run's session.
func (d *DataSource) Configure(_ context.Context, req datasource.ConfigureRequest, resp *datasource.ConfigureResponse) {
	run, diags := services.Session(req.ProviderData)
	resp.Diagnostics.Append(diags...)
	if run != nil {
		d.session = run
	}
}

// Read looks at both regions and judges. What cannot be looked at is unknown: it is
// for the user's own conditions to fail.
func (d *DataSource) Read(ctx context.Context, req datasource.ReadRequest, resp *datasource.ReadResponse) {
	var data model
	resp.Diagnostics.Append(req.Config.Get(ctx, &data)...)
	timeout, found := data.Timeouts.Read(ctx, defaultReadTimeout)
	resp.Diagnostics.Append(found...)
	if resp.Diagnostics.HasError() {
		return
	}
	subject := subjectModel{data.jobsModel, data.RegionPair, data.InputStores}
	if resp.Diagnostics.Append(subject.check()...); resp.Diagnostics.HasError() {
		return
	}
	bounded, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()

	l := newLook(d.session, subject, d.now())
	l.write = data.Probe.ValueString() == rules.ProbeWrite
	observed := l.observe(bounded)
	if ctx.Err() != nil {
		resp.Diagnostics.AddError("The readiness was not looked at", "The operation was cancelled before it ended.")
		return
	}
	observed.Limits = data.limits()
	resp.Diagnostics.Append(l.warnings()...)
	report := rules.Assess(observed)
	data.recoveryModel = l.recovery(report.Estimate)
	if err := data.tell(report); err != nil {
		resp.Diagnostics.AddError("The report cannot be written", err.Error())
		return
	}
	resp.Diagnostics.Append(resp.State.Set(ctx, &data)...)
}
