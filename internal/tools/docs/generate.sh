#!/usr/bin/env bash
# Writes docs/ from the provider's schema, templates/ and examples/, without any network.
set -euo pipefail
cd "$(dirname "$0")/../../.."
bin=$PWD/.cache/bin
work=$PWD/.cache/docs
rm -rf "$work" && mkdir -p "$work/provider" "$work/config"

go build -buildvcs=false -o "$work/provider/terraform-provider-genomics" .

# The generator looks the schema up under this address when the name has no owner.
address=registry.terraform.io/hashicorp/genomics
cat > "$work/cli.tfrc" <<RC
provider_installation {
  dev_overrides { "$address" = "$work/provider" }
  direct {}
}
RC
cat > "$work/config/main.tf" <<TF
terraform {
  required_providers { genomics = { source = "$address" } }
}
TF
TF_CLI_CONFIG_FILE=$work/cli.tfrc CHECKPOINT_DISABLE=1 \
  "$bin/tofu" -chdir="$work/config" providers schema -json |
  go run ./internal/testing/cmd/newerschemas > "$work/schema.json"

"$bin/tfplugindocs" generate \
  --provider-name genomics --rendered-provider-name Genomics --providers-schema "$work/schema.json"
