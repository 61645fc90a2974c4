#include "proxy/l7/h2_tunnel.h"

#include <cassert>
#include <utility>

#include "proxy/l7/h2_client_connection.h"

namespace fairlead::l7 {

H2Tunnel::~H2Tunnel() {
    if (stream_ == nullptr) return;
    consume(held_.size() + unused_bytes_);
    stream_->on_tunnel_closed(has_ended_ && is_shut_);
}

bool H2Tunnel::is_open() const {
    return stream_ != nullptr && stream_->stream() != nullptr && !is_broken_;
}

void H2Tunnel::consume(std::size_t bytes) {
    if (bytes == 0 || stream_ == nullptr) return;
    // Of a stream that has ended, or was reset, what the connection lent it goes back all the same.
    stream_->connection().session().consume(is_open() ? stream_->stream() : nullptr, bytes);
    stream_->connection().note_output();
}

void H2Tunnel::on_data(std::span<char> payload, bool is_last) {
    if (!is_reading_ || !held_.empty()) {
        held_.append(payload.data(), payload.size());
        has_held_end_ = has_held_end_ || is_last;
        return;
    }
    if (!payload.empty()) {
        unused_bytes_ += payload.size();
        observer_->on_bytes(payload);
        if (is_reading_) consume(std::exchange(unused_bytes_, 0));
    }
    if (!is_last) return;
    if (is_reading_) {
        has_ended_ = true;
        observer_->on_end();
    } else {
        has_held_end_ = true;
    }
}

void H2Tunnel::start_reading() {
    is_reading_ = true;
    consume(std::exchange(unused_bytes_, 0));
    // What is here already is told at the end of the turn, as a socket would.
    const bool has_news = !held_.empty() || has_held_end_ || is_broken_;
    if (has_news && stream_ != nullptr) stream_->connection().ask_turn_end();
}

void H2Tunnel::on_turn_end() {
    if (!is_reading_ || observer_ == nullptr) return;
    if (!held_.empty()) {
        std::string held;
        held.swap(held_);
        on_data(held, std::exchange(has_held_end_, false));
    } else if (std::exchange(has_held_end_, false)) {
        on_data({}, true);
    } else if (std::exchange(is_broken_, false)) {
        observer_->on_broken(Failure::BackendReset);
    }
}

void H2Tunnel::on_drained() {
    if (observer_ != nullptr) observer_->on_drained();
}

void H2Tunnel::on_closed(bool is_broken) {
    // The connection gets back what was held of its window.
    stream_->connection().session().consume(nullptr, held_.size() + unused_bytes_);
    held_ = std::string();
    unused_bytes_ = 0;
    if (!is_broken) {
        // Both have said all they had, and the last of it has gone out.
        if (is_shut_ && observer_ != nullptr) observer_->on_drained();
        return;
    }
    if (observer_ == nullptr) {
        is_broken_ = true;
        return;
    }
    observer_->on_broken(Failure::BackendReset);
}

bool H2Tunnel::write(std::span<const net::Bytes> pieces) {
    if (!is_open()) return false;
    assert(!is_shut_ && "nothing can be written after shutdown_write");
    for (const net::Bytes& piece : pieces) {
        if (piece.empty()) continue;
        if (!is_open()) return false;
        stream_->connection().send_data(*stream_->stream(), piece, false, {});
    }
    return true;
}

std::size_t H2Tunnel::queued_bytes() const {
    return is_open() ? stream_->connection().session().queued_bytes(*stream_->stream()) : 0;
}

void H2Tunnel::shutdown_write() {
    if (!is_open() || is_shut_) return;
    is_shut_ = true;
    H2ClientConnection& connection = stream_->connection();
    connection.session().send_data(*stream_->stream(), {}, true, {}, nullptr, 0);
    connection.note_output();
}

void H2Tunnel::reset() {
    if (!is_open()) return;
    stream_->connection().session().reset(*stream_->stream(), http::H2Error::Cancel);
    stream_->connection().note_output();
    is_broken_ = true;
    observer_ = nullptr;
}

SocketAddress H2Tunnel::peer() const {
    return stream_ == nullptr ? SocketAddress{} : stream_->connection().peer();
}

SocketAddress H2Tunnel::local() const {
    return stream_ == nullptr ? SocketAddress{} : stream_->destination();
}

std::uint16_t H2Tunnel::local_port() const {
    return stream_ == nullptr ? std::uint16_t{0} : stream_->local_port();
}

}  // namespace fairlead::l7
