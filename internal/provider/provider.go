// Package provider is the front door: the provider's own schema and
// configuration, and the list of everything on offer.
package provider

import (
	"context"
	"os"
	"sync/atomic"

	"github.com/hashicorp/terraform-plugin-framework/action"
	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/ephemeral"
	"github.com/hashicorp/terraform-plugin-framework/function"
	"github.com/hashicorp/terraform-plugin-framework/list"
	"github.com/hashicorp/terraform-plugin-framework/provider"
	"github.com/hashicorp/terraform-plugin-framework/resource"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/azure"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/services/account"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/services/drill"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/services/inputstore"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/services/readiness"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/services/regionpair"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/services/regions"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/services/submission"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/services/workflow"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/session"
)

type genomics struct {
	version string
	// session is that of the run, once it is configured.
	session atomic.Pointer[session.Session]
}

var (
	_ provider.ProviderWithActions            = (*genomics)(nil)
	_ provider.ProviderWithEphemeralResources = (*genomics)(nil)
	_ provider.ProviderWithFunctions          = (*genomics)(nil)
	_ provider.ProviderWithListResources      = (*genomics)(nil)
)

// New makes the provider. version is shown to the services it calls.
func New(version string) func() provider.Provider {
	return func() provider.Provider { return &genomics{version: version} }
}

// Metadata names the provider.
func (p *genomics) Metadata(_ context.Context, _ provider.MetadataRequest, resp *provider.MetadataResponse) {
	resp.TypeName = "genomics"
	resp.Version = p.version
}

// Schema describes the provider's configuration.
func (p *genomics) Schema(_ context.Context, _ provider.SchemaRequest, resp *provider.SchemaResponse) {
	resp.Schema = providerSchema()
}

// Configure resolves the configuration and opens the run's session. It makes no
// network call.
func (p *genomics) Configure(ctx context.Context, req provider.ConfigureRequest, resp *provider.ConfigureResponse) {
	var config configModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &config)...)
	if resp.Diagnostics.HasError() {
		return
	}
	cfg, diags := resolve(config, os.Getenv)
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}
	cfg.Version, cfg.TerraformVersion = p.version, req.TerraformVersion
	s, err := session.New(cfg)
	if err != nil {
		resp.Diagnostics.AddError("The provider cannot be configured", azure.Mask(err.Error()))
		return
	}
	p.session.Store(s)
	resp.DataSourceData, resp.ResourceData, resp.EphemeralResourceData, resp.ActionData, resp.ListResourceData = s, s, s, s, s
}

// Resources lists the resources.
func (p *genomics) Resources(context.Context) []func() resource.Resource {
	return []func() resource.Resource{account.NewResource, regionpair.New, inputstore.New, submission.New, submission.NewTask, submission.NewRun, drill.New}
}

// DataSources lists the data sources.
func (p *genomics) DataSources(context.Context) []func() datasource.DataSource {
	return []func() datasource.DataSource{account.NewDataSource, workflow.NewDataSource, workflow.NewListDataSource, regions.NewDataSource, readiness.NewDataSource, readiness.NewPlanDataSource}
}

// EphemeralResources lists the ephemeral resources.
func (p *genomics) EphemeralResources(context.Context) []func() ephemeral.EphemeralResource {
	return []func() ephemeral.EphemeralResource{account.NewKeys}
}

// Functions lists the functions.
func (p *genomics) Functions(context.Context) []func() function.Function {
	return []func() function.Function{regions.NewPairedRegion, regions.NewGeography, regions.NewParseAccountID, readiness.NewSummary}
}

// Actions lists the actions.
func (p *genomics) Actions(context.Context) []func() action.Action {
	return []func() action.Action{drill.NewAction, inputstore.NewAction, workflow.NewCancel}
}

// ListResources lists the resources that can be listed.
func (p *genomics) ListResources(context.Context) []func() list.ListResource {
	return []func() list.ListResource{account.NewList, workflow.NewList}
}
