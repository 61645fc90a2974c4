/// A configuration in which every key has been given a value, most of them not the default: for
/// tests of what must know every key.
#pragma once

#include <string_view>

namespace fairlead::conf::test {

inline constexpr std::string_view kFull = R"([process]
workers = 4
max_connections = 5000
stop = { delay = "1s", requests = "2s", tunnels = "none" }
drain = { requests = "3s", tunnels = "4s" }
watch = true
state_file = "/var/lib/state.json"
user = "fairlead"

[admin]
bind = "0.0.0.0:9900"
socket = "/run/f.sock"
token_file = "/etc/token"
hosts = ["lb1.internal", "lb2.internal"]

[log]
level = "debug"
access = { to = "/var/log/a", format = "common", sample = 0.1, query = "on" }

[listener.web]
bind = [":8080", "unix:/run/web.sock"]
pool = "app"
tls = { certificates = [{ cert = "/tls/a.pem", key = "/tls/a.key", ocsp = "/tls/a.ocsp" }, { cert = "/tls/b.pem" }], min = "1.3", client_ca = "/tls/ca.pem", client_auth = "request" }
allow = ["10.0.0.0/8", "fd00::/8"]
deny = "10.9.0.0/16"
accept_proxy = "10.1.0.0/16"
trusted_proxies = ["10.1.0.0/16", "fd00::/8"]
upgrade = ["websocket", "x"]
via = "both"
http = ["http/1.1", "h2"]
h2 = { streams = 50, resets = "20/1m", window = "64KiB", connection_window = "2MiB" }
limits = { headers = "64KiB", header_count = 50, url = "4KiB", body = "1MiB", requests_per_connection = 7, connections = 1000, connections_per_ip = 20 }
timeouts = { handshake = "1s", header = "2s", body_idle = "3s", keepalive = "4s", write_idle = "5s", min_rate = "none", tunnel_idle = "6s" }

[listener.pg]
bind = ":5432"
mode = "tcp"
pool = "pg"
sni = { "*.example.com" = "pg", "db.example.com" = "app" }
limits = { connections = 10 }
timeouts = { handshake = "1500ms", tunnel_idle = "1d" }

[[route]]
name = "api"
listener = "web"
host = ["api.example.com", "*.example.org"]
path = "/v1/*"
method = ["GET", "POST"]
header = { X-Canary = "1", "X|Any" = "*", Cookie = "session=1" }
pool = "api"
request_headers = { set = { X-Env = "a \"quoted\" $$tate\\", Authorization = "Bearer abc" }, add = { X-B = "2" }, remove = "X-Debug" }
response_headers = { set = { Set-Cookie = "a=b" }, add = { X-D = "ä" }, remove = ["Server", "X-E"] }
timeouts = { response = "10s", total = "20s" }
retry = { attempts = 1, on = ["timeout", 504], budget = "12.5%", per_try = "3s", non_idempotent = true }
queue = { size = 5, wait = "1s" }
rate = { limit = "50/2s", burst = 7, per = "client_ip" }

[[route]]
host = "old.example.com"
redirect = "https://www.example.com{uri}"
status = 308

[[route]]
path = "/robots.txt"
status = 200
body = "User-agent: *\nDisallow: /\n"

[[route]]
path = "/canary/*"
split = { app = 95, rpc = 5, api = 0 }

[defaults.pool]
timeouts = { connect = "1s" }
buffer = { request = "none" }

[pool.app]
backends = [
  "10.0.0.11:8000",
  { address = "app.internal:8000", name = "b2", weight = 2, max_in_flight = 64, tier = "backup" },
]
check = { http = "HEAD /healthz?x=1", host = "app.internal", expect = "200,301-308", body = "ok", every = "4s", timeout = "3s", rise = 4, fall = 5, every_changing = "600ms", every_down = "7s", init = "down", port = 81 }
retry = { attempts = 3, on = [], budget = "none", per_try = "1s", non_idempotent = false }
buffer = { response = "4KiB" }
queue = { size = 9, wait = "2s" }
max_in_flight = 32
slow_start = { over = "1m30s", from = "7%" }
keepalive = { idle = "none", per_backend = 5, max_requests = "none", max_age = "2h" }
timeouts = { response = "15s", idle = "6s", total = "30s" }
send_proxy = "v2"
sticky = { cookie = "place", key_file = "/tls/sticky-of-the-balancers.key", http_only = false, secure = true, same_site = "none", max_age = "2h" }
dns = { name = "app.internal:8000", servers = ["10.0.0.2", "10.0.0.3:5353"] }
host_header = "app.internal"
when_all_down = "fail"

[pool.api]
backends = ["10.0.1.11:8000"]
policy = "hash"
hash = { key = "header:X-User", bound = 2.5 }
check = { tcp = true, send = "PING\r\n", expect_bytes = "+PONG" }
retry = "off"
queue = "off"
keepalive = "off"
http = "2"
tls = { verify = true, ca = "/tls/ca.pem", sni = "api.internal", cert = "/tls/c.pem", key = "/tls/c.key" }

[pool.rpc]
backends = ["10.0.2.11:8000"]
http = "2"
check = { grpc = "my.Service" }

[pool.pg]
backends = ["unix:/run/pg.sock"]
check = "tls"

[[expect]]
listener = "web"
request = "GET http://api.example.com:8080/v1/users?a=1"
header = { X-Canary = "1" }
pool = "api"

[[expect]]
request = "GET http://old.example.com/page"
redirect = "https://www.example.com/page"
status = 308
)";

}  // namespace fairlead::conf::test
