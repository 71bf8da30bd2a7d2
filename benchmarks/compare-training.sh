#!/usr/bin/env bash
# Fine-tunes with Demitasse and its peers in turns, from the same weights, on the same batches and threads. README.md
# beside this file says what the numbers mean.
#
#   benchmarks/compare-training.sh --model F32.flat [--threads N] [--rounds N] [--steps N] [--json FILE]
#
# Builds as compare.sh does. The Python with PyTorch is PYTORCH_PYTHON, or python3, or the system's. JAVA_OPTIONS goes
# to the JVM.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

find_model "$@"
build
arguments=("$@" --script "$here/pytorch_training.py")
module=$(peers_folder "$model")/distilbert-training.pt
if older "$module" "$here"/*.py; then
    echo "exporting the module for DJL" >&2
    need_numpy
    python3 "$here/export_torchscript.py" --training "$model" "$module" >&2
fi
arguments+=(--module "$module")
for python in ${PYTORCH_PYTHON:-python3 /usr/bin/python3}; do
    if "$python" -c 'import numpy, torch' 2>/dev/null; then
        arguments+=(--python "$python")
        break
    fi
done

# PyTorch allocates what a step needs anew in each. Left to itself, glibc gives that memory back to the system in
# between, and each step pays for all its pages again; and only its first arena grows beyond 64 MB.
export MALLOC_ARENA_MAX=1 MALLOC_TOP_PAD_=1073741824 MALLOC_MMAP_THRESHOLD_=34359738368 \
    MALLOC_TRIM_THRESHOLD_=34359738368 GLIBC_TUNABLES=glibc.malloc.hugetlb=1
# Debian's PyTorch runs on OpenMP. Beside OpenBLAS with threads of its own, the two kinds keep each other off the cores.
openmp=(/usr/lib/*/openblas-openmp)
if [[ -d ${openmp[0]} ]]; then
    export LD_LIBRARY_PATH=${openmp[0]}${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}
fi
run TrainingComparison "${arguments[@]}"
