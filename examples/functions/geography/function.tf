output "where" {
  value = provider::genomics::geography("westeurope") # "Europe"
}
