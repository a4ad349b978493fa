package regionpair

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-framework/types/basetypes"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/region"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/services"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/services/endpoint"
)

// validate holds the rules between attributes. It asks nobody anything, and
// leaves alone what is not known yet.
func validate(ctx context.Context, config model) diag.Diagnostics {
	primary, diags := config.side(ctx, rolePrimary)
	secondary, d := config.side(ctx, roleSecondary)
	diags.Append(d...)
	if diags.HasError() {
		return diags
	}
	diags.Append(oneService(config)...)
	p, s := primary.location, secondary.location
	if services.Known(p) && services.Known(s) {
		if region.Normalize(p.ValueString()) == region.Normalize(s.ValueString()) {
			diags.AddAttributeError(path.Root("secondary").AtName("location"), "Both sides are in the same region",
				fmt.Sprintf("An outage of %s would take both. Choose another region for one side; Azure pairs it with %s.", p.ValueString(), pairOf(p.ValueString())))
		}
		if a := config.ActiveRegion; services.Known(a) {
			name := region.Normalize(a.ValueString())
			if name != region.Normalize(p.ValueString()) && name != region.Normalize(s.ValueString()) {
				diags.AddAttributeError(path.Root("active_region"), "The active region is not one of the pair",
					fmt.Sprintf("%q is neither the primary's location %s nor the secondary's location %s.", a.ValueString(), p.ValueString(), s.ValueString()))
			}
		}
	}
	if config.DataResidency.IsNull() || config.DataResidency.IsUnknown() {
		return diags
	}
	var residency residencyModel
	diags.Append(config.DataResidency.As(ctx, &residency, basetypes.ObjectAsOptions{})...)
	var allowed []types.String
	if !services.Known(residency.AllowedGeographies) {
		return diags
	}
	diags.Append(residency.AllowedGeographies.ElementsAs(ctx, &allowed, false)...)
	var names []string
	for _, a := range allowed {
		if a.IsUnknown() {
			return diags
		}
		names = append(names, a.ValueString())
	}
	slices.Sort(names)
	for _, side := range []side{primary, secondary} {
		if !services.Known(side.location) {
			continue
		}
		found, ok := region.Lookup(side.location.ValueString())
		if ok && !slices.Contains(names, found.Geography) {
			diags.AddAttributeError(path.Root(side.role).AtName("location"), "Region outside the allowed geographies",
				fmt.Sprintf("%s (%s) lies in the geography %q, but data_residency allows only: %s.", found.Name, found.DisplayName, found.Geography, strings.Join(names, ", ")))
		}
	}
	return diags
}

func pairOf(location string) string {
	if r, ok := region.Lookup(location); ok && r.Pair != "" {
		return r.Pair
	}
	return "no other region"
}

// oneService holds the sides to one service each, of one kind.
func oneService(config model) diag.Diagnostics {
	var diags diag.Diagnostics
	said := map[string]string{}
	for _, role := range []string{rolePrimary, roleSecondary} {
		object := map[string]types.Object{rolePrimary: config.Primary, roleSecondary: config.Secondary}[role]
		if !services.Known(object) {
			return diags
		}
		given := endpoint.Given(object.Attributes())
		if len(given) != 1 {
			diags.AddAttributeError(path.Root(role), "What runs workflows on this side is not clear",
				fmt.Sprintf("A side has exactly one of %s; this one has %d.", strings.Join(endpoint.Arguments(), ", "), len(given)))
			continue
		}
		said[role] = given[0]
	}
	if len(said) == 2 && said[rolePrimary] != said[roleSecondary] {
		diags.AddAttributeError(path.Root(roleSecondary).AtName(said[roleSecondary]), "The sides of the pair are of two kinds",
			fmt.Sprintf("The primary has %s and the secondary %s. A run that one of them was sent could not be sent to the other.", said[rolePrimary], said[roleSecondary]))
	}
	return diags
}
