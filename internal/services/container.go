package services

import (
	"context"
	"errors"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/diagnostics"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/region"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/session"
)

// Container is a container as the configuration names it.
type Container struct {
	Location         types.String
	StorageAccountID types.String
	Name             types.String
}

// KnownURL is the URL of some container, as the state has it.
type KnownURL struct {
	Location         types.String
	StorageAccountID types.String
	URL              types.String
}

// PlannedURL is the container's URL while planning. It comes from the state where
// it can, so that a plan needs no answer from Resource Manager; it stays open
// where nobody can tell yet. at is where a wrong account is complained about.
func (c Container) PlannedURL(ctx context.Context, s *session.Session, at path.Path, prior []KnownURL) (types.String, diag.Diagnostics) {
	var diags diag.Diagnostics
	if !Known(c.Location) || !Known(c.StorageAccountID) || !Known(c.Name) {
		return types.StringUnknown(), diags
	}
	for _, p := range prior {
		// The region counts too: the other side's account, given to this side by
		// mistake, is known but in the wrong place.
		if Known(p.URL) && region.Normalize(p.Location.ValueString()) == region.Normalize(c.Location.ValueString()) &&
			strings.EqualFold(p.StorageAccountID.ValueString(), c.StorageAccountID.ValueString()) &&
			strings.HasSuffix(p.URL.ValueString(), "/"+c.Name.ValueString()) {
			return p.URL, diags
		}
	}
	account, err := s.StorageAccount(ctx, c.StorageAccountID.ValueString(), c.Location.ValueString())
	var misplaced *session.MisplacedError
	switch {
	case errors.As(err, &misplaced):
		diags.AddAttributeError(at, "Storage account in another region", err.Error())
		return types.StringUnknown(), diags
	case err != nil:
		// It may not exist yet, or Resource Manager may be away: apply will tell.
		return types.StringUnknown(), diags
	}
	return types.StringValue(session.ContainerURL(account, c.Name.ValueString())), diags
}

// URL is the container's URL while applying, when it has to be known. Where it is
// dispensable, it is null with a warning instead of an error.
func (c Container) URL(ctx context.Context, s *session.Session, dispensable bool) (types.String, diag.Diagnostics) {
	var diags diag.Diagnostics
	account, err := s.StorageAccount(ctx, c.StorageAccountID.ValueString(), c.Location.ValueString())
	if err != nil && dispensable {
		diags.Append(diagnostics.Warning("The storage account of the region that is left cannot be read", err, diagnostics.Context{
			Resource: c.StorageAccountID.ValueString(), Region: c.Location.ValueString(),
			NextStep: "None for the failover. Apply again when the storage account is there.",
		}))
		return types.StringNull(), diags
	}
	if err != nil {
		diags.Append(diagnostics.Error("The storage account cannot be read", err, diagnostics.Context{
			Resource: c.StorageAccountID.ValueString(), Region: c.Location.ValueString(),
			NextStep: "Check that the storage account exists in this region and that the provider's identity may read it.",
		}))
		return types.StringUnknown(), diags
	}
	return types.StringValue(session.ContainerURL(account, c.Name.ValueString())), diags
}

// ImportByName imports a resource that is nothing but its name until the
// configuration tells the rest.
func ImportByName(ctx context.Context, req resource.ImportStateRequest, resp *resource.ImportStateResponse) {
	resource.ImportStatePassthroughWithIdentity(ctx, path.Root("name"), path.Root("name"), req, resp)
	var name types.String
	resp.Diagnostics.Append(resp.State.GetAttribute(ctx, path.Root("name"), &name)...)
	resp.Diagnostics.Append(resp.State.SetAttribute(ctx, path.Root("id"), name)...)
}
