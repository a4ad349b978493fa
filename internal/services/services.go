// Package services holds what every resource and data source does alike with
// the provider's data.
package services

import (
	"context"
	"fmt"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/session"
)

// Session takes the run's session out of the provider's data. It is nil, without
// a diagnostic, while the provider is not configured: Terraform validates before
// it configures.
func Session(providerData any) (*session.Session, diag.Diagnostics) {
	if providerData == nil {
		return nil, nil
	}
	s, ok := providerData.(*session.Session)
	if !ok {
		return nil, diag.Diagnostics{diag.NewErrorDiagnostic("Unexpected provider data",
			fmt.Sprintf("Got %T. This is a defect of the provider; please report it.", providerData))}
	}
	return s, nil
}

// Strings is a set of strings as a slice; nil when it is null or not known yet.
func Strings(ctx context.Context, set types.Set) ([]string, diag.Diagnostics) {
	if set.IsNull() || set.IsUnknown() {
		return nil, nil
	}
	var out []string
	diags := set.ElementsAs(ctx, &out, false)
	return out, diags
}

// AllKnown reports whether neither a collection nor any of its elements is unknown.
func AllKnown(v interface {
	attr.Value
	Elements() []attr.Value
},
) bool {
	return !v.IsUnknown() && !slices.ContainsFunc(v.Elements(), attr.Value.IsUnknown)
}

// Known reports whether a value is there to be read.
func Known(v attr.Value) bool { return !v.IsNull() && !v.IsUnknown() }
