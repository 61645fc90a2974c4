/// TLS towards clients: which certificate answers to which name, and the streams on which that is
/// agreed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "proxy/base/result.h"
#include "proxy/net/certificate.h"
#include "proxy/net/stream.h"
#include "proxy/net/ticket_keys.h"
#include "proxy/net/tls.h"

namespace fairlead::net {

class Loop;

enum class ClientAuth : std::uint8_t {
    Off,
    Request,  ///< a client may show a certificate; one that does not verify ends the handshake
    Require,
};

struct TlsServerSettings {
    /// The first is shown to clients that name nothing or a name nobody has. Of several for one
    /// name the client's signature algorithms decide, ECDSA first.
    std::vector<std::shared_ptr<const Certificate>> certificates;
    TlsVersion min = TlsVersion::V1_2;
    std::vector<std::string> protocols;  ///< ALPN, best first; no overlap ends the handshake
    std::shared_ptr<const TrustStore> client_ca;  ///< null with ClientAuth::Off
    ClientAuth client_auth = ClientAuth::Off;
    /// Tickets are good only where they were made: under this name with the same client_ca and
    /// client_auth.
    std::string name;
    std::shared_ptr<TicketKeys> tickets;
};

/// One worker's TLS for one listener (its SSL_CTX is its own: workers share no lock). Streams made
/// from it keep it alive. Lives on its worker's thread; make() may run on any.
class TlsServer {
  public:
    static Result<std::shared_ptr<TlsServer>> make(TlsServerSettings settings);
    ~TlsServer();
    TlsServer(const TlsServer&) = delete;
    TlsServer& operator=(const TlsServer&) = delete;

    const TlsServerSettings& settings() const { return settings_; }

    struct Native;  // proxy/net only
    Native& native() { return *native_; }

  private:
    explicit TlsServer(TlsServerSettings settings);
    TlsServerSettings settings_;
    std::unique_ptr<Native> native_;
};

/// A TLS stream over `stream`, on which nothing has been read yet but `first`: the handshake begins
/// with it, or as bytes arrive, after start_reading(). The observer hears on_connected when it is
/// done, then what any stream's does; on_broken(TlsFailed) when it is not to be, with the reason in
/// tls_error(). The client's close_notify is on_end; an end without it is on_end too (HTTP tells
/// truncation by its framing), but on_broken while the handshake runs.
///
/// Written bytes leave in as few records and calls as possible: all records of one write() in one
/// call. queued_bytes() counts records that the kernel has not taken.
std::unique_ptr<Stream> accept_tls(Loop& loop, std::shared_ptr<TlsServer> server,
                                   std::unique_ptr<Stream> stream, std::string_view first = {});

/// What an accepted stream whose handshake has failed runs over, with the alert that says so sent
/// or queued: closing at once with bytes unread would be a reset, which may overtake the alert. Not
/// reading, without an observer. Null when it is no TLS stream.
std::unique_ptr<Stream> take_clear(Stream& stream);

/// Why the last handshake on this stream failed: "no shared cipher", "unknown ca (alert from the
/// peer)", "certificate has expired", "wrong version number: the peer speaks plain HTTP". Empty
/// when it did not, or the stream is no TLS stream.
std::string tls_error(const Stream& stream);

}  // namespace fairlead::net
