#include "bench/peers/peer.h"

#include <array>

namespace fairlead::bench::peers {
namespace {

constexpr std::array<PeerRow, 4> kPeers{{
    {"fairlead", "fairlead", "--version", "fairlead.toml", true, &fairlead_config,
     &fairlead_arguments},
    {"haproxy", "haproxy", "-v", "haproxy.cfg", true, &haproxy_config, &haproxy_arguments},
    {"nginx", "nginx", "-v", "nginx.conf", true, &nginx_config, &nginx_arguments, &nginx_lacks,
     "it speaks no HTTP/2 to backends before 1.29.4, and is not set up for it here"},
    {"floor", "", "--version", "", false, nullptr, &floor_arguments, nullptr,
     "it only copies bytes, and speaks no HTTP/2"},
}};

}  // namespace

std::span<const PeerRow> peer_rows() { return kPeers; }

std::vector<std::string> floor_arguments(const Site& site,
                                         const std::filesystem::path& /*config*/) {
    std::vector<std::string> arguments{std::string(kFloorCommand), "--bind", site.listen.text()};
    for (const SocketAddress& backend : site.backends) {
        arguments.emplace_back("--backend");
        arguments.push_back(backend.text());
    }
    return arguments;
}

}  // namespace fairlead::bench::peers
