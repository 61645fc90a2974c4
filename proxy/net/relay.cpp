#include "proxy/net/relay.h"

namespace fairlead::net {
namespace {

/// So much may wait for a slow side before the other is no longer read.
constexpr std::size_t kAheadBytesMax = 256 * 1024;

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
    received += bytes.size();
    relay.moved();
    if (!other->stream->write(Bytes(bytes.data(), bytes.size()))) {
        relay.finish(relay.failure_of(*other));
        return;
    }
    if (other->stream->queued_bytes() >= kAheadBytesMax) stream->stop_reading();
}

void Relay::End::on_end() {
    has_ended = true;
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
    if (has_ended && other->has_ended) {
        if (other->stream->queued_bytes() == 0) relay.finish(Failure::None);
        return;
    }
    if (!other->has_ended && !other->stream->is_reading()) other->stream->start_reading();
}

void Relay::End::on_broken(Failure) { relay.finish(relay.failure_of(*this)); }

void Relay::on_deadline() { finish(Failure::ClientTimeout); }

Failure Relay::failure_of(const End& end) const {
    return &end == &client_ ? Failure::ClientClosed : Failure::BackendReset;
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
