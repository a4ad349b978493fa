package azure

import (
	"strings"
	"testing"
)

func TestParseAccountID(t *testing.T) {
	want := AccountID{SubscriptionID: "sub", ResourceGroup: "rg-Lab", Name: "lab-westus2"}
	canonical := "/subscriptions/sub/resourceGroups/rg-Lab/providers/Microsoft.Genomics/accounts/lab-westus2"
	for _, spelling := range []string{
		canonical,
		"/subscriptions/sub/resourcegroups/rg-Lab/providers/microsoft.genomics/Accounts/lab-westus2",
		"/SUBSCRIPTIONS/sub/RESOURCEGROUPS/rg-Lab/PROVIDERS/MICROSOFT.GENOMICS/ACCOUNTS/lab-westus2",
	} {
		got, err := ParseAccountID(spelling)
		if err != nil || got != want || got.String() != canonical {
			t.Errorf("%s: %+v, %v", spelling, got, err)
		}
	}
	for _, wrong := range []string{
		"",
		"lab-westus2",
		"/subscriptions/sub",
		"/subscriptions/sub/resourceGroups/rg",
		"/subscriptions/sub/resourceGroups/rg/providers/Microsoft.Genomics/accounts",
		"/subscriptions/sub/resourceGroups/rg/providers/Microsoft.Genomics/accounts/",
		"/subscriptions/sub/resourceGroups/rg/providers/Microsoft.Genomics/accounts/a/",
		"/subscriptions/sub/resourceGroups/rg/providers/Microsoft.Genomics/accounts/a/keys/b",
		"/subscriptions/sub/resourceGroups/rg/providers/Microsoft.Genomics/accounts/a/providers/Microsoft.Genomics/accounts/b",
		"/subscriptions/sub/providers/Microsoft.Genomics/accounts/a",
		"/providers/Microsoft.Genomics/accounts/a",
		"/subscriptions//sub/resourceGroups/rg/providers/Microsoft.Genomics/accounts/a",
		"/subscriptions/sub/resourceGroups/rg/providers/Microsoft.Storage/storageAccounts/a",
		"https://management.azure.com/subscriptions/sub/resourceGroups/rg/providers/Microsoft.Genomics/accounts/a",
	} {
		if got, err := ParseAccountID(wrong); err == nil {
			t.Errorf("%q was taken for %+v", wrong, got)
		} else if !strings.Contains(err.Error(), "Microsoft.Genomics/accounts/{name}") {
			t.Errorf("%q: the error does not show the form: %v", wrong, err)
		}
	}
}

func TestParseStorageAccountID(t *testing.T) {
	canonical := "/subscriptions/sub/resourceGroups/rg/providers/Microsoft.Storage/storageAccounts/acct"
	got, err := ParseStorageAccountID(strings.ToLower(canonical))
	if err != nil || got != (StorageAccountID{SubscriptionID: "sub", ResourceGroup: "rg", Name: "acct"}) || got.String() != canonical {
		t.Errorf("%+v, %v", got, err)
	}
	if got, err := ParseStorageAccountID(canonical + "/blobServices/default"); err == nil {
		t.Errorf("a child was taken for %+v", got)
	}
}
