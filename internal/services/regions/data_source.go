// Package regions offers what is known of Azure's regions, offline: a data
// source, and functions.
package regions

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/region"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/services/check"
)

// DataSource implements genomics_regions.
type DataSource struct{}

// NewDataSource makes the data source.
func NewDataSource() datasource.DataSource { return &DataSource{} }

type model struct {
	Geography types.String  `tfsdk:"geography"`
	Regions   []regionModel `tfsdk:"regions"`
}

type regionModel struct {
	Name         types.String `tfsdk:"name"`
	DisplayName  types.String `tfsdk:"display_name"`
	Geography    types.String `tfsdk:"geography"`
	PairedRegion types.String `tfsdk:"paired_region"`
	Environment  types.String `tfsdk:"environment"`
}

// Metadata names the data source.
func (d *DataSource) Metadata(_ context.Context, req datasource.MetadataRequest, resp *datasource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_regions"
}

// Schema describes the data source.
func (d *DataSource) Schema(_ context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	text := func(description string) schema.StringAttribute {
		return schema.StringAttribute{Computed: true, MarkdownDescription: description}
	}
	resp.Schema = schema.Schema{
		MarkdownDescription: "Azure's regions as this version of the provider knows them. Nobody is asked: it works in any outage.",
		Attributes: map[string]schema.Attribute{
			"geography": schema.StringAttribute{
				Optional: true, MarkdownDescription: "Only regions of this geography, such as `Europe`. By default all.",
				Validators: []validator.String{check.Geography()},
			},
			"regions": schema.ListNestedAttribute{
				Computed: true, MarkdownDescription: "The regions, by name.",
				NestedObject: schema.NestedAttributeObject{Attributes: map[string]schema.Attribute{
					"name":          text("Name, such as `westus2`."),
					"display_name":  text("Name for people, such as `West US 2`."),
					"geography":     text("Geography that the region lies in."),
					"paired_region": text("Name of the region that Azure pairs it with; null if there is none."),
					"environment":   text("Cloud that the region belongs to: `public`, `usgovernment` or `china`."),
				}},
			},
		},
	}
}

// Read looks into the catalogue.
func (d *DataSource) Read(ctx context.Context, req datasource.ReadRequest, resp *datasource.ReadResponse) {
	var m model
	resp.Diagnostics.Append(req.Config.Get(ctx, &m)...)
	if resp.Diagnostics.HasError() {
		return
	}
	m.Regions = catalogue(m.Geography)
	resp.Diagnostics.Append(resp.State.Set(ctx, &m)...)
}

func catalogue(geography types.String) []regionModel {
	out := []regionModel{}
	for _, r := range region.All() {
		if !geography.IsNull() && geography.ValueString() != r.Geography {
			continue
		}
		pair := types.StringNull()
		if r.Pair != "" {
			pair = types.StringValue(r.Pair)
		}
		out = append(out, regionModel{Name: types.StringValue(r.Name), DisplayName: types.StringValue(r.DisplayName),
			Geography: types.StringValue(r.Geography), PairedRegion: pair, Environment: types.StringValue(r.Cloud)})
	}
	return out
}
