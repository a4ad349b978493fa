# Terraform 1.14 and later: terraform apply -invoke=action.genomics_cancel_workflow.na12878
action "genomics_cancel_workflow" "na12878" {
  config {
    account_id  = genomics_account.lab["westus2"].id
    workflow_id = genomics_workflow_submission.na12878.workflow_id
  }
}
