#!/usr/bin/env bash
# Runs Demitasse on the platforms that can be had on this machine, and prints the rows of docs/platforms.md.
#
#   tools/platforms.sh [ROW...]     the rows whose names begin so; all if none is named
#
# Each row classifies two texts with both kinds of Java kernels and compares labels and scores with what they are
# everywhere, or that vector says why it does not work there; some rows run tests as well. Needs Linux, Maven, the library built (./demitasse help), and for rows
# that it otherwise leaves out, root, qemu-user-static, and Debian's archive, of which packages are unpacked into
# target/platforms and nothing is installed. JDK_25 may name a JDK 25. Exits with 1 if a row that could be run failed.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit 1
home=$PWD
work=$home/target/platforms
wanted=("$@")
failed=0
texts=('a gorgeous, witty, seductive movie' 'not a good film')
expected=$'POSITIVE\t0.9998\nNEGATIVE\t0.9957'
kernel_tests=(-c io.demitasse.kernel.KernelsContractTest -c io.demitasse.kernel.MathFunctionsTest)
tokenizer_tests=(-p io.demitasse.tokenizer)

mkdir -p "$work"
# shellcheck disable=SC2086
maven() { mvn -q -B ${MAVEN_ARGUMENTS-} "$@"; }
[[ -f target/demitasse.jar ]] || { echo "platforms.sh: target/demitasse.jar is missing: run ./demitasse help" >&2; exit 1; }
maven process-test-classes dependency:copy-dependencies -DincludeScope=test -DoutputDirectory="$work/lib" >&2 || exit 1
maven dependency:copy -Dartifact=org.junit.platform:junit-platform-console-standalone:1.14.1 -DoutputDirectory="$work" >&2 \
    || exit 1
library=$home/target/classes:$(printf '%s:' "$home"/target/lib/*.jar)
testing=$home/target/test-classes:$home/target/classes:$(find "$work/lib" -name '*.jar' ! -name 'junit-platform-*' -printf '%p:')
console=$work/junit-platform-console-standalone-1.14.1.jar

asked_for() {
    ((${#wanted[@]} == 0)) && return
    local name
    for name in "${wanted[@]}"; do
        [[ $1 == "$name"* ]] && return
    done
    return 1
}

skip() {    # ROW WHY
    asked_for "$1" && echo "| $1 | not tested here | $2 |"
}

row() {     # ROW TESTS JAVA [OPTION...]: TESTS is none, kernels or all
    local name=$1 tests=$2
    shift 2
    asked_for "$name" || return
    local log=$work/${name//[^a-zA-Z0-9.]/-}.log kernels answer result=() begun=$SECONDS
    : > "$log"
    for kernels in plain vector; do
        answer=$("$@" --add-modules jdk.incubator.vector -cp "$library" -Ddemitasse.home="$home" io.demitasse.cli.Demitasse classify \
            --model "$home/weights/sst2-distilbert.flat" --kernels $kernels "${texts[@]}" 2>> "$log" | cut -f 1,2)
        if [[ $answer == "$expected" ]]; then
            result+=("$kernels")
        elif [[ $kernels == vector && -z $answer ]] && tail -n 1 "$log" | grep -q '"vector" do not work here: '; then
            result+=('vector refused')
        else
            printf '%s said: %s\n' "$kernels" "$answer" >> "$log"
            result+=("**$kernels failed**")
            failed=1
        fi
    done
    local selected=()
    [[ $tests == none ]] || selected+=("${kernel_tests[@]}")
    [[ $tests == all ]] && selected+=("${tokenizer_tests[@]}")
    if ((${#selected[@]})); then
        local status=0
        "$@" --add-modules jdk.incubator.vector -jar "$console" execute --disable-banner --disable-ansi-colors --details=summary \
            --class-path "$testing" "${selected[@]}" >> "$log" 2>&1 || status=$?
        local passed
        passed=$(sed -n 's/^\[ *\([0-9]*\) tests successful.*/\1/p' "$log")
        if ((status == 0 && ${passed:-0} > 0)); then
            result+=("$passed tests")
        else
            result+=("**tests failed**")
            failed=1
        fi
    fi
    local joined
    joined=$(printf '%s, ' "${result[@]}")
    echo "| $name | ${joined%, } | $((SECONDS - begun)) s |"
}

