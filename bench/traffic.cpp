#include "bench/traffic.h"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>

#include "bench/traffic_connection.h"

namespace fairlead::bench {

namespace {

constexpr Duration kTick = std::chrono::milliseconds(8);
/// Requests that are due for longer than this while every connection is busy are skipped: a stall
/// is shown as what it is and not followed by a burst.
constexpr double kOwedSecondsMax = 0.5;

std::uint64_t& count_of(TrafficCounts& counts, TrafficResult result) {
    switch (result) {
        case TrafficResult::Answered:
            return counts.answered;
        case TrafficResult::BadStatus:
            return counts.bad_status;
        case TrafficResult::Refused:
            return counts.refused;
        case TrafficResult::Closed:
            return counts.closed;
        case TrafficResult::BadResponse:
            return counts.bad_response;
        case TrafficResult::Timeout:
            break;
    }
    return counts.timeout;
}

}  // namespace

Traffic::Traffic(net::Loop& loop, TrafficSettings settings)
    : loop_(loop),
      settings_(std::move(settings)),
      request_(fmt::format("GET {} HTTP/1.1\r\nHost: {}\r\nUser-Agent: fairlead-bench\r\n\r\n",
                           settings_.target, settings_.host)),
      tick_(net::Deadline::of<&Traffic::on_tick>(loop.timers(), *this)),
      last_tick_(loop.now()) {
    assert(settings_.connections > 0);
    for (unsigned i = 0; i < settings_.connections; ++i) {
        connections_.push_back(std::make_unique<TrafficConnection>(loop_, *this));
        free_.push_back(connections_.back().get());
    }
    tick_.set(last_tick_);  // the first requests leave in the loop's next turn
}

Traffic::~Traffic() = default;

void Traffic::stop() {
    is_stopped_ = true;
    tick_.clear();
}

/// Hands out what is due. Also the only place that sends after a failure: a port that refuses at
/// once must not become a busy loop.
void Traffic::on_tick() {
    const Time now = loop_.now();
    tick_.set(now + kTick);
    if (settings_.rate > 0) {
        const double seconds = std::chrono::duration<double>(now - last_tick_).count();
        owed_ += settings_.rate * seconds;
    }
    last_tick_ = now;
    while (!free_.empty() && (settings_.rate <= 0 || owed_ >= 1)) {
        owed_ = std::max(0.0, owed_ - 1);
        TrafficConnection& connection = *free_.front();
        free_.pop_front();
        send_next(connection);
    }
    const double owed_max = std::max(1.0, settings_.rate * kOwedSecondsMax);
    while (owed_ > owed_max) {
        owed_ -= 1;
        ++counts_.skipped;
    }
}

void Traffic::send_next(TrafficConnection& connection) {
    ++counts_.sent;
    ++busy_;
    connection.send();
}

void Traffic::on_result(TrafficConnection& connection, TrafficResult result, Duration latency) {
    --busy_;
    ++count_of(counts_, result);
    if (result == TrafficResult::Answered) counts_.latency.record(latency);
    if (!is_stopped_ && settings_.rate <= 0 && result == TrafficResult::Answered) {
        send_next(connection);
        return;
    }
    free_.push_back(&connection);
}

}  // namespace fairlead::bench
