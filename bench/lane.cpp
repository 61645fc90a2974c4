#include "bench/lane.h"

#include <algorithm>
#include <cassert>
#include <utility>

#include "bench/h2_load.h"
#include "bench/h2_load_slot.h"
#include "bench/load_connection.h"
#include "proxy/net/tls.h"

namespace fairlead::bench {

namespace {

/// A closed loop tries a connection that failed again after so long: a port that refuses at once
/// must not become a busy loop.
constexpr Duration kRest = std::chrono::milliseconds(10);
/// Sent so much later than planned though a connection was free: the generator has slipped.
constexpr Duration kSlip = std::chrono::milliseconds(10);

/// Failures without an answer are left out: being refused quickly is no low latency.
bool has_latency(Outcome outcome) {
    switch (outcome) {
        case Outcome::Ok:
        case Outcome::Status4xx:
        case Outcome::Status5xx:
        case Outcome::Timeout:
        case Outcome::ConnectTimeout:
            return true;
        case Outcome::ConnectRefused:
        case Outcome::Tls:
        case Outcome::Reset:
        case Outcome::ClosedMidBody:
        case Outcome::BadFraming:
            break;
    }
    return false;
}

/// As load generators do, it takes any certificate: what is measured is the server, not the trust.
std::shared_ptr<net::TlsClient> make_tls(const LaneSettings& settings) {
    if (!settings.target.is_tls) return nullptr;
    net::TlsClientSettings tls;
    tls.verify = false;
    tls.reuses_sessions = settings.resumes_tls;
    if (settings.target.protocol == Protocol::Http1) tls.protocols = {"http/1.1"};
    if (settings.target.protocol == Protocol::Http2) tls.protocols = {"h2"};
    auto made = net::TlsClient::make(std::move(tls));
    assert(made && "nothing in these settings can be wrong");
    return std::move(*made);
}

}  // namespace

Lane::Lane(net::Loop& loop, LaneSettings settings)
    : loop_(loop),
      settings_(std::move(settings)),
      tls_(make_tls(settings_)),
      mix_(settings_.target.requests, settings_.target.host, settings_.id_series),
      random_(settings_.seed),
      timer_(net::PreciseTimer::of<&Lane::on_timer>(loop, *this)),
      next_id_(settings_.id_first) {
    assert(settings_.connections > 0);
    make_slots();
    for (const auto& slot : slots_) free_.push_back(slot.get());
}

void Lane::make_slots() {
    if (settings_.target.protocol != Protocol::Http2) {
        for (unsigned i = 0; i < settings_.connections; ++i) {
            slots_.push_back(LoadConnection::make(*this));
        }
        return;
    }
    for (unsigned i = 0; i < settings_.connections; ++i) {
        h2_.push_back(std::make_unique<H2Load>(*this));
    }
    // The first streams of all connections before the second of any: few requests spread out.
    for (unsigned stream = 0; stream < settings_.streams; ++stream) {
        for (const auto& connection : h2_) {
            slots_.push_back(std::make_unique<H2LoadSlot>(*this, *connection));
        }
    }
}

Lane::~Lane() = default;

void Lane::start(Time begin, Time measured_from, Time end) {
    measured_from_ = measured_from;
    end_ = end;
    if (!settings_.is_closed) {
        schedule_ = settings_.is_poisson
                        ? Schedule::poisson(begin, settings_.rate, settings_.seed)
                        : Schedule::constant(begin, settings_.rate, settings_.phase);
        planned_ = schedule_;
    }
    timer_->set(begin);  // the first requests leave in the loop's next turn
}

void Lane::stop() {
    end_ = std::min(end_, std::chrono::steady_clock::now());
    arm();
}

bool Lane::is_idle() const {
    return busy_ == 0 && (settings_.is_closed || schedule_->next() >= end_);
}

void Lane::halt() {
    late();  // what is planned by now stays so
    end_ = Time::min();
    timer_->clear();
}

void Lane::give_up() {
    late();
    const Time now = std::chrono::steady_clock::now();
    for (; schedule_ && schedule_->next() < end_; schedule_->advance()) {
        --late_;
        if (schedule_->next() < measured_from_) continue;
        ++tally_.unsent;
        ++tally_.outcomes[Outcome::Timeout];
        tally_.from_planned.record(now - schedule_->next());
    }
    halt();
    for (const auto& slot : slots_) slot->give_up(now);
}

std::uint64_t Lane::under_way() const {
    return static_cast<std::uint64_t>(std::count_if(
        slots_.begin(), slots_.end(), [](const auto& slot) { return slot->is_under_way(); }));
}

Tally Lane::take() {
    late();  // counts what is planned by now
    return std::exchange(tally_, Tally());
}

std::uint64_t Lane::late() {
    if (settings_.is_closed || !planned_) return 0;
    const Time until = std::min(std::chrono::steady_clock::now(), end_);
    late_ += planned_->advance_to(std::min(until, measured_from_));
    const std::uint64_t measured = planned_->advance_to(until);
    tally_.planned += measured;
    late_ += measured;
    // What was sent since the last count was planned before it was counted.
    return late_;
}

std::uint64_t Lane::next_id() {
    const std::uint64_t id = next_id_;
    next_id_ += settings_.id_step;
    return id;
}

void Lane::count_sent_request(bool is_reused) {
    ++requests_sent_;
    if (is_reused) ++tally_.requests_reused;
}

void Lane::count_opened(const net::Stream& stream) {
    ++tally_.connections_opened;
    const net::TlsSession* const tls = stream.tls();
    if (tls == nullptr) return;
    ++(tls->is_resumed() ? tally_.handshakes_resumed : tally_.handshakes_whole);
    const bool is_known =
        std::any_of(agreements_.begin(), agreements_.end(), [tls](const TlsAgreement& each) {
            return each.version == net::name(tls->version()) && each.cipher == tls->cipher();
        });
    if (is_known) return;
    agreements_.push_back({std::string(net::name(tls->version())), std::string(tls->cipher())});
}

Outcome Lane::no_connection(Failure failure) {
    if (failure == Failure::ConnectNoPorts) {
        shortage_ = "no local ports left; let more requests share a connection";
    }
    if (failure == Failure::NoDescriptors) {
        shortage_ = "no file descriptors left; raise the limit with ulimit -n";
    }
    return failure == Failure::ConnectTimeout ? Outcome::ConnectTimeout : Outcome::ConnectRefused;
}

void Lane::on_timer() { dispatch(std::chrono::steady_clock::now()); }

/// Sends what is due to the connections that are free.
void Lane::dispatch(Time now) {
    if (settings_.is_closed) {
        while (!free_.empty() && now < end_) {
            LoadSlot& slot = *free_.front();
            free_.pop_front();
            send(slot, now, now);
        }
        return;
    }
    while (!free_.empty() && is_due(now)) {
        const Time planned = schedule_->next();
        schedule_->advance();
        // A connection was free all the time, so being late is nobody else's doing, nor is what
        // piled up meanwhile.
        if (now - planned > kSlip) slipped_until_ = now;
        count_slip(planned);
        LoadSlot& slot = *free_.front();
        free_.pop_front();
        send(slot, planned, now);
    }
    arm();
}

void Lane::send(LoadSlot& slot, Time planned, Time now) {
    ++busy_;
    if (settings_.is_closed) {
        if (planned >= measured_from_) ++tally_.planned;
    } else {
        --late_;
    }
    slot.send(planned, now);
}

void Lane::count_slip(Time planned) {
    if (planned <= slipped_until_ && planned >= measured_from_) ++tally_.slipped;
}

void Lane::arm() {
    if (settings_.is_closed) return;
    const bool has_next = !free_.empty() && schedule_->next() < end_;
    timer_->set(has_next ? schedule_->next() : Time::max());
}

void Lane::on_ended(LoadSlot& slot, const RequestEnd& end) {
    --busy_;
    if (end.ended >= measured_from_ && end.ended < end_) ++tally_.ended;
    if (end.planned >= measured_from_) {
        ++tally_.outcomes[end.outcome];
        if (has_latency(end.outcome)) {
            tally_.from_planned.record(end.ended - end.planned);
            tally_.from_send.record(end.ended - end.sent);
        }
    }
    const Time now = end.ended;
    if (settings_.is_closed) {
        const bool is_answered = end.outcome == Outcome::Ok || end.outcome == Outcome::Status4xx ||
                                 end.outcome == Outcome::Status5xx;
        if (is_answered && now < end_) {
            send(slot, now, now);
            return;
        }
        free_.push_back(&slot);
        if (now < end_ && !timer_->is_set()) timer_->set(now + kRest);
        return;
    }
    if (free_.empty() && is_due(now)) {
        // Every connection was busy: whoever comes back first takes what waits for longest.
        const Time planned = schedule_->next();
        schedule_->advance();
        count_slip(planned);
        send(slot, planned, now);
        return;
    }
    free_.push_back(&slot);
    if (is_due(now)) {
        dispatch(now);
    } else {
        arm();
    }
}

}  // namespace fairlead::bench
