# Terraform 1.14 and later: terraform query
list "genomics_account" "lab" {
  provider = genomics

  config {
    resource_group_name = "rg-lab-wus2"
  }
}
