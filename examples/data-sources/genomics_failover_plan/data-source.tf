# A configuration of its own for a nightly job: it needs nobody's state. In the one
# that has the pair, give the resources themselves, by way of locals:
#
#   locals {
#     pair   = genomics_region_pair.lab
#     stores = [genomics_replicated_input_store.reads]
#     jobs   = values(genomics_workflow_submission.sample)
#   }
#
# A data source that names a resource directly is read after that has been changed.
locals {
  subscription = "/subscriptions/00000000-0000-0000-0000-000000000000"
  west         = "${local.subscription}/resourceGroups/rg-lab-wus2/providers"
  europe       = "${local.subscription}/resourceGroups/rg-lab-weu/providers"
}

data "genomics_failover_plan" "now" {
  region_pair = {
    name          = "lab"
    active_region = "westus2"
    primary = {
      location   = "westus2"
      account_id = "${local.west}/Microsoft.Genomics/accounts/lab-westus2"
      output     = { storage_account_id = "${local.west}/Microsoft.Storage/storageAccounts/labwus2", container_name = "outputs" }
    }
    secondary = {
      location   = "westeurope"
      account_id = "${local.europe}/Microsoft.Genomics/accounts/lab-westeurope"
      output     = { storage_account_id = "${local.europe}/Microsoft.Storage/storageAccounts/labweu", container_name = "outputs" }
    }
    data_residency = { allowed_geographies = ["United States", "Europe"] }
  }

  input_stores = [{
    name      = "reads"
    primary   = { location = "westus2", storage_account_id = "${local.west}/Microsoft.Storage/storageAccounts/labwus2", container_name = "inputs" }
    secondary = { location = "westeurope", storage_account_id = "${local.europe}/Microsoft.Storage/storageAccounts/labweu", container_name = "inputs" }
    include   = ["**/*.fq", "**/*.fq.gz", "**/*.bam"]
    exclude   = ["scratch/**"]
  }]

}

output "possible" {
  value = data.genomics_failover_plan.now.possible
}
