data "genomics_account" "lab" {
  name                = "lab-westus2"
  resource_group_name = "rg-lab-wus2"
}

# What failed, and why.
data "genomics_workflows" "failed" {
  account_id = data.genomics_account.lab.id
  status     = "failed"
  process    = "gatk4"
}

output "failures" {
  value = { for w in data.genomics_workflows.failed.workflows : w.workflow_id => "${w.failure_code}: ${w.message}" }
}
