//go:build acceptance

// Package acceptance tells what the provider promises with a real command-line
// interface, and holds it against what the servers saw.
package acceptance

import (
	"context"
	"fmt"
	"os"
	"testing"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/emulator"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/testing/harness"
)

// World is temporary.
type World struct {
	*emulator.Emulator
	azurite *harness.Azurite
}

var (
	world *World
	clis  []harness.CLI
)

func (w *World) Env() []string {
	r := w.Ready()
	endpoints := ""
	for name, region := range r.Regions {
		endpoints += name + "=" + region.Service + ","
	}
	return []string{
		"ARM_SUBSCRIPTION_ID=" + r.SubscriptionID, "ARM_TENANT_ID=" + r.TenantID, "ARM_USE_MSI=true", "ARM_USE_CLI=false",
		"IDENTITY_ENDPOINT=" + r.Identity, "IDENTITY_HEADER=" + r.IdentityHeader,
		"GENOMICS_RESOURCE_MANAGER_ENDPOINT=" + r.ResourceManager, "GENOMICS_SERVICE_ENDPOINTS=" + endpoints[:len(endpoints)-1],
	}
}

func TestMain(m *testing.M) {
	code, err := run(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

func run(m *testing.M) (int, error) {
	ctx := context.Background()
	var err error
	if clis, err = harness.FindCLIs(); err != nil {
		return 1, err
	}
	keys := []harness.StorageKey{harness.NewStorageKey("labwus2"), harness.NewStorageKey("labweu")}
	azurite, err := harness.StartAzurite(ctx, keys, nil)
	if err != nil {
		return 1, err
	}
	defer azurite.Close()
	e, err := emulator.New(emulator.Config{
		Subscription:    "00000000-0000-0000-0000-000000000000",
		ResourceGroups:  []emulator.ResourceGroup{{Name: "rg-lab-wus2", Location: "westus2"}, {Name: "rg-lab-weu", Location: "westeurope"}},
		StorageAccounts: []emulator.StorageAccount{{Name: "labwus2", Region: "westus2", Key: keys[0].Key}, {Name: "labweu", Region: "westeurope", Key: keys[1].Key}},
		BlobStore:       azurite.URL,
	})
	if err != nil {
		return 1, err
	}
	if err := e.Start(ctx); err != nil {
		return 1, err
	}
	defer e.Close()
	world = &World{e, azurite}
	return m.Run(), nil
}
