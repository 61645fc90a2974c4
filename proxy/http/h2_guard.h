/// Watches the frames of one HTTP/2 peer for what no honest one does: floods that cost us more than
/// their sender. Reads frame headers only (RFC 9113 section 4.1), before anything acts on them, so
/// that its bounds hold whatever the frames would do. No clock, no I/O.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "proxy/base/clock.h"
#include "proxy/base/failure.h"

namespace fairlead::http {

/// So many at once, and again so many after `over` (a leaky bucket).
struct H2Rate {
    std::uint64_t count = 200;
    Duration over = std::chrono::seconds{30};
};

class H2Guard {
  public:
    /// @param resets         streams that end with RST_STREAM, by either side (rapid reset, and
    ///                       what makes us reset them)
    /// @param headers_bytes  of one header block, as far as it is listened to
    /// @param skipped_bytes  in front of the first frame (the connection preface)
    H2Guard(const H2Rate& resets, std::uint64_t headers_bytes, std::size_t skipped_bytes);

    /// What has come, in order, cut anywhere.
    /// @return a failure once a bound is passed: nothing of these bytes should be acted on
    Failure observe(std::string_view bytes, Time now);
    /// We have reset a stream because of what the peer did.
    Failure note_reset(Time now);
    /// Work for which a peer may send control frames: it acknowledges data by WINDOW_UPDATE.
    void note_data_sent() { control_.earn(kControlPerFrame); }

    /// A header block has begun and its end has not come.
    bool is_in_headers() const { return block_frames_ > 0; }

  private:
    static constexpr double kControlPerFrame = 4;
    static constexpr std::size_t kHeaderBytes = 9;

    /// Tokens that come back with time, and may be earned.
    class Bucket {
      public:
        Bucket(double most, double per_second) : most_(most), per_second_(per_second) {}
        bool take(Time now);
        void earn(double tokens) { tokens_ = tokens_ + tokens > most_ ? most_ : tokens_ + tokens; }

      private:
        double most_;
        double per_second_;
        double tokens_ = most_;
        Time filled_ = Time::min();
    };

    Failure on_frame(Time now);
    Failure on_block(bool is_last, std::uint32_t length, Time now);

    Bucket resets_;
    Bucket control_;
    Bucket empty_;
    std::uint64_t block_frames_max_;
    std::uint64_t block_frames_ = 0;
    std::uint64_t skip_;  ///< bytes until the next frame header
    std::array<unsigned char, kHeaderBytes> header_{};
    std::size_t header_length_ = 0;
    Failure failure_ = Failure::None;
};

}  // namespace fairlead::http
