# A pair from nothing: it is made, is ready, and fails over. This makes what it names in
# the subscription, and destroys it at the end.
provider "azurerm" {
  features {}
}

variables {
  name          = "module"
  active_region = "westus2"
  primary = {
    location             = "westus2"
    resource_group_name  = "rg-lab-wus2"
    storage_account_name = "labwus2"
  }
  secondary = {
    location             = "westeurope"
    resource_group_name  = "rg-lab-weu"
    storage_account_name = "labweu"
  }
  allowed_geographies = ["United States", "Europe"]
}

run "create" {
  assert {
    condition     = output.active.location == "westus2" && output.standby.location == "westeurope"
    error_message = "The primary is not active."
  }
  assert {
    condition     = output.storage_account_ids["westus2"] == azurerm_storage_account.this["westus2"].id && output.standby.output_storage_account_id == azurerm_storage_account.this["westeurope"].id
    error_message = "The pair has other storage accounts than those that were made."
  }
}

run "ready" {
  command = plan

  assert {
    condition     = output.ready
    error_message = data.genomics_readiness.this.summary
  }
}

run "failover" {
  variables {
    active_region = "westeurope"
  }

  assert {
    condition     = output.active.location == "westeurope" && output.inputs.location == "westeurope"
    error_message = "The secondary is not active after the failover."
  }
}
