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
    if maven -q -f "$adapter/pom.xml" dependency:resolve > /dev/null; then
        maven -f "$adapter/pom.xml" verify
    else
        echo "== what adapters/$adapter depends on cannot be had here, so it is not tested"
    fi
done
