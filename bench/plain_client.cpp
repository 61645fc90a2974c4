#include "bench/plain_client.h"

#include <fmt/format.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <optional>
#include <system_error>
#include <utility>

#include "proxy/http/body_decoder.h"
#include "proxy/http/h1_parser.h"

namespace fairlead::bench {

namespace {

class Socket {
  public:
    explicit Socket(int descriptor) : descriptor_(descriptor) {}
    ~Socket() {
        if (descriptor_ >= 0) ::close(descriptor_);
    }
    Socket(Socket&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
    Socket& operator=(Socket&&) = delete;
    int get() const { return descriptor_; }

  private:
    int descriptor_;
};

struct NativeAddress {
    sockaddr_storage storage{};
    socklen_t length = 0;
};

std::optional<NativeAddress> native(const SocketAddress& address) {
    NativeAddress out;
    if (address.is_unix()) {
        auto& un = reinterpret_cast<sockaddr_un&>(out.storage);
        if (address.unix_path.size() >= sizeof(un.sun_path)) return std::nullopt;
        un.sun_family = AF_UNIX;
        std::memcpy(un.sun_path, address.unix_path.c_str(), address.unix_path.size() + 1);
        out.length = sizeof(un);
    } else if (address.ip.is_v4()) {
        auto& in = reinterpret_cast<sockaddr_in&>(out.storage);
        in.sin_family = AF_INET;
        in.sin_port = htons(address.port);
        std::memcpy(&in.sin_addr, address.ip.bytes.data() + 12, 4);
        out.length = sizeof(in);
    } else {
        auto& in6 = reinterpret_cast<sockaddr_in6&>(out.storage);
        in6.sin6_family = AF_INET6;
        in6.sin6_port = htons(address.port);
        std::memcpy(&in6.sin6_addr, address.ip.bytes.data(), 16);
        out.length = sizeof(in6);
    }
    return out;
}

tl::unexpected<Error> no_connection(const SocketAddress& address, int system_error) {
    return fail(fmt::format("cannot connect to {}: {}", address.text(),
                            std::generic_category().message(system_error)),
                "start what is to listen there, or correct the address");
}

/// Waits until the socket is ready for `events`. @return false when the time is over
bool wait_for(const Socket& socket, short events, Time deadline) {
    while (true) {
        const Duration left = deadline - std::chrono::steady_clock::now();
        if (left <= Duration::zero()) return false;
        pollfd watched{socket.get(), events, 0};
        const int ready = ::poll(&watched, 1, static_cast<int>(milliseconds(left)) + 1);
        if (ready > 0) return true;
        if (ready < 0 && errno != EINTR) return false;
    }
}

Result<Socket> connect_to(const SocketAddress& address, Time deadline) {
    const auto where = native(address);
    if (!where) return no_connection(address, ENAMETOOLONG);
    Socket socket(
        ::socket(where->storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (socket.get() < 0) return no_connection(address, errno);
    const auto* name = reinterpret_cast<const sockaddr*>(&where->storage);
    if (::connect(socket.get(), name, where->length) != 0) {
        if (errno != EINPROGRESS) return no_connection(address, errno);
        if (!wait_for(socket, POLLOUT, deadline)) return no_connection(address, ETIMEDOUT);
        int status = 0;
        socklen_t length = sizeof(status);
        getsockopt(socket.get(), SOL_SOCKET, SO_ERROR, &status, &length);
        if (status != 0) return no_connection(address, status);
    }
    return socket;
}

tl::unexpected<Error> no_answer(const SocketAddress& address, std::string_view why) {
    return fail(fmt::format("no answer from {}: {}", address.text(), why));
}

/// Takes a response out of the bytes of a connection.
class Reader {
  public:
    explicit Reader(std::uint64_t bytes_max) : bytes_max_(bytes_max) {
        parser_.start(head_, http::Method::Get, http::HeadLimits{});
    }

    /// @return why it is no response; empty: go on, or done
    std::string_view feed(std::span<char> bytes) {
        while (!has_head_ && !bytes.empty()) {
            const http::ParseResult parsed = parser_.feed(bytes);
            if (parsed.status == http::ParseStatus::Refused) return parsed.error.reason;
            if (parsed.status == http::ParseStatus::NeedMore) return {};
            bytes = bytes.subspan(parsed.consumed);
            if (head_.status < 200) {
                parser_.start(head_, http::Method::Get, http::HeadLimits{});
                continue;
            }
            has_head_ = true;
            decoder_.start(head_.body, bytes_max_);
        }
        while (has_head_ && !decoder_.is_done() && !bytes.empty()) {
            const http::BodyPart part = decoder_.decode(bytes);
            if (part.is_refused) return part.error.reason;
            body_.append(part.payload.data(), part.payload.size());
            bytes = bytes.subspan(part.consumed);
        }
        return {};
    }
    bool is_done() const { return has_head_ && decoder_.is_done(); }
    bool ends_here() { return has_head_ && decoder_.end_of_input(); }
    PlainResponse response() && { return {head_.status, std::move(head_.bytes), std::move(body_)}; }

  private:
    std::uint64_t bytes_max_;
    bool has_head_ = false;
    http::ResponseParser parser_;
    http::ResponseHead head_;
    http::BodyDecoder decoder_;
    std::string body_;
};

}  // namespace

Result<void> try_connect(const SocketAddress& address, Duration timeout) {
    const auto socket = connect_to(address, std::chrono::steady_clock::now() + timeout);
    if (!socket) return fail(socket.error());
    return {};
}

Result<PlainResponse> fetch(const SocketAddress& address, std::string_view host,
                            std::string_view path, Duration timeout, std::uint64_t bytes_max,
                            std::string_view fields) {
    const Time deadline = std::chrono::steady_clock::now() + timeout;
    const auto socket = connect_to(address, deadline);
    if (!socket) return fail(socket.error());
    const std::string request = fmt::format(
        "GET {} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n{}\r\n", path, host, fields);
    std::string_view left = request;
    while (!left.empty()) {
        if (!wait_for(*socket, POLLOUT, deadline)) return no_answer(address, "it does not read");
        const ssize_t sent = ::send(socket->get(), left.data(), left.size(), MSG_NOSIGNAL);
        if (sent < 0) return no_answer(address, std::generic_category().message(errno));
        left.remove_prefix(static_cast<std::size_t>(sent));
    }
    Reader reader(bytes_max);
    std::array<char, 65536> buffer;
    while (!reader.is_done()) {
        if (!wait_for(*socket, POLLIN, deadline)) return no_answer(address, "it took too long");
        const ssize_t got = ::recv(socket->get(), buffer.data(), buffer.size(), 0);
        if (got < 0) return no_answer(address, std::generic_category().message(errno));
        if (got == 0 && reader.ends_here()) break;
        if (got == 0) return no_answer(address, "the connection was closed");
        const std::string_view wrong =
            reader.feed(std::span(buffer.data(), static_cast<std::size_t>(got)));
        if (!wrong.empty()) return no_answer(address, wrong);
    }
    return std::move(reader).response();
}

}  // namespace fairlead::bench
