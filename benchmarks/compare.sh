#!/usr/bin/env bash
# Runs Demitasse and its peers in turns, on the same weights, threads and texts. README.md beside this file says what
# the numbers mean.
#
#   benchmarks/compare.sh --model F32.flat --data dev.tsv [--int8 I8.flat] [--threads N] [--rounds N] [--only NAMES] ...
#
# Builds the library and the benchmarks if their sources are newer than their jars, and exports the peers' models to a
# folder in benchmarks/target/peers, named by the weights' checksum. JAVA_OPTIONS goes to the JVM.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

find_model "$@"
build
arguments=("$@")
if [[ -z $(value --onnx "$@") ]]; then
    peers=$(peers_folder "$model")
    if older "$peers/distilbert.pt" "$here"/*.py; then
        echo "exporting the peers' models" >&2
        need_numpy
        range=()
        if [[ $(uname -m) == x86_64 ]] && ! grep -qsE '\b(avx512_vnni|avx_vnni)\b' /proc/cpuinfo; then
            range=(--reduce-range)
        fi
        python3 "$here/export_onnx.py" ${range[@]+"${range[@]}"} "$model" "$peers" >&2
        python3 "$here/export_torchscript.py" "$model" "$peers/distilbert.pt" >&2
    fi
    arguments+=(--onnx "$peers")
fi
run Comparison "${arguments[@]}"
