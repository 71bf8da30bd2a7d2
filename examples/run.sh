#!/usr/bin/env bash
# Builds and runs the examples against what an app that classifies needs: the jar without the command line, the server
# and fine-tuning, and gson. Fails if that jar is larger than is promised. Needs `mvn package` before.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

largest=400000    # bytes
model=$PWD/weights/sst2-distilbert.flat
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT

mkdir "$out/library"
(cd "$out/library" && jar --extract --file "$OLDPWD/target/demitasse.jar")
# Without its descriptor, which lists the packages that go.
rm -rf "$out"/library/{module-info.class,io/demitasse/cli,io/demitasse/serve,io/demitasse/train}
jar --create --file "$out/library.jar" --no-manifest -C "$out/library" .
size=$(wc -c < "$out/library.jar")
echo "the library's jar has $size bytes"
if ((size > largest)); then
    echo "that is more than $largest" >&2
    exit 1
fi
classpath=$out:$out/library.jar:$(find "$PWD/target/lib" -name 'gson-*.jar')

javac -d "$out" -cp "$classpath" examples/plain-java/Classify.java
java -cp "$classpath" Classify "$model" "a gorgeous, witty, seductive movie" "a dull film" 2> /dev/null | tee "$out/labels"
cut -d ' ' -f 1 "$out/labels" | diff - <(printf 'POSITIVE\nNEGATIVE\n')

javac -d "$out" -cp "$classpath" examples/parallel/Parallel.java
java --add-modules jdk.incubator.vector -cp "$classpath" Parallel "$model" > "$out/pool" 2> /dev/null
echo "$(wc -l < "$out/pool") texts from a pool of threads"
newest=$(find /usr/lib/jvm -maxdepth 1 -name '*25*' -type d 2> /dev/null | head -n 1)
if [[ -n $newest ]]; then
    "$newest/bin/java" --add-modules jdk.incubator.vector -cp "$classpath" Parallel "$model" > "$out/virtual" 2> /dev/null
    diff "$out/pool" "$out/virtual"
    echo "the same from virtual threads"
fi
