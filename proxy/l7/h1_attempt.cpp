#include "proxy/l7/h1_attempt.h"

#include <algorithm>
#include <cassert>

#include "proxy/base/text.h"
#include "proxy/http/hop_by_hop.h"
#include "proxy/http/keep_alive.h"
#include "proxy/l7/body_pieces.h"
#include "proxy/telemetry/log.h"

namespace fairlead::l7 {

H1Attempt::H1Attempt(net::Loop& loop, AttemptObserver& observer)
    : Attempt(loop, observer), connector_(loop, *this) {}

H1Attempt::~H1Attempt() { cancel(); }

void H1Attempt::start(connect::BackendEntry& backend, balancing::Lease lease,
                      const AttemptSettings& settings, Reuse reuse, unsigned worker) {
    begin(backend, std::move(lease), settings, worker);
    is_write_broken_ = is_private_ = false;
    if (reuse != Reuse::None && !settings.is_announced) {
        auto idle = backend.idle.take(reuse == Reuse::VeryFresh ? kVeryFresh : kForever);
        if (idle != nullptr) {
            use(std::move(idle));
            return;
        }
    }
    phase_ = Phase::Connecting;
    const Duration timeout = std::min(settings.connect_timeout, settings.try_timeout);
    connector_.start(backend.endpoint.addresses, timeout, backend.opening(settings.announcement));
}

void H1Attempt::start_on(std::unique_ptr<connect::BackendConnection> connection,
                         connect::BackendEntry& backend, balancing::Lease lease,
                         const AttemptSettings& settings, unsigned worker) {
    begin(backend, std::move(lease), settings, worker);
    is_write_broken_ = false;
    is_private_ = true;
    use(std::move(connection));
}

void H1Attempt::use(std::unique_ptr<connect::BackendConnection> connection) {
    connection_ = std::move(connection);
    was_reused_ = connection_->is_reused();
    connection_->stream().set_observer(*this);
    backend_->series.connections_active->add(worker_, 1);
    phase_ = Phase::Waiting;
    parser_.start(head_, settings_.method, kResponseLimits);
    if (settings_.try_timeout != kForever) arm(kForever);
    observer_.on_attempt_ready();
}

void H1Attempt::on_connect_done(std::unique_ptr<net::Stream> stream) {
    backend_->series.connects_ok->add(worker_);
    connect_took_ = loop_.now() - started_;
    use(std::make_unique<connect::BackendConnection>(loop_, std::move(stream)));
}

void H1Attempt::on_connect_failed(Failure failure) {
    backend_->series.connects_failed->add(worker_);
    if (failure == Failure::TlsFailed) {
        backend_->log_tls_failure(loop_.now(), connector_.tls_reason());
    }
    fail(failure);
}

bool H1Attempt::send(const RequestPart& part) {
    assert(phase_ == Phase::Waiting || phase_ == Phase::Body);
    if (is_write_broken_) return true;
    BodyPieces pieces;
    pieces.add(part.announcement);
    pieces.add(part.head);
    pieces.add_body(part.payload, part.is_chunked, part.is_last, part.trailers);
    net::Stream& stream = connection_->stream();
    if (!stream.write(pieces.all())) {
        if (has_written_) {
            // It may have answered before it closed; on_due looks, when nobody is in between.
            is_write_broken_ = true;
            arm(Duration::zero());
            return true;
        }
        // A refused first write gave the kernel nothing: nothing_written() still says so.
        send_failure_ = was_reused_ ? Failure::StaleConnection : Failure::BackendReset;
        close_connection();
        count(send_failure_);
        phase_ = Phase::Done;
        return false;
    }
    has_written_ = true;
    if (part.is_last) is_request_sent_ = true;
    arm_after_send(part.is_last);
    return true;
}

std::size_t H1Attempt::queued_bytes() const {
    return connection_ == nullptr ? 0 : connection_->stream().queued_bytes();
}

void H1Attempt::pause_reading() {
    if (is_paused_ || connection_ == nullptr) return;
    is_paused_ = true;
    connection_->stream().stop_reading();
    arm(kForever);
}

void H1Attempt::resume_reading() {
    if (!is_paused_ || connection_ == nullptr) return;
    is_paused_ = false;
    connection_->stream().start_reading();
    arm(settings_.idle_timeout);
}

void H1Attempt::on_drained() {
    if (phase_ == Phase::Waiting) {
        is_request_sent_ ? arm_for_response() : arm(kForever);
    }
    queued_before_ = 0;
    observer_.on_attempt_drained();
}

void H1Attempt::on_bytes(std::span<char> bytes) {
    if (phase_ == Phase::Body) {
        on_body(bytes);
        return;
    }
    assert(phase_ == Phase::Waiting);
    while (true) {
        const http::ParseResult parsed = parser_.feed(bytes);
        if (parsed.status == http::ParseStatus::NeedMore) return;
        if (parsed.status == http::ParseStatus::Refused) {
            telemetry::log::debug("backend {}: bad response: {}", backend_->backend.name(),
                                  parsed.error.reason);
            fail(Failure::BackendBadResponse);
            return;
        }
        bytes = bytes.subspan(parsed.consumed);
        // A response nobody has asked for: the request's first byte is not even written.
        if (!has_written_) {
            fail(Failure::BackendBadResponse);
            return;
        }
        if (head_.status >= 200) break;
        if (head_.status == 101) {
            if (!is_wanted_switch()) {
                fail(Failure::BackendBadResponse);
                return;
            }
            phase_ = Phase::Done;
            disarm();
            observer_.on_switched(head_, std::string_view(bytes.data(), bytes.size()));
            return;
        }
        if (++interim_count_ > kInterimResponsesMax) {
            fail(Failure::BackendBadResponse);
            return;
        }
        observer_.on_interim_response(head_);
        if (phase_ != Phase::Waiting) return;  // the exchange has ended over it
        parser_.start(head_, settings_.method, kResponseLimits);
        if (bytes.empty()) return;
    }
    on_head(bytes);
}

bool H1Attempt::is_wanted_switch() const {
    if (settings_.upgrade.empty() || !is_request_sent_ || !head_.has_upgrade) return false;
    const http::Field* upgrade = head_.find(http::FieldId::Upgrade);
    return upgrade != nullptr && http::list_has(settings_.upgrade, head_.value(*upgrade));
}

/// The connection, not the request, has been authenticated (RFC 4559 and NTLM): it must serve
/// nobody but this client.
bool H1Attempt::authenticates_connection() const {
    if (head_.status != 401) return false;
    for (const http::Field& field : head_.fields) {
        if (field.id != http::FieldId::WwwAuthenticate) continue;
        const std::string_view scheme = head_.value(field);
        if (iequals(scheme.substr(0, 4), "NTLM") || iequals(scheme.substr(0, 9), "Negotiate")) {
            return true;
        }
    }
    return false;
}

void H1Attempt::on_head(std::span<char> rest) {
    is_private_ = is_private_ || authenticates_connection();
    head_at_ = loop_.now();
    lease_.observe(head_at_ - started_, head_at_);
    decoder_.start(head_.body);
    phase_ = Phase::Body;
    if (decoder_.is_done()) {
        settle(rest.empty());
        observer_.on_response(head_, {}, true);
        return;
    }
    const http::BodyPart part = decoder_.decode(rest);
    if (part.is_refused) {
        fail(Failure::BackendBadResponse);  // nothing of it has been forwarded yet
        return;
    }
    const std::string_view payload(part.payload.data(), part.payload.size());
    if (part.is_done) {
        settle(part.consumed == rest.size());
    } else {
        arm(settings_.idle_timeout);
    }
    observer_.on_response(head_, payload, part.is_done);
}

void H1Attempt::on_body(std::span<char> bytes) {
    const http::BodyPart part = decoder_.decode(bytes);
    if (part.is_refused) {
        fail(Failure::BackendBadResponse);
        return;
    }
    if (part.is_done) {
        settle(part.consumed == bytes.size());
    } else if (!is_paused_) {
        arm(settings_.idle_timeout);
    }
    observer_.on_response_body(std::string_view(part.payload.data(), part.payload.size()),
                               part.is_done);
}

void H1Attempt::settle(bool is_clean) {
    phase_ = Phase::Done;
    const bool can_keep = is_clean && is_request_sent_ && head_.keep_alive &&
                          (is_private_ || !settings_.is_announced) &&
                          head_.body.kind != http::BodyLength::Kind::UntilClose &&
                          connection_->stream().queued_bytes() == 0;
    if (!can_keep) {
        close_connection();
        return;
    }
    if (is_private_) return;  // take_private_connection() follows
    backend_->series.connections_active->add(worker_, -1);
    if (const http::Field* told = head_.find(http::FieldId::KeepAlive)) [[unlikely]] {
        if (const auto timeout = http::keep_alive_timeout(head_.value(*told))) {
            backend_->idle.on_told(*timeout);
        }
    }
    backend_->idle.put(std::move(connection_));
}

void H1Attempt::on_end() {
    if (phase_ == Phase::Body && decoder_.end_of_input()) {
        settle(false);
        observer_.on_response_body({}, true);
        return;
    }
    fail(is_stale() ? Failure::StaleConnection : Failure::BackendClosed);
}

void H1Attempt::on_broken(Failure failure) {
    if (hear_rest()) return;
    fail(is_stale() ? Failure::StaleConnection : failure);
}

/// A backend that answers before it has read the request and closes then sends a reset behind its
/// answer; writing meets that first.
/// @return the attempt is over, or another one runs by now
bool H1Attempt::hear_rest() {
    const net::Stream* const heard = &connection_->stream();
    const std::span<char> buffer = loop_.scratch();
    while (const std::size_t length = connection_->stream().read_rest(buffer)) {
        on_bytes(buffer.first(length));
        if (connection_ == nullptr || &connection_->stream() != heard) return true;
    }
    return false;
}

/// The backend closed a connection it was done with before it saw the request.
bool H1Attempt::is_stale() const {
    return phase_ == Phase::Waiting && was_reused_ && !parser_.has_begun() && interim_count_ == 0;
}

void H1Attempt::on_due() {
    if (is_write_broken_) {
        on_broken(Failure::BackendReset);
    } else if (is_still_waiting()) {
        if (connection_->stream().is_unheard(settings_.connect_timeout)) {
            fail(Failure::BackendReset);
        }
    } else if (!is_still_reading()) {
        fail(Failure::BackendTimeout);
    }
}

void H1Attempt::fail(Failure failure) {
    connector_.cancel();
    close_connection();
    count(failure);
    phase_ = Phase::Done;
    observer_.on_attempt_failed(failure);
}

void H1Attempt::close_connection() {
    if (connection_ == nullptr) return;
    backend_->series.connections_active->add(worker_, -1);
    connect::close(loop_, std::move(connection_));
}

void H1Attempt::cancel() {
    if (phase_ == Phase::Idle) return;
    if (phase_ == Phase::Connecting) connector_.cancel();
    close_connection();
    lease_.release();
    phase_ = Phase::Idle;
}

std::unique_ptr<connect::BackendConnection> H1Attempt::take_private_connection() {
    if (connection_ == nullptr) return nullptr;
    backend_->series.connections_active->add(worker_, -1);
    return std::move(connection_);
}

std::unique_ptr<connect::BackendConnection> H1Attempt::take_tunnel(balancing::Lease& lease) {
    assert(connection_ != nullptr);
    backend_->series.connections_active->add(worker_, -1);
    lease = std::move(lease_);
    lease.to_tunnel();
    phase_ = Phase::Idle;
    return std::move(connection_);
}

}  // namespace fairlead::l7
