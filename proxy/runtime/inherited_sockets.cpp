#include "proxy/runtime/inherited_sockets.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>
#include <string_view>
#include <utility>

#include "proxy/base/text.h"
#include "proxy/telemetry/log.h"

namespace fairlead::runtime {
namespace {

constexpr std::uint64_t kInheritedMax = 16'384;

std::string taken_out(const char* variable) {
    const char* found = std::getenv(variable);
    std::string value = found == nullptr ? "" : found;
    ::unsetenv(variable);
    return value;
}

/// "a:b::c" is four names, one of them empty.
std::vector<std::string> split_names(std::string_view text) {
    std::vector<std::string> names;
    while (true) {
        const std::size_t end = text.find(':');
        names.emplace_back(text.substr(0, end));
        if (end == std::string_view::npos) return names;
        text.remove_prefix(end + 1);
    }
}

std::string describe(const InheritedSocket& socket) {
    sockaddr_storage native{};
    socklen_t length = sizeof(native);
    auto* generic = reinterpret_cast<sockaddr*>(&native);
    const bool is_socket = ::getsockname(socket.descriptor.get(), generic, &length) == 0;
    const SocketAddress address = is_socket ? SocketAddress::from(generic) : SocketAddress{};
    return fmt::format("the inherited socket \"{}\" ({}) is closed: no listener has this address",
                       socket.name, is_socket ? address.text() : "no socket");
}

}  // namespace

InheritedSockets InheritedSockets::from_environment(int first) {
    const std::string pid = taken_out("LISTEN_PID");
    const std::string count_text = taken_out("LISTEN_FDS");
    const std::vector<std::string> names = split_names(taken_out("LISTEN_FDNAMES"));
    std::vector<InheritedSocket> sockets;
    const std::optional<std::uint64_t> count = parse_number(count_text);
    // Meant for another process, which forgot to take them out.
    const bool is_ours = parse_number(pid) == static_cast<std::uint64_t>(::getpid());
    if (is_ours && count && *count <= kInheritedMax) {
        for (std::size_t i = 0; i < *count; ++i) {
            const int fd = first + static_cast<int>(i);
            if (::fcntl(fd, F_SETFD, FD_CLOEXEC) != 0) {
                telemetry::log::warn("LISTEN_FDS is {}, but descriptor {} is not open", count_text,
                                     fd);
                break;
            }
            sockets.push_back(
                {net::Descriptor{fd}, i < names.size() ? names[i] : "", net::SocketOwner::Other});
        }
    } else if (is_ours) {
        telemetry::log::warn("LISTEN_FDS is \"{}\", which is no number of sockets", count_text);
    }
    return InheritedSockets{std::move(sockets)};
}

Result<std::optional<net::SocketSet>> InheritedSockets::adopt(const BindAddress& address) {
    std::vector<net::Descriptor> matching;
    std::vector<InheritedSocket> rest;
    net::SocketOwner owner = net::SocketOwner::Lender;
    for (InheritedSocket& each : sockets_) {
        if (net::is_listening_on(each.descriptor.get(), address)) {
            if (each.owner == net::SocketOwner::Other) owner = each.owner;
            matching.push_back(std::move(each.descriptor));
        } else {
            rest.push_back(std::move(each));
        }
    }
    sockets_ = std::move(rest);
    if (matching.empty()) return std::nullopt;
    Result<net::SocketSet> set = net::SocketSet::adopt(address, std::move(matching), owner);
    if (!set) return fail(std::move(set).error());
    return std::optional<net::SocketSet>{std::move(*set)};
}

std::vector<std::string> InheritedSockets::close_rest() {
    std::vector<std::string> lines;
    for (const InheritedSocket& each : sockets_) {
        // One for each address: a process with several workers hands over several sockets of it.
        std::string line = describe(each);
        if (lines.empty() || lines.back() != line) lines.push_back(std::move(line));
    }
    sockets_.clear();
    return lines;
}

}  // namespace fairlead::runtime
