# Sourced by other scripts here: reads their options, builds what the comparisons run, and runs it.

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
library=$here/../target/demitasse.jar
benchmarks=$here/target/benchmarks.jar

fail() {
    echo "$(basename "$0"): $1" >&2
    exit 2
}

value() {   # NAME ARGUMENTS...: what follows NAME in the arguments; nothing if it is not there
    local name=$1
    shift
    while (($#)); do
        if [[ $1 == "$name" ]]; then
            echo "${2-}"
            return
        fi
        shift
    done
}

in_turns() {   # KNOWN ARGUMENTS...: sets rounds, model and jars from the known options, and homes from what follows them
    local known=$1
    shift
    jars=(target/demitasse.jar)
    while [[ ${1:-} == --* ]]; do
        [[ " $known " == *" $1 "* ]] || fail "there is no option $1"
        (($# > 1)) || fail "$1 needs a value"
        case $1 in
            --rounds) rounds=$2 ;;
            --model) model=$2 ;;
            --jar) jars+=("$2") ;;
        esac
        shift 2
    done
    (($#)) || fail "name at least one JAVA_HOME"
    homes=("$@")
}

find_model() {   # ARGUMENTS...: sets model to what --model names
    model=$(value --model "$@")
    [[ -n $model ]] || fail "--model F32.flat is missing"
    [[ -f $model ]] || fail "there is no file $model"
}

older() {   # FILE SOURCES...: whether the file is missing or older than any of its sources
    local file=$1
    shift
    [[ ! -f $file || -n $(find "$@" -newer "$file" -print -quit) ]]
}

# Builds the library and the benchmarks if their sources are newer than their jars.
build() {
    if older "$benchmarks" "$here/src/main" "$here/pom.xml" "$here/../src/main" "$here/../pom.xml"; then
        echo "building the library and the benchmarks" >&2
        # Installed, since that is where the benchmarks' build looks for it, whoever built its jar before.
        mvn -q -B -f "$here/../pom.xml" -DskipTests install >&2
        mvn -q -B -f "$here/pom.xml" package >&2
    fi
}

peers_folder() {   # MODEL: where the peers' models are that are made of it
    echo "$here/target/peers/$(cksum < "$1" | tr ' ' -)"
}

need_numpy() {
    python3 -c 'import numpy' 2>/dev/null || fail "exporting the peers' models needs python3 with numpy"
}

# With memory that suits the peers as Demitasse's heap suits it. They allocate anew in each pass; left to itself, glibc
# gives that memory back to the system in between, each pass pays for all its pages again, and the pages are small. Only
# its first arena grows beyond 64 MB.
run() {   # CLASS ARGUMENTS...
    local class=$1
    shift
    export MALLOC_ARENA_MAX=1 MALLOC_TOP_PAD_=1073741824 MALLOC_MMAP_THRESHOLD_=34359738368 \
        MALLOC_TRIM_THRESHOLD_=34359738368 GLIBC_TUNABLES=glibc.malloc.hugetlb=1
    # The library's own jar comes first: the local Maven repository may hold another build of it.
    # shellcheck disable=SC2086
    exec java -XX:+UseTransparentHugePages --add-modules jdk.incubator.vector \
        --enable-native-access=ALL-UNNAMED ${JAVA_OPTIONS-} \
        -cp "$library:$benchmarks:$here/target/lib/*" "io.demitasse.benchmarks.compare.$class" "$@"
}
