#include "proxy/http/h1_writer.h"

#include <algorithm>
#include <cassert>
#include <charconv>
#include <utility>

#include "proxy/http/status.h"

namespace fairlead::http {

void HeadBuffer::grow(std::size_t more) {
    constexpr std::size_t kLeast = 4 * 1024;
    const std::size_t capacity = std::max({kLeast, size_ + more, 2 * capacity_});
    auto bytes = std::make_unique_for_overwrite<char[]>(capacity);
    if (size_ > 0) std::memcpy(bytes.get(), bytes_.get(), size_);
    bytes_ = std::move(bytes);
    capacity_ = capacity;
}

std::size_t write_decimal(std::uint64_t value, char* out) {
    return static_cast<std::size_t>(std::to_chars(out, out + 20, value).ptr - out);
}

void HeadWriter::request_line(std::string_view method, std::string_view path,
                              std::string_view query) {
    out_.append(method);
    out_.append(" ");
    out_.append(path);
    out_.append(query);
    out_.append(" HTTP/1.1\r\n");
}

void HeadWriter::status_line(int status, std::string_view reason) {
    assert(status >= 100 && status <= 999);
    if (status == 200 && (reason.empty() || reason == "OK")) {
        out_.append("HTTP/1.1 200 OK\r\n");
        return;
    }
    char digits[20];
    const std::size_t length = write_decimal(static_cast<std::uint64_t>(status), digits);
    out_.append("HTTP/1.1 ");
    out_.append({digits, length});
    out_.append(" ");
    out_.append(reason.empty() ? reason_phrase(status) : reason);
    out_.append("\r\n");
}

}  // namespace fairlead::http
