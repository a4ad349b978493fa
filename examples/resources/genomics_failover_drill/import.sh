# The region, =, the output storage account's resource ID, and after slashes the output container, the pair's name and
# the drill_id. Only the last drill of a pair that succeeded in a region leaves something to import.
terraform import genomics_failover_drill.lab 'westeurope=/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/rg-lab-weu/providers/Microsoft.Storage/storageAccounts/labweu/outputs/lab/2026-03'
