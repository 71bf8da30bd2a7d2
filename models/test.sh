#!/usr/bin/env bash
# Installs the library, the BOM and the jars that are models, and runs examples/model-jars, an app that depends on these
# alone, on the class path and in modules. Set MAVEN_ARGUMENTS for a local repository of one's own.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

maven() {
    # shellcheck disable=SC2086
    mvn -q -B ${MAVEN_ARGUMENTS-} "$@"
}

maven -f parent/pom.xml -pl ..,../models/sst2,../models/minilm,../bom -Dmaven.test.skip=true install
app=examples/model-jars
rm -rf "$app/target"
maven -f "$app/pom.xml" compile dependency:copy-dependencies -DoutputDirectory=target/lib

# What an app gets beside the models: the library, gson and what gson brings.
find "$app/target/lib" -name '*.jar' -printf '%f\n' | sort | sed 's/-[0-9].*//' \
    | diff - <(printf '%s\n' demitasse demitasse-model-minilm demitasse-model-sst2 error_prone_annotations gson)

expected=$(printf '%s\n' "POSITIVE 0.99975735" "a kitten" "[NEGATIVE, POSITIVE]")
java -cp "$app/target/classes:$app/target/lib/*" app.App 2> /dev/null | diff - <(echo "$expected")
java -p "$app/target/classes:$app/target/lib" -m app/app.App 2> /dev/null | diff - <(echo "$expected")
echo "the jars that are models work, on the class path and in modules"
