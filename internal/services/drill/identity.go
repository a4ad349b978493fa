package drill

import (
	"fmt"
	"net/url"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/azure"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/region"
)

// identityModel says which drill it was by where its record lies.
type identityModel struct {
	Location         types.String `tfsdk:"location"`
	StorageAccountID types.String `tfsdk:"storage_account_id"`
	ContainerName    types.String `tfsdk:"container_name"`
	PairName         types.String `tfsdk:"pair_name"`
	DrillID          types.String `tfsdk:"drill_id"`
}

// identity is that of the canary's drill.
func (c *canary) identity() identityModel {
	container := c.region.OutputContainerURL.ValueString()
	return identityModel{
		Location: types.StringValue(region.Normalize(c.region.Location.ValueString())), StorageAccountID: c.region.OutputStorageAccountID,
		ContainerName: types.StringValue(container[strings.LastIndex(container, "/")+1:]), PairName: c.region.PairName, DrillID: types.StringValue(c.id),
	}
}

// id writes the identity in one line. Names may have slashes of their own.
func (i identityModel) id() string {
	return i.Location.ValueString() + "=" + i.StorageAccountID.ValueString() + "/" + i.ContainerName.ValueString() +
		"/" + url.PathEscape(i.PairName.ValueString()) + "/" + url.PathEscape(i.DrillID.ValueString())
}

// parseID reads what id wrote.
func parseID(id string) (identityModel, error) {
	malformed := fmt.Errorf("%q is not the ID of a drill: write <region>=<resource ID of the output storage account>/<output container>/<pair>/<drill_id>", id)
	location, rest, ok := strings.Cut(id, "=")
	location = region.Normalize(location)
	const names = 3
	segments := strings.Split(rest, "/")
	if !ok || location == "" || len(segments) <= names {
		return identityModel{}, malformed
	}
	account, err := azure.ParseStorageAccountID(strings.Join(segments[:len(segments)-names], "/"))
	if err != nil {
		return identityModel{}, fmt.Errorf("%w: %w", malformed, err)
	}
	last := segments[len(segments)-names:]
	for i := range last {
		if last[i], err = url.PathUnescape(last[i]); err != nil || last[i] == "" {
			return identityModel{}, malformed
		}
	}
	if strings.Contains(last[0], "/") {
		return identityModel{}, malformed
	}
	return identityModel{
		Location: types.StringValue(location), StorageAccountID: types.StringValue(account.String()),
		ContainerName: types.StringValue(last[0]), PairName: types.StringValue(last[1]), DrillID: types.StringValue(last[2]),
	}, nil
}
