package azure

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/storage/armstorage/v2"
)

// StorageAccount is what has to be known of a storage account to reach its blobs.
type StorageAccount struct {
	ID           string
	Name         string
	Location     string
	BlobEndpoint string // with a trailing slash, as Resource Manager gives it

	// SecondaryLocation is where Azure's own replica is, and SecondaryBlobEndpoint where its blobs can be read; both empty where
	// the account's redundancy offers none.
	SecondaryLocation     string
	SecondaryBlobEndpoint string
	SKU                   string // such as Standard_RAGRS
	Kind                  string // such as StorageV2
	Hierarchical          bool   // the hierarchical namespace of Data Lake Storage
	FailoverInProgress    bool
	LastFailover          time.Time // of the account, by its owner; zero if there was none
}

// StorageClient reads storage accounts, and manages their object replication policies. It changes nothing else.
//
// Errors are *azcore.ResponseError when Resource Manager answered, *region.UnreachableError when it did not.
type StorageClient struct {
	client    *armstorage.AccountsClient
	services  *armstorage.BlobServicesClient
	policies  *armstorage.ObjectReplicationPoliciesClient
	pipelines *Pipelines
}

// NewStorageClient makes a client for the storage accounts of one subscription.
func NewStorageClient(subscriptionID string, credential azcore.TokenCredential, p *Pipelines) (*StorageClient, error) {
	options := p.ARMOptions()
	options.DisableRPRegistration = true // where there is an account, its provider is registered
	factory, err := armstorage.NewClientFactory(subscriptionID, credential, options)
	if err != nil {
		return nil, err
	}
	return &StorageClient{
		client: factory.NewAccountsClient(), services: factory.NewBlobServicesClient(), policies: factory.NewObjectReplicationPoliciesClient(), pipelines: p,
	}, nil
}

// Get reads an account. For one that does not exist IsNotFound is true of the error.
func (c *StorageClient) Get(ctx context.Context, id StorageAccountID) (StorageAccount, error) {
	resp, err := c.client.GetProperties(ctx, id.ResourceGroup, id.Name, nil)
	if err != nil {
		return StorageAccount{}, err
	}
	account := StorageAccount{ID: id.String(), Name: id.Name}
	if resp.Name != nil {
		account.Name = *resp.Name
	}
	if resp.Location != nil {
		account.Location = *resp.Location
	}
	if resp.Properties == nil || resp.Properties.PrimaryEndpoints == nil || resp.Properties.PrimaryEndpoints.Blob == nil {
		return StorageAccount{}, fmt.Errorf("storage account %s has no blob endpoint: its kind offers no blobs", id.Name)
	}
	account.BlobEndpoint = *resp.Properties.PrimaryEndpoints.Blob
	account.describe(resp.Account)
	return account, nil
}

// describe takes over what the modes of replication that are Azure's own depend on.
func (a *StorageAccount) describe(from armstorage.Account) {
	properties := from.Properties
	a.SecondaryLocation = deref(properties.SecondaryLocation)
	if properties.SecondaryEndpoints != nil {
		a.SecondaryBlobEndpoint = deref(properties.SecondaryEndpoints.Blob)
	}
	if from.SKU != nil {
		a.SKU = string(deref(from.SKU.Name))
	}
	a.Kind = string(deref(from.Kind))
	a.Hierarchical = deref(properties.IsHnsEnabled)
	a.FailoverInProgress = deref(properties.FailoverInProgress)
	a.LastFailover = deref(properties.LastGeoFailoverTime)
}

// deref is what a pointer of the SDK points to.
func deref[T any](p *T) T {
	if p == nil {
		var zero T
		return zero
	}
	return *p
}

// errNoKey says that an account gave no key that may write.
var errNoKey = errors.New("no key with full permission is listed")

// Key returns the first of the account's keys that has full permission. It is registered as a secret before it is returned.
func (c *StorageClient) Key(ctx context.Context, id StorageAccountID) (string, error) {
	resp, err := c.client.ListKeys(Idempotent(ctx), id.ResourceGroup, id.Name, nil)
	if err != nil {
		return "", err
	}
	for _, key := range resp.Keys {
		if key == nil || key.Value == nil || *key.Value == "" {
			continue
		}
		if key.Permissions == nil || strings.EqualFold(string(*key.Permissions), string(armstorage.KeyPermissionFull)) {
			c.pipelines.Secret(*key.Value)
			return *key.Value, nil
		}
	}
	return "", errNoKey
}
