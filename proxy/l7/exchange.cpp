// The way in: from the first byte of the head to the moment a backend is picked.
#include "proxy/l7/exchange.h"

#include <cassert>

#include "proxy/base/text.h"
#include "proxy/http/forwarded.h"
#include "proxy/http/start_line.h"
#include "proxy/l7/client_certificate.h"
#include "proxy/l7/hash_key.h"
#include "proxy/l7/local_reply.h"
#include "proxy/net/tls.h"

namespace fairlead::l7 {
namespace {

constexpr Duration kBodyPaceFirst = std::chrono::seconds{10};
/// Towards the client the kernel reports progress in coarse steps: a longer look.
constexpr Duration kWritePaceFirst = std::chrono::seconds{20};
constexpr Duration kPaceLater = std::chrono::seconds{30};

}  // namespace

Exchange::Exchange(Context& context)
    : context_(context),
      h1_attempt_(context.loop, *this),
      deadline_(net::Deadline::of<&Exchange::on_deadline>(context.loop.timers(), *this)),
      pace_deadline_(net::Deadline::of<&Exchange::on_pace>(context.loop.timers(), *this)),
      body_pace_(kBodyPaceFirst, kPaceLater),
      write_pace_(kWritePaceFirst, kPaceLater) {
    body_.start({}, 0, 0);
}

Exchange::~Exchange() = default;

void Exchange::enter(Phase phase) {
    assert(phase_ != Phase::Ended);
    assert(phase != Phase::Head);
    phase_ = phase;
}

void Exchange::start(ClientSide& client) {
    client_ = &client;
    listener_ = &client.listener();
    site_ = connect::SiteUse(listener_->life);
    is_trusted_ = client.is_trusted();
    const net::TlsSession* const tls = client.tls();
    tls_version_ = tls == nullptr ? std::string_view() : name(tls->version());
    started_ = context_.loop.now();
    started_wall_ = context_.wall();
    phase_ = Phase::Head;
    client_ip_ = client.peer().ip;
    ++context_.exchanges_running;
    const conf::ListenerLimits& limits = listener_->config.limits;
    parser_.start(head_, {limits.headers_bytes, limits.header_count, limits.url_bytes});
}

bool Exchange::wants_input() const {
    switch (phase_) {
        case Phase::Head:
            return true;
        case Phase::Body:
        case Phase::Queued:
        case Phase::BackingOff:
        case Phase::Trying:
        case Phase::Responding:
            return !body_.is_complete();
        case Phase::Draining:
            return is_discarding_ && !body_.is_complete();
        case Phase::Tunnel:
        case Phase::Ended:
            return false;
    }
    return false;
}

std::size_t Exchange::receive(std::span<char> bytes) {
    if (phase_ != Phase::Head) return receive_body(bytes);
    const http::ParseResult parsed = parser_.feed(bytes);
    bytes_in_ += parsed.consumed;
    switch (parsed.status) {
        case http::ParseStatus::NeedMore:
            return bytes.size();
        case http::ParseStatus::Refused:
            refuse(parsed.error);
            return bytes.size();  // nothing behind a bad head can be told apart
        case http::ParseStatus::Complete:
            break;
    }
    on_head();
    if (phase_ != Phase::Head) return parsed.consumed;  // answered here
    const std::span<char> rest = bytes.subspan(parsed.consumed);
    if (head_.body.kind == http::BodyLength::Kind::None) {
        enter(Phase::Body);  // the body is complete as reset() left it
        pick();
        return parsed.consumed;
    }
    enter(Phase::Body);
    const std::size_t before = bytes_in_;
    start_body(rest);
    return parsed.consumed + static_cast<std::size_t>(bytes_in_ - before);
}

void Exchange::refuse_head(std::string_view head, const http::HeadError& error) {
    bytes_in_ += head.size();
    if (!head.empty()) parser_.feed(head);
    refuse(error);
}

void Exchange::receive_head(std::string_view head, bool has_body) {
    const http::ParseResult parsed = parser_.feed(head);
    bytes_in_ += head.size();
    if (parsed.status == http::ParseStatus::Refused) {
        refuse(parsed.error);
        return;
    }
    using Kind = http::BodyLength::Kind;
    const bool is_whole =
        parsed.status == http::ParseStatus::Complete && parsed.consumed == head.size();
    const bool is_length = head_.body.kind == Kind::Length;
    if (!is_whole || head_.body.kind == Kind::Chunked ||
        (is_length && !has_body && head_.body.bytes != 0)) {
        refuse(http::bad_request("the head does not fit the message"));
        return;
    }
    if (has_body && !is_length) head_.body = {Kind::UntilClose, 0};
    on_head();
    if (phase_ != Phase::Head) return;  // answered here
    enter(Phase::Body);
    if (head_.body.kind == Kind::None) {
        pick();
    } else {
        start_body({});
    }
}

bool Exchange::accept_target() {
    const http::HeadError error =
        http::parse_target(head_.method, head_.text(head_.target), target_storage_, target_);
    if (error.failure != Failure::None) {
        refuse(error);
        return false;
    }
    const http::Field* host = head_.find(http::FieldId::Host);
    // The authority of an absolute-form target takes the place of Host (RFC 9112 section 3.2.2).
    host_ = !target_.authority.empty() ? target_.authority
            : host != nullptr          ? head_.value(*host)
                                       : std::string_view();
    return true;
}

/// Who was let in under one name has not shown a certificate for the others.
bool Exchange::is_at_its_host() {
    if (!asks_for_certificates(listener_->config)) return true;
    const net::TlsSession* const session = client_->tls();
    http::HostAndPort host;
    if (session == nullptr || session->server_name().empty() || !http::parse_host(host_, host) ||
        http::host_equals(host.host, session->server_name())) {
        return true;
    }
    fail(Failure::Misdirected);
    return false;
}

/// By `allow` and `deny`. A client on a unix socket has no address: its file's mode decides.
bool Exchange::is_let_in() {
    if (client_ip_ == IpAddress{} || listener_->config.lets_in(client_ip_)) return true;
    keep_alive_ = false;
    fail(Failure::Denied);
    return false;
}

/// Clients on a unix socket cannot be told apart, so they are not counted.
bool Exchange::is_within_rate() {
    if (route_->limiter == nullptr || client_ip_ == IpAddress{}) return true;
    retry_after_ = route_->limiter->take(client_ip_, route_->rate, context_.loop.now());
    if (retry_after_ == Duration::zero()) return true;
    fail(Failure::RateLimited);
    return false;
}

void Exchange::on_head() {
    keep_alive_ = head_.keep_alive && client_->may_keep_alive();
    const IpAddress peer = client_->peer().ip;
    client_ip_ =
        is_trusted_ ? http::client_ip(head_, peer, listener_->config.trusted_proxies) : peer;
    const http::Field* id = is_trusted_ ? head_.find(http::FieldId::XRequestId) : nullptr;
    if (id != nullptr && http::is_safe_request_id(head_.value(*id))) {
        request_id_ = head_.value(*id);
    } else {
        context_.make_request_id(made_id_.data());
        request_id_ = std::string_view(made_id_.data(), made_id_.size());
    }
    if (!is_let_in() || !accept_target() || !is_at_its_host()) return;
    if (is_own_request(head_, context_.instance)) {
        reply(row(Failure::LoopDetected).status, Failure::LoopDetected,
              row(Failure::LoopDetected).meaning);
        return;
    }
    choose_route();
}

void Exchange::choose_route() {
    http::HostAndPort host;
    route_ = &listener_->fallback;
    if (!listener_->router.is_empty()) {
        http::parse_host(host_, host);
        const auto found =
            listener_->router.find({host.host, target_.route_path, head_.method_name(), &head_});
        if (found) route_ = &choose_share(listener_->routes[*found]);
    }
    if (!is_within_rate()) return;
    const conf::Route* config = route_->config;
    if (config != nullptr && config->action == conf::Action::Redirect) {
        if (host.host.empty() && redirects_by_host(*config)) {
            refuse(http::bad_request("the redirect goes by the request's Host, and it has none"));
            return;
        }
        const std::string location =
            redirect_location(*config, !tls_version_.empty(), host.host, target_);
        reply(config->status, Failure::None, {}, location);
        return;
    }
    if (config != nullptr && config->action == conf::Action::Status) {
        reply(config->status, Failure::None, config->body);
        return;
    }
    pool_ = route_->pool;
    if (pool_ == nullptr) {
        fail(Failure::NoRoute);
        return;
    }
    if (route_->total_timeout != kForever) {
        total_until_ = started_ + route_->total_timeout;
        arm();
    }
    if (pool_->sticky != nullptr) {
        claim_ = read_sticky_cookie(head_, pool_->config.sticky->cookie, *pool_->sticky);
    }
    if (pool_->is_hashed) {
        const auto key = hash_key(pool_->config.hash, head_, target_, client_ip_);
        hash_key_ = key ? *key : context_.random.next();
    }
    if (head_.has_upgrade) upgrade_ = allowed_upgrade(head_, listener_->config);
}

void Exchange::start_body(std::span<char> rest) {
    const std::uint64_t held_max = pool_->config.buffer.request_bytes;
    const std::uint64_t body_max = listener_->config.limits.body_bytes;
    body_.start(head_.body, held_max, body_max);
    const bool is_length = head_.body.kind == http::BodyLength::Kind::Length;
    if (is_length && head_.body.bytes > body_max) {
        refuse({Failure::BodyTooLarge, 413, "the body is longer than limits.body allows"});
        return;
    }
    const bool fits = is_length && head_.body.bytes <= held_max;
    if (head_.expects_continue && rest.empty() && !body_.is_complete()) {
        // A body that is held before a backend is picked is asked for here; others by the backend.
        forwards_expect_ = !fits;
        if (fits) {
            sent_continue_ = true;
            if (!send({.head = "HTTP/1.1 100 Continue\r\n\r\n",
                       .is_last = false,
                       .is_interim = true})) {
                return;
            }
        }
    }
    body_pace_.start(context_.loop.now(), 0);
    if (!rest.empty()) receive_body(rest);
    if (phase_ != Phase::Body) return;  // refused, or whole and on its way
    if (body_.is_complete() || !fits) {
        pick();
    }
    if (phase_ != Phase::Ended && !body_.is_complete()) watch_pace();
}

std::size_t Exchange::receive_body(std::span<char> bytes) {
    if (is_discarding_) {  // the connection ends with this exchange: where the body ends is no
                           // matter
        bytes_in_ += bytes.size();
        return bytes.size();
    }
    const http::BodyPart part = body_.receive(bytes);
    const std::size_t used = part.is_refused ? bytes.size() : part.consumed;
    bytes_in_ += used;
    take_body(part);
    return used;
}

void Exchange::receive_data(std::span<char> payload, bool is_last, std::string_view trailers) {
    bytes_in_ += payload.size();
    if (is_discarding_) return;
    http::BodyPart part = body_.receive(payload);
    const bool is_too_much = !part.is_refused && part.consumed != payload.size();
    if (is_last && !part.is_refused) part.is_done = body_.end(trailers);
    if (is_too_much || (is_last && !part.is_refused && !part.is_done)) {
        refuse(http::bad_request("the body does not have the length that was said"));
        return;
    }
    take_body(part);
}

void Exchange::take_body(const http::BodyPart& part) {
    if (part.is_refused) {
        refuse(part.error);
        return;
    }
    const std::string_view payload(part.payload.data(), part.payload.size());
    const bool is_sending = phase_ == Phase::Trying || phase_ == Phase::Responding;
    if (is_sending && attempt_->is_ready()) {
        forward_body(payload, part.is_done);
        return;
    }
    body_.hold(payload);
    if (part.is_done && phase_ == Phase::Body &&
        head_.body.kind == http::BodyLength::Kind::Length &&
        head_.body.bytes <= pool_->config.buffer.request_bytes) {
        pick();
    } else if (!part.is_done && body_.is_full() && phase_ != Phase::Body) {
        is_input_paused_ = true;
        client_->pause_input();
    }
}

void Exchange::refuse(const http::HeadError& error) {
    // A request that turns out bad must not look whole to the backend: its connection goes first.
    note_running_attempt(error.failure);
    if (is_waiting()) pool_->pool.remove(*this);
    keep_alive_ = false;
    if (request_id_.empty()) {
        context_.make_request_id(made_id_.data());
        request_id_ = std::string_view(made_id_.data(), made_id_.size());
    }
    if (is_response_begun()) {
        failure_ = error.failure;
        end(ClientSide::Ending::Reset);
        return;
    }
    reply(error.status, error.failure, error.reason);
}

void Exchange::reset() {
    attempt_->cancel();
    relay_.reset();
    tunnel_lease_.release();
    client_ = nullptr;
    listener_ = nullptr;
    route_ = nullptr;
    pool_ = nullptr;
    host_ = request_id_ = {};
    upgrade_.clear();
    body_.drop();
    body_.start({}, 0, 0);  // none, and complete: what a request without a body needs
    hash_key_ = 0;
    claim_ = {};
    attempt_count_ = tried_count_ = 0;
    tries_used_ = back_offs_ = 0;
    framing_ = {};
    answered_by_ = nullptr;
    queued_at_ = {};
    total_until_ = queue_until_ = resume_at_ = grace_until_ = Time::max();
    retry_after_ = queue_took_ = connect_took_ = first_byte_took_ = {};
    bytes_in_ = bytes_out_ = 0;
    status_ = 0;
    failure_ = Failure::None;
    phase_ = Phase::Head;
    keep_alive_ = true;
    is_input_paused_ = forwards_expect_ = sent_continue_ = is_discarding_ = false;
    is_paid_retry_ = is_duplex_ = is_pacing_write_ = has_queued_ = has_connected_ = false;
    site_.end();
}

bool Exchange::uses(const balancing::Backend& backend) const {
    if (phase_ == Phase::Tunnel) return &tunnel_lease_.backend() == &backend;
    return attempt_->is_running() && attempt_->lease() && &attempt_->lease().backend() == &backend;
}

}  // namespace fairlead::l7
