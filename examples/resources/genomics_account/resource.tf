# One account in each region of a pair. Each resource group is located in the
# account's own region, so that losing one region does not hide the other account.
resource "genomics_account" "lab" {
  for_each = {
    westus2    = "rg-lab-wus2"
    westeurope = "rg-lab-weu"
  }

  name                = "lab-${each.key}"
  resource_group_name = each.value
  location            = each.key

  tags = {
    team = "sequencing"
  }
}
