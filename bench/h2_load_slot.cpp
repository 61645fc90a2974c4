#include "bench/h2_load_slot.h"

#include <algorithm>
#include <cassert>
#include <utility>

#include "bench/body_pattern.h"
#include "proxy/base/text.h"

namespace fairlead::bench {

H2LoadSlot::H2LoadSlot(Lane& lane, H2Load& connection)
    : lane_(lane),
      connection_(connection),
      deadline_(net::Deadline::of<&H2LoadSlot::on_deadline>(lane.loop().timers(), *this)) {}

void H2LoadSlot::send(Time planned, Time now) {
    assert(!is_busy_);
    is_busy_ = true;
    planned_ = planned;
    sent_ = now;
    deadline_.set(after(now, lane_.settings().timeout));
    connection_.wait(*this);
}

bool H2LoadSlot::begin(http::H2Session& session) {
    PreparedRequest& request = lane_.draw();
    status_ = 0;
    body_offset_ = 0;
    body_left_ = request.body_bytes();
    stream_ = session.send_request(this, request.head(lane_.next_id(), false), body_left_ == 0);
    if (stream_ == nullptr) return false;
    write_body();
    return true;
}

/// A piece at a time: the next one when all of this was framed.
void H2LoadSlot::write_body() {
    if (stream_ == nullptr || body_left_ == 0) return;
    const std::uint64_t bytes = std::min<std::uint64_t>(kPatternRunBytes, body_left_);
    const std::string_view piece = body_pattern(body_offset_, bytes);
    body_offset_ += bytes;
    body_left_ -= bytes;
    connection_.send_data(*stream_, piece, body_left_ == 0);
}

void H2LoadSlot::on_response(const http::H2Head& head) {
    // "HTTP/1.1 200 ..."
    const auto status = head.text.size() < 12 ? std::nullopt : parse_number(head.text.substr(9, 3));
    if (head.error.failure != Failure::None || !status) {
        connection_.drop(*std::exchange(stream_, nullptr), false);
        finish(Outcome::BadFraming, std::chrono::steady_clock::now());
        return;
    }
    if (*status < 200) return;  // the answer follows
    status_ = static_cast<int>(*status);
    if (head.is_last) complete();
}

void H2LoadSlot::on_data(std::span<char> payload, bool is_last) {
    connection_.consume(*stream_, payload.size());
    if (is_last) complete();
}

void H2LoadSlot::complete() {
    // An answer before the request was sent whole leaves no use for the rest of it.
    connection_.drop(*std::exchange(stream_, nullptr), body_left_ == 0);
    finish(outcome_of(status_), std::chrono::steady_clock::now());
}

void H2LoadSlot::end(Outcome outcome) {
    stream_ = nullptr;
    finish(outcome, std::chrono::steady_clock::now());
}

void H2LoadSlot::on_deadline() {
    if (!is_busy_) return;
    if (stream_ == nullptr) {
        finish(connection_.leave(*this), std::chrono::steady_clock::now());
        return;
    }
    connection_.drop(*std::exchange(stream_, nullptr), false);
    finish(Outcome::Timeout, std::chrono::steady_clock::now());
}

void H2LoadSlot::give_up(Time now) {
    if (!is_busy_) return;
    if (stream_ == nullptr) {
        connection_.leave(*this);
    } else {
        connection_.drop(*std::exchange(stream_, nullptr), false);
    }
    finish(Outcome::Timeout, now);
}

void H2LoadSlot::finish(Outcome outcome, Time now) {
    is_busy_ = false;
    body_left_ = 0;
    deadline_.clear();
    lane_.on_ended(*this, {outcome, planned_, sent_, now});
}

}  // namespace fairlead::bench
