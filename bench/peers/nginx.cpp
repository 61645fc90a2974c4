// NGINX as a peer. All paths are given, since those compiled in lie outside our folder; they are
// relative to its prefix, so that no name of a folder has to be quoted.
#include <fmt/format.h>

#include "bench/peers/peer.h"
#include "bench/peers/process.h"

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

/// NGINX from 1.25 on has a directive for HTTP/2 and takes this too, with a warning; Debian 12 has
/// 1.22.
std::string_view listen_words(const Site& site) {
    if (site.is_h2) return " ssl http2";
    return site.certificate.empty() ? "" : " ssl";
}

/// Older ones leave TLS 1.3 out by default.
std::string tls_lines(const Site& site) {
    if (site.certificate.empty()) return "";
    const std::string path = site.certificate.string();
    return fmt::format(
        "    ssl_certificate \"{}\";\n"
        "    ssl_certificate_key \"{}\";\n"
        "    ssl_protocols TLSv1.2 TLSv1.3;\n"
        "    # The suite the others choose too.\n"
        "    ssl_conf_command Ciphersuites TLS_AES_128_GCM_SHA256;\n",
        path, path);
}

std::string tcp_config(const Site& site, const std::string& servers) {
    const std::string load = site.stream_module.empty()
                                 ? std::string()
                                 : fmt::format("load_module {};\n", site.stream_module);
    return fmt::format(R"(# {}
{}daemon off;
master_process off;
pid nginx.pid;
error_log stderr;
events {{
  worker_connections 20000;
}}
stream {{
  access_log off;
  # As the others do.
  tcp_nodelay on;
  upstream app {{
    least_conn;
{}  }}
  server {{
    listen {};
    proxy_pass app;
    proxy_timeout 1h;
  }}
}}
)",
                       kEqualTcpWork, load, servers, site.listen.text());
}

constexpr const char* kStreamModule = "/usr/lib/nginx/modules/ngx_stream_module.so";

}  // namespace

std::string nginx_stream_module() {
    std::error_code error;
    return std::filesystem::exists(kStreamModule, error) ? kStreamModule : "";
}

std::string nginx_lacks(const std::filesystem::path& program) {
    if (!nginx_stream_module().empty()) return "";
    const auto output = output_of({program.string(), "-V"}, std::chrono::seconds(10));
    const bool is_built_in = output && (*output + " ").find("--with-stream ") != std::string::npos;
    if (is_built_in) return "";
    return "nginx cannot relay connections without its stream module, so it is left out: apt "
           "install libnginx-mod-stream";
}

std::string nginx_config(const Site& site) {
    std::string servers;
    for (const SocketAddress& backend : site.backends) {
        servers += fmt::format("    server {};\n", backend.text());
    }
    if (site.layer == Layer::Connections) return tcp_config(site, servers);
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
    listen {2}{5};
{6}    location / {{
      proxy_pass http://app;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_set_header Host $http_host;
      proxy_set_header X-Forwarded-For $remote_addr;
      proxy_set_header X-Forwarded-Proto $scheme;
      proxy_set_header X-Forwarded-Host $http_host;
      proxy_set_header X-Forwarded-Port {3};
      proxy_set_header X-Request-Id $request_id;
      add_header Via "1.1 nginx";
{4}    }}
  }}
}}
)",
                       kEqualWork, servers, site.listen.text(), site.listen.port,
                       bulk_lines(site.bulk), listen_words(site), tls_lines(site));
}

std::vector<std::string> nginx_arguments(const Site& site, const std::filesystem::path& config) {
    // -e: what it complains of before it has read its configuration.
    return {"-e", "stderr", "-p", site.folder.string(), "-c", config.string()};
}

}  // namespace fairlead::bench::peers
