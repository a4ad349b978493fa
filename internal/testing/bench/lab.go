package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/testing/harness"
)

const (
	primary   = "westus2"
	secondary = "westeurope"
	// samples is how many pairs of inputs the store holds; submissions share them.
	samples = 5
	// jobs is how many jobs a region runs at a time; the others are queued. That is
	// how the hosted service was, and a thousand jobs that all read their inputs at
	// once would be most of what is measured.
	jobs = 20
)

// healthyTimeout is the region_timeout while both regions answer: a busy machine
// must not make one look dark.
const healthyTimeout = time.Minute

func startWorld(ctx context.Context, log io.Writer) (*harness.World, error) {
	return harness.StartWorld(ctx, harness.Options{
		Regions: []string{primary, secondary}, RegionTimeout: healthyTimeout, Log: log,
		EmulatorArgs: []string{"-hold", "-max-jobs", strconv.Itoa(jobs)},
	})
}

// floor is what the submissions are compared with: resources that a change costs
// nothing but the CLI's own work.
const floor = `
variable "value" { default = "1" }

resource "terraform_data" "many" {
  for_each = toset([for i in range(%d) : "s${i}"])
  input    = "${each.key} ${var.value}"
}
`

// weight is the same with resources that take about as much of the state as a
// submission does, for what a CLI does for a change grows with that. They keep
// everything twice, as input and as output.
const weight = `
variable "value" { default = "1" }

locals {
  account = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/rg-westus2/providers"
}

resource "terraform_data" "many" {
  for_each = toset([for i in range(%d) : "s${i}"])
  input = {
    name         = each.key
    inputs       = ["sample_1.fq.gz", "sample_2.fq.gz"]
    process      = "gatk4"
    process_args = "R=hg38m1"
    output       = { basename = each.key, overwrite = false, include_logs = true }
    region = {
      pair_name                 = "bench"
      role                      = var.value
      location                  = "westus2"
      account_id                = "${local.account}/Microsoft.Genomics/accounts/bench-westus2"
      account_name              = "bench-westus2"
      api_url                   = "http://127.0.0.1:10000"
      output_storage_account_id = "${local.account}/Microsoft.Storage/storageAccounts/storewestus2"
      output_container_url      = "http://127.0.0.1:10000/storewestus2/bench-out"
      generation                = 1
    }
  }
}
`

const lab = `
terraform {
  required_providers {
    genomics = { source = "genomics-continuity/genomics" }
  }
}

variable "active_region" { default = "westus2" }

provider "genomics" {}

locals {
  name    = %[1]q
  regions = {
    westus2    = { group = %[2]q, storage = %[3]q }
    westeurope = { group = %[4]q, storage = %[5]q }
  }
}

resource "genomics_account" "lab" {
  for_each            = local.regions
  name                = "${local.name}-${each.key}"
  resource_group_name = each.value.group
  location            = each.key
}

resource "genomics_region_pair" "lab" {
  name          = local.name
  active_region = var.active_region
  primary = {
    location   = "westus2"
    account_id = genomics_account.lab["westus2"].id
    output     = { storage_account_id = local.regions.westus2.storage, container_name = "${local.name}-out" }
  }
  secondary = {
    location   = "westeurope"
    account_id = genomics_account.lab["westeurope"].id
    output     = { storage_account_id = local.regions.westeurope.storage, container_name = "${local.name}-out" }
  }
}

resource "genomics_replicated_input_store" "reads" {
  name          = "reads"
  active_region = genomics_region_pair.lab.active_region
  primary       = { location = "westus2", storage_account_id = local.regions.westus2.storage, container_name = "${local.name}-in" }
  secondary     = { location = "westeurope", storage_account_id = local.regions.westeurope.storage, container_name = "${local.name}-in" }
}

resource "genomics_workflow_submission" "many" {
  for_each     = toset([for i in range(%[6]d) : "s${i}"])
  name         = each.key
  region       = genomics_region_pair.lab.active
  input_store  = genomics_replicated_input_store.reads.active
  inputs       = [for end in [1, 2] : "sample${parseint(trimprefix(each.key, "s"), 10) %% %[7]d}_${end}.fq.gz"]
  process      = "gatk4"
  process_args = "R=hg38m1"
  output       = { basename = each.key }
}
`

// counted makes count of a module's for_each over names. For each of a thousand
// instances the CLIs go through all the names again: with for_each that is most of
// what a plan takes, of terraform_data too, and what a provider takes is lost in it.
var counted = strings.NewReplacer(
	`for_each = toset([for i in range(%d) : "s${i}"])`, `count = %d`,
	`for_each     = toset([for i in range(%[6]d) : "s${i}"])`, `count        = %[6]d`,
	`"${each.key} `, `"s${count.index} `,
	`parseint(trimprefix(each.key, "s"), 10)`, `count.index`,
	`name         = each.key`, `name         = "s${count.index}"`,
	`basename = each.key`, `basename = "s${count.index}"`,
)

// module is one of the modules above, by count if the settings say so.
func (s settings) module(text string) string {
	if s.byCount {
		return counted.Replace(text)
	}
	return text
}

// bench is one command-line interface at work.
type bench struct {
	world *harness.World
	cli   *harness.Workspace
	name  string // of the lab in the world that the interfaces share
}

// labWorkspace has the submissions, and their inputs are in the primary region.
func labWorkspace(ctx context.Context, world *harness.World, cli harness.CLI, dir string, s settings) (*bench, error) {
	b := &bench{world: world, name: "bench-" + cli.Name}
	var places [2]harness.StorageAccount
	for i, region := range []string{primary, secondary} {
		account, err := world.StorageAccount(region)
		if err != nil {
			return nil, err
		}
		places[i] = account
	}
	inputs, err := world.Container(primary, b.name+"-in")
	if err != nil {
		return nil, err
	}
	if err := inputs.Create(ctx); err != nil {
		return nil, err
	}
	reads, err := harness.LoadReads()
	if err != nil {
		return nil, err
	}
	blobs := map[string][]byte{}
	for i := range samples {
		blobs[fmt.Sprintf("sample%d_1.fq.gz", i)] = bytes.Clone(reads.First)
		blobs[fmt.Sprintf("sample%d_2.fq.gz", i)] = bytes.Clone(reads.Second)
	}
	if err := inputs.Put(ctx, blobs); err != nil {
		return nil, err
	}
	b.cli, err = workspace(ctx, world, cli, dir, fmt.Sprintf(s.module(lab), b.name,
		places[0].ResourceGroup, places[0].ID, places[1].ResourceGroup, places[1].ID, s.count, samples))
	return b, err
}

func workspace(ctx context.Context, world *harness.World, cli harness.CLI, dir, module string) (*harness.Workspace, error) {
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return nil, err
	}
	w, err := world.Workspace(ctx, cli, dir)
	if err != nil {
		return nil, err
	}
	err = w.Write(map[string]string{"main.tf": module})
	return w, err
}
