#include "proxy/cli/admin_client.h"

#include <fmt/format.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>
#include <vector>

#include "proxy/http/body_decoder.h"
#include "proxy/http/h1_parser.h"
#include "proxy/net/resolver.h"

namespace fairlead::cli {
namespace {

constexpr std::size_t kAnswerBytesMax = 64 * 1024 * 1024;
/// The status of thousands of backends is large; it comes from the balancer, not from a stranger.
constexpr control::JsonLimits kAnswerLimits{16, 10'000'000, 10'000};

struct Native {
    sockaddr_storage storage{};
    socklen_t length = 0;
};

std::optional<Native> native_of(const SocketAddress& address) {
    Native native;
    if (address.is_unix()) {
        sockaddr_un to{};
        if (address.unix_path.size() >= sizeof(to.sun_path)) return std::nullopt;
        to.sun_family = AF_UNIX;
        std::memcpy(to.sun_path, address.unix_path.data(), address.unix_path.size());
        std::memcpy(&native.storage, &to, sizeof(to));
        native.length = sizeof(to);
    } else if (address.ip.is_v4()) {
        sockaddr_in to{};
        to.sin_family = AF_INET;
        to.sin_port = htons(address.port);
        std::memcpy(&to.sin_addr, address.ip.bytes.data() + 12, 4);
        std::memcpy(&native.storage, &to, sizeof(to));
        native.length = sizeof(to);
    } else {
        sockaddr_in6 to{};
        to.sin6_family = AF_INET6;
        to.sin6_port = htons(address.port);
        std::memcpy(&to.sin6_addr, address.ip.bytes.data(), address.ip.bytes.size());
        std::memcpy(&native.storage, &to, sizeof(to));
        native.length = sizeof(to);
    }
    return native;
}

/// A socket that waits until a time and no longer.
class Connection {
  public:
    explicit Connection(Time until) : until_(until) {}
    ~Connection() { close(); }
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    /// @return 0, or errno
    int connect(const SocketAddress& address) {
        close();
        const std::optional<Native> to = native_of(address);
        if (!to) return ENAMETOOLONG;
        fd_ = ::socket(to->storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        if (fd_ < 0) return errno;
        if (::connect(fd_, reinterpret_cast<const sockaddr*>(&to->storage), to->length) == 0) {
            return 0;
        }
        if (errno != EINPROGRESS) return errno;
        if (const int reason = wait(POLLOUT); reason != 0) return reason;
        int outcome = 0;
        socklen_t length = sizeof(outcome);
        return ::getsockopt(fd_, SOL_SOCKET, SO_ERROR, &outcome, &length) == 0 ? outcome : errno;
    }
    int send(std::string_view bytes) const {
        while (!bytes.empty()) {
            const ssize_t sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
            if (sent >= 0) {
                bytes.remove_prefix(static_cast<std::size_t>(sent));
                continue;
            }
            if (errno == EAGAIN) {
                if (const int reason = wait(POLLOUT); reason != 0) return reason;
            } else if (errno != EINTR) {
                return errno;
            }
        }
        return 0;
    }
    /// @return bytes, 0 at the end, or a negative errno
    ssize_t receive(std::span<char> into) const {
        while (true) {
            const ssize_t got = ::recv(fd_, into.data(), into.size(), 0);
            if (got >= 0) return got;
            if (errno == EAGAIN) {
                if (const int reason = wait(POLLIN); reason != 0) return -reason;
            } else if (errno != EINTR) {
                return -errno;
            }
        }
    }

  private:
    int wait(short events) const {
        while (true) {
            const auto left =
                std::chrono::ceil<std::chrono::milliseconds>(until_ - SystemClock().now());
            if (left.count() <= 0) return ETIMEDOUT;
            pollfd watched{fd_, events, 0};
            const int count = ::poll(&watched, 1, static_cast<int>(left.count()));
            if (count > 0) return 0;
            if (count < 0 && errno != EINTR) return errno;
            if (count < 0) return EINTR;  // Ctrl-C
        }
    }
    void close() {
        if (fd_ >= 0) ::close(fd_);
        fd_ = -1;
    }

    const Time until_;
    int fd_ = -1;
};

std::string shown(const HostPort& where) {
    return where.is_unix() ? where.unix_path : where.text();
}

/// Why nobody could be asked, and what to do.
tl::unexpected<Error> cannot_ask(const HostPort& where, int reason) {
    const std::string at = shown(where);
    switch (reason) {
        case ENOENT:
        case ECONNREFUSED:
            return fail("no balancer answers at " + at,
                        where.is_unix()
                            ? "is it running, with an [admin] section in its file? --admin or "
                              "FAIRLEAD_ADMIN names another socket or address"
                            : "is it running, with this address as [admin] bind? --admin or "
                              "FAIRLEAD_ADMIN names another one");
        case EACCES:
        case EPERM:
            return fail("this user may not connect to " + at,
                        "run this as root, or as the user the balancer runs as");
        case ETIMEDOUT:
            return fail("the balancer at " + at + " does not answer in time",
                        "is its process stopped, or something else listening there?");
        case ENAMETOOLONG:
            return fail("the path " + at + " is too long for a socket", "use a shorter one");
        default:
            return fail(fmt::format("cannot ask the balancer at {}: {}", at, std::strerror(reason)),
                        "--admin or FAIRLEAD_ADMIN names another socket or address");
    }
}

tl::unexpected<Error> no_answer(const HostPort& where) {
    return fail("what listens at " + shown(where) + " gives no answer of an admin endpoint",
                "--admin or FAIRLEAD_ADMIN names another socket or address");
}

http::Method method_of(std::string_view method) {
    return method == "HEAD" ? http::Method::Head : http::Method::Get;  // all that matters here
}

/// Reads the one response of a connection.
class ResponseReader {
  public:
    ResponseReader(const HostPort& where, std::string_view method)
        : where_(where), method_(method_of(method)) {
        parser_.start(head_, method_, kLimits);
    }

    Result<AdminReply> read(const Connection& connection) {
        std::vector<char> buffer(64 * 1024);
        while (!is_done_) {
            const ssize_t got = connection.receive(buffer);
            if (got < 0) return cannot_ask(where_, static_cast<int>(-got));
            if (got == 0) {
                if (!has_head_ || !decoder_.end_of_input()) return no_answer(where_);
                break;
            }
            if (!take({buffer.data(), static_cast<std::size_t>(got)})) return no_answer(where_);
        }
        AdminReply reply;
        reply.status = head_.status;
        reply.body = std::move(body_);
        if (auto json = control::parse_json(reply.body, kAnswerLimits)) {
            reply.json = *std::move(json);
        }
        return reply;
    }

  private:
    static constexpr http::HeadLimits kLimits{64 * 1024, 100, 8 * 1024};

    bool take(std::span<char> bytes) {
        while (!has_head_ && !bytes.empty()) {
            const http::ParseResult parsed = parser_.feed(bytes);
            if (parsed.status == http::ParseStatus::Refused) return false;
            if (parsed.status == http::ParseStatus::NeedMore) return true;
            bytes = bytes.subspan(parsed.consumed);
            if (head_.status < 200) {
                parser_.start(head_, method_, kLimits);
                continue;
            }
            has_head_ = true;
            decoder_.start(head_.body, kAnswerBytesMax);
            is_done_ = decoder_.is_done();
        }
        if (bytes.empty() || is_done_) return true;
        const http::BodyPart part = decoder_.decode(bytes);
        body_.append(part.payload.data(), part.payload.size());
        is_done_ = part.is_done;
        return !part.is_refused;
    }

    const HostPort& where_;
    const http::Method method_;
    http::ResponseHead head_;
    http::ResponseParser parser_;
    http::BodyDecoder decoder_;
    std::string body_;
    bool has_head_ = false;
    bool is_done_ = false;
};

}  // namespace

Error AdminReply::error() const {
    const std::string& message = json.at("error").text;
    if (message.empty()) {
        return Error{fmt::format("the balancer answered with status {}", status),
                     "is this an admin endpoint?",
                     {}};
    }
    return Error{message, json.at("hint").text, {}};
}

std::string AdminClient::request(std::string_view method, std::string_view path,
                                 std::string_view body) const {
    std::string text = fmt::format("{} {} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n", method,
                                   path, where_.is_unix() ? "localhost" : where_.text());
    if (token_) text += "Authorization: Bearer " + *token_ + "\r\n";
    if (method != "GET") {
        text +=
            fmt::format("Content-Type: application/json\r\nContent-Length: {}\r\n", body.size());
    }
    text += "\r\n";
    text += body;
    return text;
}

Result<AdminReply> AdminClient::ask(std::string_view method, std::string_view path,
                                    std::string_view body, Duration patience) const {
    auto addresses = net::resolve_now(where_);
    if (!addresses) return fail(std::move(addresses).error());
    Connection connection(SystemClock().now() + patience);
    int reason = ECONNREFUSED;
    for (const SocketAddress& address : *addresses) {
        reason = connection.connect(address);
        if (reason == 0) break;
    }
    if (reason != 0) return cannot_ask(where_, reason);
    // A balancer that refuses a request may answer before it has read all of it.
    const int unsent = connection.send(request(method, path, body));
    Result<AdminReply> reply = ResponseReader(where_, method).read(connection);
    if (!reply && unsent != 0) return cannot_ask(where_, unsent);
    return reply;
}

std::string encode_name(std::string_view name) {
    std::string out;
    for (const char c : name) {
        const bool is_plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                              (c >= '0' && c <= '9') ||
                              std::string_view("-._~:").find(c) != std::string_view::npos;
        if (is_plain) {
            out += c;
        } else {
            out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
        }
    }
    return out;
}

}  // namespace fairlead::cli
