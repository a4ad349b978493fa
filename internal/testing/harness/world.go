package harness

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"
)

// Options say how a world is made. The zero value gives two regions, westus2
// and westeurope, with a resource group and a storage account each.
type Options struct {
	Regions []string
	// StorageAccounts are their names by region, where a configuration counts on
	// them; other regions get a name that is made of theirs.
	StorageAccounts map[string]string
	// EmulatorArgs are further arguments of the emulator, such as "-state", DIR.
	EmulatorArgs []string
	// RegionTimeout is what the provider is told; 0 leaves its default.
	RegionTimeout time.Duration
	// Log, which may be nil, receives what Azurite and the emulator print.
	Log io.Writer
}

// World is all of Azure that the provider meets: an emulator and the Blob
// store behind it, started for one package of tests or one demo.
type World struct {
	*Admin
	Azurite  *Azurite
	Emulator *Emulator
	options  Options
}

// StartWorld starts everything. Close stops it.
func StartWorld(ctx context.Context, options Options) (*World, error) {
	if len(options.Regions) == 0 {
		options.Regions = []string{"westus2", "westeurope"}
	}
	args := slices.Clone(options.EmulatorArgs)
	var keys []StorageKey
	for _, region := range options.Regions {
		name := cmp.Or(options.StorageAccounts[region], "store"+region)
		key := NewStorageKey(name[:min(len(name), 24)]) // the longest name that Azure takes
		keys = append(keys, key)
		args = append(args, "-region", region, "-storage-account", fmt.Sprintf("%s=%s,%s", key.Account, region, key.Key))
	}
	azurite, err := StartAzurite(ctx, keys, options.Log)
	if err != nil {
		return nil, err
	}
	emulator, err := StartEmulator(ctx, options.Log, append(args, "-azurite", azurite.URL)...)
	if err != nil {
		azurite.Close()
		return nil, err
	}
	return &World{Admin: emulator.Admin, Azurite: azurite, Emulator: emulator, options: options}, nil
}

// Close stops everything. What was stored is gone.
func (w *World) Close() {
	w.Emulator.Close()
	w.Azurite.Close()
}

// Env is the environment in which the provider lives in this world.
func (w *World) Env() []string {
	ready := w.Emulator.Ready
	var endpoints []string
	for _, region := range slices.Sorted(maps.Keys(ready.Regions)) {
		endpoints = append(endpoints, region+"="+ready.Regions[region].Service)
	}
	env := []string{
		"ARM_SUBSCRIPTION_ID=" + ready.SubscriptionID,
		"ARM_TENANT_ID=" + ready.TenantID,
		"ARM_USE_MSI=true",
		"IDENTITY_ENDPOINT=" + ready.Identity,
		"IDENTITY_HEADER=" + ready.IdentityHeader,
		"GENOMICS_RESOURCE_MANAGER_ENDPOINT=" + ready.ResourceManager,
		"GENOMICS_SERVICE_ENDPOINTS=" + strings.Join(endpoints, ","),
	}
	if w.options.RegionTimeout > 0 {
		env = append(env, "GENOMICS_REGION_TIMEOUT="+w.options.RegionTimeout.String())
	}
	return env
}

// Workspace makes a workspace for this world in dir, which must exist.
func (w *World) Workspace(ctx context.Context, cli CLI, dir string) (*Workspace, error) {
	return NewWorkspace(ctx, cli, dir, w.Env())
}

// StorageAccount returns a region's storage account.
func (w *World) StorageAccount(region string) (StorageAccount, error) {
	for _, account := range w.Emulator.Ready.StorageAccounts {
		if account.Location == region {
			return account, nil
		}
	}
	return StorageAccount{}, fmt.Errorf("region %q has no storage account", region)
}

// Container opens a container of a region's storage account, past every fault.
func (w *World) Container(region, name string) (*Container, error) {
	account, err := w.StorageAccount(region)
	if err != nil {
		return nil, err
	}
	return w.Azurite.Container(account.Name, name)
}

// Reset heals everything and forgets what was seen, so that the next test
// starts afresh. Accounts, runs and blobs stay: tests take names of their own.
func (w *World) Reset(ctx context.Context) error {
	places := append([]string{ResourceManager}, w.options.Regions...)
	failures := []error{w.Thaw(ctx), w.resetStorage(ctx)}
	for _, region := range w.options.Regions {
		failures = append(failures, w.ResetFaces(ctx, region))
	}
	for _, region := range places {
		failures = append(failures, w.ClearInjections(ctx, region), w.Up(ctx, region))
	}
	return errors.Join(append(failures, w.Release(ctx, Hold{}), w.Pace(ctx, 0, 0), w.ClearJournal(ctx))...)
}

// Leak is a secret that was found where none may be.
type Leak struct {
	Kind  string
	Owner string
	Where string
}

// Leaks searches texts, by name, for every secret of this world: what the
// emulator handed out or was sent, and the storage keys.
func (w *World) Leaks(ctx context.Context, texts map[string][]byte) ([]Leak, error) {
	secrets, err := w.Secrets(ctx)
	if err != nil {
		return nil, err
	}
	if len(secrets) == 0 {
		return nil, errors.New("the emulator knows of no secret: there is nothing to search for")
	}
	for _, key := range w.Azurite.Accounts {
		secrets = append(secrets, Secret{Kind: "storage_key", Owner: key.Account, Value: key.Key})
	}
	var leaks []Leak
	for _, where := range slices.Sorted(maps.Keys(texts)) {
		for _, secret := range secrets {
			for _, form := range []string{secret.Value, secret.Encoded} {
				if form != "" && bytes.Contains(texts[where], []byte(form)) {
					leaks = append(leaks, Leak{Kind: secret.Kind, Owner: secret.Owner, Where: where})
					break
				}
			}
		}
	}
	return leaks, nil
}
