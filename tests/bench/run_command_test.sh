#!/bin/sh
# What `fairlead-bench run` and `compare` print and how they exit. Usage:
# run_command_test.sh PATH_OF_FAIRLEAD_BENCH
set -u
bench=$1
folder=$(mktemp -d)
origin=
running=
trap 'for each in $origin $running; do kill "$each" 2>/dev/null; done; rm -rf "$folder"' EXIT
problems=0

expect() {  # WHAT EXPECTED SEEN
    if [ "$2" != "$3" ]; then
        printf 'FAILED: %s\n  expected: %s\n  seen:     %s\n' "$1" "$2" "$3"
        problems=$((problems + 1))
    fi
}

has() {  # WHAT PATTERN FILE
    if ! grep -q -- "$2" "$3"; then
        printf 'FAILED: %s\n  no line with: %s\n  seen:\n' "$1" "$2"
        cat "$3"
        problems=$((problems + 1))
    fi
}

refused() {  # WHAT EXIT FIRST_LINE ARGUMENTS...
    what=$1
    code=$2
    line=$3
    shift 3
    "$bench" "$@" >"$folder/out" 2>"$folder/err"
    expect "$what exits $code" "$code" $?
    expect "$what prints nothing on stdout" "" "$(cat "$folder/out")"
    expect "$what says what is wrong" "$line" "$(head -n 1 "$folder/err")"
    expect "$what says the cure" 1 "$(sed -n 2p "$folder/err" | grep -c .)"
}

mkfifo "$folder/lines"
"$bench" origin --bind 127.0.0.1:0 >"$folder/lines" &
origin=$!
read -r line <"$folder/lines"
url=http://${line##* }

refused "no target" 2 "error: run needs a target" run
refused "a target without a scheme" 2 'error: "localhost:1" is no URL: it names no scheme' \
    run localhost:1
refused "a rate that is none" 2 \
    "error: --rate must be requests a second, from 0.01 to 100000000" run "$url" --rate fast
refused "streams without HTTP/2" 2 "error: --streams is of HTTP/2, which is not spoken" \
    run http://127.0.0.1:1/ --streams 2
refused "HTTP/2 to an echo" 2 "error: --h2 is of HTTP, and tcp://127.0.0.1:1 speaks none" \
    run tcp://127.0.0.1:1 --h2
refused "a closed loop with a rate" 2 \
    "error: --closed sends as fast as it is answered, --rate says a schedule" \
    run "$url" --closed --rate 5
refused "a duration without a unit" 2 'error: --duration: "10" needs a unit' \
    run "$url" --duration 10
refused "no connections" 2 "error: --connections must be a whole number from 1 to 1000000" \
    run "$url" --connections 0
refused "fewer connections than threads" 2 \
    "error: 2 connections are too few for 4 threads and 1 targets" \
    run "$url" --connections 2 --threads 4
refused "a method for no HTTP" 2 \
    "error: tcp://127.0.0.1:1 speaks no HTTP and has neither a method nor a header" \
    run tcp://127.0.0.1:1 --method POST
refused "a header without a colon" 2 'error: --header "X" has no colon' run "$url" --header X
refused "a header that smuggles" 2 \
    "error: Content-Length is written by the generator itself" \
    run "$url" --header "Content-Length: 5"
refused "a mix that is not there" 2 \
    "error: cannot read $folder/none.toml: No such file or directory" \
    run --mix "$folder/none.toml"
refused "a report in no folder" 1 \
    "$folder/none/a.json: error: cannot write: No such file or directory" \
    run "$url" --json "$folder/none/a.json"
refused "two reports in one file" 2 "error: --json and --html name the same file" \
    run "$url" --json "$folder/a" --html "$folder/a"
refused "an unknown condition" 2 'error: unknown metric "p9x" in --fail-if' \
    run "$url" --fail-if "p9x>1ms"
refused "one file to compare" 2 "error: compare needs two files, not 1" compare a.json

