data "genomics_account" "lab" {
  name                = "lab-westus2"
  resource_group_name = "rg-lab-wus2"
}

output "api_url" {
  value = data.genomics_account.lab.api_url
}
