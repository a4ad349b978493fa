output "standby" {
  value = provider::genomics::paired_region("westus2") # "westcentralus"
}
