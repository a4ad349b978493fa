output "active" {
  description = "The active side of the pair: for region of a submission."
  value       = genomics_region_pair.this.active
}

output "standby" {
  description = "The standby side of the pair: for region of a drill."
  value       = genomics_region_pair.this.standby
}

output "inputs" {
  description = "The active side of the input store: for input_store of a submission."
  value       = genomics_replicated_input_store.this.active
}

output "storage_account_ids" {
  description = "IDs of the storage accounts by location, those that were made and those that were given."
  value       = local.storage_account_ids
}

output "ready" {
  description = "Whether a failover would work."
  value       = data.genomics_readiness.this.ready
}
