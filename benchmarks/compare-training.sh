#!/usr/bin/env bash
# Fine-tunes with Demitasse and its peers in turns, from the same weights, on the same batches and threads. README.md
# beside this file says what the numbers mean.
#
#   benchmarks/compare-training.sh --model F32.flat [--threads N] [--rounds N] [--steps N] [--precision f32|bf16] [--json FILE]
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

# Debian's PyTorch runs on OpenMP. Beside OpenBLAS with threads of its own, the two kinds keep each other off the cores.
openmp=(/usr/lib/*/openblas-openmp)
if [[ -d ${openmp[0]} ]]; then
    export LD_LIBRARY_PATH=${openmp[0]}${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}
fi
run TrainingComparison "${arguments[@]}"
