package harness

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"time"
)

// StorageSettings are what a test changes of a storage account; what is left out stays.
type StorageSettings struct {
	SKU               string     `json:"sku,omitempty"`
	SecondaryLocation *string    `json:"secondary_location,omitempty"`
	Versioning        *bool      `json:"versioning,omitempty"`
	ChangeFeed        *bool      `json:"change_feed,omitempty"`
	LastSync          *time.Time `json:"last_sync,omitempty"` // the zero time lets the replica catch up
}

// Storage changes a storage account.
func (a *Admin) Storage(ctx context.Context, account string, settings StorageSettings) error {
	return a.call(ctx, http.MethodPut, "/admin/storage-accounts/"+url.PathEscape(account), nil, settings, nil)
}

// ObjectReplication holds Azure's own replication, or lets it go on; it fails for blobs whose names contain one of the texts.
func (a *Admin) ObjectReplication(ctx context.Context, held bool, fail ...string) error {
	if fail == nil {
		fail = []string{}
	}
	return a.call(ctx, http.MethodPut, "/admin/object-replication", nil, map[string]any{"held": held, "fail": fail}, nil)
}

// Backlog is what the metrics of object replication say.
type Backlog struct {
	Operations int64 `json:"operations"`
	Bytes      int64 `json:"bytes"`
}

// Measure has the metrics of every object replication policy say this; nil has them say nothing.
func (a *Admin) Measure(ctx context.Context, backlog *Backlog) error {
	return a.call(ctx, http.MethodPut, "/admin/object-replication", nil, map[string]any{"backlog": backlog}, nil)
}

// resetStorage makes the storage accounts plain again.
func (w *World) resetStorage(ctx context.Context) error {
	off, nowhere, now := false, "", time.Time{}
	failures := []error{w.ObjectReplication(ctx, false), w.Measure(ctx, nil)}
	for _, account := range w.Emulator.Ready.StorageAccounts {
		failures = append(failures, w.Storage(ctx, account.Name, StorageSettings{
			SKU: "Standard_LRS", SecondaryLocation: &nowhere, Versioning: &off, ChangeFeed: &off, LastSync: &now}))
	}
	return errors.Join(failures...)
}
