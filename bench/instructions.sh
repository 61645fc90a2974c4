#!/bin/sh
# User-space instructions per small keep-alive request, of fairlead and of the peers installed beside
# it on the same work: one worker, three NGINX origins, 64-byte bodies, h2load with 32 connections.
# Counted by callgrind as the difference of two runs, so that starting and stopping drop out.
#
#   sh bench/instructions.sh [PATH-TO-FAIRLEAD]      default: build/release/proxy/fairlead
#
# Needs valgrind, nginx, h2load; haproxy is measured when it is there. Ports 19080 to 19083.
set -eu
cd "$(dirname "$0")/.."
fairlead=${1:-build/release/proxy/fairlead}
few=2000
many=12000
dir=$(mktemp -d)
origin=
peer=
trap 'kill $origin $peer 2>/dev/null || true; wait 2>/dev/null || true; rm -rf "$dir"' EXIT

body=0123456789012345678901234567890123456789012345678901234567890123
cat > "$dir/origin.conf" <<EOF
daemon off; master_process off; pid $dir/origin.pid; error_log $dir/origin.log;
events { worker_connections 1024; }
http { access_log off; keepalive_requests 100000000;
  server { listen 127.0.0.1:19081; listen 127.0.0.1:19082; listen 127.0.0.1:19083;
           location / { return 200 "$body"; } } }
EOF
cat > "$dir/fairlead.toml" <<EOF
[process]
workers = 1
[log]
access = "off"
[listener.web]
bind = "127.0.0.1:19080"
pool = "app"
limits = { requests_per_connection = "none" }
[pool.app]
backends = ["127.0.0.1:19081", "127.0.0.1:19082", "127.0.0.1:19083"]
EOF
cat > "$dir/nginx.conf" <<EOF
daemon off; master_process off; pid $dir/nginx.pid; error_log $dir/nginx.log;
events { worker_connections 1024; }
http { access_log off; keepalive_requests 100000000;
  upstream app { least_conn; server 127.0.0.1:19081; server 127.0.0.1:19082;
                 server 127.0.0.1:19083; keepalive 256; keepalive_requests 100000000; }
  server { listen 127.0.0.1:19080;
    location / { proxy_pass http://app; proxy_http_version 1.1; proxy_set_header Connection "";
      proxy_set_header Host \$http_host; proxy_set_header X-Forwarded-For \$remote_addr;
      proxy_set_header X-Forwarded-Proto http; proxy_set_header X-Forwarded-Host \$http_host;
      proxy_set_header X-Forwarded-Port 19080; proxy_set_header X-Request-Id \$request_id;
      add_header Via "1.1 nginx"; } } }
EOF
cat > "$dir/haproxy.cfg" <<EOF
global
  nbthread 1
defaults
  mode http
  timeout connect 2s
  timeout client 75s
  timeout server 60s
  option http-keep-alive
frontend web
  bind 127.0.0.1:19080
  unique-id-format %[uuid()]
  http-request set-header X-Forwarded-For %[src]
  http-request set-header X-Forwarded-Proto http
  http-request set-header X-Forwarded-Host %[req.hdr(host)]
  http-request set-header X-Forwarded-Port 19080
  http-request set-header X-Request-Id %[unique-id]
  http-response set-header Via "1.1 haproxy"
  default_backend app
backend app
  balance leastconn
  http-reuse always
  server a 127.0.0.1:19081
  server b 127.0.0.1:19082
  server c 127.0.0.1:19083
EOF

wait_for() { # PORT
    tries=0
    until curl -s -o /dev/null "http://127.0.0.1:$1/"; do
        tries=$((tries + 1))
        if [ "$tries" -gt 150 ]; then
            echo "nothing answers on port $1; see $dir" >&2
            exit 1
        fi
        sleep 0.2
    done
}

count() { # REQUESTS COMMAND...: instructions of the whole run
    requests=$1
    shift
    valgrind --tool=callgrind --callgrind-out-file="$dir/callgrind.out" "$@" \
        > "$dir/peer.log" 2>&1 &
    peer=$!
    wait_for 19080
    h2load --h1 -n "$requests" -c 32 -t 1 http://127.0.0.1:19080/ > "$dir/h2load.log"
    grep -q " $requests succeeded" "$dir/h2load.log" || {
        echo "not every request succeeded:" >&2
        grep requests: "$dir/h2load.log" >&2
        exit 1
    }
    kill -TERM $peer
    wait $peer || true
    peer=
    sed -n 's/.*Collected : //p' "$dir/peer.log"
}

measure() { # NAME COMMAND...
    name=$1
    shift
    low=$(count $few "$@")
    high=$(count $many "$@")
    echo "$name: $(((high - low) / (many - few))) instructions a request"
}

nginx -c "$dir/origin.conf" -p "$dir" 2> /dev/null &
origin=$!
wait_for 19081
measure fairlead "$fairlead" run -c "$dir/fairlead.toml"
measure nginx nginx -c "$dir/nginx.conf" -p "$dir"
if command -v haproxy > /dev/null; then measure haproxy haproxy -f "$dir/haproxy.cfg"; fi
