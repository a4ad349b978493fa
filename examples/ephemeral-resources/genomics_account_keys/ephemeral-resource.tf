variable "key_vault_id" {
  type = string
}

data "genomics_account" "lab" {
  name                = "lab-westus2"
  resource_group_name = "rg-lab-wus2"
}

ephemeral "genomics_account_keys" "lab" {
  account_id = data.genomics_account.lab.id
}

# A write-only argument takes the key on its way to a vault; neither the plan nor
# the state ever holds it. Vaults in both regions let a failover do without
# Resource Manager.
resource "azurerm_key_vault_secret" "genomics" {
  name             = "genomics-lab-westus2"
  key_vault_id     = var.key_vault_id
  value_wo         = ephemeral.genomics_account_keys.lab.primary_key
  value_wo_version = 1
}
