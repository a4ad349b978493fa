variable "active_region" {
  description = "The one value to change in an outage."
  default     = "westus2"
}

locals {
  subscription = "/subscriptions/00000000-0000-0000-0000-000000000000"
}

resource "genomics_account" "lab" {
  for_each            = { westus2 = "rg-lab-wus2", westeurope = "rg-lab-weu" }
  name                = "lab-${each.key}"
  resource_group_name = each.value
  location            = each.key
}

resource "genomics_region_pair" "lab" {
  name          = "lab"
  active_region = var.active_region

  primary = {
    location   = "westus2"
    account_id = genomics_account.lab["westus2"].id
    output = {
      storage_account_id = "${local.subscription}/resourceGroups/rg-lab-wus2/providers/Microsoft.Storage/storageAccounts/labwus2"
      container_name     = "outputs"
    }
  }

  secondary = {
    location   = "westeurope"
    account_id = genomics_account.lab["westeurope"].id
    output = {
      storage_account_id = "${local.subscription}/resourceGroups/rg-lab-weu/providers/Microsoft.Storage/storageAccounts/labweu"
      container_name     = "outputs"
    }
  }

  data_residency = {
    allowed_geographies = ["United States", "Europe"]
  }
}

resource "genomics_replicated_input_store" "reads" {
  name          = "reads"
  active_region = genomics_region_pair.lab.active_region

  primary = {
    location           = "westus2"
    storage_account_id = "${local.subscription}/resourceGroups/rg-lab-wus2/providers/Microsoft.Storage/storageAccounts/labwus2"
    container_name     = "inputs"
  }

  secondary = {
    location           = "westeurope"
    storage_account_id = "${local.subscription}/resourceGroups/rg-lab-weu/providers/Microsoft.Storage/storageAccounts/labweu"
    container_name     = "inputs"
  }

  include = ["**/*.fq", "**/*.fq.gz", "**/*.bam"]
  exclude = ["scratch/**"]
}

# Once a month, with a small sample: a new drill_id runs another drill.
resource "genomics_failover_drill" "lab" {
  drill_id     = "2026-03"
  region       = genomics_region_pair.lab.standby
  input_store  = genomics_replicated_input_store.reads.standby
  inputs       = ["NA12878_1.fq.gz", "NA12878_2.fq.gz"]
  process      = "gatk4"
  process_args = "R=hg38m1"
}
