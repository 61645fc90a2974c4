#include "bench/echo_load.h"

#include <algorithm>
#include <string_view>

#include "bench/body_pattern.h"

namespace fairlead::bench {

void EchoLoad::begin_request(bool) {
    PreparedRequest& request = lane_.draw();
    expected_ = request.body_bytes();
    received_ = 0;
    write({}, expected_);
}

void EchoLoad::on_bytes(std::span<char> bytes) {
    lane_.count_received_bytes(bytes.size());
    if (!is_busy()) {
        drop_stream();  // nobody asked for anything
        return;
    }
    std::string_view left(bytes.data(), bytes.size());
    if (left.size() > expected_ - received_) {
        end(Outcome::BadFraming);
        return;
    }
    while (!left.empty()) {
        const std::uint64_t run = std::min<std::uint64_t>(left.size(), kPatternRunBytes);
        if (left.substr(0, run) != body_pattern(received_, run)) {
            end(Outcome::BadFraming);
            return;
        }
        left.remove_prefix(run);
        received_ += run;
    }
    if (received_ == expected_) complete(Outcome::Ok, true);
}

void EchoLoad::on_end() {
    if (is_busy()) {
        end(Outcome::ClosedMidBody);
    } else {
        drop_stream();
    }
}

}  // namespace fairlead::bench
