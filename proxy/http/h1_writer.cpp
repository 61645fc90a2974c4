#include "proxy/http/h1_writer.h"

#include <cassert>
#include <charconv>

#include "proxy/http/status.h"

namespace fairlead::http {

std::size_t write_decimal(std::uint64_t value, char* out) {
    return static_cast<std::size_t>(std::to_chars(out, out + 20, value).ptr - out);
}

void HeadWriter::request_line(std::string_view method, std::string_view path,
                              std::string_view query) {
    out_.append(method).append(" ").append(path).append(query).append(" HTTP/1.1\r\n");
}

void HeadWriter::status_line(int status, std::string_view reason) {
    assert(status >= 100 && status <= 999);
    if (status == 200 && (reason.empty() || reason == "OK")) {
        out_.append("HTTP/1.1 200 OK\r\n");
        return;
    }
    char digits[20];
    const std::size_t length = write_decimal(static_cast<std::uint64_t>(status), digits);
    out_.append("HTTP/1.1 ").append(digits, length).append(" ");
    out_.append(reason.empty() ? reason_phrase(status) : reason).append("\r\n");
}

void HeadWriter::field(std::string_view name, std::string_view value) {
    out_.append(name).append(": ").append(value).append("\r\n");
}

void HeadWriter::field(std::string_view name, std::uint64_t value) {
    char digits[20];
    field(name, std::string_view(digits, write_decimal(value, digits)));
}

void HeadWriter::copy(const HeadBase& head, std::size_t index) {
    // A field's line reaches to the next one's name: folding has been refused, so nothing is
    // between.
    const std::size_t begin = head.fields[index].name.offset;
    const std::size_t end =
        index + 1 < head.fields.size() ? head.fields[index + 1].name.offset : head.bytes.size() - 2;
    const char* first = head.bytes.data() + begin;
    if (!run_.empty() && run_.data() + run_.size() == first) {
        run_ = std::string_view(run_.data(), run_.size() + (end - begin));
        return;
    }
    flush_run();
    run_ = std::string_view(first, end - begin);
}

void HeadWriter::flush_run() {
    out_.append(run_);
    run_ = {};
}

}  // namespace fairlead::http
