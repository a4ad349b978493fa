package region

// The clouds that regions belong to, as the provider's argument environment names them.
const (
	cloudPublic       = "public"
	cloudUSGovernment = "usgovernment"
	cloudChina        = "china"
)

// entry is a region as Azure lists it. Its name is its display name in lower case without spaces, for every region there is.
type entry struct{ display, geography, pair string }

// publicRegions follows the locations that Resource Manager lists for a subscription, as of August 2026, with the regions of
// restricted access and without Microsoft's own canary and staging regions.
var publicRegions = []entry{
	{"Australia Central", "Australia", "australiacentral2"},
	{"Australia Central 2", "Australia", "australiacentral"},
	{"Australia East", "Australia", "australiasoutheast"},
	{"Australia Southeast", "Australia", "australiaeast"},
	{"Austria East", "Austria", ""},
	{"Belgium Central", "Belgium", ""},
	{"Brazil South", "Brazil", "southcentralus"},
	{"Brazil Southeast", "Brazil", "brazilsouth"},
	{"Canada Central", "Canada", "canadaeast"},
	{"Canada East", "Canada", "canadacentral"},
	{"Central India", "India", "southindia"},
	{"Central US", "United States", "eastus2"},
	{"Chile Central", "Chile", ""},
	{"Denmark East", "Denmark", ""},
	{"East Asia", "Asia Pacific", "southeastasia"},
	{"East US", "United States", "westus"},
	{"East US 2", "United States", "centralus"},
	{"France Central", "France", "francesouth"},
	{"France South", "France", "francecentral"},
	{"Germany North", "Germany", "germanywestcentral"},
	{"Germany West Central", "Germany", "germanynorth"},
	{"Indonesia Central", "Indonesia", ""},
	{"Israel Central", "Israel", ""},
	{"Italy North", "Italy", ""},
	{"Japan East", "Japan", "japanwest"},
	{"Japan West", "Japan", "japaneast"},
	{"Jio India Central", "India", "jioindiawest"},
	{"Jio India West", "India", "jioindiacentral"},
	{"Korea Central", "Korea", "koreasouth"},
	{"Korea South", "Korea", "koreacentral"},
	{"Malaysia West", "Malaysia", ""},
	{"Mexico Central", "Mexico", ""},
	{"New Zealand North", "New Zealand", ""},
	{"North Central US", "United States", "southcentralus"},
	{"North Europe", "Europe", "westeurope"},
	{"Norway East", "Norway", "norwaywest"},
	{"Norway West", "Norway", "norwayeast"},
	{"Poland Central", "Poland", ""},
	{"Qatar Central", "Qatar", ""},
	{"South Africa North", "South Africa", "southafricawest"},
	{"South Africa West", "South Africa", "southafricanorth"},
	{"South Central US", "United States", "northcentralus"},
	{"South India", "India", "centralindia"},
	{"Southeast Asia", "Asia Pacific", "eastasia"},
	{"Spain Central", "Spain", ""},
	{"Sweden Central", "Sweden", "swedensouth"},
	{"Sweden South", "Sweden", "swedencentral"},
	{"Switzerland North", "Switzerland", "switzerlandwest"},
	{"Switzerland West", "Switzerland", "switzerlandnorth"},
	{"UAE Central", "UAE", "uaenorth"},
	{"UAE North", "UAE", "uaecentral"},
	{"UK South", "United Kingdom", "ukwest"},
	{"UK West", "United Kingdom", "uksouth"},
	{"West Central US", "United States", "westus2"},
	{"West Europe", "Europe", "northeurope"},
	{"West India", "India", "southindia"},
	{"West US", "United States", "eastus"},
	{"West US 2", "United States", "westcentralus"},
	{"West US 3", "United States", "eastus"},
}

// governmentRegions follows the article on region pairs and nonpaired regions of the Azure reliability documentation.
var governmentRegions = []entry{
	{"US DoD Central", "US Department of Defense", "usdodeast"},
	{"US DoD East", "US Department of Defense", "usdodcentral"},
	{"US Gov Arizona", "US Government", "usgovtexas"},
	{"US Gov Texas", "US Government", "usgovvirginia"},
	{"US Gov Virginia", "US Government", "usgovtexas"},
}

// chinaRegions follows the list of regions in the documentation of Azure operated by 21Vianet.
var chinaRegions = []entry{
	{"China East", "China", "chinanorth"},
	{"China East 2", "China", "chinanorth2"},
	{"China East 3", "China", "chinanorth3"},
	{"China North", "China", "chinaeast"},
	{"China North 2", "China", "chinaeast2"},
	{"China North 3", "China", "chinaeast3"},
}
