//go:build acceptance

// Package matrix drives the provider through every fault in every operation and
// holds what it does against what the servers saw. Most cells run the provider
// within this process over its protocol, so that hundreds fit in minutes; some
// run it under a real command-line interface.
package matrix

import (
	"flag"
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/testing/acctest"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/testing/harness"
)

var update = flag.Bool("update", false, "write the expected diagnostics and the page of the documentation anew")

// regionTimeout is what one silent region costs a process. A healthy one has to
// answer within it on a busy machine.
const regionTimeout = 4 * time.Second

// pairs are the regions of the lanes. Cells of different lanes run at the same
// time: each lane has two regions to itself, and so faults of its own.
var pairs = [][2]string{
	{"westus2", "westeurope"}, {"eastus", "northeurope"}, {"eastus2", "uksouth"}, {"centralus", "francecentral"},
	{"westus3", "swedencentral"}, {"southcentralus", "norwayeast"}, {"canadacentral", "japaneast"}, {"brazilsouth", "koreacentral"},
}

// summary is the last thing that the package's tests print.
var summary string

type tests struct {
	*testing.M
	dir string
}

// Run runs the tests and says at the very end what there was.
func (t tests) Run() int {
	code := t.M.Run()
	os.RemoveAll(t.dir)
	if summary != "" {
		fmt.Println(summary)
	}
	return code
}

func TestMain(m *testing.M) {
	options := harness.Options{RegionTimeout: regionTimeout}
	for _, pair := range pairs {
		options.Regions = append(options.Regions, pair[:]...)
	}
	flag.Parse()
	// Cells wait far more than they work: as many as there are lanes run at a time.
	if err := flag.Set("test.parallel", fmt.Sprint(len(pairs))); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	dir, err := os.MkdirTemp("", "matrix")
	if err == nil {
		err = trust(dir)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	acctest.Main(tests{m, dir}, options)
}
