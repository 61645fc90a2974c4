#include "proxy/control/admin_connection.h"

#include <array>
#include <utility>

#include "proxy/base/text.h"
#include "proxy/control/admin_listener.h"
#include "proxy/http/status.h"
#include "proxy/http/target.h"
#include "proxy/runtime/takeover_message.h"

namespace fairlead::control {
namespace {

/// For a head to come whole, for a body to come whole, and for a piece of an answer to be taken.
constexpr Duration kPatience = std::chrono::seconds{30};
/// For an answer to be found: a reload may have to ask slow name servers.
constexpr Duration kAnswerPatience = std::chrono::minutes{2};
/// For a client to see a last answer and to close.
constexpr Duration kClosingPatience = std::chrono::seconds{5};
constexpr http::HeadLimits kLimits{16 * 1024, 64, 4 * 1024};
constexpr std::uint64_t kNetworkBodyBytesMax = 1024 * 1024;
/// `fairlead diff` sends every setting of a file: some ten thousand backends.
constexpr std::uint64_t kControlBodyBytesMax = 8 * 1024 * 1024;

std::uint64_t body_bytes_max(const Caller& caller) {
    return caller.is_control ? kControlBodyBytesMax : kNetworkBodyBytesMax;
}
constexpr std::uint64_t kTrailerBytesMax = 4 * 1024;
/// Thrown away at most while a client sends on after its last answer: closing with bytes unread
/// would be a reset, which can overtake the answer.
constexpr std::uint64_t kThrownAwayBytesMax = 64 * 1024 * 1024;

std::string_view value_of(const http::RequestHead& head, const http::Field* field) {
    return field == nullptr ? std::string_view() : head.value(*field);
}

bool has_body(const http::BodyLength& body) {
    return body.kind == http::BodyLength::Kind::Chunked || body.bytes > 0;
}

}  // namespace

AdminConnection::AdminConnection(AdminListener& owner, net::Loop& loop, Api& api,
                                 std::unique_ptr<net::Stream> stream, Caller caller)
    : owner_(owner),
      loop_(loop),
      api_(api),
      stream_(std::move(stream)),
      caller_(std::move(caller)),
      deadline_(net::Deadline::of<&AdminConnection::on_deadline>(loop.timers(), *this)) {
    stream_->set_observer(*this);
    stream_->start_reading();
    next_request();
}

AdminConnection::~AdminConnection() { net::close(loop_, std::move(stream_)); }

void AdminConnection::next_request() {
    phase_ = Phase::Head;
    body_ = std::string();
    parser_.start(head_, kLimits);
    deadline_.set(loop_.now() + kPatience);
}

void AdminConnection::on_bytes(std::span<char> bytes) {
    switch (phase_) {
        case Phase::Head:
            return read_head(bytes);
        case Phase::Body:
            return read_body(bytes);
        case Phase::Waiting:
        case Phase::Sending:
            // No sending ahead: the connection ends after the answer.
            keep_alive_ = false;
            return;
        case Phase::Closing:
            thrown_away_bytes_ += bytes.size();
            if (thrown_away_bytes_ > kThrownAwayBytesMax) close();
            return;
    }
}

void AdminConnection::read_head(std::span<char> bytes) {
    const http::ParseResult parsed = parser_.feed(bytes);
    if (parsed.status == http::ParseStatus::NeedMore) return;
    if (parsed.status == http::ParseStatus::Refused) return refuse(parsed.error);
    begin_request(bytes.subspan(parsed.consumed));
}

void AdminConnection::begin_request(std::span<char> rest) {
    http::Target target;
    const http::HeadError error =
        http::parse_target(head_.method, head_.text(head_.target), target_storage_, target);
    if (error.failure != Failure::None) return refuse(error);
    is_head_ = head_.method == http::Method::Head;
    keep_alive_ = keep_alive_ && head_.keep_alive;
    request_.method = head_.method;
    request_.method_name = head_.method_name();
    request_.path = target.route_path;
    request_.query = target.query.empty() ? target.query : target.query.substr(1);
    request_.claims = {
        value_of(head_, head_.find(http::FieldId::Host)), value_of(head_, head_.find("Origin")),
        value_of(head_, head_.find("Sec-Fetch-Site")), value_of(head_, head_.find("Authorization")),
        value_of(head_, head_.find("Content-Type"))};

    const bool is_alone = rest.empty() && !has_body(head_.body);
    // Who may not change anything has no body read, and what only looks needs none.
    std::optional<ApiAnswer> refusal = api_.refusal(caller_, request_, loop_.now());
    if (refusal) {
        keep_alive_ = keep_alive_ && is_alone;
        return send(*std::move(refusal));
    }
    if (begin_takeover(rest)) return;
    if (!has_body(head_.body) || is_reading(head_.method)) {
        keep_alive_ = keep_alive_ && is_alone;
        return ask();
    }
    begin_body(rest);
}

/// The next process asks for the listening sockets; it may change things here, that is known.
/// @return false when this is something else, or not the way to ask
bool AdminConnection::begin_takeover(std::span<char> rest) {
    if (find_place(request_.path).resource != Resource::Takeover) return false;
    const bool is_asked =
        iequals(value_of(head_, head_.find("Upgrade")), runtime::kTakeoverUpgrade);
    if (!caller_.is_control || !is_asked || api_.on_takeover() == nullptr) return false;
    keep_alive_ = false;
    const std::string_view version = value_of(head_, head_.find(runtime::kTakeoverVersionField));
    if (const Result<void> checked = runtime::check_takeover_version(version); !checked) {
        send(problem(409, checked.error().message, checked.error().hint));
        return true;
    }
    if (std::optional<ApiAnswer> refusal = api_.takeover_refusal()) {
        send(*std::move(refusal));
        return true;
    }
    net::Descriptor connection = stream_->duplicate();
    const bool is_sent = connection.is_open() &&
                         stream_->write(
                             "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\n"
                             "Upgrade: fairlead-takeover\r\n\r\n") &&
                         stream_->queued_bytes() == 0;
    if (is_sent) {
        stream_->stop_reading();
        api_.on_takeover()(std::move(connection), std::string_view(rest.data(), rest.size()));
    }
    close();
    return true;
}

void AdminConnection::begin_body(std::span<char> rest) {
    if (head_.body.kind == http::BodyLength::Kind::Length &&
        head_.body.bytes > body_bytes_max(caller_)) {
        return refuse_large_body();
    }
    phase_ = Phase::Body;
    deadline_.set(loop_.now() + kPatience);
    decoder_.start(head_.body, body_bytes_max(caller_), kTrailerBytesMax);
    if (head_.expects_continue && rest.empty() &&
        !stream_->write("HTTP/1.1 100 Continue\r\n\r\n")) {
        return close();
    }
    if (!rest.empty()) read_body(rest);
}

void AdminConnection::read_body(std::span<char> bytes) {
    const http::BodyPart part = decoder_.decode(bytes);
    if (part.is_refused && part.error.status == 413) return refuse_large_body();
    if (part.is_refused) return refuse(part.error);
    body_.append(part.payload.data(), part.payload.size());
    if (!part.is_done) return;
    if (part.consumed < bytes.size()) keep_alive_ = false;
    ask();
}

void AdminConnection::ask() {
    phase_ = Phase::Waiting;
    deadline_.set(loop_.now() + kAnswerPatience);
    asked_ = std::make_shared<Asked>(Asked{this});
    Reply reply = [to = std::weak_ptr<Asked>(asked_)](ApiAnswer answer) {
        if (const std::shared_ptr<Asked> asked = to.lock()) {
            asked->connection->send(std::move(answer));
        }
    };
    api_.answer(caller_, request_, body_, loop_.now(), std::move(reply));
}

void AdminConnection::refuse(const http::HeadError& error) {
    keep_alive_ = false;
    is_head_ = false;
    send(problem(error.status, error.reason, "send a valid HTTP/1.1 request"));
}

void AdminConnection::refuse_large_body() {
    keep_alive_ = false;
    const std::string most = caller_.is_control ? "8 MiB" : "1 MiB";
    send(problem(413, "the body is longer than " + most, "nothing that is taken here is so long"));
}

void AdminConnection::send(ApiAnswer answer) {
    asked_.reset();
    phase_ = Phase::Sending;
    const bool is_listing = answer.listing != nullptr;
    const bool is_chunked = is_listing && head_.minor > 0;
    if (is_listing && !is_chunked) keep_alive_ = false;
    out_.clear();
    http::HeadWriter writer(out_);
    writer.status_line(answer.status, {});
    writer.field("Date", http::http_date());
    writer.field("Content-Type", answer.content_type);
    if (is_chunked) writer.lines("Transfer-Encoding: chunked\r\n");
    if (!is_listing) writer.field("Content-Length", answer.body.size());
    if (!answer.allow.empty()) writer.field("Allow", answer.allow);
    if (answer.status == 401) writer.lines("WWW-Authenticate: Bearer realm=\"fairlead\"\r\n");
    writer.lines(
        "Cache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\n"
        "X-Frame-Options: DENY\r\nContent-Security-Policy: default-src 'none'; "
        "style-src 'unsafe-inline'\r\n");
    if (!keep_alive_) writer.lines("Connection: close\r\n");
    writer.end();
    if (!is_head_) out_.append(answer.body);
    deadline_.set(loop_.now() + kPatience);
    if (!stream_->write(out_.view())) {
        close();
        return;
    }
    if (is_listing && !is_head_) {
        listing_ = std::move(answer.listing);
        send_pieces();
        return;
    }
    if (stream_->queued_bytes() == 0) finish_answer();
}

void AdminConnection::send_pieces() {
    // A piece at a time, each when the one before is gone: a slow scraper costs no memory.
    while (stream_ != nullptr && stream_->queued_bytes() == 0) {
        const bool has_piece = listing_->next(piece_);
        const bool is_chunked = head_.minor > 0;
        bool is_fine = true;
        if (has_piece && is_chunked) {
            const http::ChunkFrame frame(piece_.size());
            const std::array<net::Bytes, 3> pieces{frame.before(), piece_,
                                                   http::ChunkFrame::after()};
            is_fine = stream_->write(pieces);
        } else if (has_piece) {
            is_fine = stream_->write(piece_);
        } else if (is_chunked) {
            is_fine = stream_->write("0\r\n\r\n");
        }
        if (!is_fine) {
            close();
            return;
        }
        deadline_.set(loop_.now() + kPatience);
        if (!has_piece) {
            listing_.reset();
            if (stream_->queued_bytes() == 0) finish_answer();
            return;
        }
    }
}

void AdminConnection::on_drained() {
    if (phase_ != Phase::Sending) return;  // what was queued was "100 Continue"
    if (listing_ != nullptr) {
        send_pieces();
    } else {
        finish_answer();
    }
}

void AdminConnection::finish_answer() {
    if (keep_alive_) {
        next_request();
        return;
    }
    // The client reads to the end, then closes; the deadline ends one that does not.
    phase_ = Phase::Closing;
    deadline_.set(loop_.now() + kClosingPatience);
    stream_->shutdown_write();
}

bool AdminConnection::finish() {
    keep_alive_ = false;
    return phase_ != Phase::Head || parser_.has_begun();
}

AdminConnection::Worth AdminConnection::worth() const {
    switch (phase_) {
        case Phase::Head:
            return parser_.has_begun() ? Worth::Asking : Worth::Idle;
        case Phase::Body:
            return Worth::Asking;
        case Phase::Waiting:
            return Worth::Waiting;
        case Phase::Sending:
            return Worth::Answered;
        case Phase::Closing:
            break;
    }
    return Worth::Idle;
}

void AdminConnection::on_end() {
    // Some clients say at once that they have no more to say, and wait for the answer.
    if (phase_ != Phase::Waiting && phase_ != Phase::Sending) return close();
    keep_alive_ = false;
}

void AdminConnection::on_broken(Failure) { close(); }

void AdminConnection::on_deadline() {
    if (phase_ != Phase::Waiting) return close();
    keep_alive_ = false;
    send(problem(504, "this takes longer than expected, and goes on",
                 "GET /api/v1/status shows what came of it"));
}

void AdminConnection::detach() {
    deadline_.clear();
    listing_.reset();
    asked_.reset();
    net::close(loop_, std::move(stream_));
}

void AdminConnection::close() { owner_.remove(*this); }

}  // namespace fairlead::control
