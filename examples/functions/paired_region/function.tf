terraform {
  required_providers {
    genomics = {
      source = "genomics-continuity/genomics"
    }
  }
}

output "standby" {
  value = provider::genomics::paired_region("westus2") # "westcentralus"
}
