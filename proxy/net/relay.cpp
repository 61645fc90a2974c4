#include "proxy/net/relay.h"

#include <algorithm>

namespace fairlead::net {
namespace {

/// So much may wait for a slow side before the other is no longer read.
constexpr std::size_t kAheadBytesMax = 256 * 1024;
/// So long a client that goes on sending may take to read the last a broken backend had said.
constexpr Duration kLinger = std::chrono::seconds{2};

}  // namespace

Relay::Relay(Loop& loop, std::unique_ptr<Stream> client, std::unique_ptr<Stream> backend,
             Duration idle, RelayObserver& observer)
    : loop_(loop),
      observer_(observer),
      idle_(idle),
      deadline_(Deadline::of<&Relay::on_deadline>(loop.timers(), *this)),
      client_(*this, std::move(client)),
      backend_(*this, std::move(backend)) {
    client_.other = &backend_;
    backend_.other = &client_;
}

Relay::~Relay() {
    close(loop_, std::move(client_.stream));
    close(loop_, std::move(backend_.stream));
}

void Relay::start() {
    for (End* end : {&client_, &backend_}) {
        end->stream->set_observer(*end);
        if (end->other->stream->queued_bytes() < kAheadBytesMax) end->stream->start_reading();
    }
    moved();
}

void Relay::moved() { deadline_.set(after(loop_.now(), idle_)); }

void Relay::End::on_bytes(std::span<char> bytes) {
    if (relay.is_lingering_) return;  // the backend is gone
    received += bytes.size();
    relay.moved();
    if (!other->stream->write(Bytes(bytes.data(), bytes.size()))) {
        relay.end_after(*other);
        return;
    }
    if (other->stream->queued_bytes() >= kAheadBytesMax) stream->stop_reading();
}

void Relay::End::on_end() {
    has_ended = true;
    if (relay.broken_ != nullptr) {
        relay.finish(relay.failure_of(*relay.broken_));
        return;
    }
    if (other->has_ended) {
        // Both have said all they had; what is queued still has to go out.
        if (stream->queued_bytes() == 0 && other->stream->queued_bytes() == 0) {
            relay.finish(Failure::None);
            return;
        }
    }
    other->stream->shutdown_write();
    relay.moved();
}

void Relay::End::on_drained() {
    relay.moved();
    if (relay.broken_ != nullptr) {
        relay.pass_rest();
        return;
    }
    if (has_ended && other->has_ended) {
        if (other->stream->queued_bytes() == 0) relay.finish(Failure::None);
        return;
    }
    if (!other->has_ended && !other->stream->is_reading()) other->stream->start_reading();
}

void Relay::End::on_broken(Failure) { relay.end_after(*this); }

void Relay::end_after(End& broken) {
    if (broken_ != nullptr) {
        finish(failure_of(*broken_));  // the other one broke too
        return;
    }
    broken_ = &broken;
    broken.other->stream->stop_reading();
    pass_rest();
}

/// A server that refuses says why and closes, without having read what the client sent: that turns
/// its close into a reset, which may be seen before its words are.
void Relay::pass_rest() {
    Stream& survivor = *broken_->other->stream;
    while (!broken_->has_ended && survivor.queued_bytes() < kAheadBytesMax) {
        const std::size_t bytes = broken_->stream->read_rest(loop_.scratch());
        if (bytes == 0) break;
        broken_->received += bytes;
        if (!survivor.write(Bytes(loop_.scratch().data(), bytes))) {
            finish(failure_of(*broken_));
            return;
        }
    }
    if (survivor.queued_bytes() != 0) return;  // on_drained goes on here
    linger();
}

/// Closing with bytes unread would be a reset and take back what the client has not read yet. A
/// backend without a client is closed at once: so it learns that nobody waits.
void Relay::linger() {
    if (broken_ == &client_ || client_.has_ended) {
        finish(failure_of(*broken_));
        return;
    }
    is_lingering_ = true;
    client_.stream->shutdown_write();
    client_.stream->start_reading();
    deadline_.set(after(loop_.now(), std::min(idle_, kLinger)));
}

void Relay::on_deadline() {
    finish(broken_ != nullptr ? failure_of(*broken_) : Failure::ClientTimeout);
}

Failure Relay::failure_of(const End& broken) const {
    if (&broken == &client_) return Failure::ClientClosed;
    // It closed when it was done, as a TLS server does while the client's last record comes.
    return broken.has_ended ? Failure::None : Failure::BackendReset;
}

void Relay::finish(Failure failure) {
    if (is_finished_) return;
    is_finished_ = true;
    deadline_.clear();
    client_.stream->stop_reading();
    backend_.stream->stop_reading();
    observer_.on_relay_ended(failure);
}

}  // namespace fairlead::net
