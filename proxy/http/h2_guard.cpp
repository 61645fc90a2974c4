#include "proxy/http/h2_guard.h"

#include <algorithm>
#include <cstring>

namespace fairlead::http {
namespace {

// Frame types and flags (RFC 9113 section 6).
constexpr unsigned kData = 0;
constexpr unsigned kHeaders = 1;
constexpr unsigned kPriority = 2;
constexpr unsigned kRstStream = 3;
constexpr unsigned kPushPromise = 5;
constexpr unsigned kContinuation = 9;
constexpr unsigned kEndStream = 0x1;
constexpr unsigned kEndHeaders = 0x4;

constexpr std::uint64_t kFrameBytes = 16 * 1024;  // the smallest maximum a peer may count on
/// A sane client fills its frames: so many more than the block needs are let through.
constexpr std::uint64_t kSpareContinuations = 8;

// PING, SETTINGS, PRIORITY, WINDOW_UPDATE and what nobody knows: what a busy browser or gRPC
// client sends is a small part of it.
constexpr double kControlMost = 2000;
constexpr double kControlPerSecond = 200;
constexpr double kEmptyMost = 100;
constexpr double kEmptyPerSecond = 10;

double per_second(const H2Rate& rate) {
    const double seconds = std::chrono::duration<double>(rate.over).count();
    return seconds > 0 ? static_cast<double>(rate.count) / seconds : 0;
}

}  // namespace

bool H2Guard::Bucket::take(Time now) {
    if (filled_ != Time::min() && now > filled_) {
        earn(std::chrono::duration<double>(now - filled_).count() * per_second_);
    }
    filled_ = now;
    if (tokens_ < 1) return false;
    tokens_ -= 1;
    return true;
}

H2Guard::H2Guard(const H2Rate& resets, std::uint64_t headers_bytes, std::size_t skipped_bytes)
    : resets_(static_cast<double>(resets.count), per_second(resets)),
      control_(kControlMost, kControlPerSecond),
      empty_(kEmptyMost, kEmptyPerSecond),
      block_frames_max_(headers_bytes / kFrameBytes + kSpareContinuations),
      skip_(skipped_bytes) {}

Failure H2Guard::observe(std::string_view bytes, Time now) {
    while (!bytes.empty() && failure_ == Failure::None) {
        if (skip_ > 0) {
            const auto skipped =
                static_cast<std::size_t>(std::min<std::uint64_t>(skip_, bytes.size()));
            skip_ -= skipped;
            bytes.remove_prefix(skipped);
            continue;
        }
        const std::size_t taken = std::min(kHeaderBytes - header_length_, bytes.size());
        std::memcpy(header_.data() + header_length_, bytes.data(), taken);
        header_length_ += taken;
        bytes.remove_prefix(taken);
        if (header_length_ < kHeaderBytes) break;
        header_length_ = 0;
        failure_ = on_frame(now);
    }
    return failure_;
}

Failure H2Guard::on_frame(Time now) {
    const auto length = static_cast<std::uint32_t>(header_[0] << 16 | header_[1] << 8 | header_[2]);
    const unsigned type = header_[3];
    const unsigned flags = header_[4];
    skip_ = length;
    const bool is_of_connection =
        (header_[5] & 0x7F) == 0 && header_[6] == 0 && header_[7] == 0 && header_[8] == 0;
    // Priorities are not followed, so nobody else looks at these (RFC 9113 section 6.3).
    if (type == kPriority && is_of_connection) return Failure::H2Protocol;
    switch (type) {
        case kData:
            if (length == 0 && (flags & kEndStream) == 0 && !empty_.take(now)) {
                return Failure::H2EmptyFrames;
            }
            return Failure::None;
        case kHeaders:
        case kPushPromise:
            block_frames_ = 0;
            return on_block((flags & kEndHeaders) != 0, length, now);
        case kContinuation:
            return on_block((flags & kEndHeaders) != 0, length, now);
        case kRstStream:
            return note_reset(now);
        default:
            return control_.take(now) ? Failure::None : Failure::H2ControlFrames;
    }
}

Failure H2Guard::on_block(bool is_last, std::uint32_t length, Time now) {
    if (is_last) {
        block_frames_ = 0;
        return Failure::None;
    }
    if (length == 0 && !empty_.take(now)) return Failure::H2EmptyFrames;
    return ++block_frames_ > block_frames_max_ ? Failure::H2Continuation : Failure::None;
}

Failure H2Guard::note_reset(Time now) {
    if (!resets_.take(now)) failure_ = Failure::H2Resets;
    return failure_;
}

}  // namespace fairlead::http
