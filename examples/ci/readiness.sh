#!/bin/sh
# Looks whether a failover would work and writes the reports: readiness.md for a job's
# summary or a comment, readiness.xml for the build server, readiness.svg to look at.
#
#   readiness.sh FOLDER
#
# Exit code 0: ready. 1: not ready, or unknown, which is not ready. 2: nobody could look.
# Run `terraform init` in the folder readiness before.
set -u
terraform=${TERRAFORM:-terraform}
reports=${1:?which folder the reports go to}
mkdir -p "$reports" || exit 2
reports=$(cd "$reports" && pwd)
cd "$(dirname "$0")/readiness" || exit 2

# There is nothing in it to create: applying only reads.
"$terraform" apply -auto-approve -input=false > "$reports/readiness.log" 2>&1 || {
  cat "$reports/readiness.log" >&2
  exit 2
}
"$terraform" output -raw markdown > "$reports/readiness.md" || exit 2
"$terraform" output -raw junit > "$reports/readiness.xml" || exit 2
"$terraform" output -raw svg > "$reports/readiness.svg" || exit 2
cat "$reports/readiness.md"
test "$("$terraform" output -raw ready)" = true
