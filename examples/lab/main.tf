# The whole story in one file: two accounts, a pair, a store and workflows. In
# an outage, apply again with -var active_region=<the other one>.

terraform {
  required_providers {
    genomics = {
      source = "genomics-continuity/genomics"
    }
  }
}

provider "genomics" {}

variable "active_region" {
  description = "Location of the region that runs workflows. The one value to change in an outage."
  type        = string
  default     = "westus2"
}

variable "regions" {
  description = "The two regions: the resource group of the account and the storage account in each."
  type = map(object({
    resource_group_name = string
    storage_account_id  = string
  }))
  default = {
    westus2 = {
      resource_group_name = "rg-lab-wus2"
      storage_account_id  = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/rg-lab-wus2/providers/Microsoft.Storage/storageAccounts/labwus2"
    }
    westeurope = {
      resource_group_name = "rg-lab-weu"
      storage_account_id  = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/rg-lab-weu/providers/Microsoft.Storage/storageAccounts/labweu"
    }
  }
}

variable "samples" {
  description = "Samples by name: their input blobs, first and second reads."
  type        = map(list(string))
  default     = { sample1 = ["reads_1.fq", "reads_2.fq"] }
}

resource "genomics_account" "lab" {
  for_each            = var.regions
  name                = "lab-${each.key}"
  resource_group_name = each.value.resource_group_name
  location            = each.key
}

resource "genomics_region_pair" "lab" {
  name          = "lab"
  active_region = var.active_region

  primary = {
    location   = "westus2"
    account_id = genomics_account.lab["westus2"].id
    output     = { storage_account_id = var.regions["westus2"].storage_account_id, container_name = "outputs" }
  }
  secondary = {
    location   = "westeurope"
    account_id = genomics_account.lab["westeurope"].id
    output     = { storage_account_id = var.regions["westeurope"].storage_account_id, container_name = "outputs" }
  }

  data_residency = { allowed_geographies = ["United States", "Europe"] }
}

resource "genomics_replicated_input_store" "reads" {
  name          = "reads"
  active_region = genomics_region_pair.lab.active_region
  primary       = { location = "westus2", storage_account_id = var.regions["westus2"].storage_account_id, container_name = "inputs" }
  secondary     = { location = "westeurope", storage_account_id = var.regions["westeurope"].storage_account_id, container_name = "inputs" }
}

resource "genomics_workflow_submission" "sample" {
  for_each     = var.samples
  name         = each.key
  region       = genomics_region_pair.lab.active
  input_store  = genomics_replicated_input_store.reads.active
  inputs       = each.value
  process      = "gatk4"
  process_args = "R=hg38m1"
  output       = { basename = each.key }
}

# Nothing that changes by itself, such as a status, belongs in an output: a plan
# would show a change each time it does.
output "regions" {
  description = "Where each workflow runs or ran."
  value       = { for name, w in genomics_workflow_submission.sample : name => w.location }
}
