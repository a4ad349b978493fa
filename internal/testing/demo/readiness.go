package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

const readinessAddress = "data.genomics_readiness.lab"

// readinessConfig is what a user adds to know before the next outage. By way of
// locals it is read while planning, whatever there is to change.
const readinessConfig = `locals {
  pair   = genomics_region_pair.lab
  stores = [genomics_replicated_input_store.reads]
}

data "genomics_readiness" "lab" {
  region_pair            = local.pair
  input_stores           = local.stores
  max_recovery_point_age = "1h"
  state_location         = "northeurope"
}
`

// ready asks whether the next outage may come, and shows the report: as text here,
// and as a picture in a file that stays.
func (d *demo) ready(ctx context.Context) error {
	if err := d.workspace.Write(map[string]string{"readiness.tf": readinessConfig}); err != nil {
		return err
	}
	plan, err := d.plan(ctx)
	if err != nil {
		return err
	}
	d.nothingToDo(plan)
	report := plan.Data(readinessAddress)
	d.promise(unless(text(report["ready"]) == "true", "%v: %v", report["verdict"], report["summary"]), "the pair is ready for the next outage: every check passes")
	picture := filepath.Join(filepath.Dir(d.dir), "readiness.svg")
	if err := os.WriteFile(picture, []byte(text(report["report_svg"])), 0o600); err != nil {
		return err
	}
	d.promise(unless(strings.Contains(text(report["report_svg"]), "<svg "), "no picture"), "the picture is in %s", picture)
	d.out.say("\n%s", indent(fmt.Sprint(report["report_markdown"])))
	return nil
}
