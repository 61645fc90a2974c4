#include "proxy/l7/request_body.h"

namespace fairlead::l7 {

void RequestBody::start(http::BodyLength length, std::uint64_t held_max, std::uint64_t bytes_max) {
    length_ = length;
    held_max_ = held_max;
    held_.clear();
    trailers_.clear();
    is_dropped_ = false;
    decoder_.start(length, bytes_max);
}

http::BodyPart RequestBody::receive(std::span<char> bytes) { return decoder_.decode(bytes); }

bool RequestBody::end(std::string_view trailers) {
    trailers_ = trailers;
    return decoder_.end_of_input();
}

void RequestBody::hold(std::string_view payload) {
    if (!is_dropped_) held_.append(payload);
}

void RequestBody::drop_if_full() {
    if (held_.size() > held_max_) drop();
}

void RequestBody::drop() {
    is_dropped_ = true;
    // A body larger than usual shall not keep its memory for the small ones that follow.
    if (held_.capacity() > 4096) held_ = std::string();
    held_.clear();
}

}  // namespace fairlead::l7
