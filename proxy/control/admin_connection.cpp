#include "proxy/control/admin_connection.h"

#include <array>

#include "proxy/control/admin_server.h"
#include "proxy/http/body_decoder.h"
#include "proxy/http/h1_writer.h"
#include "proxy/http/status.h"
#include "proxy/http/target.h"

namespace fairlead::control {
namespace {

/// For a request to come, and for an answer to be taken.
constexpr Duration kPatience = std::chrono::seconds{30};
constexpr http::HeadLimits kLimits{16 * 1024, 64, 4 * 1024};

}  // namespace

AdminConnection::AdminConnection(AdminServer& owner, std::unique_ptr<net::Stream> stream)
    : owner_(owner),
      stream_(std::move(stream)),
      deadline_(net::Deadline::of<&AdminConnection::on_deadline>(owner.loop_.timers(), *this)) {
    stream_->set_observer(*this);
    stream_->start_reading();
    next_request();
}

AdminConnection::~AdminConnection() { net::close(owner_.loop_, std::move(stream_)); }

void AdminConnection::next_request() {
    parser_.start(head_, kLimits);
    deadline_.set(owner_.loop_.now() + kPatience);
}

void AdminConnection::on_bytes(std::span<char> bytes) {
    // One request at a time, without bodies and without sending ahead: a listing under way, or
    // anything behind a whole request, ends the connection after the answer.
    if (is_closing_) return;
    if (listing_ != nullptr || stream_->queued_bytes() > 0) {
        keep_alive_ = false;
        return;
    }
    const http::ParseResult parsed = parser_.feed(bytes);
    if (parsed.status == http::ParseStatus::NeedMore) return;
    if (parsed.status == http::ParseStatus::Refused) {
        refuse(parsed.error);
        return;
    }
    keep_alive_ = head_.keep_alive && parsed.consumed == bytes.size() &&
                  head_.body.kind == http::BodyLength::Kind::None;
    serve();
}

void AdminConnection::serve() {
    http::Target target;
    const http::HeadError error =
        http::parse_target(head_.method, head_.text(head_.target), target_storage_, target);
    if (error.failure != Failure::None) {
        refuse(error);
        return;
    }
    is_head_ = head_.method == http::Method::Head;
    const http::Field* host = head_.find(http::FieldId::Host);
    ApiRequest request;
    request.method = head_.method;
    request.path = target.route_path;
    request.query = target.query.empty() ? target.query : target.query.substr(1);
    request.host = host == nullptr ? std::string_view() : head_.value(*host);
    send(answer(owner_.server_, owner_.address(), request, owner_.loop_.now()));
}

void AdminConnection::refuse(const http::HeadError& error) {
    keep_alive_ = false;
    is_head_ = false;
    ApiAnswer refusal;
    refusal.status = error.status;
    refusal.body = std::string(error.reason) + "\n";
    send(std::move(refusal));
}

void AdminConnection::send(ApiAnswer answer) {
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
    writer.lines(
        "Cache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\n"
        "X-Frame-Options: DENY\r\nContent-Security-Policy: default-src 'none'; "
        "style-src 'unsafe-inline'\r\n");
    if (!keep_alive_) writer.lines("Connection: close\r\n");
    writer.end();
    if (!is_head_) out_.append(answer.body);
    deadline_.set(owner_.loop_.now() + kPatience);
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
        deadline_.set(owner_.loop_.now() + kPatience);
        if (!has_piece) {
            listing_.reset();
            if (stream_->queued_bytes() == 0) finish_answer();
            return;
        }
    }
}

void AdminConnection::on_drained() {
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
    is_closing_ = true;
    stream_->shutdown_write();
}

void AdminConnection::on_end() { close(); }
void AdminConnection::on_broken(Failure) { close(); }
void AdminConnection::on_deadline() { close(); }

void AdminConnection::detach() {
    deadline_.clear();
    listing_.reset();
    net::close(owner_.loop_, std::move(stream_));
}

void AdminConnection::close() { owner_.remove(*this); }

}  // namespace fairlead::control
