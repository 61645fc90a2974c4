#include "proxy/net/native_address.h"

#include <netinet/in.h>
#include <sys/un.h>

#include <algorithm>
#include <cassert>
#include <cstring>

namespace fairlead::net {
namespace {

template <class Native>
Native* as(sockaddr_storage& storage) {
    storage = {};
    return reinterpret_cast<Native*>(&storage);
}

}  // namespace

std::size_t unix_path_bytes_max() { return sizeof(sockaddr_un::sun_path) - 1; }

socklen_t to_native(const SocketAddress& address, sockaddr_storage& native) {
    if (address.is_unix()) {
        assert(address.unix_path.size() <= unix_path_bytes_max());
        auto* out = as<sockaddr_un>(native);
        out->sun_family = AF_UNIX;
        const std::size_t length = std::min(address.unix_path.size(), unix_path_bytes_max());
        std::memcpy(out->sun_path, address.unix_path.data(), length);
        return sizeof(sockaddr_un);
    }
    if (address.ip.is_v4()) {
        auto* out = as<sockaddr_in>(native);
        out->sin_family = AF_INET;
        out->sin_port = htons(address.port);
        std::memcpy(&out->sin_addr, address.ip.bytes.data() + 12, 4);
        return sizeof(sockaddr_in);
    }
    auto* out = as<sockaddr_in6>(native);
    out->sin6_family = AF_INET6;
    out->sin6_port = htons(address.port);
    std::memcpy(&out->sin6_addr, address.ip.bytes.data(), 16);
    return sizeof(sockaddr_in6);
}

SocketAddress local_address(int descriptor) {
    sockaddr_storage native{};
    socklen_t length = sizeof(native);
    auto* generic = reinterpret_cast<sockaddr*>(&native);
    if (getsockname(descriptor, generic, &length) != 0) return {};
    return SocketAddress::from(generic);
}

SocketAddress peer_address(int descriptor) {
    sockaddr_storage native{};
    socklen_t length = sizeof(native);
    auto* generic = reinterpret_cast<sockaddr*>(&native);
    if (getpeername(descriptor, generic, &length) != 0) return {};
    return SocketAddress::from(generic);
}

}  // namespace fairlead::net
