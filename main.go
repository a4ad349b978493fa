// Command terraform-provider-genomics serves the provider to Terraform and
// OpenTofu.
package main

import (
	"flag"
	"log"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/provider"
)

// version is set when a release is built.
var version = "dev"

func main() {
	debug := flag.Bool("debug", false, "run with support for debuggers such as delve")
	flag.Parse()
	if err := provider.Serve(version, *debug); err != nil {
		log.Fatal(err)
	}
}
