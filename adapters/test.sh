#!/usr/bin/env bash
# Tests adapters, named as their folders are, against the library built here. One whose framework cannot be had from
# Maven Central is named and left out; set MAVEN_ARGUMENTS for a local repository of one's own.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

maven() {
    # shellcheck disable=SC2086
    mvn -B ${MAVEN_ARGUMENTS-} "$@"
}

# Installed, since that is where an adapter's build looks for it, whoever built its jar before.
maven -q -f ../pom.xml -DskipTests install
for adapter in "$@"; do
    if log=$(maven -q -f "$adapter/pom.xml" dependency:resolve); then
        maven -f "$adapter/pom.xml" verify
    else
        echo "== adapters/$adapter is not tested, since what it depends on cannot be had here:"
        grep -m 1 ERROR <<< "$log"
    fi
done
