#!/usr/bin/env bash
# Runs Demitasse and its peers in turns, on the same weights, threads and texts. README.md beside this file says what
# the numbers mean.
#
#   benchmarks/compare.sh --model F32.flat --data dev.tsv [--int8 I8.flat] [--threads N] [--rounds N] [--only NAMES] ...
#
# Builds the library and the benchmarks if their sources are newer than their jars, and exports the peers' models to a
# folder in benchmarks/target/peers, named by the weights' checksum. JAVA_OPTIONS goes to the JVM.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
library=$here/../target/demitasse.jar
benchmarks=$here/target/benchmarks.jar

fail() {
    echo "compare.sh: $1" >&2
    exit 2
}

model=
onnx=
arguments=("$@")
while (($#)); do
    case $1 in
        --model) model=${2-} ;;
        --onnx) onnx=${2-} ;;
    esac
    shift
done
[[ -n $model ]] || fail "--model F32.flat is missing"
[[ -f $model ]] || fail "there is no file $model"

older() {   # FILE SOURCES...: whether the file is missing or older than any of its sources
    local file=$1
    shift
    [[ ! -f $file || -n $(find "$@" -newer "$file" -print -quit) ]]
}

if older "$benchmarks" "$here/src/main" "$here/pom.xml" "$here/../src/main" "$here/../pom.xml"; then
    echo "building the library and the benchmarks" >&2
    # Installed, since that is where the benchmarks' build looks for it, whoever built its jar before.
    mvn -q -B -f "$here/../pom.xml" -DskipTests install >&2
    mvn -q -B -f "$here/pom.xml" package >&2
fi

if [[ -z $onnx ]]; then
    peers=$here/target/peers/$(cksum < "$model" | tr ' ' -)
    if older "$peers/distilbert.pt" "$here"/*.py; then
        echo "exporting the peers' models" >&2
        python3 -c 'import numpy' 2>/dev/null || fail "exporting the peers' models needs python3 with numpy"
        range=()
        if [[ $(uname -m) == x86_64 ]] && ! grep -qsE '\b(avx512_vnni|avx_vnni)\b' /proc/cpuinfo; then
            range=(--reduce-range)
        fi
        python3 "$here/export_onnx.py" ${range[@]+"${range[@]}"} "$model" "$peers" >&2
        python3 "$here/export_torchscript.py" "$model" "$peers/distilbert.pt" >&2
    fi
    arguments+=(--onnx "$peers")
fi

# The library's own jar comes first: the local Maven repository may hold another build of it.
# shellcheck disable=SC2086
exec java -XX:+UseTransparentHugePages --add-modules jdk.incubator.vector ${JAVA_OPTIONS-} -cp "$library:$benchmarks:$here/target/lib/*" \
    io.demitasse.benchmarks.compare.Comparison "${arguments[@]}"
