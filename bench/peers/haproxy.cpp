// HAProxy as a peer.
#include <fmt/format.h>

#include "bench/peers/peer.h"

namespace fairlead::bench::peers {
namespace {

std::string_view bulk_lines(Bulk bulk) {
    if (bulk == Bulk::None) return "";
    return "  # A long body passes in large pieces: better here than 16k, 32k, 256k and "
           "splice-auto.\n"
           "  tune.bufsize 65536\n";
}

std::string_view tls_global_lines(const Site& site) {
    if (site.certificate.empty()) return "";
    return "  # The suite the others choose too: its own first choice is AES with 256 bits.\n"
           "  ssl-default-bind-ciphersuites TLS_AES_128_GCM_SHA256\n";
}

std::string tls_words(const Site& site) {
    if (site.certificate.empty()) return "";
    return fmt::format(" ssl crt \"{}\" alpn {}", site.certificate.string(),
                       site.is_h2 ? "h2,http/1.1" : "http/1.1");
}

std::string tcp_config(const Site& site, const std::string& servers) {
    // Measured here: splice-auto finds no stream in these, and pipes of the default size cost a
    // quarter more.
    const bool splices = site.bulk != Bulk::None;
    const std::string_view pipes = splices ? "  tune.pipesize 1048576\n" : "";
    const std::string_view splice =
        splices ? "  # A long response passes through a pipe of the kernel, uncopied.\n"
                  "  option splice-response\n"
                : "";
    return fmt::format(R"(# {}
global
  nbthread 1
{}
defaults
  mode tcp
  timeout connect 2s
  timeout client 1h
  timeout server 1h
{}
frontend web
  bind {}
  default_backend app

backend app
  balance leastconn
{})",
                       kEqualTcpWork, pipes, splice, site.listen.text(), servers);
}

}  // namespace

std::string haproxy_config(const Site& site) {
    std::string servers;
    for (std::size_t i = 0; i < site.backends.size(); ++i) {
        servers += fmt::format("  server s{} {}{}\n", i + 1, site.backends[i].text(),
                               site.has_h2_backends ? " proto h2" : "");
    }
    if (site.layer == Layer::Connections) return tcp_config(site, servers);
    return fmt::format(R"(# {}
global
  nbthread 1
{}{}
defaults
  mode http
  timeout connect 2s
  timeout client 75s
  timeout server 60s
  option http-keep-alive

frontend web
  bind {}{}
  unique-id-format %[uuid()]
  http-request set-header X-Forwarded-For %[src]
  http-request set-header X-Forwarded-Proto {}
  http-request set-header X-Forwarded-Host %[req.hdr(host)]
  http-request set-header X-Forwarded-Port {}
  http-request set-header X-Request-Id %[unique-id]
  http-response set-header Via "1.1 haproxy"
  default_backend app

backend app
  balance leastconn
  # A first request may take an idle connection too, not only the client's second.
  http-reuse always
{})",
                       kEqualWork, bulk_lines(site.bulk), tls_global_lines(site),
                       site.listen.text(), tls_words(site),
                       site.certificate.empty() ? "http" : "https", site.listen.port, servers);
}

std::vector<std::string> haproxy_arguments(const Site& /*site*/,
                                           const std::filesystem::path& config) {
    return {"-db", "-f", config.string()};
}

}  // namespace fairlead::bench::peers
