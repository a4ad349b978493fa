# After an upload, with Terraform 1.14 and later: terraform apply -invoke=action.genomics_replicate.reads
action "genomics_replicate" "reads" {
  config {
    name          = genomics_replicated_input_store.reads.name
    active_region = genomics_replicated_input_store.reads.active_region
    primary       = genomics_replicated_input_store.reads.primary
    secondary     = genomics_replicated_input_store.reads.secondary
    include       = genomics_replicated_input_store.reads.include
    exclude       = genomics_replicated_input_store.reads.exclude
  }
}
