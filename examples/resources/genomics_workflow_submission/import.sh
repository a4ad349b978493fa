# The account's resource ID, /workflows/ and the number that the service gave the run.
terraform import genomics_workflow_submission.na12878 /subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/rg-lab-wus2/providers/Microsoft.Genomics/accounts/lab-westus2/workflows/10001
