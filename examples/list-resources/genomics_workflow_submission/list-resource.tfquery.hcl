# Terraform 1.14 and later: terraform query -generate-config-out=found.tf
list "genomics_workflow_submission" "gatk4" {
  provider = genomics

  config {
    account_id = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/rg-lab-wus2/providers/Microsoft.Genomics/accounts/lab-westus2"
    status     = "success"
    process    = "gatk4"
  }
}
