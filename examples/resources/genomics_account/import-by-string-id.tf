import {
  to = genomics_account.lab["westus2"]
  id = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/rg-lab-wus2/providers/Microsoft.Genomics/accounts/lab-westus2"
}
