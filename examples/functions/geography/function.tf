terraform {
  required_providers {
    genomics = {
      source = "genomics-continuity/genomics"
    }
  }
}

output "where" {
  value = provider::genomics::geography("westeurope") # "Europe"
}
