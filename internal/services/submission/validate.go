package submission

import (
	"context"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/engine/genomics"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/failover"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/msgenomics"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/region"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/services/check"
)

func validProcess() validator.String {
	return check.String("must be a process of the service", "Unknown process", msgenomics.ValidProcess)
}

func validProcessArgs() validator.String {
	return check.String("must be arguments of a process", "Invalid process arguments", msgenomics.ValidProcessArgs)
}

func validReadGroup() validator.String {
	return check.String("must be a read group line", "Invalid read group", msgenomics.ValidReadGroup)
}

func validBasename() validator.String {
	const longest = msgenomics.MaxBlobName - failover.MaxOutputSuffix
	return check.String("must be the beginning of a blob name", "Invalid base name", func(s string) error {
		if len(s) > longest {
			return fmt.Errorf("a base name has %d characters; %d are allowed, for each run's own ending has to fit behind it", len(s), longest)
		}
		return msgenomics.ValidBlobName(s)
	})
}

func validDescription() validator.String {
	return check.String("must fit beside the submission's token", "Description too long", func(s string) error {
		return msgenomics.ValidDescription(s, genomics.TokenLength)
	})
}

// validate holds the rules between inputs: the official client would truncate or
// send what the service then refuses; here it is said while planning.
func validate(_ context.Context, config *model) diag.Diagnostics {
	var diags diag.Diagnostics
	if config.Inputs.IsNull() || config.Inputs.IsUnknown() {
		return diags
	}
	var names []string
	for _, v := range config.Inputs.Elements() {
		name, ok := v.(types.String)
		if !ok || name.IsNull() || name.IsUnknown() {
			return diags
		}
		names = append(names, name.ValueString())
	}
	if err := msgenomics.ValidInputs(names); err != nil {
		diags.AddAttributeError(path.Root("inputs"), "Invalid inputs", err.Error())
	}
	return diags
}

func normalize(location types.String) string { return region.Normalize(location.ValueString()) }
