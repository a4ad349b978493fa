# What is made where no storage account is given: in each region a resource group of
# its own, for what Resource Manager keeps of it has to be there in an outage of the
# other region.
locals {
  sides = { for side in [var.primary, var.secondary] : side.location => side }
  made  = { for location, side in local.sides : location => side if side.storage_account_name != null }
}

resource "azurerm_resource_group" "this" {
  for_each = local.made
  name     = each.value.resource_group_name
  location = each.key
  tags     = var.tags
}

resource "azurerm_storage_account" "this" {
  for_each                        = local.made
  name                            = each.value.storage_account_name
  resource_group_name             = azurerm_resource_group.this[each.key].name
  location                        = azurerm_resource_group.this[each.key].location
  account_tier                    = "Standard"
  account_replication_type        = var.account_replication_type
  allow_nested_items_to_be_public = false
  tags                            = var.tags
}

resource "azurerm_storage_container" "inputs" {
  for_each           = local.made
  name               = var.containers.inputs
  storage_account_id = azurerm_storage_account.this[each.key].id
}

resource "azurerm_storage_container" "outputs" {
  for_each           = local.made
  name               = var.containers.outputs
  storage_account_id = azurerm_storage_account.this[each.key].id
}

# By location, made or given. A container that is missing from a storage account that
# was given is made by the pair and the store.
locals {
  storage_account_ids = { for location, side in local.sides : location =>
    side.storage_account_name != null ? azurerm_storage_account.this[location].id : side.storage_account_id
  }
  inputs  = { for location in keys(local.sides) : location => try(azurerm_storage_container.inputs[location].name, var.containers.inputs) }
  outputs = { for location in keys(local.sides) : location => try(azurerm_storage_container.outputs[location].name, var.containers.outputs) }
  resource_groups = { for location, side in local.sides : location =>
    try(azurerm_resource_group.this[location].name, side.resource_group_name)
  }
}
