#!/bin/sh
# What fairlead-bench peers does for real, with whichever balancers are installed: figures, files,
# exit codes, and nothing left running.
# Usage: command_test.sh PATH_OF_FAIRLEAD_BENCH PATH_OF_FAIRLEAD
set -u
bench=$1
fairlead=$2
folder=$(mktemp -d)
run=
trap 'test -n "$run" && kill "$run" 2>/dev/null; rm -rf "$folder"' EXIT
problems=0

expect() {  # WHAT EXPECTED SEEN
    if [ "$2" != "$3" ]; then
        printf 'FAILED: %s\n  expected: %s\n  seen:     %s\n' "$1" "$2" "$3"
        sed 's/^/  | /' "$folder/out" "$folder/err"
        problems=$((problems + 1))
    fi
}
# Every child runs in a folder below this one, whatever its command line tells.
left() { ls -l /proc/[0-9]*/cwd 2>/dev/null | grep -cF -- "-> $folder/"; }

refused() {  # WHAT FIRST_LINE ARGUMENTS...
    what=$1
    line=$2
    shift 2
    "$bench" peers "$@" >"$folder/out" 2>"$folder/err"
    expect "$what exits 2" 2 $?
    expect "$what says what is wrong" "$line" "$(head -n 1 "$folder/err")"
}
refused "an unknown scenario" 'error: unknown scenario "smal"' --scenario smal
refused "no rounds" 'error: --rounds cannot be "0"' --rounds 0
refused "a program that is not there" \
    "error: --nginx /no/such/nginx is no program that can be run" --fairlead "$fairlead" \
    --nginx /no/such/nginx
refused "a report that cannot be written" \
    "/no/such/folder/a.json: error: cannot write: No such file or directory" \
    --fairlead "$fairlead" --json /no/such/folder/a.json
TMPDIR=/no/such refused "a missing temporary folder" \
    "error: there is no folder for temporary files: TMPDIR does not name one" --fairlead "$fairlead"
"$bench" peers --help >"$folder/out" 2>"$folder/err"
expect "--help exits 0" 0 $?
expect "--help shows the scenarios" 1 "$(grep -c '^ *connect  *GET' "$folder/out")"

"$bench" peers --fairlead "$fairlead" --scenario small,rate --rounds 2 --duration 300ms \
    --keep "$folder/to keep" --json "$folder/a.json" --html "$folder/a.html" \
    >"$folder/out" 2>"$folder/err"
code=$?
# A bar may be missed by a debug build on a busy machine; nothing else may go wrong.
missed=$(grep -c '^MISSED' "$folder/out")
expect "a comparison exits by its bars" $((missed > 0)) $code
expect "a comparison has no errors" "" "$(cat "$folder/err")"
expect "a comparison has no failed requests" 0 "$(grep -c '^FAILED' "$folder/out")"
expect "there are three tables" 3 "$(grep -c '; medians of 2 rounds of 300ms$' "$folder/out")"
expect "fairlead is in each" 3 "$(grep -c '^fairlead  *[0-9]' "$folder/out")"
expect "the floor is in each" 3 "$(grep -c '^floor  *[0-9]' "$folder/out")"
expect "the configurations are kept" yes \
    "$(test -f "$folder/to keep/small/fairlead.toml" && echo yes)"
expect "the page is there" 1 "$(grep -c '<h2>small:' "$folder/a.html")"
python3 - "$folder/a.json" >"$folder/seen" 2>&1 <<'PYTHON'
import json, sys
report = json.load(open(sys.argv[1]))
assert report["schema"] == "fairlead-bench/peers/1", report["schema"]
assert [table["scenario"] for table in report["tables"]] == ["small", "rate", "rate"]
for table in report["tables"]:
    for peer in table["peers"]:
        assert len(peer["metrics"]["cpu_us_per_request"]["rounds"]) == 2, peer
        assert sum(peer["metrics"]["errors"]["rounds"]) == 0, peer
print("fine")
PYTHON
expect "the JSON has every round" fine "$(tail -n 1 "$folder/seen")"
expect "nothing is left running" 0 "$(left)"

"$bench" peers --fairlead "$fairlead" --scenario tls-resume,h2 --rounds 1 --duration 300ms \
    --keep "$folder/to keep" >"$folder/out" 2>"$folder/err"
expect "TLS is compared without an error" "" "$(cat "$folder/err")"
expect "TLS is compared without failed requests" 0 "$(grep -c '^FAILED' "$folder/out")"
expect "fairlead is in both tables" 2 "$(grep -c '^fairlead  *[0-9,]*\.' "$folder/out")"
expect "the floor is in none, and why is told" 2 \
    "$(grep -c '^note *floor is left out: it only copies bytes, and speaks no TLS' "$folder/out")"
expect "the floor has no row" 0 "$(grep -c '^floor  *[0-9]*\.[0-9][0-9] ' "$folder/out")"

