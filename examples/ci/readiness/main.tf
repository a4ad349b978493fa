# Looks whether a failover would work, and changes nothing. It is a configuration of
# its own, so that it needs nobody's state; put in your pair and stores.
terraform {
  required_providers {
    genomics = {
      source = "genomics-continuity/genomics"
    }
  }
}

variable "require_ready" {
  description = "Whether a plan fails (exit code 1) unless every check passes."
  type        = bool
  default     = false
}

locals {
  subscription = "/subscriptions/00000000-0000-0000-0000-000000000000"
  west         = "${local.subscription}/resourceGroups/rg-lab-wus2/providers"
  europe       = "${local.subscription}/resourceGroups/rg-lab-weu/providers"
}

data "genomics_readiness" "lab" {
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

  max_recovery_point_age = "1h"
  state_location         = "northeurope"

  # A gate: with it a plan ends with exit code 1 when the pair is not ready.
  lifecycle {
    postcondition {
      condition     = !var.require_ready || self.ready
      error_message = self.summary
    }
  }
}

# Advice: with a check that fails a plan warns and ends with exit code 0.
check "ready" {
  assert {
    condition     = data.genomics_readiness.lab.ready
    error_message = data.genomics_readiness.lab.summary
  }
}

# These change with time. Here nobody asks whether a plan is empty.
output "ready" {
  value = data.genomics_readiness.lab.ready
}

output "summary" {
  value = data.genomics_readiness.lab.summary
}

output "markdown" {
  value = data.genomics_readiness.lab.report_markdown
}

output "junit" {
  value = data.genomics_readiness.lab.report_junit
}

output "svg" {
  value = data.genomics_readiness.lab.report_svg
}
