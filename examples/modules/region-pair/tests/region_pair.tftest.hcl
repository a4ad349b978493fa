variables {
  name          = "module"
  active_region = "westus2"
  primary = {
    location            = "westus2"
    resource_group_name = "rg-lab-wus2"
    storage_account_id  = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/rg-lab-wus2/providers/Microsoft.Storage/storageAccounts/labwus2"
  }
  secondary = {
    location            = "westeurope"
    resource_group_name = "rg-lab-weu"
    storage_account_id  = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/rg-lab-weu/providers/Microsoft.Storage/storageAccounts/labweu"
  }
  allowed_geographies = ["United States", "Europe"]
}

run "create" {
  assert {
    condition     = output.active.location == "westus2" && output.standby.location == "westeurope"
    error_message = "The primary is not active."
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
