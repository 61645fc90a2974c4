/// What a line of the access log looks like. Formatting is on the path of every request: it writes
/// through bare pointers into memory whose bound was asked for before, sixteen bytes at a time.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "proxy/telemetry/access_log.h"

namespace fairlead::telemetry {

/// A longer text is cut there and ends in "...".
inline constexpr std::size_t kLogTextBytesMax = 8192;

/// The time of a line. Most lines of a loop's turn share one, so it is made once a millisecond.
class TimeText {
  public:
    /// `2026-01-02T03:04:05.678Z`; good until the next call.
    std::string_view rfc3339(WallTime time);
    /// `02/Jan/2026:03:04:05 +0000`; good until the next call.
    std::string_view common(WallTime time);

  private:
    void set_second(std::int64_t second);

    std::int64_t millisecond_ = -1;
    std::int64_t second_ = -1;
    char rfc3339_[24] = {};
    char common_[26] = {};
};

/// The target as it is shown: without its query, with secrets redacted, or as it is. The result
/// lies in `target` or in `scratch`.
std::string_view shown_target(std::string_view target, AccessQuery query, std::string& scratch);

/// So many bytes at most the line of `entry` takes, with `target` in place of its path.
std::size_t line_bytes_max(const AccessEntry& entry, std::string_view target);

/// Write one line with its line feed to `out`; return its end.
char* write_json(char* out, const AccessEntry& entry, std::string_view target, TimeText& time);
char* write_common(char* out, const AccessEntry& entry, std::string_view target, TimeText& time);

}  // namespace fairlead::telemetry
