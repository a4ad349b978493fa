//go:build acceptance

// Package acceptance tells with a real command-line interface what the provider
// promises, and holds it against what the servers saw.
package acceptance

import (
	"testing"
	"time"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/testing/acctest"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/testing/harness"
)

// regionTimeout is what the tests' provider waits for a region. It costs its
// length once for each command that meets a black hole; a healthy region has
// to answer within it on a busy machine.
const regionTimeout = 4 * time.Second

// The world has the names that the examples use.
func TestMain(m *testing.M) {
	options := harness.Options{
		RegionTimeout: regionTimeout, StorageAccounts: map[string]string{},
		EmulatorArgs: []string{"-subscription", "00000000-0000-0000-0000-000000000000"},
	}
	for _, region := range []string{primary, secondary} {
		options.StorageAccounts[region] = places[region].storage
		options.EmulatorArgs = append(options.EmulatorArgs, "-resource-group", places[region].group+"="+region)
	}
	acctest.Main(m, options)
}
