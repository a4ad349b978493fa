package provider

import (
	"os"
	"strings"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6/tf6server"
)

// Address is the provider's address in the registry.
const Address = "registry.terraform.io/genomics-continuity/genomics"

// Serve serves the provider to a command-line interface until that is done with
// it, or with debug until it is interrupted.
func Serve(version string, debug bool) error {
	if !debug {
		quiet(os.Getenv, os.Setenv)
	}
	var options []tf6server.ServeOpt
	if debug {
		options = append(options, tf6server.WithManagedDebug())
	}
	return tf6server.Serve(Address, NewServer(version), options...)
}

// logLevels are the variables that ask for a log of the provider or of what it is
// built with.
var logLevels = []string{"TF_LOG", "TF_LOG_PROVIDER", "TF_LOG_PROVIDER_GENOMICS", "TF_LOG_SDK", "TF_LOG_SDK_FRAMEWORK", "TF_LOG_SDK_PROTO"}

// quiet turns logging off when nobody has asked for it. By default a provider
// writes everything down to the last trace, for the CLI to throw it away: of the
// work of planning a thousand resources that was a fifth.
func quiet(getenv func(string) string, setenv func(string, string) error) {
	for _, name := range logLevels {
		if level := getenv(name); level != "" && !strings.EqualFold(level, "off") {
			return
		}
	}
	for _, name := range logLevels[2:] {
		// Without it there is a log that nobody reads, and nothing worse.
		_ = setenv(name, "OFF")
	}
}
