/// A stream without a socket: what is written waits until the test delivers it.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "proxy/net/stream.h"

namespace fairlead::net::test {

class MemoryStream final : public Stream {
  public:
    /// What the stream has written and nobody has been given yet.
    std::string sent;
    bool has_ended = false;  ///< shutdown_write was called
    int acknowledged = 0;    ///< calls of acknowledge()

    /// @return the next bytes that it wrote, at most so many.
    std::string take(std::size_t most) {
        std::string bytes = sent.substr(0, most);
        sent.erase(0, bytes.size());
        return bytes;
    }
    /// As if these bytes had been read. They must not come while it is not reading.
    void deliver(std::string bytes) {
        // A buffer of just this size: a look beyond it is seen.
        std::vector<char> exact(bytes.begin(), bytes.end());
        observer_->on_bytes({exact.data(), exact.size()});
    }
    void end() { observer_->on_end(); }
    void break_off() { observer_->on_broken(Failure::BackendReset); }

    void set_observer(StreamObserver& observer) override { observer_ = &observer; }
    void start_reading() override { is_reading_ = true; }
    void stop_reading() override { is_reading_ = false; }
    bool is_reading() const override { return is_reading_; }
    bool write(std::span<const Bytes> pieces) override {
        for (const Bytes piece : pieces) sent += piece;
        return true;
    }
    std::size_t queued_bytes() const override { return 0; }
    void shutdown_write() override { has_ended = true; }
    void reset() override {}
    bool has_pending_input() const override { return false; }
    bool has_unread_bytes() const override { return false; }
    std::size_t unacknowledged_bytes() const override { return 0; }
    void acknowledge() override { ++acknowledged; }
    SocketAddress peer() const override { return {}; }
    SocketAddress local() const override { return {}; }
    std::uint16_t local_port() const override { return 0; }

  private:
    StreamObserver* observer_ = nullptr;
    bool is_reading_ = false;
};

}  // namespace fairlead::net::test
