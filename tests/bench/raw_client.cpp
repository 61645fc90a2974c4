#include "tests/bench/raw_client.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>

namespace fairlead::bench {

std::string RawResponse::field(std::string_view name) const {
    const std::string start = "\r\n" + std::string(name) + ": ";
    const std::size_t at = head.find(start);
    if (at == std::string::npos) return {};
    const std::size_t value = at + start.size();
    return head.substr(value, head.find("\r\n", value) - value);
}

RawClient::RawClient(const SocketAddress& address) : fd_(::socket(AF_INET, SOCK_STREAM, 0)) {
    const timeval limit{10, 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    ::setsockopt(fd_, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
    sockaddr_in native{};
    native.sin_family = AF_INET;
    native.sin_port = htons(address.port);
    ::inet_pton(AF_INET, address.ip.text().c_str(), &native.sin_addr);
    is_connected_ = ::connect(fd_, reinterpret_cast<const sockaddr*>(&native), sizeof native) == 0;
}

RawClient::~RawClient() { ::close(fd_); }

void RawClient::send(std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (sent <= 0) return;
        bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
}

bool RawClient::fill() {
    char bytes[64 * 1024];
    const ssize_t read = ::recv(fd_, bytes, sizeof bytes, 0);
    if (read <= 0) {
        was_reset_ = read < 0 && errno == ECONNRESET;
        return false;
    }
    buffer_.append(bytes, static_cast<std::size_t>(read));
    return true;
}

std::string RawClient::read_some(std::size_t bytes_max) {
    if (buffer_.empty() && !fill()) return {};
    std::string out = buffer_.substr(0, bytes_max);
    buffer_.erase(0, out.size());
    return out;
}

RawResponse RawClient::ask(std::string_view request, bool is_head) {
    send(request);
    return read_response(is_head);
}

RawResponse RawClient::read_response(bool is_head) {
    RawResponse response;
    std::size_t end = 0;
    while ((end = buffer_.find("\r\n\r\n")) == std::string::npos) {
        if (!fill()) return response;
    }
    response.head = buffer_.substr(0, end + 2);
    buffer_.erase(0, end + 4);
    response.status = std::atoi(response.head.c_str() + std::strlen("HTTP/1.1 "));
    const std::string length = response.field("Content-Length");
    const auto read_exactly = [this, &response](std::size_t bytes) {
        while (bytes > 0) {
            if (buffer_.empty() && !fill()) return false;
            const std::size_t part = std::min(bytes, buffer_.size());
            response.body.append(buffer_, 0, part);
            buffer_.erase(0, part);
            bytes -= part;
        }
        return true;
    };
    if (is_head || response.status == 204 || response.status == 304 || response.status == 100) {
        response.is_complete = true;
    } else if (!length.empty()) {
        response.is_complete = read_exactly(std::strtoull(length.c_str(), nullptr, 10));
    } else if (response.field("Transfer-Encoding") == "chunked") {
        while (true) {
            while ((end = buffer_.find("\r\n")) == std::string::npos) {
                if (!fill()) return response;
            }
            const std::size_t bytes = std::strtoull(buffer_.c_str(), nullptr, 16);
            buffer_.erase(0, end + 2);
            if (!read_exactly(bytes)) return response;
            const std::string data = std::move(response.body);
            response.body.clear();
            const bool has_end = read_exactly(2) && response.body == "\r\n";
            response.body = data;
            if (!has_end) return response;
            if (bytes == 0) break;
        }
        response.is_complete = true;
    } else {
        while (fill()) {
        }
        response.body.swap(buffer_);
        response.is_complete = !was_reset_;
    }
    return response;
}

void RawClient::shutdown_write() { ::shutdown(fd_, SHUT_WR); }

RawClient::Ending RawClient::wait_for_end() {
    char byte = 0;
    if (!buffer_.empty()) return Ending::Open;
    const ssize_t read = ::recv(fd_, &byte, 1, 0);
    if (read > 0) return Ending::Open;
    if (read == 0) return Ending::Closed;
    return errno == ECONNRESET ? Ending::Reset : Ending::Open;
}

}  // namespace fairlead::bench
