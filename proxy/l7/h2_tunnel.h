/// A stream of an HTTP/2 client connection as a connection of its own: the client's end of a
/// WebSocket (RFC 8441). Owned by whoever relays it; the connection it runs over may end first.
#pragma once

#include <string>

#include "proxy/l7/h2_client_stream.h"
#include "proxy/net/stream.h"

namespace fairlead::l7 {

class H2Tunnel final : public net::Stream {
  public:
    explicit H2Tunnel(H2ClientStream& stream) : stream_(&stream) {}
    ~H2Tunnel() override;

    // ---- from its stream
    void on_data(std::span<char> payload, bool is_last);
    void on_drained();
    /// @param is_broken  not because both sides had said all they had
    void on_closed(bool is_broken);
    void on_turn_end();
    /// The stream object goes.
    void detach() { stream_ = nullptr; }

    void set_observer(net::StreamObserver& observer) override { observer_ = &observer; }
    void start_reading() override;
    void stop_reading() override { is_reading_ = false; }
    bool is_reading() const override { return is_reading_; }
    bool write(std::span<const net::Bytes> pieces) override;
    using Stream::write;
    std::size_t queued_bytes() const override;
    void shutdown_write() override;
    void reset() override;
    bool has_pending_input() const override { return !held_.empty() || has_held_end_; }
    bool has_unread_bytes() const override { return !held_.empty(); }
    std::size_t unacknowledged_bytes() const override { return queued_bytes(); }
    SocketAddress peer() const override;
    SocketAddress local() const override;
    std::uint16_t local_port() const override;

  private:
    bool is_open() const;
    void consume(std::size_t bytes);

    H2ClientStream* stream_;
    net::StreamObserver* observer_ = nullptr;
    std::string held_;  ///< bounded by the stream's window
    std::size_t unused_bytes_ = 0;
    bool is_reading_ = false;
    bool has_held_end_ = false;
    bool has_ended_ = false;  ///< the client has said all it had
    bool is_shut_ = false;    ///< we have
    bool is_broken_ = false;
};

}  // namespace fairlead::l7
