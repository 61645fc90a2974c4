// fairlead as a peer: its defaults, but for what equal work asks.
#include <fmt/format.h>

#include "bench/peers/peer.h"

namespace fairlead::bench::peers {
namespace {

std::string tls_lines(const Site& site) {
    if (site.certificate.empty()) return "";
    return fmt::format("tls = {{ certificates = [{{ cert = \"{}\" }}] }}\n",
                       site.certificate.string());
}

}  // namespace

std::string fairlead_config(const Site& site) {
    std::string backends;
    for (const SocketAddress& backend : site.backends) {
        if (!backends.empty()) backends += ", ";
        backends += fmt::format("\"{}\"", backend.text());
    }
    if (site.layer == Layer::Connections) {
        return fmt::format(R"(# {}: the defaults

[process]
workers = 1

[log]
access = "off"

[listener.web]
bind = "{}"
mode = "tcp"
pool = "app"

[pool.app]
backends = [{}]
)",
                           kEqualTcpWork, site.listen.text(), backends);
    }
    return fmt::format(R"(# {}: the defaults

[process]
workers = 1

[log]
access = "off"

[listener.web]
bind = "{}"
pool = "app"
{}# A client's connection is closed after 10,000 requests by default. The others are told not to
# count either.
limits = {{ requests_per_connection = "none" }}

[pool.app]
backends = [{}]
{})",
                       kEqualWork, site.listen.text(), tls_lines(site), backends,
                       site.has_h2_backends ? "http = \"2\"\n" : "");
}

std::vector<std::string> fairlead_arguments(const Site& /*site*/,
                                            const std::filesystem::path& config) {
    return {"run", "-c", config.string()};
}

}  // namespace fairlead::bench::peers
