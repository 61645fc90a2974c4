#!/bin/sh
# What fairlead-bench prints and how it exits. Usage: command_test.sh PATH_OF_FAIRLEAD_BENCH
set -u
bench=$1
folder=$(mktemp -d)
origin=
trap 'test -n "$origin" && kill "$origin" 2>/dev/null; rm -rf "$folder"' EXIT
problems=0

expect() {  # WHAT EXPECTED SEEN
    if [ "$2" != "$3" ]; then
        printf 'FAILED: %s\n  expected: %s\n  seen:     %s\n' "$1" "$2" "$3"
        problems=$((problems + 1))
    fi
}

"$bench" --version >"$folder/out" 2>"$folder/err"
expect "--version exits 0" 0 $?
expect "--version says the program" fairlead-bench "$(cut -d' ' -f1 "$folder/out")"
"$bench" --help >"$folder/out" 2>"$folder/err"
expect "--help exits 0" 0 $?
expect "--help names the origin" 1 "$(grep -c '^ *origin ' "$folder/out")"
"$bench" origin --help >"$folder/out" 2>"$folder/err"
expect "origin --help exits 0" 0 $?
expect "origin --help shows the parameters" 1 "$(grep -c 'size=20k' "$folder/out")"

refused() {  # WHAT FIRST_LINE ARGUMENTS...
    what=$1
    line=$2
    shift 2
    "$bench" "$@" >"$folder/out" 2>"$folder/err"
    expect "$what exits 2" 2 $?
    expect "$what prints nothing on stdout" "" "$(cat "$folder/out")"
    expect "$what says what is wrong" "$line" "$(head -n 1 "$folder/err")"
    expect "$what says the cure" 1 "$(tail -n +2 "$folder/err" | grep -c .)"
}
refused "no command" "error: no command given"
refused "no --bind" "error: origin needs an address to listen on" origin
refused "two names for one address" "error: --name is given 2 times, --bind 1 times" \
    origin --bind 127.0.0.1:0 --name a --name b
refused "no idle time" "error: --close-idle must be more than nothing" \
    origin --bind 127.0.0.1:0 --close-idle 0s
refused "an address given twice" "error: --bind 127.0.0.1:3001 is given twice" \
    origin --bind 127.0.0.1:3001 --bind 127.0.0.1:3001
refused "a name for an echo" \
    "error: --echo speaks no HTTP and has neither a name nor an idle time" \
    origin --echo --bind 127.0.0.1:0 --name a

mkfifo "$folder/lines"
"$bench" origin --bind 127.0.0.1:0 --bind 127.0.0.1:0 >"$folder/lines" 2>"$folder/err" &
origin=$!
exec 3<"$folder/lines"
read -r first <&3
read -r second <&3
expect "one line for each bind" 2 \
    "$(printf '%s\n' "$first" "$second" | grep -c '^listening on 127\.0\.0\.1:[1-9][0-9]*$')"
taken=${first##* }
"$bench" origin --bind "$taken" >"$folder/out2" 2>"$folder/err"
expect "a port in use exits 2" 2 $?
expect "the port in use is named" "error: cannot listen on $taken:" \
    "$(head -n 1 "$folder/err" | cut -c "1-$((25 + ${#taken}))")"
"$bench" origin --bind 127.0.0.1:0 --bind "$taken" >"$folder/out2" 2>"$folder/err"
expect "a second port in use exits 2" 2 $?
expect "then nothing is said to listen" "" "$(cat "$folder/out2")"
expect "a second port in use says the cure" 1 "$(tail -n +2 "$folder/err" | grep -c .)"
"$bench" origin --echo --bind 127.0.0.1:0 --bind "$taken" >"$folder/out2" 2>"$folder/err"
expect "a port in use exits 2 with --echo too" 2 $?
kill -TERM "$origin"
wait "$origin"
expect "TERM ends it with 0" 0 $?
origin=
exit $((problems > 0))
