// The configurations that are compared, whole: equal work is their whole point.
#include "bench/peers/peer.h"

#include <algorithm>

#include "tests/support/catch.h"

namespace fairlead::bench::peers {
namespace {

SocketAddress at(std::uint16_t port) { return {*IpAddress::parse("127.0.0.1"), port, {}}; }

Site site(Bulk bulk = Bulk::None) {
    return {at(8000), {at(8001), at(8002), at(8003)}, "/tmp/x", bulk};
}

using Arguments = std::vector<std::string>;

/// Lines of `text` that `base` does not have.
Arguments added(const std::string& text, const std::string& base) {
    Arguments lines;
    for (std::size_t start = 0; start < text.size();) {
        const std::size_t end = std::min(text.find('\n', start), text.size());
        const std::string line = text.substr(start, end - start);
        if (("\n" + base).find("\n" + line + "\n") == std::string::npos) lines.push_back(line);
        start = end + 1;
    }
    return lines;
}

TEST_CASE("fairlead is measured with its defaults", "[bench][peers]") {
    CHECK(fairlead_config(site()) ==
          R"(# one worker, least connections, connections to the backends kept alive, no access log,
# X-Forwarded-For, -Proto, -Host, -Port and X-Request-Id made anew, Via on the response: the defaults

[process]
workers = 1

[log]
access = "off"

[listener.web]
bind = "127.0.0.1:8000"
pool = "app"
# A client's connection is closed after 10,000 requests by default. The others are told not to
# count either.
limits = { requests_per_connection = "none" }

[pool.app]
backends = ["127.0.0.1:8001", "127.0.0.1:8002", "127.0.0.1:8003"]
)");
    CHECK(fairlead_config(site(Bulk::Responses)) == fairlead_config(site()));
    CHECK(fairlead_config(site(Bulk::Requests)) == fairlead_config(site()));
    CHECK(fairlead_arguments(site(), "/tmp/x/fairlead.toml") ==
          Arguments{"run", "-c", "/tmp/x/fairlead.toml"});
}

TEST_CASE("HAProxy does the same work", "[bench][peers]") {
    CHECK(haproxy_config(site()) ==
          R"(# one worker, least connections, connections to the backends kept alive, no access log,
# X-Forwarded-For, -Proto, -Host, -Port and X-Request-Id made anew, Via on the response
global
  nbthread 1

defaults
  mode http
  timeout connect 2s
  timeout client 75s
  timeout server 60s
  option http-keep-alive

frontend web
  bind 127.0.0.1:8000
  unique-id-format %[uuid()]
  http-request set-header X-Forwarded-For %[src]
  http-request set-header X-Forwarded-Proto http
  http-request set-header X-Forwarded-Host %[req.hdr(host)]
  http-request set-header X-Forwarded-Port 8000
  http-request set-header X-Request-Id %[unique-id]
  http-response set-header Via "1.1 haproxy"
  default_backend app

backend app
  balance leastconn
  # A first request may take an idle connection too, not only the client's second.
  http-reuse always
  server s1 127.0.0.1:8001
  server s2 127.0.0.1:8002
  server s3 127.0.0.1:8003
)");
    CHECK(haproxy_arguments(site(), "/tmp/x/haproxy.cfg") ==
          Arguments{"-db", "-f", "/tmp/x/haproxy.cfg"});
}

TEST_CASE("NGINX does the same work and stays in its folder", "[bench][peers]") {
    CHECK(nginx_config(site()) ==
          R"(# one worker, least connections, connections to the backends kept alive, no access log,
# X-Forwarded-For, -Proto, -Host, -Port and X-Request-Id made anew, Via on the response
daemon off;
master_process off;
pid nginx.pid;
error_log stderr;
events {
  worker_connections 20000;
}
http {
  access_log off;
  client_body_temp_path nginx_body;
  proxy_temp_path nginx_proxy;
  fastcgi_temp_path nginx_fastcgi;
  uwsgi_temp_path nginx_uwsgi;
  scgi_temp_path nginx_scgi;
  # Requests on a connection are not counted, as the others do not.
  keepalive_requests 100000000;
  client_max_body_size 0;
  upstream app {
    least_conn;
    server 127.0.0.1:8001;
    server 127.0.0.1:8002;
    server 127.0.0.1:8003;
    keepalive 256;
    keepalive_requests 100000000;
  }
  server {
    listen 127.0.0.1:8000;
    location / {
      proxy_pass http://app;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_set_header Host $http_host;
      proxy_set_header X-Forwarded-For $remote_addr;
      proxy_set_header X-Forwarded-Proto $scheme;
      proxy_set_header X-Forwarded-Host $http_host;
      proxy_set_header X-Forwarded-Port 8000;
      proxy_set_header X-Request-Id $request_id;
      add_header Via "1.1 nginx";
    }
  }
}
)");
    CHECK(nginx_arguments(site(), "/tmp/x/nginx.conf") ==
          Arguments{"-e", "stderr", "-p", "/tmp/x", "-c", "/tmp/x/nginx.conf"});
}

TEST_CASE("with TLS everybody has the same certificate, and tells backends so", "[bench][peers]") {
    Site with_tls = site();
    with_tls.certificate = "/tmp/x/site.pem";
    CHECK(added(fairlead_config(with_tls), fairlead_config(site())) ==
          Arguments{"tls = { certificates = [{ cert = \"/tmp/x/site.pem\" }] }"});
    CHECK(
        added(haproxy_config(with_tls), haproxy_config(site())) ==
        Arguments{"  # The suite the others choose too: its own first choice is AES with 256 bits.",
                  "  ssl-default-bind-ciphersuites TLS_AES_128_GCM_SHA256",
                  "  bind 127.0.0.1:8000 ssl crt \"/tmp/x/site.pem\" alpn http/1.1",
                  "  http-request set-header X-Forwarded-Proto https"});
    CHECK(added(nginx_config(with_tls), nginx_config(site())) ==
          Arguments{"    listen 127.0.0.1:8000 ssl;", "    ssl_certificate \"/tmp/x/site.pem\";",
                    "    ssl_certificate_key \"/tmp/x/site.pem\";",
                    "    ssl_protocols TLSv1.2 TLSv1.3;", "    # The suite the others choose too.",
                    "    ssl_conf_command Ciphersuites TLS_AES_128_GCM_SHA256;"});
}

TEST_CASE("at layer 4 nobody looks into what passes", "[bench][peers]") {
    Site relayed = site();
    relayed.layer = Layer::Connections;
    relayed.stream_module = "/usr/lib/nginx/modules/ngx_stream_module.so";
    CHECK(
        fairlead_config(relayed) ==
        R"(# one worker, least connections, bytes of connections passed on, no access log: the defaults

[process]
workers = 1

[log]
access = "off"

[listener.web]
bind = "127.0.0.1:8000"
mode = "tcp"
pool = "app"

[pool.app]
backends = ["127.0.0.1:8001", "127.0.0.1:8002", "127.0.0.1:8003"]
)");
    CHECK(haproxy_config(relayed) ==
          R"(# one worker, least connections, bytes of connections passed on, no access log
global
  nbthread 1

defaults
  mode tcp
  timeout connect 2s
  timeout client 1h
  timeout server 1h

frontend web
  bind 127.0.0.1:8000
  default_backend app

backend app
  balance leastconn
  server s1 127.0.0.1:8001
  server s2 127.0.0.1:8002
  server s3 127.0.0.1:8003
)");
    CHECK(nginx_config(relayed) ==
          R"(# one worker, least connections, bytes of connections passed on, no access log
load_module /usr/lib/nginx/modules/ngx_stream_module.so;
daemon off;
master_process off;
pid nginx.pid;
error_log stderr;
events {
  worker_connections 20000;
}
stream {
  access_log off;
  # As the others do.
  tcp_nodelay on;
  upstream app {
    least_conn;
    server 127.0.0.1:8001;
    server 127.0.0.1:8002;
    server 127.0.0.1:8003;
  }
  server {
    listen 127.0.0.1:8000;
    proxy_pass app;
    proxy_timeout 1h;
  }
}
)");
    Site spliced = relayed;
    spliced.bulk = Bulk::Responses;
    CHECK(added(haproxy_config(spliced), haproxy_config(relayed)) ==
          Arguments{"  tune.pipesize 1048576",
                    "  # A long response passes through a pipe of the kernel, uncopied.",
                    "  option splice-response"});
    CHECK(fairlead_config(spliced) == fairlead_config(relayed));
    CHECK(nginx_config(spliced) == nginx_config(relayed));
}

TEST_CASE("long bodies get what a sane administrator would set", "[bench][peers]") {
    CHECK(added(haproxy_config(site(Bulk::Responses)), haproxy_config(site())) ==
          Arguments{
              "  # A long body passes in large pieces: better here than 16k, 32k, 256k and "
              "splice-auto.",
              "  tune.bufsize 65536",
          });
    CHECK(haproxy_config(site(Bulk::Requests)) == haproxy_config(site(Bulk::Responses)));
    CHECK(added(nginx_config(site(Bulk::Responses)), nginx_config(site())) ==
          Arguments{
              "      # A long response never passes through a file. These buffers do better here",
              "      # than the defaults, fewer, larger, and proxy_buffering off.",
              "      proxy_buffer_size 16k;",
              "      proxy_buffers 16 16k;",
              "      proxy_max_temp_file_size 0;",
          });
    CHECK(added(nginx_config(site(Bulk::Requests)), nginx_config(site())) ==
          Arguments{
              "      # A long body is passed on as it comes instead of through a file first.",
              "      proxy_request_buffering off;",
              "      client_body_buffer_size 256k;",
          });
}

TEST_CASE("with HTTP/2 from clients nothing but the protocol is added", "[bench][peers]") {
    Site with_tls = site();
    with_tls.certificate = "/tmp/x/site.pem";
    Site with_h2 = with_tls;
    with_h2.is_h2 = true;
    CHECK(fairlead_config(with_h2) == fairlead_config(with_tls));  // its default
    CHECK(added(haproxy_config(with_h2), haproxy_config(with_tls)) ==
          Arguments{R"(  bind 127.0.0.1:8000 ssl crt "/tmp/x/site.pem" alpn h2,http/1.1)"});
    CHECK(added(nginx_config(with_h2), nginx_config(with_tls)) ==
          Arguments{"    listen 127.0.0.1:8000 ssl http2;"});
}

TEST_CASE("with HTTP/2 to the backends nothing else is different", "[bench][peers]") {
    Site inner = site();
    inner.has_h2_backends = true;
    CHECK(added(fairlead_config(inner), fairlead_config(site())) == Arguments{R"(http = "2")"});
    CHECK(added(haproxy_config(inner), haproxy_config(site())) ==
          Arguments{"  server s1 127.0.0.1:8001 proto h2", "  server s2 127.0.0.1:8002 proto h2",
                    "  server s3 127.0.0.1:8003 proto h2"});
}

TEST_CASE("the floor is told all on its command line", "[bench][peers]") {
    CHECK(floor_arguments(site(), "") ==
          Arguments{"floor-relay", "--bind", "127.0.0.1:8000", "--backend", "127.0.0.1:8001",
                    "--backend", "127.0.0.1:8002", "--backend", "127.0.0.1:8003"});
}

TEST_CASE("fairlead is the first row and names are unique", "[bench][peers]") {
    REQUIRE(peer_rows().size() == 4);
    CHECK(peer_rows().front().name == "fairlead");
    std::vector<std::string_view> names;
    for (const PeerRow& row : peer_rows()) names.push_back(row.name);
    std::sort(names.begin(), names.end());
    CHECK(std::adjacent_find(names.begin(), names.end()) == names.end());
}

}  // namespace
}  // namespace fairlead::bench::peers
