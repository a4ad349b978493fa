# Tasks on GA4GH TES servers in two regions: a pair, a store and tasks. In an
# outage, apply again with -var active_region=<the other one>.

terraform {
  required_providers {
    genomics = {
      source = "genomics-continuity/genomics"
    }
  }
}

provider "genomics" {}

variable "active_region" {
  description = "Location of the region that runs tasks. The one value to change in an outage."
  type        = string
  default     = "westus2"
}

variable "endpoints" {
  description = "Base URL of the TES server in each of the two regions."
  type        = map(string)
  default = {
    westus2    = "https://tes.westus2.example.org/ga4gh/tes/v1"
    westeurope = "https://tes.westeurope.example.org/ga4gh/tes/v1"
  }
}

variable "storage_account_ids" {
  description = "The storage account in each of the two regions."
  type        = map(string)
  default = {
    westus2    = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/rg-lab-wus2/providers/Microsoft.Storage/storageAccounts/labwus2"
    westeurope = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/rg-lab-weu/providers/Microsoft.Storage/storageAccounts/labweu"
  }
}

variable "samples" {
  description = "Samples by name: their input blobs, first and second reads."
  type        = map(list(string))
  default     = { sample1 = ["reads_1.fq", "reads_2.fq"] }
}

resource "genomics_region_pair" "lab" {
  name          = "lab"
  active_region = var.active_region

  primary = {
    location = "westus2"
    tes      = { url = var.endpoints["westus2"] }
    output   = { storage_account_id = var.storage_account_ids["westus2"], container_name = "outputs" }
  }
  secondary = {
    location = "westeurope"
    tes      = { url = var.endpoints["westeurope"] }
    output   = { storage_account_id = var.storage_account_ids["westeurope"], container_name = "outputs" }
  }

  data_residency = { allowed_geographies = ["United States", "Europe"] }
}

resource "genomics_replicated_input_store" "reads" {
  name          = "reads"
  active_region = genomics_region_pair.lab.active_region
  primary       = { location = "westus2", storage_account_id = var.storage_account_ids["westus2"], container_name = "inputs" }
  secondary     = { location = "westeurope", storage_account_id = var.storage_account_ids["westeurope"], container_name = "inputs" }
}

resource "genomics_task_submission" "sample" {
  for_each    = var.samples
  name        = each.key
  region      = genomics_region_pair.lab.active
  input_store = genomics_replicated_input_store.reads.active

  # store:// and output:// become URLs of the active region when a task is sent.
  inputs = [
    { url = "store://${each.value[0]}", path = "/reads/1.fq.gz" },
    { url = "store://${each.value[1]}", path = "/reads/2.fq.gz" },
  ]
  outputs = [{ url = "output://bases.txt", path = "/results/bases.txt" }]
  executors = [{
    image   = "debian:12-slim"
    command = ["sh", "-c", "zcat -f /reads/*.gz | awk 'NR % 4 == 2 { bases += length($0) } END { print bases }' > /results/bases.txt"]
  }]
  resources = { cpu_cores = 1, ram_gb = 2 }
}

# Nothing that changes by itself, such as a status, belongs in an output: a plan
# would show a change each time it does.
output "regions" {
  description = "Where each task runs or ran."
  value       = { for name, s in genomics_task_submission.sample : name => s.location }
}
