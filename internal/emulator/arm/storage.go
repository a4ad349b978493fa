package arm

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
)

// StorageSettings are what the admin interface may change of a storage account, and a part of it what a client may.
type StorageSettings struct {
	Kind         string `json:"kind"`
	SKU          string `json:"sku"`
	Hierarchical bool   `json:"hierarchical"`
	Versioning   bool   `json:"versioning"`
	ChangeFeed   bool   `json:"change_feed"`
	// SecondaryLocation is where the account's replica is, for a redundancy that has one.
	SecondaryLocation string `json:"secondary_location"`
	// LastSync holds the replica at a moment; zero means that it lags behind by nothing.
	LastSync           time.Time `json:"last_sync,omitzero"`
	FailoverInProgress bool      `json:"failover_in_progress"`
	LastFailover       time.Time `json:"last_failover,omitzero"`
}

func plainAccount() StorageSettings {
	return StorageSettings{Kind: "StorageV2", SKU: "Standard_LRS"}
}

// skus are the redundancies of an account.
var skus = []string{
	"Standard_LRS", "Standard_ZRS", "Standard_GRS", "Standard_GZRS", "Standard_RAGRS", "Standard_RAGZRS", "Premium_LRS", "Premium_ZRS",
}

// Validate refuses what no account can be.
func (s StorageSettings) Validate() error {
	switch {
	case !slices.Contains(skus, s.SKU):
		return fmt.Errorf("%q is none of %s", s.SKU, strings.Join(skus, ", "))
	case s.Kind == "":
		return fmt.Errorf("kind is not empty")
	}
	return nil
}

// ReadableReplica reports whether the account's replica can be read.
func (s StorageSettings) ReadableReplica() bool {
	return strings.HasPrefix(s.SKU, "Standard_RA") && s.SecondaryLocation != ""
}

// SyncedAt is up to when the replica holds everything.
func (s StorageSettings) SyncedAt(now time.Time) time.Time {
	if s.LastSync.IsZero() {
		return now
	}
	return s.LastSync
}

// ChangeStorage replaces an account's settings.
func (s *Store) ChangeStorage(name string, change func(*StorageSettings) error) (StorageSettings, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	a, ok := s.storage[strings.ToLower(name)]
	if !ok {
		return StorageSettings{}, fmt.Errorf("there is no storage account %q", name)
	}
	settings := a.StorageSettings
	if err := change(&settings); err != nil {
		return settings, err
	}
	if err := settings.Validate(); err != nil {
		return settings, err
	}
	a.StorageSettings = settings
	s.Log.Put(kindStorage, a.Name, a)
	return settings, nil
}

func (s *Server) storageProperties(a StorageAccount) map[string]any {
	properties := map[string]any{
		"provisioningState": StateSucceeded, "primaryLocation": a.Location, "statusOfPrimary": "available",
		"accessTier": "Hot", "creationTime": "2020-01-01T00:00:00.0000000Z", "supportsHttpsTrafficOnly": false,
		"isHnsEnabled":     a.Hierarchical,
		"primaryEndpoints": map[string]string{"blob": s.BlobEndpoint(a)},
	}
	if a.SecondaryLocation != "" {
		properties["secondaryLocation"], properties["statusOfSecondary"] = a.SecondaryLocation, "available"
	}
	if a.ReadableReplica() {
		properties["secondaryEndpoints"] = map[string]string{"blob": s.SecondaryEndpoint(a)}
	}
	// Both are absent from an account that was never failed over.
	if a.FailoverInProgress {
		properties["failoverInProgress"] = true
	}
	if !a.LastFailover.IsZero() {
		properties["lastGeoFailoverTime"] = a.LastFailover.UTC().Format(time.RFC3339)
	}
	return properties
}

func (s *Server) addGeoReplicationStats(body map[string]any, a StorageAccount) {
	properties, ok := body["properties"].(map[string]any)
	if !ok || a.SecondaryLocation == "" {
		return
	}
	properties["geoReplicationStats"] = map[string]any{
		"status": "Live", "lastSyncTime": a.SyncedAt(s.Now()).UTC().Format(time.RFC3339), "canFailover": true,
	}
}

// blobService is the properties of an account's blob service, as far as object replication rests on them.
func (s *Server) blobService(q *request) *failure {
	a, f := s.findStorage(q)
	if f != nil {
		return f
	}
	settings := a.StorageSettings
	switch q.r.Method {
	case http.MethodGet:
	case http.MethodPut:
		var body struct {
			Properties struct {
				Versioning *bool `json:"isVersioningEnabled"`
				ChangeFeed *struct {
					Enabled bool `json:"enabled"`
				} `json:"changeFeed"`
			} `json:"properties"`
		}
		if f := decode(q, &body); f != nil {
			return f
		}
		var err error
		settings, err = s.Store.ChangeStorage(a.Name, func(to *StorageSettings) error {
			if body.Properties.Versioning != nil {
				to.Versioning = *body.Properties.Versioning
			}
			if body.Properties.ChangeFeed != nil {
				to.ChangeFeed = body.Properties.ChangeFeed.Enabled
			}
			return nil
		})
		if err != nil {
			return fail(http.StatusBadRequest, "InvalidRequestContent", "%v", err)
		}
	default:
		return notAllowed(q)
	}
	properties := map[string]any{"cors": map[string]any{"corsRules": []any{}}, "deleteRetentionPolicy": map[string]bool{"enabled": false}}
	if settings.Versioning {
		properties["isVersioningEnabled"] = true // where it was never switched on, it is not mentioned
	}
	if settings.ChangeFeed {
		properties["changeFeed"] = map[string]bool{"enabled": true}
	}
	reply(q.w, http.StatusOK, map[string]any{
		"id": s.Store.StorageID(a) + "/blobServices/default", "name": "default", "type": "Microsoft.Storage/storageAccounts/blobServices", "properties": properties,
	})
	return nil
}
