#include "proxy/runtime/takeover_upgrade.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <optional>
#include <utility>

#include "proxy/base/text.h"
#include "proxy/runtime/json_fields.h"
#include "proxy/runtime/takeover_message.h"

namespace fairlead::runtime {
namespace {

constexpr std::size_t kHeadBytesMax = 16 * 1024;
constexpr std::size_t kBodyBytesMax = 16 * 1024;

Error no_answer(const std::string& socket, const char* why) {
    return {fmt::format("no running process answers on {}: {}", socket, why),
            "write its control socket as [admin] socket, or start without --takeover",
            {}};
}

/// What the time until `end` is for SO_SNDTIMEO; at least a millisecond, for zero is no limit.
timeval time_left(Time end) {
    const Duration left =
        std::max<Duration>(end - SystemClock{}.now(), std::chrono::milliseconds{1});
    const auto micros = std::chrono::duration_cast<std::chrono::microseconds>(left).count();
    return {micros / 1'000'000, micros % 1'000'000};
}

/// Appends what comes, at most so much. @return false at the end of the connection or of the time
bool receive(int fd, std::string& text, std::size_t most, Time end) {
    std::array<char, 4096> bytes;
    while (true) {
        const Duration left = end - SystemClock{}.now();
        if (left <= Duration::zero()) return false;
        pollfd wait{fd, POLLIN, 0};
        const int ready = ::poll(&wait, 1, static_cast<int>(milliseconds(left)) + 1);
        if (ready < 0 && errno == EINTR) continue;
        if (ready <= 0) return false;
        const ssize_t got = ::recv(fd, bytes.data(), std::min(most, bytes.size()), MSG_DONTWAIT);
        if (got < 0 && (errno == EINTR || errno == EAGAIN)) continue;
        if (got <= 0) return false;
        text.append(bytes.data(), static_cast<std::size_t>(got));
        return true;
    }
}

/// The answer's own words, of `{"error":"...","hint":"..."}`; otherwise its status line.
Error refusal(std::string_view status_line, std::string_view body) {
    Error error{
        fmt::format("the running process does not hand its sockets over: {}", status_line), {}, {}};
    if (status_line.find(" 404") != std::string_view::npos) {
        error.hint = "it is of a release without takeover: stop it and start the other one";
    }
    std::string wrong;
    const std::optional<JsonText> json = JsonText::parse(body);
    if (!json) return error;
    const JsonFields fields = json->fields(wrong);
    if (fields.has("error")) {
        error.message =
            "the running process does not hand its sockets over: " + fields.text("error");
    }
    if (fields.has("hint")) error.hint = fields.text("hint");
    return error;
}

}  // namespace

std::string takeover_request() {
    return fmt::format(
        "POST {} HTTP/1.1\r\nHost: localhost\r\nConnection: upgrade\r\nUpgrade: {}\r\n{}: {}\r\n"
        "Content-Type: application/json\r\nContent-Length: 0\r\n\r\n",
        kTakeoverPath, kTakeoverUpgrade, kTakeoverVersionField, kTakeoverVersion);
}

Result<net::Descriptor> connect_to_control(const std::string& socket, Time end) {
    sockaddr_un to{};
    to.sun_family = AF_UNIX;
    if (socket.empty() || socket.size() >= sizeof(to.sun_path)) {
        return fail(no_answer(socket, "the path is empty or too long"));
    }
    std::memcpy(to.sun_path, socket.data(), socket.size());
    net::Descriptor connection{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    // Also bounds connect, which waits while the other's queue is full.
    const timeval limit = time_left(end);
    ::setsockopt(connection.get(), SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
    while (::connect(connection.get(), reinterpret_cast<sockaddr*>(&to), sizeof(to)) != 0) {
        if (errno != EINTR) return fail(no_answer(socket, std::strerror(errno)));
    }
    return connection;
}

Result<void> upgrade_to_takeover(const net::Descriptor& connection, Time end) {
    const int fd = connection.get();
    const std::string request = takeover_request();
    if (::send(fd, request.data(), request.size(), MSG_NOSIGNAL) !=
        static_cast<ssize_t>(request.size())) {
        return fail(fmt::format("the running process cannot be asked: {}", std::strerror(errno)));
    }
    // Byte by byte: what follows the head may bring descriptors, which a plain read would lose.
    std::string head;
    while (!head.ends_with("\r\n\r\n")) {
        if (head.size() > kHeadBytesMax || !receive(fd, head, 1, end)) {
            return fail("the running process does not answer the request for its sockets",
                        "look at its log, or stop it and start the other one");
        }
    }
    const std::string status_line = head.substr(0, head.find("\r\n"));
    if (status_line.starts_with("HTTP/1.1 101 ")) return {};
    // The body tells why. Bounded, and cut short by its end, the connection's or the time.
    const std::string fields = to_lower(head);
    std::size_t length = 0;
    if (const std::size_t at = fields.find("\r\ncontent-length:"); at != std::string::npos) {
        const std::string_view rest = std::string_view{fields}.substr(at + 17);
        length = parse_number(trim(rest.substr(0, rest.find('\r')))).value_or(0);
    }
    length = std::min(length, kBodyBytesMax);
    std::string body;
    while (body.size() < length && receive(fd, body, length - body.size(), end)) {
    }
    return fail(refusal(status_line, body));
}

}  // namespace fairlead::runtime
