# Terraform 1.14 and later: terraform apply -invoke=action.genomics_failover_drill.lab
action "genomics_failover_drill" "lab" {
  config {
    region       = genomics_region_pair.lab.standby
    input_store  = genomics_replicated_input_store.reads.standby
    inputs       = ["NA12878_1.fq.gz", "NA12878_2.fq.gz"]
    process      = "gatk4"
    process_args = "R=hg38m1"
  }
}
