locals {
  subscription = "/subscriptions/00000000-0000-0000-0000-000000000000"
}

resource "genomics_replicated_input_store" "reads" {
  name          = "reads"
  active_region = "westus2"

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

  include = ["**/*.fq", "**/*.fq.gz", "**/*.bam"]
  exclude = ["scratch/**"]
}
