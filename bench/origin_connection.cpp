#include "bench/origin_connection.h"

#include <fmt/format.h>

#include <iterator>

#include "bench/origin.h"

namespace fairlead::bench {

namespace {

/// How long a closed connection waits for the client's own end, so that the reply is not lost to a
/// reset caused by bytes nobody reads any more.
constexpr Duration kLingerTime = std::chrono::seconds(2);

/// Larger than a proxy's own limits, so that what is refused is refused there.
constexpr http::HeadLimits kHeadLimits{256 * 1024, 1000, 64 * 1024};

/// A longer target is read anew each time, so that no connection keeps much.
constexpr std::size_t kKnownTargetBytesMax = 1024;

}  // namespace

OriginConnection::OriginConnection(net::Loop& loop, Origin& origin,
                                   std::unique_ptr<net::Stream> stream)
    : loop_(loop),
      origin_(origin),
      stream_(std::move(stream)),
      deadline_(net::Deadline::of<&OriginConnection::on_deadline>(loop.timers(), *this)) {
    stream_->set_observer(*this);
    enter_idle();
    stream_->start_reading();
}

void OriginConnection::kill() {
    leave_waits();
    phase_ = Phase::Finished;
    if (stream_ == nullptr) return;
    stream_->reset();
    loop_.retire(std::move(stream_));
}

void OriginConnection::enter_idle() {
    phase_ = Phase::Idle;
    parser_.start(head_, kHeadLimits);
    deadline_.set(after(loop_.now(), origin_.settings().close_idle));
}

// ---- reading

void OriginConnection::on_bytes(std::span<char> bytes) { consume(bytes); }

void OriginConnection::consume(std::span<char> bytes) {
    while (!bytes.empty()) {
        switch (phase_) {
            case Phase::Idle:
                deadline_.clear();
                phase_ = Phase::Head;
                break;
            case Phase::Head:
                bytes = read_head(bytes);
                break;
            case Phase::Body:
                bytes = read_body(bytes);
                break;
            case Phase::Waiting:
            case Phase::Answering:
                keep_for_later(bytes);
                return;
            case Phase::Lingering:
            case Phase::Finished:
                return;
        }
    }
}

std::span<char> OriginConnection::read_head(std::span<char> bytes) {
    const http::ParseResult parsed = parser_.feed(bytes);
    switch (parsed.status) {
        case http::ParseStatus::NeedMore:
            return {};
        case http::ParseStatus::Refused:
            refuse(parsed.error);
            return {};
        case http::ParseStatus::Complete:
            break;
    }
    begin_body();
    return bytes.subspan(parsed.consumed);
}

void OriginConnection::begin_body() {
    phase_ = Phase::Body;
    is_closing_ = false;
    if (head_.body.kind == http::BodyLength::Kind::None) {
        execute();
        return;
    }
    body_hash_ = {};
    decoder_.start(head_.body);
    if (decoder_.is_done()) {
        execute();
        return;
    }
    if (head_.expects_continue && head_.minor >= 1 &&
        !stream_->write("HTTP/1.1 100 Continue\r\n\r\n")) {
        finish();
    }
}

std::span<char> OriginConnection::read_body(std::span<char> bytes) {
    const http::BodyPart part = decoder_.decode(bytes);
    if (part.is_refused) {
        refuse(part.error);
        return {};
    }
    body_hash_.update(part.payload);
    if (part.is_done) execute();
    return bytes.subspan(part.consumed);
}

void OriginConnection::keep_for_later(std::span<const char> bytes) {
    kept_.append(bytes.data(), bytes.size());
    stream_->stop_reading();
}

/// After a reply that did not leave at once: first what was pipelined behind its request.
void OriginConnection::resume_kept() {
    if (!kept_.empty()) {
        std::string bytes;
        bytes.swap(kept_);
        consume(bytes);
    }
    if (phase_ == Phase::Finished) return;
    if (kept_.empty() && !stream_->is_reading()) stream_->start_reading();
    if (phase_ == Phase::Idle && has_client_ended_) finish();
}

// ---- executing

void OriginConnection::execute() {
    if (head_.text(head_.target) == known_target_ || know_target()) execute_work();
}

/// Reads the target of a request unlike the last one.
/// @return true when it asks for work; everything else is answered
bool OriginConnection::know_target() {
    const std::string_view target = head_.text(head_.target);
    const auto request = parse_origin_request(head_.method, target);
    if (!request) {
        answer_text(400, fmt::format("{}: {}\n", request.error().message, request.error().hint));
        return false;
    }
    switch (request->kind) {
        case OriginRequest::Kind::Work:
            break;
        case OriginRequest::Kind::Health:
        case OriginRequest::Kind::SetHealth:
            answer_health(*request);
            return false;
        case OriginRequest::Kind::Stats:
            answer_stats(*request);
            return false;
    }
    request_ = *request;
    request_.series = {};  // of no use here, and not to outlive the target
    reply_key_.reset();
    known_target_.clear();
    if (target.size() <= kKnownTargetBytesMax) known_target_ = target;
    return true;
}

void OriginConnection::execute_work() {
    const http::Field* id_field = head_.find("X-Bench-Id");
    const std::string_view id = id_field == nullptr ? std::string_view() : head_.value(*id_field);
    if (id.size() > ExecutionLog::kIdBytesMax) {
        answer_text(400, fmt::format("X-Bench-Id is too long: at most {} bytes\n",
                                     ExecutionLog::kIdBytesMax));
        return;
    }
    // From here on it is executed, even when the answer gets lost: that is what a retry may break.
    origin_.record_execution(id);
    if (origin_.happens(request_.reset)) {
        stream_->reset();
        finish();
        return;
    }
    status_ = origin_.happens(request_.fail) ? request_.fail_status : request_.status;
    if (request_.delay > Duration::zero()) {
        phase_ = Phase::Waiting;
        delay_end_ = loop_.now() + request_.delay;
        origin_.delays().add(*this, delay_end_);
        return;
    }
    answer_work();
}

void OriginConnection::answer_health(const OriginRequest& request) {
    if (request.kind == OriginRequest::Kind::SetHealth) {
        origin_.set_healthy(request.is_healthy);
        answer_text(200, origin_.is_healthy() ? "healthy from now on\n" : "failing from now on\n");
        return;
    }
    const bool is_healthy = origin_.is_healthy();
    answer_text(is_healthy ? 200 : 503, is_healthy ? "ok\n" : "failing\n");
}

void OriginConnection::answer_stats(const OriginRequest& request) {
    answer_text(200, origin_.stats_json(request.series), "application/json");
}

// ---- answering

bool OriginConnection::wants_keep_alive() const { return head_.keep_alive && !is_closing_; }

void OriginConnection::answer_text(int status, std::string_view text,
                                   std::string_view content_type) {
    reply_key_.reset();
    reply_.start({status, head_.minor, head_.method == http::Method::Head, false,
                  wants_keep_alive(), content_type, origin_.name_line()},
                 text);
    send();
}

void OriginConnection::answer_work() {
    is_closing_ = request_.is_closing;
    const bool has_body = head_.body.kind != http::BodyLength::Kind::None;
    const ReplyKey key{status_, head_.minor, head_.method == http::Method::Head,
                       wants_keep_alive()};
    if (!has_body && reply_key_ == key) {
        reply_.repeat();
        send();
        return;
    }
    reply_fields_ = origin_.name_line();
    if (has_body) {
        fmt::format_to(std::back_inserter(reply_fields_), "X-Body-Bytes: {}\r\nX-Body-Hash: {}\r\n",
                       body_hash_.bytes(), body_hash_.hex());
    }
    const OriginReplyHead head{key.status,     key.minor,    key.is_head,  request_.is_chunked,
                               key.keep_alive, "text/plain", reply_fields_};
    if (request_.size) {
        reply_.start_pattern(head, *request_.size);
    } else {
        reply_.start(head, origin_.greeting());
    }
    reply_key_.reset();
    if (!has_body && reply_.is_repeatable()) reply_key_ = key;
    is_closing_ = is_closing_ || reply_.ends_with_connection();
    send();
}

void OriginConnection::refuse(const http::HeadError& error) {
    is_closing_ = true;
    answer_text(error.status >= 400 ? error.status : 400, fmt::format("{}\n", error.reason));
}

void OriginConnection::send() {
    phase_ = Phase::Answering;
    switch (reply_.send(*stream_)) {
        case OriginReply::Progress::Blocked:
            return;
        case OriginReply::Progress::Yielded:
            deadline_.set(loop_.now());
            return;
        case OriginReply::Progress::Broken:
            finish();
            return;
        case OriginReply::Progress::Done:
            break;
    }
    if (wants_keep_alive()) {
        enter_idle();
    } else {
        close_gently();
    }
}

void OriginConnection::on_drained() {
    if (phase_ == Phase::Lingering) linger();
    if (phase_ != Phase::Answering) return;
    send();
    if (phase_ == Phase::Idle) resume_kept();
}

void OriginConnection::on_delay_passed() {
    answer_work();
    if (phase_ == Phase::Idle) resume_kept();
}

void OriginConnection::on_deadline() {
    switch (phase_) {
        case Phase::Answering:
            send();
            break;
        case Phase::Idle:  // --close-idle
        case Phase::Lingering:
            finish();
            return;
        case Phase::Head:
        case Phase::Body:
        case Phase::Waiting:
        case Phase::Finished:
            return;
    }
    if (phase_ == Phase::Idle) resume_kept();
}

// ---- ending

void OriginConnection::on_end() {
    has_client_ended_ = true;
    // A client may close its side and still wait for the answer.
    const bool owes_answer = phase_ == Phase::Waiting || phase_ == Phase::Answering;
    if (owes_answer || stream_->queued_bytes() > 0) return;
    finish();
}

void OriginConnection::on_broken(Failure) { finish(); }

void OriginConnection::close_gently() {
    phase_ = Phase::Lingering;
    stream_->shutdown_write();
    if (stream_->queued_bytes() == 0) linger();
}

/// Everything is sent: the client may take its time to notice, but not for ever.
void OriginConnection::linger() {
    if (has_client_ended_) {
        finish();
        return;
    }
    if (!stream_->is_reading()) stream_->start_reading();
    deadline_.set(loop_.now() + kLingerTime);
}

void OriginConnection::finish() {
    if (phase_ == Phase::Finished) return;
    leave_waits();
    phase_ = Phase::Finished;
    origin_.forget(*this);
}

/// Nobody calls it back any more.
void OriginConnection::leave_waits() {
    deadline_.clear();
    if (phase_ == Phase::Waiting) origin_.delays().remove(*this, delay_end_);
}

}  // namespace fairlead::bench
