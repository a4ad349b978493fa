# The region, =, the server's base URL, /runs/ and the ID that the server gave the run.
terraform import genomics_run_submission.na12878 westus2=https://wes.westus2.example.org/ga4gh/wes/v1/runs/0f2a6c1d9b3e4f5a8c7d6e5f4a3b2c1d
