terraform {
  required_providers {
    genomics = {
      source = "genomics-continuity/genomics"
    }
  }
}

output "verdict" {
  value = provider::genomics::readiness_summary([
    { name = "service", region = "westeurope", subject = null, status = "pass", message = "The service answers.", remedy = null },
    { name = "replication", region = "westeurope", subject = "reads", status = "fail", message = "1 of 3 blobs is missing.", remedy = "terraform apply" },
  ]) # "not ready: 1 of 2 checks fail (replication (reads) in westeurope)"
}
