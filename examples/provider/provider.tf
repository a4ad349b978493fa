terraform {
  required_providers {
    genomics = {
      source = "genomics-continuity/genomics"
    }
  }
}

# Subscription and credentials come from ARM_* variables, as for azurerm.
provider "genomics" {
  region_timeout = "10s"
}