# Its origin is not installed everywhere: then that is told, with the cure.
"$bench" peers --fairlead "$fairlead" --scenario h2-backend --rounds 1 --duration 300ms \
    --keep "$folder/to keep" >"$folder/out" 2>"$folder/err"
expect "HTTP/2 to backends is compared without an error" "" "$(cat "$folder/err")"
expect "fairlead is measured, or what lacks is told" 1 \
    "$(grep -cE '^fairlead  *[0-9,]+\.[0-9]{2} |^note .*apt install nghttp2-server$' "$folder/out")"
expect "HTTP/2 to backends has no failed requests" 0 "$(grep -c '^FAILED' "$folder/out")"

"$bench" peers --fairlead "$fairlead" --nginx /bin/false --scenario small --keep "$folder/to keep" \
    >"$folder/out" 2>"$folder/err"
expect "a balancer that does not start exits 1" 1 $?
expect "it is named" 1 "$(grep -c '^error: nginx ended with exit code 1 before' "$folder/err")"
expect "its log is named" 1 "$(grep -c "the end of $folder/to keep/small/nginx.log" "$folder/err")"
expect "the others are stopped" 0 "$(left)"

"$bench" peers --fairlead "$fairlead" --scenario small --rounds 1 --duration 300ms \
    --keep "$folder/to keep" >/dev/full \
    2>"$folder/err"
expect "figures that cannot be printed exit 1" 1 $?
expect "that they are lost is told" 'error: cannot write to standard output' \
    "$(head -n 1 "$folder/err")"

# A relay that looks at its backends from its first client on, every half a millisecond.
cat >"$folder/watching" <<PYTHON
#!$(command -v python3)
import os, socket, sys, time
if sys.argv[1] == "-v":
    print("HAProxy version 1")
    sys.exit()
words = [line.split() for line in open("haproxy.cfg")]
listen = [line[1] for line in words if line[:1] == ["bind"]][0]
backends = [line[2] for line in words if line[:1] == ["server"]]
relay = ["$bench", "floor-relay", "--bind", listen]
for backend in backends:
    relay += ["--backend", backend]
if os.fork():
    os.execv(relay[0], relay)
host, port = backends[0].split(":")
end = time.monotonic() + 1
while time.monotonic() < end:
    try:
        socket.create_connection((host, int(port))).close()
    except ConnectionRefusedError:
        open("$folder/was_refused", "w").close()
    time.sleep(0.0005)
PYTHON
chmod +x "$folder/watching"
"$bench" peers --fairlead "$fairlead" --haproxy "$folder/watching" --scenario tcp --rounds 1 \
    --duration 300ms --keep "$folder/to keep" >"$folder/out" 2>"$folder/err"
expect "layer 4 is compared without an error" "" "$(cat "$folder/err")"
expect "its balancers always have a backend" no \
    "$(test -f "$folder/was_refused" && echo yes || echo no)"

# WHO, and the words of its command line.
killed_under_load() {
    "$bench" peers --fairlead "$fairlead" --scenario small --rounds 1000 --duration 100ms \
        --keep "$folder/to keep" >"$folder/out" 2>"$folder/err" &
    run=$!
    tries=0
    victim=
    # It is under load when it has used more CPU than a start takes, with a sanitizer too: forty
    # ticks of the clock.
    until [ -n "$victim" ] &&
        [ "$(awk '{print $14 + $15}' "/proc/$victim/stat")" -ge 40 ]; do
        tries=$((tries + 1))
        [ "$tries" -gt 1000 ] && break
        victim=$(ps -o pid=,args= --ppid "$run" | awk -v words="$2" 'index($0, words) {print $1}')
        sleep 0.02
    done
    kill -KILL "${victim:-$run}"
    wait "$run"
    expect "a killed $1 exits 1" 1 $?
    run=
    expect "a killed $1 is named" "error: $1 was ended by signal 9 under load; the end of \
$folder/to keep/small/$1.log:" "$(grep '^error' "$folder/err")"
    expect "nothing is left running without $1" 0 "$(left)"
}
killed_under_load floor "fairlead-bench floor-relay"
killed_under_load origin "fairlead-bench origin"

"$bench" peers --fairlead "$fairlead" --scenario small --rounds 1000 --keep "$folder/to keep" \
    >"$folder/out" 2>"$folder/err" &
run=$!
tries=0
until [ "$(left)" -gt 1 ] || [ "$tries" -gt 100 ]; do
    tries=$((tries + 1))
    sleep 0.1
done
kill -INT "$run"
wait "$run"
expect "Ctrl-C exits 1" 1 $?
run=
expect "nothing is left running after Ctrl-C" 0 "$(left)"
expect "Ctrl-C is no error" "" "$(cat "$folder/err")"
exit $((problems > 0))
