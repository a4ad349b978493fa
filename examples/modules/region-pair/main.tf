# A pair of regions with an account in each, an input store, and whether a failover
# would work. The storage accounts are azurerm's:
#
#   primary = {
#     location            = "westus2"
#     resource_group_name = azurerm_resource_group.west.name
#     storage_account_id  = azurerm_storage_account.west.id
#   }
terraform {
  required_providers {
    genomics = {
      source = "genomics-continuity/genomics"
    }
  }
}

variable "name" {
  description = "Name of the pair; the accounts are called <name>-<location>."
  type        = string
}

variable "active_region" {
  description = "Location of the region that runs workflows. The one value to change in an outage."
  type        = string
}

variable "primary" {
  description = "The region that is active in normal times."
  type        = object({ location = string, resource_group_name = string, storage_account_id = string })
}

variable "secondary" {
  description = "The region that stands by."
  type        = object({ location = string, resource_group_name = string, storage_account_id = string })
}

variable "allowed_geographies" {
  description = "Azure geographies that data may be in."
  type        = set(string)
}

variable "max_recovery_point_age" {
  description = "How old the standby's data may be."
  type        = string
  default     = "24h"
}

resource "genomics_account" "this" {
  for_each            = { for side in [var.primary, var.secondary] : side.location => side.resource_group_name }
  name                = "${var.name}-${each.key}"
  resource_group_name = each.value
  location            = each.key
}

resource "genomics_region_pair" "this" {
  name          = var.name
  active_region = var.active_region

  primary = {
    location   = var.primary.location
    account_id = genomics_account.this[var.primary.location].id
    output     = { storage_account_id = var.primary.storage_account_id, container_name = "outputs" }
  }
  secondary = {
    location   = var.secondary.location
    account_id = genomics_account.this[var.secondary.location].id
    output     = { storage_account_id = var.secondary.storage_account_id, container_name = "outputs" }
  }

  data_residency = { allowed_geographies = var.allowed_geographies }
}

resource "genomics_replicated_input_store" "this" {
  name          = "inputs"
  active_region = genomics_region_pair.this.active_region
  primary       = { location = var.primary.location, storage_account_id = var.primary.storage_account_id, container_name = "inputs" }
  secondary     = { location = var.secondary.location, storage_account_id = var.secondary.storage_account_id, container_name = "inputs" }
}

# By way of locals the data source is read while planning, whatever there is to change.
locals {
  pair   = genomics_region_pair.this
  stores = [genomics_replicated_input_store.this]
}

data "genomics_readiness" "this" {
  region_pair            = local.pair
  input_stores           = local.stores
  max_recovery_point_age = var.max_recovery_point_age
}

output "active" {
  description = "For region of a submission."
  value       = genomics_region_pair.this.active
}

output "standby" {
  description = "For region of a drill."
  value       = genomics_region_pair.this.standby
}

output "inputs" {
  description = "For input_store of a submission."
  value       = genomics_replicated_input_store.this.active
}

output "ready" {
  description = "Whether a failover would work."
  value       = data.genomics_readiness.this.ready
}
