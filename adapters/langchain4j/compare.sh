#!/usr/bin/env bash
# Embeds the same texts with LangChain4j's all-MiniLM-L6-v2 (ONNX Runtime) and with Demitasse, in turns and in a process
# each, and prints how far the vectors agree, how large the jars are, how much memory it takes and how long.
#
#   compare.sh --model MINILM_FOLDER --texts FILE [--rounds 3] [--seconds 5]
#
# MINILM_FOLDER is sentence-transformers/all-MiniLM-L6-v2 as Hugging Face has it; FILE has a text a line. Needs the
# library installed (mvn install) and LangChain4j's model from Maven Central.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
model='' texts='' rounds=3 seconds=5
while (($#)); do
    case $1 in
        --model) model=$2 ;;
        --texts) texts=$2 ;;
        --rounds) rounds=$2 ;;
        --seconds) seconds=$2 ;;
        *) echo "compare.sh: $1 is no option" >&2; exit 2 ;;
    esac
    shift 2
done
[[ -d $model ]] || { echo "compare.sh: --model is \"$model\", which is no folder" >&2; exit 2; }
[[ -f $texts ]] || { echo "compare.sh: --texts is \"$texts\", which is no file" >&2; exit 2; }

out=$here/target/compare
mkdir -p "$out/vectors"
# shellcheck disable=SC2086
maven() { mvn -q -B ${MAVEN_ARGUMENTS-} "$@"; }
maven -f "$here/pom.xml" -DskipTests package dependency:copy-dependencies -DincludeScope=runtime \
    -DoutputDirectory="$out/demitasse"
# What is optional is not in an app unless it asks for it.
find "$out/demitasse" \( -name 'langchain4j-1*' -o -name 'opennlp*' \) -delete
cp "$here"/target/demitasse-langchain4j-*.jar "$out/demitasse"
maven -f "$here/compare/pom.xml" dependency:copy-dependencies -DoutputDirectory="$out/langchain4j"

"$here/../../demitasse" convert "$model" "$out/f32.flat" --dtype f32 > /dev/null
"$here/../../demitasse" convert "$model" "$out/f16.flat" --dtype f16 > /dev/null
cp "$here/../../weights/all-MiniLM-L6-v2.flat" "$out/int8.flat"
javac -d "$out/classes" -cp "$out/langchain4j/*" "$here"/compare/*.java

echo "== jars, bytes"
for side in langchain4j demitasse; do
    echo "$side $(cat "$out/$side"/*.jar | wc -c) in $(find "$out/$side" -name '*.jar' | wc -l) jars"
done
wc -c "$out"/{f32,f16,int8}.flat | head -n 3

measure() {   # NAME [FLAT]
    local side=langchain4j flags=()
    if (($# > 1)); then
        side=demitasse flags=(--add-modules jdk.incubator.vector --enable-native-access=ALL-UNNAMED)
    fi
    printf '%-12s ' "$1"
    java "${flags[@]}" -cp "$out/classes:$out/$side/*" Measure "$texts" "$out/vectors/$1" "$seconds" "${@:2}" 2> "$out/$1.log" \
        || { cat "$out/$1.log" >&2; exit 1; }
}
for ((round = 1; round <= rounds; round++)); do
    echo "== round $round, $(wc -l < "$texts") texts, $(nproc) processors, $(java -version 2>&1 | head -n 1)"
    measure langchain4j
    for dtype in f32 f16 int8; do
        measure $dtype "$out/$dtype.flat"
    done
done

echo "== vectors"
java -cp "$out/classes" Cosines 384 0.9999 "$out"/vectors/{langchain4j,f32,f16,int8}
