package emulator

import "github.com/genomics-continuity/terraform-provider-genomics/internal/emulator/identity"

// Ready is where everything can be found; its JSON form is the program's ready line.
type Ready struct {
	Ready           bool                   `json:"ready"`
	ResourceManager string                 `json:"resource_manager"`
	Admin           string                 `json:"admin"`
	Identity        string                 `json:"identity"`        // for IDENTITY_ENDPOINT
	IdentityHeader  string                 `json:"identity_header"` // for IDENTITY_HEADER
	SubscriptionID  string                 `json:"subscription_id"`
	TenantID        string                 `json:"tenant_id"`
	Regions         map[string]ReadyRegion `json:"regions"`
	StorageAccounts []ReadyStorageAccount  `json:"storage_accounts"`
}

// ReadyRegion is where one region's servers are.
type ReadyRegion struct {
	Service string `json:"service"`
	TES     string `json:"tes"` // the base URL of the region's TES, with its prefix
	WES     string `json:"wes"` // the base URL of the region's WES, with its prefix
	Blob    string `json:"blob"`
}

// ReadyStorageAccount is one storage account; its key comes from listKeys.
type ReadyStorageAccount struct {
	Name          string `json:"name"`
	ResourceGroup string `json:"resource_group"`
	Location      string `json:"location"`
	ID            string `json:"id"`
	Endpoint      string `json:"endpoint"`
}

// Ready returns where everything can be found once Start has returned.
func (e *Emulator) Ready() Ready {
	r := Ready{
		Ready: true, ResourceManager: e.manager.URL(), Admin: e.admin.URL(),
		Identity: e.identity.URL() + identity.Path, IdentityHeader: e.secrets.IdentityHeader,
		SubscriptionID: e.config.Subscription, TenantID: e.config.Tenant, Regions: map[string]ReadyRegion{},
	}
	for _, region := range e.regions {
		service, settings := region.serviceTarget.URL(), region.faces.Switches.Settings()
		r.Regions[region.name] = ReadyRegion{
			Service: service, TES: service + settings.TES.Prefix, WES: service + settings.WES.Prefix, Blob: region.blobTarget.URL(),
		}
	}
	for _, a := range e.store.StorageAccounts() {
		r.StorageAccounts = append(r.StorageAccounts, ReadyStorageAccount{
			Name: a.Name, ResourceGroup: a.ResourceGroup, Location: a.Location, ID: e.store.StorageID(a), Endpoint: e.blobEndpoint(a),
		})
	}
	return r
}
