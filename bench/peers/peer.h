/// The programs that are compared: one row and one file of text each. Adding another balancer is a
/// row in peer.cpp and a file like haproxy.cpp.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "proxy/base/address.h"

namespace fairlead::bench::peers {

/// What a configuration has to be good at, beside small requests.
enum class Bulk : std::uint8_t { None, Responses, Requests };
/// At which layer it works: with requests, or with the bytes of connections.
enum class Layer : std::uint8_t { Requests, Connections };

/// What one configuration is for.
struct Site {
    SocketAddress listen;
    std::vector<SocketAddress> backends;
    std::filesystem::path folder;  ///< all that the peer writes goes there
    Bulk bulk = Bulk::None;
    Layer layer = Layer::Requests;
    /// PEM of certificate and key in one, for clients that come with TLS; empty: in clear.
    std::filesystem::path certificate{};
    bool is_h2 = false;            ///< clients come with HTTP/2 over TLS
    bool has_h2_backends = false;  ///< backends are spoken to in HTTP/2, in clear
    std::string stream_module{};   ///< path of NGINX's module for Layer::Connections; "": built in
};

struct PeerRow {
    std::string_view name;     ///< in tables and options, as "haproxy"
    std::string_view program;  ///< looked for on PATH; empty: this program itself
    std::string_view version_option;
    std::string_view config_file;  ///< empty: it is told all on its command line
    /// Adds the forwarded headers and Via, as a balancer does; the floor only copies bytes.
    bool forwards_heads = true;
    /// The configuration, with a comment for each choice that is not the default.
    std::string (*config)(const Site& site) = nullptr;
    /// Its arguments, to stay in the foreground. `config` is the file's path.
    std::vector<std::string> (*arguments)(const Site& site,
                                          const std::filesystem::path& config) = nullptr;
    /// What it needs for Layer::Connections and has not, with the cure; "" when nothing. Null:
    /// nothing.
    std::string (*lacks)(const std::filesystem::path& program) = nullptr;
    /// Why it is not compared at HTTP/2 to backends; empty: it is.
    std::string_view no_h2_to_backends{};
};

/// fairlead first: the others are compared to it.
std::span<const PeerRow> peer_rows();

/// A row whose program is on this machine.
struct Peer {
    const PeerRow* row = nullptr;
    std::filesystem::path program;
    std::string version;  ///< the first line of what it says of itself

    std::string_view name() const { return row->name; }
};

/// Equal work, as every balancer's configuration does it. Written at the top of each of them.
inline constexpr std::string_view kEqualWork =
    "one worker, least connections, connections to the backends kept alive, no access log,\n"
    "# X-Forwarded-For, -Proto, -Host, -Port and X-Request-Id made anew, Via on the response";

/// The same for connections.
inline constexpr std::string_view kEqualTcpWork =
    "one worker, least connections, bytes of connections passed on, no access log";

/// Where Debian's package puts it; empty when it is not there.
std::string nginx_stream_module();

// ---- the rows' functions, each in its own file
std::string fairlead_config(const Site& site);
std::vector<std::string> fairlead_arguments(const Site& site, const std::filesystem::path& config);
std::string haproxy_config(const Site& site);
std::vector<std::string> haproxy_arguments(const Site& site, const std::filesystem::path& config);
std::string nginx_config(const Site& site);
std::string nginx_lacks(const std::filesystem::path& program);
std::vector<std::string> nginx_arguments(const Site& site, const std::filesystem::path& config);
std::vector<std::string> floor_arguments(const Site& site, const std::filesystem::path& config);

/// The hidden command of fairlead-bench that is the floor.
inline constexpr std::string_view kFloorCommand = "floor-relay";

}  // namespace fairlead::bench::peers
