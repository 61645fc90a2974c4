#include "proxy/l7/attempt.h"

#include <algorithm>
#include <cassert>

namespace fairlead::l7 {

Attempt::Attempt(net::Loop& loop, AttemptObserver& observer)
    : loop_(loop),
      observer_(observer),
      deadline_(net::Deadline::of<&Attempt::on_deadline>(loop.timers(), *this)) {}

void Attempt::begin(connect::BackendEntry& backend, balancing::Lease lease,
                    const AttemptSettings& settings, unsigned worker) {
    assert(phase_ == Phase::Idle);
    backend_ = &backend;
    lease_ = std::move(lease);
    settings_ = settings;
    worker_ = worker;
    started_ = loop_.now();
    try_until_ = after(started_, settings.try_timeout);
    due_ = response_until_ = Time::max();
    connect_took_ = Duration::zero();
    queued_before_ = 0;
    interim_count_ = 0;
    send_failure_ = Failure::None;
    has_written_ = is_request_sent_ = was_reused_ = is_paused_ = false;
}

void Attempt::arm(Duration timeout) {
    due_ = std::min(after(loop_.now(), timeout), try_until_);
    if (due_ != Time::max()) deadline_.set(due_);
}

void Attempt::on_deadline() {
    // Left armed when nothing is waited for, so that ending costs nothing: late calls find that
    // out.
    if (phase_ == Phase::Idle || phase_ == Phase::Done) return;
    if (loop_.now() < due_) {
        if (due_ != Time::max()) deadline_.set(due_);
        return;
    }
    on_due();
}

bool Attempt::is_still_reading() {
    if (loop_.now() >= try_until_ || phase_ != Phase::Waiting) return false;
    const std::size_t queued = queued_bytes();
    if (queued == 0 || queued == queued_before_) return false;
    queued_before_ = queued;
    arm(settings_.idle_timeout);
    return true;
}

void Attempt::arm_after_send(bool is_last) {
    queued_before_ = queued_bytes();
    if (phase_ != Phase::Waiting) return;
    if (is_last && queued_before_ == 0) {
        arm_for_response();
    } else if (queued_before_ > 0) {
        arm(settings_.idle_timeout);  // it does not read: is_still_reading() looks whether it does
    } else {
        arm(kForever);  // the client's turn: its own deadlines run
    }
}

void Attempt::arm_for_response() {
    response_until_ = after(loop_.now(), settings_.response_timeout);
    arm(std::min(settings_.response_timeout, settings_.connect_timeout));
}

bool Attempt::is_still_waiting() {
    const Time now = loop_.now();
    if (phase_ != Phase::Waiting || !is_request_sent_ || queued_bytes() > 0) return false;
    if (now >= response_until_ || now >= try_until_) return false;
    arm(std::min(response_until_ - now, settings_.connect_timeout));
    return true;
}

void Attempt::count(Failure failure) {
    assert(lease_);
    // A stale connection says nothing about how well the backend is.
    if (failure != Failure::StaleConnection) lease_.failed(loop_.now());
    backend_->series.failures[static_cast<std::size_t>(failure)]->add(worker_);
}

}  // namespace fairlead::l7
