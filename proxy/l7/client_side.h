/// The client of one exchange as the exchange sees it, whatever it speaks: who it is, where the
/// answer goes, and how it ends. An HTTP/1.1 connection is one for each of its exchanges in turn,
/// an HTTP/2 stream for its only one. Lives on its worker's thread and outlives its exchange.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "proxy/base/address.h"
#include "proxy/connect/idle_connections.h"
#include "proxy/l7/site.h"
#include "proxy/net/stream.h"

namespace fairlead::l7 {

class Context;

/// A backend connection that belongs to one client, because it was authenticated as a whole
/// (NTLM, Negotiate).
struct PrivateConnection {
    PrivateConnection(net::Loop& loop, connect::BackendEntry& its_backend)
        : backend(its_backend.shared_from_this()),
          idle(loop, its_backend.endpoint, its_backend.idle.bounds()) {}
    const std::shared_ptr<connect::BackendEntry> backend;
    connect::IdleConnections idle;
};

/// What of a response goes to the client at a time. Heads are HTTP/1.1 text whatever the client
/// speaks: one writer, one set of rules for all.
struct ResponsePart {
    std::string_view head{};  ///< whole, with its empty line; empty when it has been sent before
    std::string_view payload{};
    std::string_view trailers{};  ///< whole lines; with is_last only
    bool is_chunked = false;      ///< the head announced chunks, which HTTP/1.1 has to write
    bool is_last = true;
    bool is_interim = false;  ///< the head is a 1xx; the response is still to come
};

class ClientSide {
  public:
    enum class Protocol : std::uint8_t { Http1, Http2 };
    enum class Ending : std::uint8_t {
        KeepAlive,     ///< the next request may come
        Close,         ///< everything has been sent
        CloseAsAsked,  ///< the same, and the client said that this was its last request
        Linger,        ///< the client may still be sending: it must get to read our answer first
        Reset,         ///< the client must not take what it got for a whole response
    };

    virtual Protocol protocol() const = 0;
    virtual Context& context() = 0;
    /// As configured now: an exchange keeps the one it began with.
    virtual ListenerEntry& listener() = 0;
    /// Who is at the other end, or who a PROXY header says is; without address and port for a
    /// client on a unix socket.
    virtual SocketAddress peer() const = 0;
    /// Where it has come to, by the same header or by its stream. For PROXY headers of our own.
    virtual SocketAddress destination() const = 0;
    /// 0 for a unix socket.
    virtual std::uint16_t local_port() const = 0;
    /// The peer's address is in trusted_proxies.
    virtual bool is_trusted() const = 0;
    /// Null for a client in clear.
    virtual const net::TlsSession* tls() const = 0;
    /// More requests may follow the one that is running.
    virtual bool may_keep_alive() const = 0;

    /// @return bytes it took on the wire, nothing when the client is gone: the caller ends then
    virtual std::optional<std::size_t> send(const ResponsePart& part) = 0;
    /// Of this exchange, accepted by send() and still here. Exchange::on_client_drained follows
    /// when it comes back to 0.
    virtual std::size_t queued_bytes() const = 0;
    /// The same and what the client has not acknowledged, as far as that can be known.
    virtual std::size_t unacknowledged_bytes() const = 0;

    /// It has taken nothing for too long: whose fault that is, by name.
    virtual Failure stall() { return Failure::ClientTimeout; }

    /// Nothing more of the request is wanted for now; what has been announced as acceptable is kept
    /// until resume_input().
    virtual void pause_input() = 0;
    virtual void resume_input() = 0;

    /// The exchange is over; it may be called from anywhere inside it, as its last act.
    virtual void on_exchange_ended(Ending ending) = 0;
    /// The client's end of a tunnel; on_tunnel_ended follows.
    /// @param ahead  empty; gets what the client has sent behind its request
    virtual std::unique_ptr<net::Stream> take_stream(std::string& ahead) = 0;
    virtual void on_tunnel_ended() = 0;

    /// Null when it has none.
    virtual PrivateConnection* private_connection() const { return nullptr; }
    /// Dropped by those that cannot keep one: connections are authenticated with HTTP/1.1 only.
    virtual void keep_private(std::unique_ptr<PrivateConnection>) {}

  protected:
    ~ClientSide() = default;
};

}  // namespace fairlead::l7
