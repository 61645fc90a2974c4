#include "bench/peers/work_check.h"

#include <fmt/format.h>
#include <poll.h>

#include <algorithm>
#include <array>
#include <optional>

#include "bench/body_hash.h"
#include "bench/body_pattern.h"
#include "proxy/base/text.h"

namespace fairlead::bench::peers {
namespace {

constexpr Duration kLimit = std::chrono::seconds(10);
constexpr std::string_view kHost = "bench.example";
constexpr std::string_view kReply =
    "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok";

/// The value of a field in a head whose lines end in CR LF; nothing when it is absent.
std::optional<std::string_view> field_of(std::string_view head, std::string_view name) {
    for (const std::string_view line : split_list(head, '\n')) {
        const std::size_t colon = line.find(':');
        if (colon == std::string_view::npos || !iequals(line.substr(0, colon), name)) continue;
        std::string_view value = line.substr(colon + 1);
        if (value.ends_with('\r')) value.remove_suffix(1);
        return trim(value);
    }
    return std::nullopt;
}

std::string pattern(std::uint64_t bytes) {
    std::string body;
    body.reserve(bytes);
    while (body.size() < bytes) {
        body += body_pattern(body.size(), std::min(bytes - body.size(), kPatternRunBytes));
    }
    return body;
}

tl::unexpected<Error> not_its_work(std::string_view name, const std::string& what) {
    return fail(fmt::format("{} does not do the work it is compared at: {}", name, what),
                "see its configuration and its log in the folder that was kept");
}

}  // namespace

std::string response_body(std::uint64_t bytes) { return pattern(bytes); }

std::string Answer::field(std::string_view name) const {
    return std::string(field_of(head, name).value_or(""));
}

std::string request_text(const Work& work, const SocketAddress& address) {
    std::string text =
        fmt::format("{} {} HTTP/1.1\r\nHost: {}\r\n", work.method, work.path, address.text());
    for (const std::string& field : request_fields(work)) text += field + "\r\n";
    if (work.body_bytes > 0) text += fmt::format("Content-Length: {}\r\n", work.body_bytes);
    return text + "\r\n" + pattern(work.body_bytes);
}

Result<Answer> read_answer(Socket& socket) {
    constexpr std::size_t kPiece = 64 * 1024;
    const auto too_short = [] {
        return fail("no whole answer", "see the balancer's log in the folder that was kept");
    };
    std::string bytes;
    std::size_t end = std::string::npos;
    while ((end = bytes.find("\r\n\r\n")) == std::string::npos) {
        const std::string more = socket.read_some(kPiece);
        if (more.empty()) return too_short();
        bytes += more;
    }
    Answer answer;
    answer.head = bytes.substr(0, end + 2);
    answer.body = bytes.substr(end + 4);
    // "HTTP/1.1 200 ..."
    answer.status = static_cast<int>(
        parse_number(std::string_view(answer.head).substr(0, 12).substr(9)).value_or(0));
    const auto length = parse_number(answer.field("Content-Length"));
    if (!length) return too_short();
    while (answer.body.size() < *length) {
        const std::string more = socket.read_some(kPiece);
        if (more.empty()) return too_short();
        answer.body += more;
    }
    return answer;
}

Result<Answer> ask(const SocketAddress& address, const std::string& request, bool is_tls) {
    auto socket = Socket::connect(address, kLimit);
    if (!socket || (is_tls && !socket->begin_tls()) || !socket->send(request)) {
        return fail(fmt::format("no connection to {}", address.text()),
                    "see the balancer's log in the folder that was kept");
    }
    return read_answer(*socket);
}

Result<HeadCatcher> HeadCatcher::listen(const std::vector<SocketAddress>& addresses) {
    std::vector<Socket> sockets;
    for (const SocketAddress& address : addresses) {
        auto socket = Socket::listen(address);
        if (!socket) return fail(std::move(socket).error());
        sockets.push_back(std::move(*socket));
    }
    return HeadCatcher(std::move(sockets));
}

Result<std::string> HeadCatcher::catch_head() {
    const auto nothing = [] {
        return fail("no request reached its backends",
                    "see its configuration and its log in the folder that was kept");
    };
    std::vector<pollfd> ready;
    for (const Socket& socket : sockets_) ready.push_back({socket.fd(), POLLIN, 0});
    while (true) {
        if (::poll(ready.data(), ready.size(), static_cast<int>(milliseconds(kLimit))) <= 0) {
            return nothing();
        }
        const auto which = std::find_if(ready.begin(), ready.end(),
                                        [](const pollfd& each) { return each.revents != 0; });
        auto socket = sockets_[static_cast<std::size_t>(which - ready.begin())].accept(kLimit);
        if (!socket) return nothing();
        std::string head;
        while (head.find("\r\n\r\n") == std::string::npos) {
            const std::string more = socket->read_some(4096);
            if (more.empty()) break;
            head += more;
        }
        if (head.empty()) continue;  // somebody only looked whether the port answers
        if (!socket->send(kReply)) return nothing();
        return head;
    }
}

Result<void> HeadCatcher::check(std::string_view name, const SocketAddress& address, bool is_tls) {
    auto socket = Socket::connect(address, kLimit);
    if (!socket || (is_tls && !socket->begin_tls()) ||
        !socket->send(fmt::format("GET / HTTP/1.1\r\nHost: {}\r\n\r\n", kHost))) {
        return not_its_work(name, "no connection to it");
    }
    const auto head = catch_head();
    if (!head) return not_its_work(name, head.error().message);
    const auto answer = read_answer(*socket);
    if (!answer) return not_its_work(name, answer.error().message);
    const std::string wrong = wrong_head(*head, address, is_tls);
    if (!wrong.empty()) return not_its_work(name, wrong);
    if (answer->field("Via").empty()) return not_its_work(name, "its answer has no Via");
    return {};
}

Result<void> check_agreements(const std::vector<Named>& balancers) {
    std::string first;
    for (const Named& each : balancers) {
        auto socket = Socket::connect(each.address, kLimit);
        if (!socket || !socket->begin_tls()) return not_its_work(each.name, "no TLS with it");
        const std::string agreed = socket->agreement();
        if (first.empty()) first = agreed;
        if (agreed != first) {
            return not_its_work(each.name, fmt::format("it chooses {}, and {} {}", agreed,
                                                       balancers.front().name, first));
        }
    }
    return {};
}

std::string wrong_head(std::string_view head, const SocketAddress& listen, bool is_tls) {
    const std::string port = std::to_string(listen.port);
    const std::array<std::pair<std::string_view, std::string_view>, 5> expected{{
        {"Host", kHost},
        {"X-Forwarded-For", "127.0.0.1"},
        {"X-Forwarded-Proto", is_tls ? "https" : "http"},
        {"X-Forwarded-Host", kHost},
        {"X-Forwarded-Port", port},
    }};
    for (const auto& [name, value] : expected) {
        const auto seen = field_of(head, name);
        if (!seen) return fmt::format("the origin sees no {}", name);
        if (*seen != value) {
            return fmt::format("the origin sees {} \"{}\" instead of \"{}\"", name, *seen, value);
        }
    }
    if (field_of(head, "X-Request-Id").value_or("").empty()) {
        return "the origin sees no X-Request-Id";
    }
    const bool is_kept = !iequals(field_of(head, "Connection").value_or(""), "close") &&
                         head.substr(0, head.find('\r')).ends_with("HTTP/1.1");
    if (!is_kept) return "its connection to the origin is not kept alive";
    return {};
}

Result<void> check_answer(std::string_view name, const SocketAddress& address, const Work& work) {
    const auto answer = ask(address, request_text(work, address), work.is_tls);
    if (!answer) return not_its_work(name, answer.error().message);
    if (answer->status != 200) {
        return not_its_work(name, fmt::format("it answers {}", answer->status));
    }
    if (work.response_bytes > 0 && answer->body != pattern(work.response_bytes)) {
        return not_its_work(name,
                            fmt::format("{} bytes come back instead of the {} that the origin sent",
                                        answer->body.size(), work.response_bytes));
    }
    if (work.body_bytes > 0) {
        BodyHash hash;
        hash.update(pattern(work.body_bytes));
        if (answer->field("X-Body-Hash") != hash.hex()) {
            return not_its_work(name, "the origin reads another body than was sent");
        }
    }
    return {};
}

}  // namespace fairlead::bench::peers
