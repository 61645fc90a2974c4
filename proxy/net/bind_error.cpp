#include "proxy/net/bind_error.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <ifaddrs.h>
#include <netinet/in.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>

#include "proxy/net/native_address.h"

namespace fairlead::net {
namespace {

Error cannot_listen(const BindAddress& address, std::string_view why, std::string hint) {
    return Error{fmt::format("cannot listen on {}: {}", address.text(), why), std::move(hint), {}};
}

Error no_descriptors(const BindAddress& address) {
    return cannot_listen(address, "no file descriptors are left",
                         "raise the limit: ulimit -n, or LimitNOFILE= of the service");
}

Error port_in_use(const BindAddress& address, const std::optional<PortOwner>& owner) {
    const unsigned port = address.address.port;
    if (!owner) {
        return cannot_listen(address, fmt::format("port {} is in use", port),
                             fmt::format("find the program: ss -ltnp 'sport = :{}' (as root); stop "
                                         "it, or choose another port",
                                         port));
    }
    return cannot_listen(
        address, fmt::format("port {} is in use by {} (pid {})", port, owner->program, owner->pid),
        "stop that program, or choose another port");
}

std::string folder_of(const std::string& path) {
    const std::size_t slash = path.rfind('/');
    if (slash == std::string::npos) return ".";
    return slash == 0 ? "/" : path.substr(0, slash);
}

unsigned unprivileged_port_start() {
    unsigned start = 1024;
    std::ifstream{"/proc/sys/net/ipv4/ip_unprivileged_port_start"} >> start;
    return start;
}

std::vector<std::string> machine_addresses() {
    std::vector<std::string> addresses;
    ifaddrs* list = nullptr;
    if (getifaddrs(&list) != 0) return addresses;
    for (const ifaddrs* each = list; each != nullptr; each = each->ifa_next) {
        if (each->ifa_addr == nullptr) continue;
        const int family = each->ifa_addr->sa_family;
        if (family != AF_INET && family != AF_INET6) continue;
        const IpAddress ip = SocketAddress::from(each->ifa_addr).ip;
        const bool is_link_local = ip.bytes[0] == 0xFE && (ip.bytes[1] & 0xC0) == 0x80;
        if (is_link_local) continue;  // cannot be written without its interface
        std::string text = ip.text();
        if (std::find(addresses.begin(), addresses.end(), text) == addresses.end()) {
            addresses.push_back(std::move(text));
        }
    }
    freeifaddrs(list);
    return addresses;
}

}  // namespace

Error tcp_bind_error(const BindAddress& address, int system_error,
                     const BindCircumstances& circumstances) {
    const unsigned port = address.address.port;
    switch (system_error) {
        case EADDRINUSE:
            return port_in_use(address, circumstances.port_owner);
        case EACCES:
        case EPERM:
            if (port >= circumstances.unprivileged_port_start) break;
            return cannot_listen(
                address,
                fmt::format("ports below {} need a privilege",
                            circumstances.unprivileged_port_start),
                fmt::format("one of: AmbientCapabilities=CAP_NET_BIND_SERVICE in the service, "
                            "setcap cap_net_bind_service=+ep on the program, or sysctl "
                            "net.ipv4.ip_unprivileged_port_start={}",
                            port));
        case EADDRNOTAVAIL:
            return cannot_listen(address, "this machine has no such address",
                                 circumstances.addresses.empty()
                                     ? fmt::format("\":{}\" takes every address", port)
                                     : fmt::format("it has {}; \":{}\" takes every address",
                                                   fmt::join(circumstances.addresses, ", "), port));
        case EAFNOSUPPORT:
            return cannot_listen(
                address, "this machine has no IPv6",
                fmt::format("use an IPv4 address, or \":{}\" for every address", port));
        case EMFILE:
        case ENFILE:
            return no_descriptors(address);
        default:
            break;
    }
    return cannot_listen(address, std::strerror(system_error), {});
}

Error tcp_bind_error(const BindAddress& address, int system_error) {
    BindCircumstances circumstances;
    if (system_error == EADDRINUSE) circumstances.port_owner = find_port_owner(address);
    if (system_error == EACCES || system_error == EPERM) {
        circumstances.unprivileged_port_start = unprivileged_port_start();
    }
    if (system_error == EADDRNOTAVAIL) circumstances.addresses = machine_addresses();
    return tcp_bind_error(address, system_error, circumstances);
}

Error unix_bind_error(const BindAddress& address, int system_error) {
    const std::string& path = address.address.unix_path;
    const std::string folder = folder_of(path);
    switch (system_error) {
        case ENAMETOOLONG:
            return cannot_listen(address,
                                 fmt::format("the path has {} bytes and the system takes {}",
                                             path.size(), unix_path_bytes_max()),
                                 "choose a shorter path");
        case ENOENT:
            return cannot_listen(address, fmt::format("the folder {} does not exist", folder),
                                 fmt::format("create it: mkdir -p {}", folder));
        case ENOTDIR:
            return cannot_listen(address, fmt::format("{} is not a folder", folder),
                                 "choose another path");
        case EACCES:
        case EPERM:
            return cannot_listen(address, fmt::format("no permission to write in {}", folder),
                                 "run as a user who may, or change the folder's owner");
        case EROFS:
            return cannot_listen(address, fmt::format("{} is on a read-only file system", folder),
                                 "choose another path, such as one in /run");
        case EADDRINUSE:
            return cannot_listen(address, "another program listens on it",
                                 "stop that program, or choose another path");
        case EEXIST:
            return cannot_listen(address, "a file that is not a socket is there",
                                 "remove it, or choose another path");
        case EMFILE:
        case ENFILE:
            return no_descriptors(address);
        default:
            return cannot_listen(address, std::strerror(system_error), {});
    }
}

}  // namespace fairlead::net
