// The way back: a backend's response, a tunnel, or an answer of our own.
#include <cassert>

#include "proxy/l7/exchange.h"
#include "proxy/l7/grpc.h"
#include "proxy/l7/local_reply.h"

namespace fairlead::l7 {
namespace {

/// Not 501 and 505, which speak of the request.
constexpr bool says_it_failed(int status) {
    return status == 500 || (status >= 502 && status <= 504);
}

}  // namespace

bool Exchange::send(const ResponsePart& part) {
    if (const std::optional<std::size_t> sent = client_->send(part)) {
        bytes_out_ += *sent;
        return true;
    }
    client_left(Failure::ClientClosed);
    return false;
}

void Exchange::on_interim_response(const http::ResponseHead& head) {
    if (head_.minor == 0) return;
    // The client's 100 has been answered here, or it never asked.
    if (head.status == 100 && (sent_continue_ || !head_.expects_continue)) return;
    write_response_head(context_.head_buffer, {head, head_.minor, true, false, false, {}, nullptr});
    send({.head = context_.head_buffer.view(), .is_last = false, .is_interim = true});
}

Framing Exchange::response_framing(const http::ResponseHead& head) {
    using Kind = http::BodyLength::Kind;
    switch (head.body.kind) {
        case Kind::None:
            return {};
        case Kind::Length:
            return {Framing::Kind::Length, head.body.bytes};
        case Kind::Chunked:
        case Kind::UntilClose:
            break;
    }
    // HTTP/2 has frames for that.
    if (client_->protocol() == ClientSide::Protocol::Http2) return {Framing::Kind::UntilClose, 0};
    // HTTP/1.0 knows no chunks: there the end of the connection is the end of the body.
    if (head_.minor == 0) {
        keep_alive_ = false;
        return {Framing::Kind::UntilClose, 0};
    }
    return {Framing::Kind::Chunked, 0};
}

void Exchange::on_response(const http::ResponseHead& head, std::string_view payload, bool is_done) {
    if (says_it_failed(head.status)) {
        accuse(balancing::Fault::Answer);
    } else {
        attempt_->backend().backend.note_answered();
    }
    if (head.status >= 429 && route_->retry->on.covers_status(head.status)) {
        // An answer that the pool takes for a failure is one in the backend's count too: quick
        // failures must not look like an idle backend.
        attempt_->lease().failed(context_.loop.now());
        if (retry_status(head, false)) return;
    } else if (route_->retry->on.grpc_unavailable && is_grpc_unavailable(head, is_done)) {
        note_grpc_failure();
        if (retry_status(head, true)) return;
        failure_ = Failure::GrpcUnavailable;
    }
    const Time now = context_.loop.now();
    first_byte_took_ = now - started_;
    status_ = head.status;
    answered_by_ = &attempt_->backend().backend;
    attempt_->backend().series.seconds->observe(context_.worker,
                                                attempt_->head_at() - attempt_->started());
    attempt_->backend().series.requests[static_cast<std::size_t>(head.status / 100)]->add(
        context_.worker);

    framing_ = response_framing(head);
    const bool is_http2 = client_->protocol() == ClientSide::Protocol::Http2;
    is_duplex_ = is_http2 && attempt_->backend().h2 != nullptr && !is_done;
    if (!body_.is_complete() && !is_duplex_) {
        // The rest of the request is of no use any more: taken, so that the client gets to read
        // this, and thrown away. Both connections end with it.
        keep_alive_ = false;
        is_discarding_ = true;
    }
    keep_alive_ = keep_alive_ && attempt_->is_request_sent() && client_->may_keep_alive();
    const conf::Via via = listener_->config.via;
    const conf::HeaderRules* rules =
        route_->config != nullptr && !route_->config->response_headers.empty()
            ? &route_->config->response_headers
            : nullptr;
    const StickyOffer offer = sticky_offer();
    write_response_head(
        context_.head_buffer,
        {head, head_.minor, keep_alive_, via == conf::Via::Response || via == conf::Via::Both,
         false, framing_, rules, false, offer.settings != nullptr ? &offer : nullptr});
    grace_until_ = Time::max();
    enter(Phase::Responding);
    if (is_discarding_ && is_input_paused_) {
        is_input_paused_ = false;
        client_->resume_input();
    }
    send_body(context_.head_buffer.view(), payload, is_done);
}

void Exchange::on_response_body(std::string_view payload, bool is_done) {
    send_body({}, payload, is_done);
}

void Exchange::send_body(std::string_view head, std::string_view payload, bool is_done) {
    const bool is_chunked = framing_.kind == Framing::Kind::Chunked;
    if (!send({head, payload, attempt_->trailers(), is_chunked, is_done, false})) return;
    if (is_done) {
        const std::string_view trailers = attempt_->trailers();
        if (!trailers.empty() && route_->retry->on.grpc_unavailable &&
            says_grpc_unavailable(trailers)) {
            note_grpc_failure();
            failure_ = Failure::GrpcUnavailable;
        }
        finish_response();
        return;
    }
    const std::size_t queued = client_->queued_bytes();
    if (queued == 0) return;
    if (queued >= pool_->config.buffer.response_bytes) attempt_->pause_reading();
    watch_pace();
}

void Exchange::note_grpc_failure() {
    accuse(balancing::Fault::Answer);
    attempt_->lease().failed(context_.loop.now());
    attempt_->backend().series.failures[static_cast<std::size_t>(Failure::GrpcUnavailable)]->add(
        context_.worker);
}

void Exchange::finish_response() {
    note_attempt("none");
    if (auto connection = attempt_->take_private_connection()) {
        const PrivateConnection* const own = client_->private_connection();
        if (own == nullptr || own->backend.get() != &attempt_->backend()) {
            client_->keep_private(
                std::make_unique<PrivateConnection>(context_.loop, attempt_->backend()));
        }
        client_->private_connection()->idle.put(std::move(connection));
    }
    attempt_->cancel();  // the lease is over; the connection is back or closed
    enter(Phase::Draining);
    if (client_->queued_bytes() > 0) {
        watch_pace();
        return;
    }
    on_client_drained();
}

void Exchange::on_client_drained() {
    if (phase_ == Phase::Responding) {
        attempt_->resume_reading();
        return;
    }
    if (phase_ != Phase::Draining) return;
    if (keep_alive_) {
        end(ClientSide::Ending::KeepAlive);
    } else if (!body_.is_complete() || failure_ != Failure::None) {
        end(ClientSide::Ending::Linger);
    } else {
        end(head_.keep_alive ? ClientSide::Ending::Close : ClientSide::Ending::CloseAsAsked);
    }
}

void Exchange::on_switched(const http::ResponseHead& head, std::string_view rest) {
    if (is_gone()) {  // half a tunnel is of no use, and would wait for its idle time
        client_left(Failure::ClientClosed);
        return;
    }
    status_ = 101;
    answered_by_ = &attempt_->backend().backend;
    first_byte_took_ = context_.loop.now() - started_;
    attempt_->backend().series.requests[1]->add(context_.worker);
    attempt_->backend().backend.note_answered();
    speak_verdict();
    note_attempt("none");
    const StickyOffer offer = sticky_offer();
    write_response_head(context_.head_buffer, {head,
                                               head_.minor,
                                               true,
                                               false,
                                               true,
                                               {},
                                               nullptr,
                                               false,
                                               offer.settings != nullptr ? &offer : nullptr});
    if (!send({.head = context_.head_buffer.view(), .payload = rest, .is_last = false})) return;
    auto connection = attempt_->take_tunnel(tunnel_lease_);
    enter(Phase::Tunnel);
    --context_.exchanges_running;
    ++context_.tunnels_running;
    // No deadline of the exchange runs in a tunnel but its own idle time.
    total_until_ = grace_until_ = Time::max();
    deadline_.clear();
    net::RelayObserver& observer = *this;
    std::string ahead;
    std::unique_ptr<net::Stream> client = client_->take_stream(ahead);
    const bool is_alive = ahead.empty() || connection->stream().write(ahead);
    relay_ =
        std::make_unique<net::Relay>(context_.loop, std::move(client), connection->release_stream(),
                                     listener_->config.timeouts.tunnel_idle, observer);
    connect::close(context_.loop, std::move(connection));
    relay_->start();
    bytes_in_ += ahead.size();
    if (!is_alive) on_relay_ended(Failure::BackendReset);
}

void Exchange::on_relay_ended(Failure failure) {
    // After abort() the relay lives on to the end of the turn, and may end by itself meanwhile.
    if (phase_ != Phase::Tunnel) return;
    // A peer that leaves without closing is how most tunnels end; only time-outs are failures.
    const bool is_named = failure == Failure::ClientTimeout || failure == Failure::Drained;
    failure_ = is_named ? failure : Failure::None;
    bytes_in_ += relay_->bytes_from_client();
    bytes_out_ += relay_->bytes_from_backend();
    tunnel_lease_.release();
    write_log();
    count();
    --context_.tunnels_running;
    phase_ = Phase::Ended;
    client_->on_tunnel_ended();
}

void Exchange::reply(int status, Failure failure, std::string_view text,
                     std::string_view location) {
    failure_ = failure;
    status_ = status;
    if (status == 0 || failure == Failure::ClientClosed) {
        end(ClientSide::Ending::Reset);
        return;
    }
    const bool is_request_whole = head_.body.kind == http::BodyLength::Kind::None ||
                                  (phase_ != Phase::Head && body_.is_complete());
    keep_alive_ = keep_alive_ && is_request_whole && client_->may_keep_alive();
    const conf::HeaderRules* rules =
        route_ != nullptr && route_->config != nullptr && !route_->config->response_headers.empty()
            ? &route_->config->response_headers
            : nullptr;
    const std::size_t head_bytes = write_local_reply(
        context_.head_buffer,
        {status, failure, text, location, keep_alive_,
         head_.method == http::Method::Head && !head_.bytes.empty(),
         failure != Failure::None && wants_json(head_), head_.minor, rules, retry_after_});
    is_discarding_ = !is_request_whole;
    enter(Phase::Draining);
    const std::string_view whole = context_.head_buffer.view();
    if (!send({.head = whole.substr(0, head_bytes), .payload = whole.substr(head_bytes)})) return;
    if (client_->queued_bytes() > 0) {
        watch_pace();
        return;
    }
    if (keep_alive_) {
        end(ClientSide::Ending::KeepAlive);
    } else {
        end(is_request_whole && failure == Failure::None ? ClientSide::Ending::Close
                                                         : ClientSide::Ending::Linger);
    }
}

void Exchange::fail(Failure failure) {
    note_running_attempt(failure);
    if (is_response_begun()) {
        failure_ = failure;
        end(ClientSide::Ending::Reset);
        return;
    }
    reply(row(failure).status, failure, row(failure).meaning);
}

}  // namespace fairlead::l7
