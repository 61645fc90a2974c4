// NGINX as a peer. All paths are given, since those compiled in lie outside our folder; they are
// relative to its prefix, so that no name of a folder has to be quoted.
#include <fmt/format.h>

#include "bench/peers/peer.h"

namespace fairlead::bench::peers {
namespace {

std::string_view bulk_lines(Bulk bulk) {
    switch (bulk) {
        case Bulk::Responses:
            return "      # A long response never passes through a file. These buffers do better "
                   "here\n"
                   "      # than the defaults, fewer, larger, and proxy_buffering off.\n"
                   "      proxy_buffer_size 16k;\n"
                   "      proxy_buffers 16 16k;\n"
                   "      proxy_max_temp_file_size 0;\n";
        case Bulk::Requests:
            return "      # A long body is passed on as it comes instead of through a file first.\n"
                   "      proxy_request_buffering off;\n"
                   "      client_body_buffer_size 256k;\n";
        case Bulk::None:
            break;
    }
    return "";
}

}  // namespace

std::string nginx_config(const Site& site) {
    std::string servers;
    for (const SocketAddress& backend : site.backends) {
        servers += fmt::format("    server {};\n", backend.text());
    }
    return fmt::format(R"(# {0}
daemon off;
master_process off;
pid nginx.pid;
error_log stderr;
events {{
  worker_connections 20000;
}}
http {{
  access_log off;
  client_body_temp_path nginx_body;
  proxy_temp_path nginx_proxy;
  fastcgi_temp_path nginx_fastcgi;
  uwsgi_temp_path nginx_uwsgi;
  scgi_temp_path nginx_scgi;
  # Requests on a connection are not counted, as the others do not.
  keepalive_requests 100000000;
  client_max_body_size 0;
  upstream app {{
    least_conn;
{1}    keepalive 256;
    keepalive_requests 100000000;
  }}
  server {{
    listen {2};
    location / {{
      proxy_pass http://app;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_set_header Host $http_host;
      proxy_set_header X-Forwarded-For $remote_addr;
      proxy_set_header X-Forwarded-Proto http;
      proxy_set_header X-Forwarded-Host $http_host;
      proxy_set_header X-Forwarded-Port {3};
      proxy_set_header X-Request-Id $request_id;
      add_header Via "1.1 nginx";
{4}    }}
  }}
}}
)",
                       kEqualWork, servers, site.listen.text(), site.listen.port,
                       bulk_lines(site.bulk));
}

std::vector<std::string> nginx_arguments(const Site& site, const std::filesystem::path& config) {
    // -e: what it complains of before it has read its configuration.
    return {"-e", "stderr", "-p", site.folder.string(), "-c", config.string()};
}

}  // namespace fairlead::bench::peers
