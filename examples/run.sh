#!/usr/bin/env bash
# Builds and runs the examples against target/demitasse.jar; on JDK 25, where it is installed, parallel once more, on
# virtual threads, and compares what both print.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

jar=$PWD/target/demitasse.jar
gson=$(find target/lib -name 'gson-*.jar' | head -n 1)
model=$PWD/weights/sst2-distilbert.flat
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT

# A library on the class path, no flag, nothing else.
javac -d "$out" -cp "$jar" examples/plain-java/Classify.java
java -cp "$out:$jar:$gson" Classify "$model" "a gorgeous, witty, seductive movie" "a dull film" > "$out/classify"
cut -d ' ' -f 1 "$out/classify" | diff - <(printf 'POSITIVE\nNEGATIVE\n')

javac -d "$out" -cp "$jar" examples/parallel/Parallel.java
java --add-modules jdk.incubator.vector -cp "$out:$jar:$gson" Parallel "$model" > "$out/pool" 2> /dev/null
[[ $(wc -l < "$out/pool") == 200 ]]
newest=$(find /usr/lib/jvm -maxdepth 1 -name '*25*' -type d 2> /dev/null | head -n 1)
if [[ -n $newest ]]; then
    "$newest/bin/java" --add-modules jdk.incubator.vector -cp "$out:$jar:$gson" Parallel "$model" > "$out/virtual" 2> /dev/null
    diff "$out/pool" "$out/virtual"
fi
echo "the examples run"
