# What the module makes and how it is wired. Both providers are mocks: nothing is asked
# and nothing is made. Their IDs have the form that Azure gives.
mock_provider "azurerm" {
  mock_resource "azurerm_storage_account" {
    defaults = {
      id = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/rg-lab-wus2/providers/Microsoft.Storage/storageAccounts/labwus2"
    }
  }
}

mock_provider "genomics" {
  mock_resource "genomics_account" {
    defaults = {
      id = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/rg-lab/providers/Microsoft.Genomics/accounts/lab"
    }
  }
}

variables {
  name          = "lab"
  active_region = "westus2"
  primary = {
    location             = "westus2"
    resource_group_name  = "rg-lab-wus2"
    storage_account_name = "labwus2"
  }
  secondary = {
    location            = "westeurope"
    resource_group_name = "rg-lab-weu"
    storage_account_id  = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/rg-lab-weu/providers/Microsoft.Storage/storageAccounts/labweu"
  }
  allowed_geographies = ["United States", "Europe"]
}

run "one_made_one_given" {
  command = plan

  assert {
    condition     = join(" ", keys(azurerm_storage_account.this)) == "westus2" && join(" ", keys(azurerm_resource_group.this)) == "westus2"
    error_message = "A storage account is made where none is given, and only there."
  }
  assert {
    condition     = azurerm_storage_account.this["westus2"].name == "labwus2" && !azurerm_storage_account.this["westus2"].allow_nested_items_to_be_public
    error_message = "The storage account is not the one that was asked for, or its blobs may be public."
  }
  assert {
    condition     = genomics_region_pair.this.secondary.output.storage_account_id == var.secondary.storage_account_id
    error_message = "The storage account that was given is not the pair's."
  }
  assert {
    condition     = genomics_account.this["westeurope"].name == "lab-westeurope" && genomics_account.this["westeurope"].resource_group_name == "rg-lab-weu"
    error_message = "The accounts are not where their regions are."
  }
}

run "neither_made_nor_given" {
  command = plan

  variables {
    primary = {
      location            = "westus2"
      resource_group_name = "rg-lab-wus2"
    }
  }

  expect_failures = [var.primary]
}
