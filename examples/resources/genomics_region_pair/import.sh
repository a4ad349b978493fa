terraform import genomics_region_pair.lab lab
