# CWL runs on GA4GH WES servers in two regions: a pair, a store and runs. In an
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
  description = "Location of the region that runs runs. The one value to change in an outage."
  type        = string
  default     = "westus2"
}

variable "endpoints" {
  description = "Base URL of the WES server in each of the two regions."
  type        = map(string)
  default = {
    westus2    = "https://wes.westus2.example.org/ga4gh/wes/v1"
    westeurope = "https://wes.westeurope.example.org/ga4gh/wes/v1"
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
    wes      = { url = var.endpoints["westus2"] }
    output   = { storage_account_id = var.storage_account_ids["westus2"], container_name = "outputs" }
  }
  secondary = {
    location = "westeurope"
    wes      = { url = var.endpoints["westeurope"] }
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

resource "genomics_run_submission" "sample" {
  for_each    = var.samples
  name        = each.key
  region      = genomics_region_pair.lab.active
  input_store = genomics_replicated_input_store.reads.active

  workflow_type         = "CWL"
  workflow_type_version = "v1.2"
  workflow_url          = "count.cwl"
  workflow_attachments  = { "count.cwl" = file("${path.module}/count.cwl") }

  # store:// and output:// become URLs of the active region when a run is sent.
  workflow_params = jsonencode({
    reads  = [for blob in each.value : { class = "File", location = "store://${blob}" }]
    result = "output://bases.txt"
  })
}

# Nothing that changes by itself, such as a status, belongs in an output: a plan
# would show a change each time it does.
output "regions" {
  description = "Where each run runs or ran."
  value       = { for name, s in genomics_run_submission.sample : name => s.location }
}
