#!/bin/sh
# CPU per request of `fairlead-bench origin` beside the least a server can do: a bare epoll loop that
# reads, parses nothing and writes a constant response of the same size (bench/floor/echo_loop.cpp).
# Requests are some 300 bytes, as a proxy sends them, each with an X-Bench-Id of its own that the
# origin counts. Interleaved; the medians' ratio is what counts, the times are this machine's.
#
#   sh bench/origin_floor.sh [BUILD-FOLDER [ROUNDS]]      default: build/release 5
#
# Needs wrk and two CPUs: the server runs on CPU 0, the load on CPU 1. Ports 19090 and 19091.
set -eu
cd "$(dirname "$0")/.."
build=${1:-build/release}
rounds=${2:-5}
seconds=3
dir=$(mktemp -d)
server=
trap 'test -z "$server" || kill $server 2>/dev/null || true; wait; rm -rf "$dir"' EXIT

cat > "$dir/load.lua" <<'EOS'
local start, number = nil, 0
request = function()
    if start == nil then
        start = "GET " .. wrk.path .. " HTTP/1.1\r\nHost: bench.example:8080\r\n" ..
            "User-Agent: bench\r\nAccept: */*\r\n" ..
            "X-Forwarded-For: 127.0.0.1\r\nX-Forwarded-Proto: http\r\n" ..
            "X-Forwarded-Host: bench.example:8080\r\nX-Forwarded-Port: 8080\r\n" ..
            "X-Request-Id: 0123456789abcdef0123456789abcdef\r\nVia: 1.1 fairlead\r\n" ..
            "X-Bench-Id: floor-"
    end
    number = number + 1
    return start .. number .. "\r\n\r\n"
end
done = function(summary)
    local errors = summary.errors
    io.write(string.format("requests %d errors %d\n", summary.requests,
        errors.connect + errors.read + errors.write + errors.timeout + errors.status))
end
EOS

wait_for() { # PORT
    tries=0
    until curl -s -o /dev/null "http://127.0.0.1:$1/"; do
        tries=$((tries + 1))
        test "$tries" -lt 50 || { echo "nothing answers on port $1" >&2; exit 1; }
        sleep 0.1
    done
}

stop() {
    kill "$server"
    wait "$server" 2> /dev/null || true
    server=
}

load() { # PORT TARGET SECONDS: requests answered
    taskset -c 1 wrk -t1 -c64 "-d$3s" -s "$dir/load.lua" "http://127.0.0.1:$1$2" > "$dir/wrk"
    sed -n 's/^requests \([0-9]*\) errors 0$/\1/p' "$dir/wrk"
}

cpu_ns() { cut -d' ' -f1 "/proc/$server/schedstat"; }

round() { # PORT TARGET COMMAND...: nanoseconds of CPU per request
    port=$1
    target=$2
    shift 2
    taskset -c 0 "$@" > "$dir/server" 2>&1 &
    server=$!
    wait_for "$port"
    load "$port" "$target" 1 > /dev/null
    before=$(cpu_ns)
    requests=$(load "$port" "$target" "$seconds")
    used=$(($(cpu_ns) - before))
    stop
    test -n "$requests" || { echo "not every request succeeded" >&2; cat "$dir/wrk" >&2; exit 1; }
    echo $((used / requests))
}

median() { sort -n | sed -n "$((rounds / 2 + 1))p"; }

compare() { # TARGET
    target=$1
    "$build/bench/fairlead-bench" origin --bind 127.0.0.1:19090 > "$dir/server" &
    server=$!
    wait_for 19090
    bytes=$(curl -s -o /dev/null -w '%{size_header} %{size_download}' "http://127.0.0.1:19090$target")
    stop
    body=${bytes#* }
    bytes=$((${bytes% *} + body))
    : > "$dir/origin"
    : > "$dir/floor"
    i=0
    while [ "$i" -lt "$rounds" ]; do
        i=$((i + 1))
        round 19091 "$target" "$build/bench/fairlead_echo_loop" 19091 "$bytes" "$body" \
            >> "$dir/floor"
        round 19090 "$target" "$build/bench/fairlead-bench" origin --bind 127.0.0.1:19090 \
            >> "$dir/origin"
    done
    floor=$(median < "$dir/floor")
    origin=$(median < "$dir/origin")
    echo "$target ($bytes bytes): bare loop $floor ns, origin $origin ns a request," \
        "ratio $(awk "BEGIN { printf \"%.3f\", $origin / $floor }")"
}

compare /
compare '/?size=64'
