/// The metrics as Prometheus text, version 0.0.4, in pieces: a scrape of many backends must not
/// keep the main thread from its probes.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "proxy/telemetry/registry.h"

namespace fairlead::telemetry {

inline constexpr std::string_view kPrometheusContentType =
    "text/plain; version=0.0.4; charset=utf-8";

/// One listing under way. Main thread. Series may be made, unlisted and forgotten between two
/// pieces; a number is as of the moment its line is written.
class Rendering {
  public:
    static constexpr std::size_t kPieceBytes = 64 * 1024;

    /// Runs the collectors. `registry` outlives this.
    explicit Rendering(Registry& registry);

    /// Replaces `out` by the next piece: whole series, `piece_bytes` or a little more.
    /// @return false when there is nothing left; `out` is empty then.
    bool next(std::string& out, std::size_t piece_bytes = kPieceBytes);

  private:
    Registry& registry_;
    std::size_t family_ = 0;
    std::size_t series_ = 0;
    bool headed_ = false;  ///< HELP and TYPE of this family have been written
};

/// The whole listing at once: for tests and small programs.
std::string render_all(Registry& registry);

/// `value` as a label's value: backslash, quote and line feed escaped. Appends, without quotes.
void append_label_value(std::string& out, std::string_view value);

}  // namespace fairlead::telemetry
