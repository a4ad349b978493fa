package session

import (
	"context"
	"fmt"
	"strings"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/azure"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/blobstore"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/region"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/replication"
)

// ContainerRef says which container is meant, and where.
type ContainerRef struct {
	// Location is the region whose gate the container's calls pass.
	Location string
	// StorageAccountID is the storage account's resource ID. It may be empty when
	// Entra ID is used for storage, or access_keys has the account's key.
	StorageAccountID string
	// AccountName is needed where StorageAccountID is empty.
	AccountName string
	// URL is the container's URL.
	URL string
}

// StorageAccount asks Resource Manager, once a run, where an account's blob
// endpoint is. The location it answers is checked against the one the caller
// was told, for the gate and the residency rules rest on it.
func (s *Session) StorageAccount(ctx context.Context, id, location string) (azure.StorageAccount, error) {
	parsed, err := azure.ParseStorageAccountID(id)
	if err != nil {
		return azure.StorageAccount{}, err
	}
	account, err := s.storage.get(ctx, strings.ToLower(id), func(ctx context.Context) (azure.StorageAccount, error) {
		client, err := azure.NewStorageClient(parsed.SubscriptionID, s.credential, s.pipelines)
		if err != nil {
			return azure.StorageAccount{}, err
		}
		return client.Get(ctx, parsed)
	})
	if err != nil {
		return azure.StorageAccount{}, fmt.Errorf("asking Resource Manager for storage account %s: %w", parsed.Name, err)
	}
	if got := region.Normalize(account.Location); got != region.Normalize(location) {
		return azure.StorageAccount{}, &MisplacedError{Account: parsed.Name, Want: region.Normalize(location), Got: got}
	}
	return account, nil
}

// MisplacedError says that a storage account is not in the region it was
// configured for, so that data would leave where it has to stay.
type MisplacedError struct{ Account, Want, Got string }

func (e *MisplacedError) Error() string {
	return fmt.Sprintf("storage account %s is in %s, but it is configured for %s", e.Account, e.Got, e.Want)
}

// ContainerURL is the URL of a container in an account.
func ContainerURL(account azure.StorageAccount, container string) string {
	return strings.TrimRight(account.BlobEndpoint, "/") + "/" + container
}

// Container opens a container. Nothing is asked of the container itself; the
// storage key is asked from Resource Manager unless access_keys has it or Entra
// ID is used.
func (s *Session) Container(ctx context.Context, ref ContainerRef) (*blobstore.Container, error) {
	gate := s.Gate(ref.Location)
	if err := gate.Err(); err != nil {
		return nil, err
	}
	credential, err := s.storageCredential(ctx, ref)
	if err != nil {
		s.unasked(ref.Location, err)
		return nil, err
	}
	return blobstore.Open(ref.URL, credential, s.pipelines.ClientOptions(gate))
}

func (s *Session) storageCredential(ctx context.Context, ref ContainerRef) (blobstore.Credential, error) {
	name := ref.AccountName
	id, err := azure.ParseStorageAccountID(ref.StorageAccountID)
	if err == nil {
		name = id.Name
	}
	if s.cfg.StorageUseAzureAD {
		return blobstore.Credential{AccountName: name, Token: s.credential}, nil
	}
	if key, ok := s.cfg.AccessKeys[name]; ok {
		return blobstore.Credential{AccountName: name, Key: key}, nil
	}
	if err != nil {
		return blobstore.Credential{}, err
	}
	key, err := s.storageKeys.get(ctx, strings.ToLower(ref.StorageAccountID), func(ctx context.Context) (string, error) {
		client, err := azure.NewStorageClient(id.SubscriptionID, s.credential, s.pipelines)
		if err != nil {
			return "", err
		}
		key, err := client.Key(ctx, id)
		if err == nil {
			s.pipelines.Secret(key)
		}
		return key, err
	})
	if err != nil {
		return blobstore.Credential{}, fmt.Errorf("asking Resource Manager for a key of storage account %s: %w", id.Name, err)
	}
	return blobstore.Credential{AccountName: name, Key: key}, nil
}

// Manifests is where manifests of containers are read, each version once a run.
func (s *Session) Manifests() *replication.ManifestCache { return s.inputs.Manifests() }

// Inputs is what the submissions of this run share of what they know of their inputs.
func (s *Session) Inputs() *replication.Inputs { return &s.inputs }
