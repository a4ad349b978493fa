# The region, =, the server's base URL, /tasks/ and the ID that the server gave the task.
terraform import genomics_task_submission.na12878 westus2=https://tes.westus2.example.org/ga4gh/tes/v1/tasks/b8cb1o5jk7p2
