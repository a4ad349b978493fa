data "genomics_regions" "europe" {
  geography = "Europe"
}

output "european_regions" {
  value = data.genomics_regions.europe.regions[*].name
}
