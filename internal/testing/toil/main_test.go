//go:build acceptance && toil

package toil

import (
	"testing"
	"time"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/testing/acctest"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/testing/harness"
)

// The world has storage and Resource Manager; runs are Toil's.
func TestMain(m *testing.M) { acctest.Main(m, harness.Options{RegionTimeout: 4 * time.Second}) }
