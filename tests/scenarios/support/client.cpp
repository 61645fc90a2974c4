#include "tests/scenarios/support/client.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cstring>

namespace fairlead::scenarios {
namespace {

template <class Address>
bool connect_to(int descriptor, const Address& address) {
    return ::connect(descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
}

sockaddr_in loopback_v4(std::uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
}

}  // namespace

Client::Client(std::uint16_t port) : Wire(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    is_connected_ = connect_to(descriptor(), loopback_v4(port));
}

Client Client::over_ipv6(std::uint16_t port) {
    const int descriptor = ::socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in6 address{};
    address.sin6_family = AF_INET6;
    address.sin6_port = htons(port);
    address.sin6_addr = in6addr_loopback;
    const bool is_connected = connect_to(descriptor, address);
    return {descriptor, is_connected};
}

Client Client::over_unix(const std::string& path) {
    const int descriptor = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
    const bool is_connected = connect_to(descriptor, address);
    return {descriptor, is_connected};
}

Client Client::with_small_buffer(std::uint16_t port) {
    const int descriptor = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const int bytes = 4096;
    ::setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes);
    const bool is_connected = connect_to(descriptor, loopback_v4(port));
    return {descriptor, is_connected};
}

std::uint16_t Client::own_port() const {
    sockaddr_in address{};
    socklen_t size = sizeof address;
    ::getsockname(descriptor(), reinterpret_cast<sockaddr*>(&address), &size);
    return ntohs(address.sin_port);
}

Message Client::ask(std::string_view request) {
    send(request);
    return read_response(request.starts_with("HEAD "));
}

Message Client::get(std::string_view target, std::string_view fields) {
    std::string request = "GET ";
    request.append(target).append(" HTTP/1.1\r\nHost: test\r\n").append(fields).append("\r\n");
    return ask(request);
}

Message Client::post(std::string_view target, std::string_view body, std::string_view fields) {
    std::string request = "POST ";
    request.append(target).append(" HTTP/1.1\r\nHost: test\r\n").append(fields);
    request.append("Content-Length: ").append(std::to_string(body.size())).append("\r\n\r\n");
    request.append(body);
    return ask(request);
}

Message get(std::uint16_t port, std::string_view target, std::string_view fields) {
    return Client(port).get(target, fields);
}

}  // namespace fairlead::scenarios
