// Picking a backend, trying it, and trying again.
#include <algorithm>
#include <cassert>
#include <utility>
#include <vector>

#include "proxy/l7/client_certificate.h"
#include "proxy/l7/exchange.h"
#include "proxy/net/proxy_protocol.h"
#include "proxy/net/tls.h"

namespace fairlead::l7 {
namespace {

/// So much of a request body may wait for a backend before the client is no longer read.
constexpr std::size_t kBodyAheadBytes = 256 * 1024;

/// Before backends are tried that have failed this request already: up to so long, twice as long
/// each time. All of the wait is left to chance ("full jitter"), so that requests which failed
/// together do not come back together (Brooker, "Exponential Backoff And Jitter", 2015).
constexpr Duration kBackOffFirst = std::chrono::milliseconds{50};
constexpr unsigned kBackOffDoublings = 4;

/// As the log shows an attempt whose answer was retried.
std::string_view status_word(int status) {
    switch (status) {
        case 429:
            return "429";
        case 500:
            return "500";
        case 502:
            return "502";
        case 503:
            return "503";
        default:
            return "504";
    }
}

}  // namespace

Framing Exchange::request_framing() const {
    switch (head_.body.kind) {
        case http::BodyLength::Kind::Length:
            return {Framing::Kind::Length, head_.body.bytes};
        case http::BodyLength::Kind::Chunked:
        case http::BodyLength::Kind::UntilClose:  // where a client's protocol has no need of chunks
            return {Framing::Kind::Chunked, 0};
        case http::BodyLength::Kind::None:
            break;
    }
    return {};
}

bool Exchange::is_request_chunked() const {
    return request_framing().kind == Framing::Kind::Chunked;
}

AttemptSettings Exchange::attempt_settings() const {
    const conf::PoolTimeouts& timeouts = pool_->config.timeouts;
    return {timeouts.connect,
            route_->response_timeout,
            timeouts.idle,
            route_->retry->per_try,
            head_.method,
            upgrade_,
            pool_->config.send_proxy != conf::SendProxy::Off};
}

void Exchange::pick() {
    if (client_->private_connection() != nullptr) {
        balancing::Picked own;
        if (take_private_backend(own)) {
            take(std::move(own));
            return;
        }
    }
    take(choose_backend());
}

/// A client that authenticated a connection is known on that connection only.
bool Exchange::take_private_backend(balancing::Picked& picked) {
    const PrivateConnection& own = *client_->private_connection();
    // Also when a reload has made the pool anew: the backend's entry stays the same.
    if (own.idle.size() == 0 || pool_->find(own.backend->backend) != own.backend.get()) {
        return false;
    }
    std::vector<const balancing::Backend*> others;
    for (const auto& each : pool_->backends) {
        if (each != own.backend) others.push_back(&each->backend);
    }
    picked = pool_->pool.pick(hash_key_, others, context_.loop.now());
    return static_cast<bool>(picked.lease);
}

void Exchange::take(balancing::Picked picked) {
    if (picked.wait) {
        const Time now = context_.loop.now();
        if (route_->queue->size == 0 ||
            !pool_->pool.enqueue(*this, hash_key_, std::span(tried_.data(), tried_count_), now)) {
            fail(Failure::QueueFull);
            return;
        }
        enter(Phase::Queued);
        has_queued_ = true;
        queued_at_ = now;
        queue_until_ = after(now, route_->queue->wait);
        arm();
        return;
    }
    if (picked.failure != Failure::None) {
        fail(picked.failure);
        return;
    }
    const bool is_repeatable = is_idempotent(head_.method) || route_->retry->non_idempotent;
    start_attempt(std::move(picked.lease),
                  is_repeatable ? Attempt::Reuse::Any : Attempt::Reuse::VeryFresh);
}

void Exchange::on_turn(balancing::Picked picked) noexcept {
    const Time now = context_.loop.now();
    queue_took_ += now - queued_at_;
    queue_until_ = Time::max();
    pool_->series.queue_seconds->observe(context_.worker, now - queued_at_);
    if (picked.failure == Failure::ClientClosed) {
        client_left(Failure::ClientClosed);
        return;
    }
    take(std::move(picked));
}

bool Exchange::is_gone() const noexcept { return grace_until_ != Time::max(); }

/// By what the backend speaks.
void Exchange::choose_attempt(const connect::BackendEntry& backend) {
    attempt_ = &h1_attempt_;
    if (backend.h2 == nullptr) return;
    if (h2_attempt_ == nullptr) {
        AttemptObserver& observer = *this;
        h2_attempt_ = std::make_unique<H2Attempt>(context_.loop, observer);
    }
    attempt_ = h2_attempt_.get();
}

void Exchange::start_attempt(balancing::Lease lease, Attempt::Reuse reuse) {
    enter(Phase::Trying);
    attempt_->cancel();
    connect::BackendEntry& backend = pool_->entry(lease.backend());
    choose_attempt(backend);
    if (tries_used_ == 0 && attempt_count_ == 0) pool_->pool.note_request(context_.loop.now());
    PrivateConnection* const own = client_->private_connection();
    if (own != nullptr && own->backend.get() == &backend && reuse != Attempt::Reuse::None) {
        const Duration idle_max =
            reuse == Attempt::Reuse::VeryFresh ? Attempt::kVeryFresh : kForever;
        if (auto connection = own->idle.take(idle_max)) {
            h1_attempt_.start_on(std::move(connection), backend, std::move(lease),
                                 attempt_settings(), context_.worker);
            return;
        }
    }
    AttemptSettings settings = attempt_settings();
    net::ProxyHeaderBytes announced;
    if (settings.is_announced && backend.tls != nullptr) {
        announced = announcement();
        settings.announcement = announced.bytes();
    }
    attempt_->start(backend, std::move(lease), settings, reuse, context_.worker);
}

/// The PROXY header of this client.
net::ProxyHeaderBytes Exchange::announcement() const {
    const bool is_v1 = pool_->config.send_proxy == conf::SendProxy::V1;
    return net::proxy_header(is_v1 ? net::ProxyVersion::V1 : net::ProxyVersion::V2, client_->peer(),
                             client_->destination());
}

void Exchange::on_attempt_ready() {
    connect_took_ = attempt_->connect_took();
    has_connected_ = true;
    const conf::Pool& pool = pool_->config;
    std::string_view host = host_;
    if (pool.host_header == conf::HostHeader::Backend || host.empty())
        host = attempt_->backend().host;
    if (pool.host_header == conf::HostHeader::Literal) host = pool.host_literal;
    const conf::Via via = listener_->config.via;
    const conf::HeaderRules* rules =
        route_->config != nullptr && !route_->config->request_headers.empty()
            ? &route_->config->request_headers
            : nullptr;
    // There is no upgrade in HTTP/2.
    const std::string_view upgrade =
        attempt_->backend().h2 != nullptr ? std::string_view() : upgrade_;
    const std::uint16_t port = client_->local_port();
    const bool is_secure = !tls_version_.empty();
    const bool is_http2 = client_->protocol() == ClientSide::Protocol::Http2;
    ClientCertificate certificate;
    const bool shows_client = asks_for_certificates(listener_->config);
    if (shows_client && is_secure) certificate = client_certificate(*client_->tls());
    write_request_head(
        context_.head_buffer,
        {head_, target_, host, host_, request_id_, context_.own_lines(port, is_secure),
         context_.instance, client_->peer().ip, port, is_trusted_,
         via == conf::Via::Request || via == conf::Via::Both, forwards_expect_, upgrade,
         request_framing(), rules, shows_client ? &certificate : nullptr, is_secure, is_http2,
         claim_.is_sent ? std::string_view(pool_->config.sticky->cookie) : std::string_view()});

    const bool is_last = body_.is_complete();
    net::ProxyHeaderBytes announced;
    if (pool.send_proxy != conf::SendProxy::Off && !attempt_->is_reused() &&
        attempt_->backend().tls == nullptr) {
        announced = announcement();
    }
    if (!attempt_->send({announced.bytes(), context_.head_buffer.view(), body_.held(),
                         body_.trailers(), is_request_chunked(), is_last})) {
        on_attempt_failed(attempt_->send_failure());
        return;
    }
    body_.drop_if_full();
    if (attempt_->queued_bytes() < kBodyAheadBytes && is_input_paused_ && !is_last) {
        is_input_paused_ = false;
        client_->resume_input();
    }
}

void Exchange::forward_body(std::string_view payload, bool is_last) {
    if (payload.empty() && !is_last) return;
    // Kept before it is sent: a retry starts over from the first byte.
    if (body_.is_replayable()) {
        body_.hold(payload);
        body_.drop_if_full();
    }
    if (!attempt_->send({.payload = payload,
                         .trailers = body_.trailers(),
                         .is_chunked = is_request_chunked(),
                         .is_last = is_last})) {
        on_attempt_failed(attempt_->send_failure());
        return;
    }
    if (!is_last && attempt_->queued_bytes() >= kBodyAheadBytes) {
        is_input_paused_ = true;
        client_->pause_input();
    }
}

void Exchange::on_attempt_drained() {
    if (!is_input_paused_ || body_.is_complete()) return;
    is_input_paused_ = false;
    body_pace_.excuse(context_.loop.now(), body_.received_bytes());
    client_->resume_input();
}

void Exchange::note_attempt(std::string_view reason) {
    if (attempt_count_ == kAttemptsMax) return;
    attempts_[attempt_count_++] = {&attempt_->backend().backend, reason,
                                   context_.loop.now() - attempt_->started()};
}

/// What is running is over before it has come to anything.
void Exchange::note_running_attempt(Failure failure) {
    if (attempt_->is_running()) note_attempt(word(failure));
    attempt_->cancel();
}

void Exchange::on_attempt_failed(Failure failure) {
    note_attempt(word(failure));
    accuse_for(failure);
    note_useless_retry();
    if (is_response_begun()) {
        // What the client has got is not whole, and must not look so.
        failure_ = failure;
        end(ClientSide::Ending::Reset);
        return;
    }
    const RetryAnswer answer =
        decide_retry({failure, 0, false, false, head_.method, body_.is_replayable(), false,
                      attempt_->nothing_written(), tries_used_},
                     *route_->retry);
    if (answer.place != RetryPlace::Nowhere && try_again(answer, failure)) return;
    fail(failure);
}

void Exchange::leave_backend(const balancing::Backend& backend) {
    if (phase_ != Phase::Trying || !attempt_->is_running() ||
        &attempt_->backend().backend != &backend || !pool_->pool.shared()->has_usable()) {
        return;
    }
    constexpr Failure kFailure = Failure::BackendDown;
    const RetryAnswer answer =
        decide_retry({kFailure, 0, false, false, head_.method, body_.is_replayable(), false,
                      attempt_->nothing_written(), tries_used_},
                     *route_->retry);
    if (answer.place == RetryPlace::Nowhere) return;
    const connect::BackendSeries& series = attempt_->backend().series;
    const std::size_t attempts_before = attempt_count_;
    note_attempt(word(kFailure));
    if (try_again(answer, kFailure)) {
        series.failures[static_cast<std::size_t>(kFailure)]->add(context_.worker);
    } else if (phase_ == Phase::Trying) {
        attempt_count_ = attempts_before;
    }
}

bool Exchange::retry_status(const http::ResponseHead& head, bool is_grpc_unavailable) {
    if (is_grpc_unavailable || route_->retry->on.covers_status(head.status)) note_useless_retry();
    const bool has_retry_after = head.find(http::FieldId::RetryAfter) != nullptr;
    const RetryAnswer answer = decide_retry(
        {Failure::None, head.status, has_retry_after, is_grpc_unavailable, head_.method,
         body_.is_replayable() && attempt_->is_request_sent(), false, false, tries_used_},
        *route_->retry);
    return answer.place != RetryPlace::Nowhere && try_again(answer, Failure::None);
}

bool Exchange::try_again(const RetryAnswer& answer, Failure failure) {
    if (answer.place == RetryPlace::SameBackend) {
        pool_->series.retries[static_cast<std::size_t>(answer.reason)]->add(context_.worker);
        start_attempt(std::move(attempt_->lease()), Attempt::Reuse::None);
        return true;
    }
    if (tried_count_ < tried_.size()) {
        tried_[tried_count_++] = &attempt_->backend().backend;
    }
    // Paid first: a choice that comes to nothing would still move the policies' turns.
    if (!pay_retry(answer)) return false;
    balancing::Picked picked = choose_backend();
    if (failure == Failure::None && (picked.failure != Failure::None || picked.wait)) {
        refund_retry();
        return false;  // nobody else: the answer there is stands
    }
    if (picked.failure != Failure::None) return back_off(answer, failure);
    if (failure == Failure::None) {
        const int status = attempt_->head().status;
        note_attempt(status == 200 ? word(Failure::GrpcUnavailable) : status_word(status));
        attempt_->backend().series.requests[static_cast<std::size_t>(status / 100)]->add(
            context_.worker);
    }
    attempt_->cancel();
    if (answer.counts_as_try) ++tries_used_;
    pool_->series.retries[static_cast<std::size_t>(answer.reason)]->add(context_.worker);
    take(std::move(picked));
    return true;
}

/// Out of the budget, where it has to be. @return false: that is used up
bool Exchange::pay_retry(const RetryAnswer& answer) {
    is_paid_retry_ = answer.needs_budget;
    if (!answer.needs_budget) return true;
    if (pool_->pool.shared()->retry_budget().take(context_.loop.now())) return true;
    pool_->series.retry_budget_exhausted->add(context_.worker);
    return is_paid_retry_ = false;
}

void Exchange::refund_retry() {
    if (!std::exchange(is_paid_retry_, false)) return;
    pool_->pool.shared()->retry_budget().give_back(context_.loop.now());
}

void Exchange::note_useless_retry() {
    if (!std::exchange(is_paid_retry_, false)) return;
    pool_->pool.shared()->retry_budget().note_useless(context_.loop.now());
}

/// Everybody usable has failed it: after a moment they are asked again. Paid already.
bool Exchange::back_off(const RetryAnswer& answer, Failure failure) {
    const Time now = context_.loop.now();
    if (!pool_->pool.has_usable(now)) {
        refund_retry();
        return false;
    }
    attempt_->cancel();
    if (answer.counts_as_try) ++tries_used_;
    pool_->series.retries[static_cast<std::size_t>(answer.reason)]->add(context_.worker);
    backed_off_for_ = failure;
    const Duration longest = kBackOffFirst * (1U << std::min(back_offs_++, kBackOffDoublings));
    enter(Phase::BackingOff);
    resume_at_ = now + Duration(static_cast<Duration::rep>(
                           context_.random.below(static_cast<std::uint64_t>(longest.count()))));
    arm();
    return true;
}

void Exchange::resume() {
    resume_at_ = Time::max();
    arm();
    tried_count_ = 0;
    balancing::Picked picked = choose_backend();
    if (picked.failure != Failure::None) {
        fail(backed_off_for_);
    } else {
        take(std::move(picked));
    }
}

}  // namespace fairlead::l7
