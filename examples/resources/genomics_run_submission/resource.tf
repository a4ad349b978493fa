variable "active_region" {
  description = "The one value to change in an outage."
  default     = "westus2"
}

locals {
  subscription = "/subscriptions/00000000-0000-0000-0000-000000000000"
}

resource "genomics_region_pair" "lab" {
  name          = "lab"
  active_region = var.active_region

  primary = {
    location = "westus2"
    wes      = { url = "https://wes.westus2.example.org/ga4gh/wes/v1" }
    output = {
      storage_account_id = "${local.subscription}/resourceGroups/rg-lab-wus2/providers/Microsoft.Storage/storageAccounts/labwus2"
      container_name     = "outputs"
    }
  }

  secondary = {
    location = "westeurope"
    wes      = { url = "https://wes.westeurope.example.org/ga4gh/wes/v1" }
    output = {
      storage_account_id = "${local.subscription}/resourceGroups/rg-lab-weu/providers/Microsoft.Storage/storageAccounts/labweu"
      container_name     = "outputs"
    }
  }
}

resource "genomics_replicated_input_store" "reads" {
  name          = "reads"
  active_region = genomics_region_pair.lab.active_region

  primary = {
    location           = "westus2"
    storage_account_id = "${local.subscription}/resourceGroups/rg-lab-wus2/providers/Microsoft.Storage/storageAccounts/labwus2"
    container_name     = "inputs"
  }

  secondary = {
    location           = "westeurope"
    storage_account_id = "${local.subscription}/resourceGroups/rg-lab-weu/providers/Microsoft.Storage/storageAccounts/labweu"
    container_name     = "inputs"
  }
}

resource "genomics_run_submission" "na12878" {
  name        = "NA12878"
  region      = genomics_region_pair.lab.active
  input_store = genomics_replicated_input_store.reads.active

  workflow_type         = "CWL"
  workflow_type_version = "v1.2"
  workflow_url          = "count.cwl"

  workflow_attachments = {
    "count.cwl" = <<-EOT
      cwlVersion: v1.2
      class: CommandLineTool
      baseCommand: [sh, -c, 'zcat "$@" | wc -c', count]
      inputs:
        reads: { type: "File[]", inputBinding: { position: 1 } }
      outputs:
        bytes: { type: stdout }
      stdout: bytes.txt
    EOT
  }

  workflow_params = jsonencode({
    reads = [
      { class = "File", location = "store://NA12878_1.fq.gz" },
      { class = "File", location = "store://NA12878_2.fq.gz" },
    ]
  })

  stalled_after = "24h"
}
