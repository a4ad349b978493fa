variable "name" {
  description = "Name of the pair; the accounts are called <name>-<location>."
  type        = string
}

variable "active_region" {
  description = "Location of the region that runs workflows. The one value to change in an outage."
  type        = string
}

variable "primary" {
  description = <<-EOT
    The region that is active in normal times. With storage_account_name the resource group, the storage account and its
    containers are made; with storage_account_id the resource group and the storage account are there already.
  EOT
  type = object({
    location             = string
    resource_group_name  = string
    storage_account_name = optional(string)
    storage_account_id   = optional(string)
  })

  validation {
    condition     = (var.primary.storage_account_name == null) != (var.primary.storage_account_id == null)
    error_message = "Give either storage_account_name, to make a storage account, or storage_account_id of one that is there."
  }
}

variable "secondary" {
  description = "The region that stands by, in the same form."
  type = object({
    location             = string
    resource_group_name  = string
    storage_account_name = optional(string)
    storage_account_id   = optional(string)
  })

  validation {
    condition     = (var.secondary.storage_account_name == null) != (var.secondary.storage_account_id == null)
    error_message = "Give either storage_account_name, to make a storage account, or storage_account_id of one that is there."
  }
}

variable "allowed_geographies" {
  description = "Azure geographies that data may be in."
  type        = set(string)
}

variable "account_replication_type" {
  description = "Redundancy of the storage accounts that are made. The pair itself replicates to the other region."
  type        = string
  default     = "ZRS"
}

variable "containers" {
  description = "Names of the containers for inputs and for results, alike in both regions."
  type        = object({ inputs = optional(string, "inputs"), outputs = optional(string, "outputs") })
  default     = {}
}

variable "max_recovery_point_age" {
  description = "How old the standby's data may be."
  type        = string
  default     = "24h"
}

variable "tags" {
  description = "Tags of everything that has tags."
  type        = map(string)
  default     = {}
}
