import {
  to = genomics_account.lab["westus2"]
  identity = {
    subscription_id     = "00000000-0000-0000-0000-000000000000"
    resource_group_name = "rg-lab-wus2"
    name                = "lab-westus2"
  }
}
