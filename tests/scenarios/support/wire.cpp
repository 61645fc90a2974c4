#include "tests/scenarios/support/wire.h"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <utility>

namespace fairlead::scenarios {
namespace {

/// @return false when the time has run out
bool wait_ready(int descriptor, short events, std::chrono::milliseconds patience) {
    const auto until = std::chrono::steady_clock::now() + patience;
    while (true) {
        const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
            until - std::chrono::steady_clock::now());
        pollfd watched{descriptor, events, 0};
        const int ready =
            ::poll(&watched, 1, static_cast<int>(std::max<std::int64_t>(left.count(), 0)));
        if (ready > 0) return true;
        if (ready == 0 || errno != EINTR) return false;
    }
}

}  // namespace

Wire::~Wire() { close(); }

Wire::Wire(Wire&& other) noexcept
    : descriptor_(other.descriptor_.exchange(-1)),
      buffer_(std::move(other.buffer_)),
      received_(std::move(other.received_)),
      ending_(other.ending_),
      keeps_received_(other.keeps_received_) {}

bool Wire::send(std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t sent =
            ::send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent > 0) {
            bytes.remove_prefix(static_cast<std::size_t>(sent));
        } else if (errno != EAGAIN || !wait_ready(descriptor_, POLLOUT, kPatience)) {
            return false;
        }
    }
    return true;
}

void Wire::close_writing() { ::shutdown(descriptor_, SHUT_WR); }

void Wire::close() {
    const int descriptor = descriptor_.exchange(-1);
    if (descriptor >= 0) ::close(descriptor);
}

void Wire::reset() {
    const linger now{1, 0};
    ::setsockopt(descriptor_, SOL_SOCKET, SO_LINGER, &now, sizeof now);
    close();
}

void Wire::interrupt() { ::shutdown(descriptor_, SHUT_RDWR); }

bool Wire::fill(std::chrono::milliseconds patience) {
    if (descriptor_ < 0) return false;
    if (!wait_ready(descriptor_, POLLIN, patience)) {
        ending_ = Ending::Open;
        return false;
    }
    char bytes[64 * 1024];
    const ssize_t count = ::recv(descriptor_, bytes, sizeof bytes, MSG_DONTWAIT);
    if (count <= 0) {
        ending_ = count == 0 ? Ending::Closed : Ending::Reset;
        return false;
    }
    ending_ = Ending::Bytes;
    buffer_.append(bytes, static_cast<std::size_t>(count));
    if (keeps_received_) received_.append(bytes, static_cast<std::size_t>(count));
    return true;
}

std::string Wire::read_head() {
    std::size_t end = 0;
    while ((end = buffer_.find("\r\n\r\n")) == std::string::npos) {
        if (!fill()) return {};
    }
    std::string head = buffer_.substr(0, end + 4);
    buffer_.erase(0, end + 4);
    return head;
}

std::string Wire::read_exactly(std::size_t bytes) {
    while (buffer_.size() < bytes && fill()) {
    }
    std::string out = buffer_.substr(0, bytes);
    buffer_.erase(0, out.size());
    return out;
}

std::string Wire::read_some(std::size_t bytes_max) {
    if (buffer_.empty()) fill();
    std::string out = buffer_.substr(0, bytes_max);
    buffer_.erase(0, out.size());
    return out;
}

std::string Wire::read_to_end() {
    while (fill()) {
    }
    return std::exchange(buffer_, {});
}

std::string Wire::read_line() {
    std::size_t end = 0;
    while ((end = buffer_.find("\r\n")) == std::string::npos) {
        if (!fill()) return {};
    }
    std::string line = buffer_.substr(0, end + 2);
    buffer_.erase(0, end + 2);
    return line;
}

bool Wire::read_chunks(Message& message) {
    while (true) {
        const std::string size_line = read_line();
        if (size_line.empty()) return false;
        message.framed_body += size_line;
        const std::size_t bytes = std::strtoull(size_line.c_str(), nullptr, 16);
        if (bytes == 0) break;
        std::string data = read_exactly(bytes + 2);
        message.framed_body += data;
        if (data.size() != bytes + 2 || !data.ends_with("\r\n")) return false;
        data.resize(bytes);
        message.body += data;
    }
    while (true) {
        const std::string line = read_line();
        message.framed_body += line;
        if (line.size() <= 2) return line == "\r\n";
        message.trailers += line;
    }
}

Message Wire::read_message(bool is_request, bool to_head) {
    Message message;
    message.head = read_head();
    if (message.head.empty()) return message;
    message.head.resize(message.head.size() - 2);
    const int status = is_request ? 0 : message.status();
    const bool has_no_body =
        to_head || (!is_request && (status < 200 || status == 204 || status == 304));
    if (has_no_body) {
        message.is_whole = true;
    } else if (message.field("Transfer-Encoding") == "chunked") {
        message.is_whole = read_chunks(message);
    } else if (message.has("Content-Length")) {
        const std::size_t bytes =
            std::strtoull(message.field("Content-Length").c_str(), nullptr, 10);
        message.body = message.framed_body = read_exactly(bytes);
        message.is_whole = message.body.size() == bytes;
    } else if (is_request) {
        message.is_whole = true;
    } else {
        message.body = message.framed_body = read_to_end();
        message.is_whole = ending_ == Ending::Closed;
    }
    return message;
}

Message Wire::read_request() { return read_message(true, false); }
Message Wire::read_response(bool to_head) { return read_message(false, to_head); }

Ending Wire::wait_for_ending(std::chrono::milliseconds patience) {
    if (!buffer_.empty()) return Ending::Bytes;
    fill(patience);
    return ending_;
}

}  // namespace fairlead::scenarios
