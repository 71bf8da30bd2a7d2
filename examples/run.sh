#!/usr/bin/env bash
# Builds and runs the examples against what an app that classifies needs: the jar without the command line, the server
# and fine-tuning, and gson. Fails if that jar is larger than docs/reliability.md promises. Needs `mvn package` before.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

model=$PWD/weights/sst2-distilbert.flat
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT

mkdir "$out/library"
(cd "$out/library" && jar --extract --file "$OLDPWD/target/demitasse.jar")
# Without its descriptor, which lists the packages that go.
rm -rf "$out"/library/{module-info.class,io/demitasse/cli,io/demitasse/serve}
promise=$(grep 'the jar without command line, server and fine-tuning stays under' docs/reliability.md)
# shellcheck disable=SC2207  # numbers
largest=($(grep -o '[0-9,]* bytes\|fine-tuning under [0-9,]*' <<< "$promise" | tr -cd '0-9\n'))

# Packs what is left of the library and compares its size with what is promised.
pack() {
    local size
    jar --create --file "$out/library.jar" --no-manifest -C "$out/library" .
    size=$(wc -c < "$out/library.jar")
    echo "the library's jar $1 fine-tuning has $size bytes"
    if ((size > $2)); then
        echo "that is more than the $2 that docs/reliability.md promises" >&2
        exit 1
    fi
}

pack with "${largest[1]}"
rm -rf "$out/library/io/demitasse/train"
pack without "${largest[0]}"
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