# Unpacks Debian's packages into a folder of their own, whose path it prints.
debian() {  # SUITE ARCHITECTURE PACKAGE...
    local root=$work/debian-$1-$2-$3 state=$work/apt-$1-$2 suite=$1 architecture=$2
    shift 2
    if [[ ! -e $root/whole ]]; then
        mkdir -p "$state"/etc/apt/{apt.conf.d,preferences.d,trusted.gpg.d,sources.list.d} "$state/var/lib/apt/lists/partial" \
            "$state/var/cache/apt/archives/partial" "$root/debs"
        : > "$state/status"
        echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] http://deb.debian.org/debian $suite main" \
            > "$state/etc/apt/sources.list"
        printf '%s\n' "Dir \"$state\";" "Dir::State::status \"$state/status\";" "APT::Architecture \"$architecture\";" \
            "APT::Architectures { \"$architecture\"; };" 'APT::Sandbox::User "root";' > "$state/apt.conf"
        (cd "$root/debs" && export APT_CONFIG=$state/apt.conf && apt-get -q update && apt-get -q download "$@" libc6 libgcc-s1 \
            libstdc++6 zlib1g) > "$work/apt.log" 2>&1 || return 1
        for package in "$root"/debs/*.deb; do
            dpkg -x "$package" "$root" || return 1
        done
        rm -r "$root/debs"
        touch "$root/whole"
    fi
    # Debian's folders at the root are links, which belong to a package that is not needed otherwise.
    for folder in bin lib lib64; do
        [[ -e $root/$folder || ! -e $root/usr/$folder ]] || ln -s usr/$folder "$root/$folder"
    done
    echo "$root"
}

# Java in a mount namespace that an app may find itself in, in which nothing of this machine's changes.
in_namespace() {    # SETUP JAVA...
    local setup=$1
    shift
    unshare -m bash -c "mount --make-rprivate / && $setup"' && exec "$@"' bash "$@"
}

java=${JAVA_HOME:+$JAVA_HOME/bin/}java
java=$(readlink -f "$(command -v "$java")")
jdk25=${JDK_25:-$(find /usr/lib/jvm -maxdepth 1 -name '*25*' -type d 2> /dev/null | head -n 1)}
version=$("$java" -XshowSettings:properties -version 2>&1 | sed -n 's/ *java.version = //p')
echo "| platform | passed | took |"
echo "| --- | --- | --- |"

row "JDK $version" all "$java"
if [[ -x $jdk25/bin/java ]]; then
    row 'JDK 25' all "$jdk25/bin/java"
else
    skip 'JDK 25' 'JDK_25 names none'
fi
if [[ $(id -u) == 0 ]] && root=$(debian trixie amd64 openjdk-21-jre-headless); then
    # Its C library may be newer than the machine's, so it has a root of its own, with what is read of this one in it.
    mkdir -p "$root$home" "$root/proc" "$root/tmp"
    row 'JDK 21 (Debian 13)' all in_namespace "mount --bind $home $root$home && mount -t proc proc $root/proc" \
        unshare --root="$root" --wd="$home" /usr/lib/jvm/java-21-openjdk-amd64/bin/java
else
    skip 'JDK 21 (Debian 13)' 'needs root and the archive'
fi

if command -v qemu-aarch64-static > /dev/null && root=$(debian bookworm arm64 openjdk-17-jre-headless); then
    row 'linux-arm64, JDK 17 (qemu-user)' all qemu-aarch64-static -L "$root" \
        "$root/usr/lib/jvm/java-17-openjdk-arm64/bin/java" -XX:+UseSerialGC
else
    skip 'linux-arm64, JDK 17 (qemu-user)' 'needs qemu-user-static and the archive'
fi

row 'interpreter alone (-Xint)' none "$java" -Xint
row 'C1 alone (-XX:TieredStopAtLevel=1)' kernels "$java" -XX:TieredStopAtLevel=1
row 'C2 alone (-XX:-TieredCompilation)' none "$java" -XX:-TieredCompilation
row 'loops not vectorised (-XX:-UseSuperWord)' kernels "$java" -XX:-UseSuperWord
if [[ $(uname -m) == x86_64 ]]; then
    for avx in 0 1 2; do
        row "x86-64, -XX:UseAVX=$avx" kernels "$java" -XX:UseAVX=$avx
    done
fi
row 'heap of 256 MB (-Xmx256m)' none "$java" -Xmx256m
for collector in Serial Parallel G1 Z Shenandoah; do
    if "$java" -XX:+Use${collector}GC -version > /dev/null 2>&1; then
        row "${collector}GC" none "$java" -XX:+Use${collector}GC
    else
        skip "${collector}GC" "this Java has none"
    fi
done
row 'locale C (LC_ALL=C)' none env -i LC_ALL=C PATH="$PATH" "$java"
if [[ $(id -u) == 0 ]]; then
    row 'no HOME, the user nobody' none env -u HOME setpriv --reuid=65534 --regid=65534 --clear-groups "$java"
    row 'the root file system read-only' none in_namespace 'mount -o remount,bind,ro /' "$java"
    row '/tmp empty and read-only' none in_namespace 'mount -t tmpfs -o ro none /tmp' "$java"
    # Where java finds its own libraries by /proc, and has to be told without.
    row 'no /proc' none env LD_LIBRARY_PATH="${java%/bin/java}/lib" \
        unshare -m bash -c 'mount --make-rprivate / && mount -t tmpfs -o ro none /proc && exec "$@"' bash "$java"
    row 'no capabilities, no new privileges' none setpriv --bounding-set=-all --inh-caps=-all --no-new-privs "$java"
else
    skip 'no HOME, read-only, no /tmp, no /proc' 'needs root'
fi
exit $failed
