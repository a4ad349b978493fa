package azure

import (
	"fmt"
	"slices"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/arm"
)

const (
	accountType        = "Microsoft.Genomics/accounts"
	storageAccountType = "Microsoft.Storage/storageAccounts"
)

// AccountID names a Microsoft Genomics account.
type AccountID struct{ SubscriptionID, ResourceGroup, Name string }

// String returns the ID in the spelling that Resource Manager's documentation uses.
func (id AccountID) String() string {
	return format(id.SubscriptionID, id.ResourceGroup, accountType, id.Name)
}

// ParseAccountID reads the resource ID of a Genomics account. The fixed parts may have any case.
func ParseAccountID(id string) (AccountID, error) {
	subscription, group, name, err := parse(id, accountType)
	return AccountID{SubscriptionID: subscription, ResourceGroup: group, Name: name}, err
}

// StorageAccountID names a storage account.
type StorageAccountID struct{ SubscriptionID, ResourceGroup, Name string }

// String returns the ID in the spelling that Resource Manager's documentation uses.
func (id StorageAccountID) String() string {
	return format(id.SubscriptionID, id.ResourceGroup, storageAccountType, id.Name)
}

// ParseStorageAccountID reads the resource ID of a storage account. The fixed parts may have any case.
func ParseStorageAccountID(id string) (StorageAccountID, error) {
	subscription, group, name, err := parse(id, storageAccountType)
	return StorageAccountID{SubscriptionID: subscription, ResourceGroup: group, Name: name}, err
}

func format(subscription, group, resourceType, name string) string {
	return "/subscriptions/" + subscription + "/resourceGroups/" + group + "/providers/" + resourceType + "/" + name
}

// parse reads an ID and insists that it names a resource of one type, directly in a resource group. The parser alone would also
// take a child or an extension of such a resource, and drop the empty segments of a malformed ID.
func parse(id, resourceType string) (subscription, group, name string, err error) {
	shape := format("{subscription}", "{group}", resourceType, "{name}")
	parsed, err := arm.ParseResourceID(id)
	if err != nil {
		return "", "", "", fmt.Errorf("%q is not a resource ID of the form %s", id, shape)
	}
	canonical := format(parsed.SubscriptionID, parsed.ResourceGroupName, resourceType, parsed.Name)
	if parsed.SubscriptionID == "" || parsed.ResourceGroupName == "" || parsed.Name == "" || !strings.EqualFold(canonical, id) ||
		slices.ContainsFunc([]string{parsed.SubscriptionID, parsed.ResourceGroupName, parsed.Name}, isDots) {
		return "", "", "", fmt.Errorf("%q is not a resource ID of the form %s", id, shape)
	}
	return parsed.SubscriptionID, parsed.ResourceGroupName, parsed.Name, nil
}

// isDots tells segments that a path swallows: a request about such an ID would go to another resource.
func isDots(segment string) bool { return segment == "." || segment == ".." }
