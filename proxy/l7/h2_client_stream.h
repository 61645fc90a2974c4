/// One stream of an HTTP/2 client connection: the client of one exchange. Holds what the exchange
/// cannot take yet of the request, bounded by the stream's window. Owned by its connection; lives
/// on that connection's thread. It is over when both have ended, the exchange and the stream on the
/// wire.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "proxy/http/h2_session.h"
#include "proxy/l7/client_side.h"

namespace fairlead::l7 {

class Exchange;
class H2ClientConnection;
class H2Tunnel;

class H2ClientStream final : public ClientSide {
  public:
    H2ClientStream(H2ClientConnection& connection, http::H2Stream& stream);
    ~H2ClientStream();
    H2ClientStream(const H2ClientStream&) = delete;
    H2ClientStream& operator=(const H2ClientStream&) = delete;

    // ---- from its connection
    void begin(const http::H2Head& head);
    void on_data(std::span<char> payload, bool is_last, std::string_view trailers);
    void on_drained();
    /// The stream has ended on the wire.
    /// @param failure  None when both sides had said all they had
    void on_closed(Failure failure);
    /// What was promised for later: the reset behind an early answer, bytes for a tunnel.
    void on_turn_end();
    /// The time for stopping has run out.
    void abort();
    bool is_tunnel() const { return tunnel_ != nullptr; }
    bool uses(const balancing::Backend& backend) const;
    void leave_backend(const balancing::Backend& backend);
    bool is_over() const {
        return exchange_ == nullptr && stream_ == nullptr && tunnel_ == nullptr;
    }

    // ---- for its tunnel
    /// Null once it is closed.
    http::H2Stream* stream() { return stream_; }
    H2ClientConnection& connection() { return connection_; }
    void on_tunnel_closed(bool was_whole);

    // ---- for its exchange
    Protocol protocol() const override { return Protocol::Http2; }
    Context& context() override;
    ListenerEntry& listener() override;
    SocketAddress peer() const override;
    SocketAddress destination() const override;
    std::uint16_t local_port() const override;
    bool is_trusted() const override { return is_trusted_; }
    const net::TlsSession* tls() const override;
    bool may_keep_alive() const override { return true; }
    std::optional<std::size_t> send(const ResponsePart& part) override;
    std::size_t queued_bytes() const override;
    /// What the peer has acknowledged is known of the whole connection only.
    std::size_t unacknowledged_bytes() const override { return queued_bytes(); }
    Failure stall() override;
    void pause_input() override { is_paused_ = true; }
    void resume_input() override;
    void on_exchange_ended(Ending ending) override;
    std::unique_ptr<net::Stream> take_stream(std::string& ahead) override;
    void on_tunnel_ended() override;

    /// Where its owner keeps it.
    std::size_t position = 0;

  private:
    void begin_websocket(const http::H2Head& head);
    void use(std::span<char> payload, bool is_last, std::string_view trailers);
    void consume(std::size_t bytes);
    void tell_if_over();

    H2ClientConnection& connection_;
    http::H2Stream* stream_;
    std::unique_ptr<Exchange> exchange_;
    H2Tunnel* tunnel_ = nullptr;  ///< its relay's
    std::string held_;            ///< payload the exchange does not take yet
    std::string held_trailers_;
    std::size_t unused_bytes_ = 0;  ///< of payload that is used, but not to be followed by more yet
    http::H2Error reset_ = http::H2Error::NoError;  ///< for later, when it must
    bool must_reset_ = false;
    bool is_sending_ = false;  ///< the exchange is about to look what has become of it
    bool has_told_ = false;    ///< its owner knows that it is over
    bool has_held_last_ = false;
    bool is_paused_ = false;
    bool is_websocket_ = false;
    bool is_malformed_ = false;
    bool is_trusted_ = false;
};

}  // namespace fairlead::l7
