/// Writes HTTP/1.1 heads into a buffer: what is untouched of a received head is copied in runs as
/// long as they come, edits go in between.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string_view>

#include "proxy/http/message.h"

namespace fairlead::http {

/// Where heads are put together. Grows to the longest message once and keeps that; appending is
/// inline, which is half of what a std::string costs for the thirty small pieces of a head.
class HeadBuffer {
  public:
    void clear() { size_ = 0; }
    [[gnu::always_inline]] void append(std::string_view text) {
        if (text.empty()) return;
        if (text.size() > capacity_ - size_) grow(text.size());
        std::memcpy(bytes_.get() + size_, text.data(), text.size());
        size_ += text.size();
    }
    std::string_view view() const { return {bytes_.get(), size_}; }
    bool empty() const { return size_ == 0; }

  private:
    void grow(std::size_t more);

    std::unique_ptr<char[]> bytes_;
    std::size_t size_ = 0;
    std::size_t capacity_ = 0;
};

/// Writes `value` in decimal into `out` (at least 20 bytes), returns the length.
std::size_t write_decimal(std::uint64_t value, char* out);

class HeadWriter {
  public:
    /// Appends to `out`, which keeps its memory from message to message.
    explicit HeadWriter(HeadBuffer& out) : out_(out) {}

    /// `METHOD path?query HTTP/1.1`; `query` with its "?".
    void request_line(std::string_view method, std::string_view path, std::string_view query);
    /// `HTTP/1.1 status reason`; an empty reason is filled in from the registry.
    void status_line(int status, std::string_view reason);

    void field(std::string_view name, std::string_view value) {
        out_.append(name);
        out_.append(": ");
        out_.append(value);
        out_.append("\r\n");
    }
    void field(std::string_view name, std::uint64_t value) {
        char digits[20];
        out_.append(name);
        out_.append(": ");
        out_.append({digits, write_decimal(value, digits)});
        out_.append("\r\n");
    }
    /// Text that already is one or more whole lines with their CRLF.
    [[gnu::always_inline]] void lines(std::string_view whole_lines) { out_.append(whole_lines); }
    [[gnu::always_inline]] void text(std::string_view part) { out_.append(part); }

    enum class FirstLine : std::uint8_t { Copied, LeftOut };
    /// Copies the lines of a received head as they came, but for the fields of which
    /// `is_left_out(field)` is true, in runs as long as they come.
    template <class IsLeftOut>
    void copy(const HeadBase& head, FirstLine first, IsLeftOut is_left_out) {
        const char* const bytes = head.bytes.data();
        const std::size_t end = head.bytes.size() - 2;  // of the last line
        const Field* const fields_end = head.fields.data() + head.fields.size();
        // A line reaches to the next one's name: folding has been refused, so nothing is between.
        const auto begin_of = [&](const Field* field) -> std::size_t {
            return field == fields_end ? end : field->name.offset;
        };
        std::size_t begin = first == FirstLine::Copied ? 0 : begin_of(head.fields.data());
        for (const Field* field = head.fields.data(); field != fields_end; ++field) {
            if (!is_left_out(*field)) continue;
            out_.append({bytes + begin, field->name.offset - begin});
            begin = begin_of(field + 1);
        }
        out_.append({bytes + begin, end - begin});
    }

    /// The empty line that ends the head.
    void end() { out_.append("\r\n"); }

  private:
    HeadBuffer& out_;
};

}  // namespace fairlead::http