# Port 1 needs root to listen on, and nobody does.
refused "a target nobody listens on" 1 \
    "error: cannot connect to 127.0.0.1:1: Connection refused" run http://127.0.0.1:1/

# Runs until the machine was not too busy for the schedule, which a run would tell by its exit code.
in_time() {  # ARGUMENTS...
    tries=0
    while :; do
        "$bench" run "$@" >"$folder/out" 2>"$folder/err"
        code=$?
        tries=$((tries + 1))
        grep -q "^generator-limited: " "$folder/out" && [ $tries -lt 100 ] || return $code
    done
}

short="--rate 200 --duration 300ms --warmup 100ms --connections 4"
in_time "$url/" $short --json "$folder/a.json" --html "$folder/a.html" --fail-if "errors>0"
expect "a good run exits 0" 0 $?
expect "a good run says nothing on stderr" "" "$(cat "$folder/err")"
has "a run tells its rate" "^rate *200/s offered, " "$folder/out"
has "a run counts its requests" "^requests *60 planned, 60 answered, 0 unsent" "$folder/out"
has "a run tells what was executed" "^executions *80 sent, 80 executed, 0 duplicated, 0 lost" \
    "$folder/out"
has "the page is whole" "</html>" "$folder/a.html"
has "the file has its schema" '"schema": *"fairlead-bench/run/1"' "$folder/a.json"

"$bench" run "$url/?status=503" $short --fail-if "status_5xx>0,p50>1h" >"$folder/out" 2>&1
expect "a condition that holds exits 1" 1 $?
has "a condition that holds is named" "status_5xx>0" "$folder/out"

"$bench" run "$url/?delay=200ms" --rate 100 --duration 1s --warmup 0s --connections 1 \
    --timeout 300ms >"$folder/out" 2>&1
expect "a schedule that slipped exits 1" 1 $?
has "a schedule that slipped says so" "^generator-limited: " "$folder/out"

"$bench" run "$url/" $short --json /dev/full >"$folder/out" 2>"$folder/err"
expect "a full disk exits 1" 1 $?
has "a full disk is told" "No space left on device" "$folder/err"
has "a full disk does not lose the table" "^requests *60 planned" "$folder/out"

"$bench" run "$url/" $short >/dev/full 2>"$folder/err"
expect "a result that cannot be printed exits 1" 1 $?
expect "a result that cannot be printed is told" \
    "error: cannot write the result: No space left on device" "$(head -n 1 "$folder/err")"

(ulimit -n 20 && exec "$bench" run "$url/" --threads 8 >"$folder/out" 2>"$folder/err")
expect "threads without descriptors are refused" 2 $?
expect "threads without descriptors are told" \
    "error: 8 threads need 64 file descriptors, and there may be 20" "$(head -n 1 "$folder/err")"

printf '[[request]]\npath = "/"\nweight = 3\n[[request]]\npath = "/?status=404"\n' \
    >"$folder/mix.toml"
in_time "$url" --mix "$folder/mix.toml" $short
expect "a mix runs" 0 $?
has "a mix sends both requests" "status_4xx" "$folder/out"

"$bench" compare "$folder/a.json" "$folder/a.json" --fail-if-slower 5% >"$folder/out" 2>&1
has "a run is no other than itself" "no difference" "$folder/out"

executed() { curl -s "$url/stats" | sed 's/.*"origin_requests":\([0-9]*\).*/\1/'; }

# Interrupted once its own requests arrive: it prints what it has.
before=$(executed)
"$bench" run "$url/" --rate 200 --duration 1h --warmup 0s >"$folder/out" 2>"$folder/err" &
running=$!
until [ "$(executed)" -gt $((before + 100)) ]; do :; done
kill -INT "$running"
wait "$running"
expect "an interrupted run exits 1" 1 $?
running=
has "an interrupted run prints what it has" "^interrupted" "$folder/out"

kill "$origin"
wait "$origin"
origin=
exit $((problems > 0))
