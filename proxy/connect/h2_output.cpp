#include "proxy/connect/h2_output.h"

namespace fairlead::connect {

/// Nothing more is framed while so much waits for the socket.
bool H2Output::takes_more(const net::Stream& stream) {
    constexpr std::size_t kSocketBytes = 256 * 1024;
    return stream.queued_bytes() < kSocketBytes;
}

std::string* H2Output::buffer(const http::H2Session& session, const net::Stream& stream) {
    return session.is_busy() || !takes_more(stream) ? nullptr : &gathered_;
}

bool H2Output::note(const http::H2Session& session, net::Stream& stream, Time now) {
    turn_end_.ask();
    return gathered_.size() < kGatheredMax || session.is_busy() || write(stream, now);
}

bool H2Output::write(net::Stream& stream, Time now) {
    if (stream.queued_bytes() == 0) taken_ = now;
    const bool is_whole = stream.write(gathered_);
    queued_before_ = stream.queued_bytes();
    gathered_.clear();
    turn_end_.ask();
    return is_whole;
}

void H2Output::shrink() {
    if (gathered_.capacity() > 1024) gathered_ = std::string();
}

bool H2Output::has_progress(const net::Stream& stream, Time now) {
    if (stream.queued_bytes() == queued_before_) return false;
    queued_before_ = stream.queued_bytes();
    taken_ = now;
    return true;
}

}  // namespace fairlead::connect
