/// Cuts a head into lines and fields while its bytes arrive: the limits, the line ends, the
/// characters, the field names. Knows nothing of what a field means.
#pragma once

#include <cstddef>
#include <span>

#include "proxy/http/message.h"
#include "proxy/http/start_line.h"

namespace fairlead::http {

/// One thread. Looks at each byte once, wherever reads were cut: what it accepts, refuses and says
/// is the same for a head that came whole and one that came byte by byte.
class HeadReader {
  public:
    enum class Status : std::uint8_t { NeedMore, Complete, Refused };

    /// @param first              judges the first line; outlives the reading
    /// @param skips_empty_lines  RFC 9112 section 2.2, for requests: at most two
    void start(HeadBase& head, StartLine& first, const HeadLimits& limits, bool skips_empty_lines);

    /// With Complete, `consumed` bytes belong to the head; the head's buffer ends there.
    Status feed(std::span<const char> bytes, std::size_t& consumed);
    const HeadError& error() const { return error_; }
    bool has_begun() const { return head_ != nullptr && !head_->bytes.empty(); }

  private:
    Status skip_empty_lines(std::span<const char> bytes, std::size_t& used);
    Status scan();
    Status on_control(std::size_t at);
    Status end_line(std::size_t line_feed);
    Status add_field(std::size_t begin, std::size_t end);
    Status refuse_name(std::size_t begin, std::size_t stop, std::size_t end);
    Status refuse(std::size_t at, const HeadError& error);
    HeadError check_begin(std::size_t length) const;

    HeadBase* head_ = nullptr;
    StartLine* first_ = nullptr;
    HeadLimits limits_;
    std::uint64_t fields_left_ = 0;
    HeadError error_;
    std::size_t scanned_ = 0;     // bytes of the head that were looked at
    std::size_t line_begin_ = 0;  // of the line being read
    std::size_t end_ = 0;         // of the head, once it is complete
    unsigned empty_lines_ = 0;
    bool skips_empty_lines_ = false;
    bool has_leading_cr_ = false;
    bool is_first_line_ = true;
};

}  // namespace fairlead::http
