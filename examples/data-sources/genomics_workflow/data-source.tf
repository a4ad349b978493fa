data "genomics_account" "lab" {
  name                = "lab-westus2"
  resource_group_name = "rg-lab-wus2"
}

data "genomics_workflow" "na12878" {
  account_id  = data.genomics_account.lab.id
  workflow_id = 10001
}

output "status" {
  value = data.genomics_workflow.na12878.reachable ? data.genomics_workflow.na12878.status : "the region does not answer"
}
