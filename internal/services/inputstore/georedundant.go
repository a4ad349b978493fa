package inputstore

import (
	"context"
	"fmt"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/azure"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/diagnostics"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/region"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/services"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/session"
)

// replicaSuffix follows the name of an account where its readable replica is meant. The workflow service finds the replica by it.
const replicaSuffix = "-secondary"

// replica reports whether a side is read from the account's replica: in a geo-redundant store the secondary one always is.
func (m *model) replica(ctx context.Context, s sideModel) bool {
	secondary, _ := m.side(ctx, m.Secondary)
	return m.Mode.ValueString() == modeGeoRedundant && sameRegion(s.Location, secondary.Location)
}

// validateGeoRedundant checks offline what a geo-redundant store needs: one account and container, and Azure's own pair.
func validateGeoRedundant(primary, secondary sideModel) diag.Diagnostics {
	var diags diag.Diagnostics
	at := path.Root("secondary")
	if services.Known(primary.StorageAccountID) && services.Known(secondary.StorageAccountID) && !strings.EqualFold(primary.StorageAccountID.ValueString(), secondary.StorageAccountID.ValueString()) {
		diags.AddAttributeError(at.AtName("storage_account_id"), "Two accounts where Azure replicates one",
			"With mode = \"geo_redundant\" both sides are the same storage account: the secondary side is read at the account's own -secondary endpoint. "+
				"Set the primary's storage_account_id here too, or use mode = \"object_replication\" or \"copy\" for two accounts.")
	}
	if services.Known(primary.ContainerName) && services.Known(secondary.ContainerName) && primary.ContainerName.ValueString() != secondary.ContainerName.ValueString() {
		diags.AddAttributeError(at.AtName("container_name"), "Two containers where Azure replicates one",
			"With mode = \"geo_redundant\" the secondary side is the replica of the primary's container, and has its name.")
	}
	if !services.Known(primary.Location) || !services.Known(secondary.Location) {
		return diags
	}
	home, ok := region.Lookup(primary.Location.ValueString())
	switch standby := region.Normalize(secondary.Location.ValueString()); {
	case !ok:
		// A region that this provider does not know may be new; the account tells.
	case home.Pair == "":
		diags.AddAttributeError(at.AtName("location"), "The region has no pair", fmt.Sprintf(
			"Azure gives %s no paired region, so that no storage account there is geo-redundant. Use mode = \"object_replication\" or \"copy\".", home.Name))
	case home.Pair != standby:
		diags.AddAttributeError(at.AtName("location"), "The standby is not the region's own pair", fmt.Sprintf(
			"Azure replicates a geo-redundant account of %s to %s and nowhere else, and the secondary's location is %s. Set it to %q, or use mode = \"object_replication\" or \"copy\".",
			home.Name, home.Pair, standby, home.Pair))
	}
	return diags
}

// notReplicated says why a storage account offers no replica to read in a region; "" when it does.
func notReplicated(account azure.StorageAccount, primary, secondary string) string {
	update := "az storage account update --name " + account.Name + " --sku Standard_RAGRS"
	home, standby := region.Normalize(account.Location), region.Normalize(account.SecondaryLocation)
	switch {
	case home == secondary && home != primary:
		return fmt.Sprintf("storage account %s is in %s, and it is configured for %s: it was failed over, which made %s its primary region. "+
			"Configure %s as the primary side, make the account geo-redundant again (%s), and wait for its first synchronization", account.Name, home, primary, home, home, update)
	case home != primary:
		return fmt.Sprintf("storage account %s is in %s, but it is configured for %s", account.Name, home, primary)
	case !strings.HasPrefix(account.SKU, "Standard_RA"):
		return fmt.Sprintf("storage account %s has the redundancy %s, whose replica cannot be read: mode = \"geo_redundant\" needs Standard_RAGRS or Standard_RAGZRS. "+
			"Set account_replication_type = \"RAGRS\" on the azurerm_storage_account, or run: %s", account.Name, account.SKU, update)
	case standby != secondary:
		return fmt.Sprintf("storage account %s is replicated to %q, but it is configured for %s", account.Name, standby, secondary)
	case account.SecondaryBlobEndpoint == "":
		return fmt.Sprintf("storage account %s shows no endpoint of its replica", account.Name)
	}
	return ""
}

// replicatedURL is the URL of one side's container of a geo-redundant store. why says what is wrong with the account.
func (r *Resource) replicatedURL(ctx context.Context, m *model, s sideModel) (url types.String, why string, err error) {
	primary, _ := m.side(ctx, m.Primary)
	secondary, _ := m.side(ctx, m.Secondary)
	if !services.Known(s.StorageAccountID) || !services.Known(s.ContainerName) || !services.Known(primary.Location) || !services.Known(secondary.Location) {
		return types.StringUnknown(), "", nil
	}
	id, err := azure.ParseStorageAccountID(s.StorageAccountID.ValueString())
	if err != nil {
		return types.StringUnknown(), "", err
	}
	account, err := r.session.AccountAnywhere(ctx, id)
	if err != nil {
		return types.StringUnknown(), "", fmt.Errorf("asking Resource Manager for storage account %s: %w", id.Name, err)
	}
	if why := notReplicated(account, region.Normalize(primary.Location.ValueString()), region.Normalize(secondary.Location.ValueString())); why != "" {
		return types.StringUnknown(), why, nil
	}
	if m.replica(ctx, s) {
		account.BlobEndpoint = account.SecondaryBlobEndpoint
	}
	return types.StringValue(session.ContainerURL(account, s.ContainerName.ValueString())), "", nil
}

// plannedReplicatedURL is replicatedURL while planning: from the state where it can be, and open where nobody can tell.
func (r *Resource) plannedReplicatedURL(ctx context.Context, m *model, s sideModel, prior []services.KnownURL) (types.String, diag.Diagnostics) {
	var diags diag.Diagnostics
	for _, p := range prior {
		if services.Known(p.URL) && services.Known(s.Location) && sameRegion(p.Location, s.Location) && strings.EqualFold(p.StorageAccountID.ValueString(), s.StorageAccountID.ValueString()) &&
			strings.HasSuffix(p.URL.ValueString(), "/"+s.ContainerName.ValueString()) {
			return p.URL, diags
		}
	}
	url, why, err := r.replicatedURL(ctx, m, s)
	if err == nil && why != "" {
		diags.AddAttributeError(path.Root("mode"), "The account is not replicated as configured", "The account's own replica cannot be used: "+why+".")
	}
	return url, diags
}

// resolveReplicated is replicatedURL while applying. A failover goes without that of the side it leaves.
func (r *Resource) resolveReplicated(ctx context.Context, m *model, s sideModel, dispensable bool) (types.String, diag.Diagnostics) {
	var diags diag.Diagnostics
	url, why, err := r.replicatedURL(ctx, m, s)
	about := diagnostics.Context{Resource: s.StorageAccountID.ValueString(), Region: s.Location.ValueString(), NextStep: "Check that the storage account exists and that the provider's identity may read it."}
	switch {
	case err == nil && why == "":
		return url, diags
	case err == nil:
		about.NextStep = ""
		err = fmt.Errorf("%s", why)
	}
	if dispensable {
		diags.Append(diagnostics.Warning("The storage account of the region that is left cannot be read", err, about))
		return types.StringNull(), diags
	}
	diags.Append(diagnostics.Error("The storage account cannot be read", err, about))
	return types.StringUnknown(), diags
}
