#include "proxy/net/resolver.h"

#include <fmt/format.h>
#include <netdb.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace fairlead::net {
namespace {

Error cannot_resolve(const HostPort& where, int status, int system_error) {
    const char* reason = status == EAI_SYSTEM ? std::strerror(system_error) : gai_strerror(status);
    return Error{fmt::format("cannot resolve \"{}\": {}", where.host, reason),
                 fmt::format("check the name, and what this machine makes of it: getent hosts {}",
                             where.host),
                 {}};
}

}  // namespace

Result<std::vector<SocketAddress>> resolve_now(const HostPort& where) {
    if (where.is_unix()) return std::vector{SocketAddress{{}, 0, where.unix_path}};
    if (!where.is_name()) {
        Result<IpAddress> ip = IpAddress::parse(where.host);
        if (!ip) return fail(std::move(ip).error());
        return std::vector{SocketAddress{*ip, where.port, {}}};
    }

    addrinfo hints{};
    hints.ai_family = AF_UNSPEC;
    hints.ai_socktype = SOCK_STREAM;  // or every address would come once per socket type
    addrinfo* found = nullptr;
    const int status = getaddrinfo(where.host.c_str(), nullptr, &hints, &found);
    if (status != 0) return fail(cannot_resolve(where, status, errno));
    const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> list{found, &freeaddrinfo};

    std::vector<SocketAddress> addresses;
    for (const addrinfo* each = found; each != nullptr; each = each->ai_next) {
        if (each->ai_family != AF_INET && each->ai_family != AF_INET6) continue;
        SocketAddress address = SocketAddress::from(each->ai_addr);
        address.port = where.port;
        if (std::find(addresses.begin(), addresses.end(), address) == addresses.end()) {
            addresses.push_back(std::move(address));
        }
    }
    if (addresses.empty()) return fail(cannot_resolve(where, EAI_NONAME, 0));
    return addresses;
}

}  // namespace fairlead::net
