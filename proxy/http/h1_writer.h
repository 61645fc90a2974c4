/// Writes HTTP/1.1 heads into a buffer: what is untouched of a received head is copied in runs as
/// long as they come, edits go in between.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "proxy/http/message.h"

namespace fairlead::http {

class HeadWriter {
  public:
    /// Appends to `out`, which keeps its memory from message to message.
    explicit HeadWriter(std::string& out) : out_(out) {}

    /// `METHOD path?query HTTP/1.1`; `query` with its "?".
    void request_line(std::string_view method, std::string_view path, std::string_view query);
    /// `HTTP/1.1 status reason`; an empty reason is filled in from the registry.
    void status_line(int status, std::string_view reason);

    void field(std::string_view name, std::string_view value);
    void field(std::string_view name, std::uint64_t value);
    /// Text that already is one or more whole lines with their CRLF.
    void lines(std::string_view whole_lines) { out_.append(whole_lines); }
    void text(std::string_view part) { out_.append(part); }

    /// Copies the line of `head.fields[index]` as it came. Neighbours are copied in one run: call
    /// flush_run() before anything else is written.
    void copy(const HeadBase& head, std::size_t index);
    void flush_run();

    /// The empty line that ends the head.
    void end() { out_.append("\r\n"); }

  private:
    std::string& out_;
    std::string_view run_;
};

/// Writes `value` in decimal into `out` (at least 20 bytes), returns the length.
std::size_t write_decimal(std::uint64_t value, char* out);

}  // namespace fairlead::http
