#!/usr/bin/env bash
# Measures what one text costs from the start of Java, in turns:
#   benchmarks/start.sh [--rounds N] [--jar OTHER.jar] JAVA_HOME...
# A row for each Java and stage, with minimum/median/maximum of wall milliseconds, processor milliseconds and resident MB.
# --jar adds the same stages of another build, which needs its lib/ beside it.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
cd "$here/.."

rounds=5
in_turns "--rounds --jar" "$@"

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
commands=$folder/commands

stage() {
    local name=$1
    shift
    printf '%s\t' "$name" >> "$commands"
    printf '%q ' "$@" >> "$commands"
    echo >> "$commands"
}

echo 'public class Hello { public static void main(String[] args) { System.out.println("hello"); } }' > "$folder/Hello.java"
"${homes[0]}/bin/javac" --release 17 -d "$folder" "$folder/Hello.java"
number=0
for home in "${homes[@]}"; do
    java=$home/bin/java
    options=(-XX:+UseSerialGC -XX:NewSize=16m --enable-native-access=ALL-UNNAMED -XX:+UseTransparentHugePages
        --add-modules jdk.incubator.vector)
    name=$(sed -n 's/^JAVA_VERSION="\(.*\)"/Java \1/p' "$home/release")
    stage "$name: hello" "$java" -XX:+UseSerialGC -cp "$folder" Hello
    stage "$name: hello, launcher's options" "$java" "${options[@]}" -cp "$folder" Hello
    for jar in "${jars[@]}"; do
        program=(-Ddemitasse.home="$PWD" -cp "$jar" io.demitasse.cli.Demitasse)
        archive=$folder/$((++number)).jsa
        # As the launcher makes it.
        "$java" "${options[@]}" -XX:DumpLoadedClassList="$archive.classes" "${program[@]}" classify "a text" > "$archive.log" 2>&1
        sed '/^@.*picocli/d; /^@cp io.demitasse.cli/d' "$archive.classes" > "$archive.names"
        "$java" "${options[@]/UseSerialGC/UseG1GC}" -Xshare:dump -XX:SharedClassListFile="$archive.names" \
            -XX:SharedArchiveFile="$archive" -cp "$jar" >> "$archive.log" 2>&1
        shared=(-XX:SharedArchiveFile="$archive" -Xlog:cds*=off)
        stage "$name: --version, $jar" "$java" "${options[@]}" "${shared[@]}" "${program[@]}" --version
        stage "$name: classify without an archive, $jar" "$java" "${options[@]}" "${program[@]}" classify "a text"
        stage "$name: classify, $jar" "$java" "${options[@]}" "${shared[@]}" "${program[@]}" classify "a text"
        stage "$name: classify, compiled once, $jar" "$java" "${options[@]}" "${shared[@]}" -XX:TieredStopAtLevel=1 \
            -XX:-UsePerfData "${program[@]}" classify "a text"
    done
    # The launcher makes its own archive in the background of its first run.
    JAVA_HOME=$home ./demitasse classify "a text" > "$folder/first" 2>&1
    while [[ -d target/start/making ]]; do sleep 0.2; done
    stage "$name: the launcher" env JAVA_HOME="$home" ./demitasse classify "a text"
done

python3 - "$commands" "$rounds" << 'PYTHON'
import os, statistics, subprocess, sys, time

rows = [line.rstrip("\n").split("\t") for line in open(sys.argv[1])]
taken = {name: [] for name, _ in rows}
print("load", *os.getloadavg())
for turn in range(int(sys.argv[2]) + 1):
    for name, command in rows:
        begin = time.perf_counter()
        process = subprocess.Popen(["bash", "-c", "exec " + command], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - begin
        if status:
            sys.exit(f"{command}: exit {os.waitstatus_to_exitcode(status)}")
        if turn:    # the first one fills the page cache
            taken[name].append((seconds * 1e3, (usage.ru_utime + usage.ru_stime) * 1e3, usage.ru_maxrss / 1024))
print("| what | wall ms | processor ms | resident MB |\n| --- | --- | --- | --- |")
for name, values in taken.items():
    print("|", name, "|", " | ".join(f"{min(c):.0f}/{statistics.median(c):.0f}/{max(c):.0f}" for c in zip(*values)), "|")
print("load", *os.getloadavg())
PYTHON
