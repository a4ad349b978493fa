variable "active_region" {
  description = "The one value to change in an outage."
  default     = "westus2"
}

locals {
  subscription = "/subscriptions/00000000-0000-0000-0000-000000000000"
}

resource "genomics_region_pair" "lab" {
  name          = "lab"
  active_region = var.active_region

  primary = {
    location = "westus2"
    tes      = { url = "https://tes.westus2.example.org/ga4gh/tes/v1" }
    output = {
      storage_account_id = "${local.subscription}/resourceGroups/rg-lab-wus2/providers/Microsoft.Storage/storageAccounts/labwus2"
      container_name     = "outputs"
    }
  }

  secondary = {
    location = "westeurope"
    tes      = { url = "https://tes.westeurope.example.org/ga4gh/tes/v1" }
    output = {
      storage_account_id = "${local.subscription}/resourceGroups/rg-lab-weu/providers/Microsoft.Storage/storageAccounts/labweu"
      container_name     = "outputs"
    }
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
}

resource "genomics_task_submission" "na12878" {
  name        = "NA12878"
  region      = genomics_region_pair.lab.active
  input_store = genomics_replicated_input_store.reads.active

  executors = [{
    image   = "debian:12"
    command = ["sh", "-c", "zcat /in/1.fq.gz /in/2.fq.gz | awk 'NR % 4 == 2 { n += length } END { print n }' > /out/bases.txt"]
  }]

  inputs = [
    { url = "store://NA12878_1.fq.gz", path = "/in/1.fq.gz" },
    { url = "store://NA12878_2.fq.gz", path = "/in/2.fq.gz" },
  ]

  outputs = [{ url = "output://bases.txt", path = "/out/bases.txt" }]

  resources = {
    cpu_cores = 2
    ram_gb    = 4
    disk_gb   = 20
  }

  initializing_timeout = "6h"
  stalled_after        = "24h"
}
