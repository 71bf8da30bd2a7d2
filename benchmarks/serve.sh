#!/usr/bin/env bash
# Starts a server and runs ServeLoad, ServeFair or ServeSoak against it:
#   benchmarks/serve.sh load [SECONDS]      one client, many, and a schedule at twice the capacity
#   benchmarks/serve.sh fair [SECONDS]      large requests in a loop, alone and beside a word every 50 ms
#   benchmarks/serve.sh soak [SECONDS [PAUSE]]   valid and hostile requests at once, each client PAUSE ms apart
# JAVA_OPTS goes to the server, as with ./demitasse; SERVE_OPTS are options of ./demitasse serve.
set -euo pipefail

home=$(cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/.." && pwd)
programs=$home/benchmarks/src/main/java/io/demitasse/benchmarks/serve
case ${1:-} in
    load) program=$programs/ServeLoad.java ;;
    fair) program=$programs/ServeFair.java ;;
    soak) program=$programs/ServeSoak.java ;;
    *)
        echo "usage: benchmarks/serve.sh load|fair|soak [SECONDS] [PAUSE]" >&2
        exit 2
        ;;
esac

out=$(mktemp)
# shellcheck disable=SC2086  # SERVE_OPTS is several options
"$home/demitasse" serve --port 0 ${SERVE_OPTS:-} > "$out" &
server=$!
trap 'kill $server 2> /dev/null || true; rm -f "$out"' EXIT
until grep -q listening "$out"; do
    kill -0 $server
    sleep 0.2
done

status=0
"${JAVA_HOME:+$JAVA_HOME/bin/}java" "$program" "$(sed 's/listening on //' "$out")" "$server" "${2:-60}" ${3:-} || status=$?
kill -TERM $server
wait $server || { echo "the server ended with $?"; status=1; }
exit $status
