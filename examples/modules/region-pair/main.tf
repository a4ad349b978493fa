# A pair of regions: in each a storage account and an account of the workflow service,
# inputs that are replicated between them, and whether a failover would work.
resource "genomics_account" "this" {
  for_each            = local.sides
  name                = "${var.name}-${each.key}"
  resource_group_name = local.resource_groups[each.key]
  location            = each.key
  tags                = var.tags
}

resource "genomics_region_pair" "this" {
  name          = var.name
  active_region = var.active_region

  primary = {
    location   = var.primary.location
    account_id = genomics_account.this[var.primary.location].id
    output = {
      storage_account_id = local.storage_account_ids[var.primary.location]
      container_name     = local.outputs[var.primary.location]
    }
  }
  secondary = {
    location   = var.secondary.location
    account_id = genomics_account.this[var.secondary.location].id
    output = {
      storage_account_id = local.storage_account_ids[var.secondary.location]
      container_name     = local.outputs[var.secondary.location]
    }
  }

  data_residency = { allowed_geographies = var.allowed_geographies }
}

resource "genomics_replicated_input_store" "this" {
  name          = "inputs"
  active_region = genomics_region_pair.this.active_region

  primary = {
    location           = var.primary.location
    storage_account_id = local.storage_account_ids[var.primary.location]
    container_name     = local.inputs[var.primary.location]
  }
  secondary = {
    location           = var.secondary.location
    storage_account_id = local.storage_account_ids[var.secondary.location]
    container_name     = local.inputs[var.secondary.location]
  }
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
