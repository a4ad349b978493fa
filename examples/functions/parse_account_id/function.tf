terraform {
  required_providers {
    genomics = {
      source = "genomics-continuity/genomics"
    }
  }
}

output "group" {
  value = provider::genomics::parse_account_id("/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/rg-lab-wus2/providers/Microsoft.Genomics/accounts/lab-westus2").resource_group_name # "rg-lab-wus2"
}
